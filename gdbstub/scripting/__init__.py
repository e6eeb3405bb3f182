"""A real gdb driven from Python: what scripts and tests import. It uses nothing of the server's inside.

>>> from gdbstub.scripting import Gdb  # doctest: +SKIP
>>> with Gdb("guest.elf") as gdb:  # doctest: +SKIP
...     gdb.command("target remote :1234")
...     gdb.command("break main")
...     print(gdb.run("continue"))
"""

from __future__ import annotations

from gdbstub.scripting.gdb import Gdb, GdbError, find_gdb

__all__ = ["Gdb", "GdbError", "find_gdb"]
