"""A real gdb driven from Python: what scripts and tests import. It uses nothing of the server's inside.

with Gdb("guest.elf") as gdb:
    gdb.command("target remote :1234")
    gdb.command("break main")
    print(gdb.run("continue"))
"""

from __future__ import annotations

from gdbstub.scripting.gdb import Gdb, GdbError, find_gdb
from gdbstub.scripting.server import Server, ServerError
from gdbstub.scripting.session import Session

__all__ = ["Gdb", "GdbError", "Server", "ServerError", "Session", "find_gdb"]
