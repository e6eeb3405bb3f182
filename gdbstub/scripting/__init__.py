"""Sessions for scripts and tests: the same verbs on a real gdb, on a socket, or on the machine itself.

with DirectSession("hypervisor.elf") as session:
    session.until("guest_entry")
    stop = session.wait_for(trap="virtual-instruction", from_="VS")
    assert session.csr("hstatus").SPV == 1, stop

What is imported is what is used: a script without gdb does not load pygdbmi.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gdbstub.scripting.direct import DirectSession, DirectSnapshot
    from gdbstub.scripting.errors import GdbError, RemoteError, ScriptingError, SessionTimeout, Unsupported
    from gdbstub.scripting.gdb import Gdb, find_gdb
    from gdbstub.scripting.prompt import Prompt
    from gdbstub.scripting.rsp import RspSession
    from gdbstub.scripting.server import Server, ServerError
    from gdbstub.scripting.session import Session
    from gdbstub.scripting.symbols import Symbols
    from gdbstub.scripting.values import CsrValue, Frame, Location, Stop, StopKind, Trap
    from gdbstub.scripting.verbs import Debugger

__all__ = [
    "CsrValue",
    "Debugger",
    "DirectSession",
    "DirectSnapshot",
    "Frame",
    "Gdb",
    "GdbError",
    "Location",
    "Prompt",
    "RemoteError",
    "RspSession",
    "ScriptingError",
    "Server",
    "ServerError",
    "Session",
    "SessionTimeout",
    "Stop",
    "StopKind",
    "Symbols",
    "Trap",
    "Unsupported",
    "find_gdb",
]

HOMES = {
    "direct": ("DirectSession", "DirectSnapshot"),
    "errors": ("GdbError", "RemoteError", "ScriptingError", "SessionTimeout", "Unsupported"),
    "gdb": ("Gdb", "find_gdb"),
    "prompt": ("Prompt",),
    "rsp": ("RspSession",),
    "server": ("Server", "ServerError"),
    "session": ("Session",),
    "symbols": ("Symbols",),
    "values": ("CsrValue", "Frame", "Location", "Stop", "StopKind", "Trap"),
    "verbs": ("Debugger",),
}


def __getattr__(name: str) -> Any:
    for module, names in HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
