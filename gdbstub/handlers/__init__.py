"""From a packet to what the target does and what the debugger hears: one family of packets, one file.

Each handler's docstring is the debugger's question in plain words. Files have the names of `gdbstub.rsp.packets`.
"""

from __future__ import annotations

from gdbstub.handlers import breakpoints, general, lldb, memory, registers, resume, threads
from gdbstub.handlers.conversation import Conversation
from gdbstub.handlers.dispatch import HANDLED, answer
from gdbstub.handlers.outcome import Goodbye, Leaving, NoMoreAcks, Outcome, Resume, Said, Silence
from gdbstub.handlers.resume import WAITING
from gdbstub.handlers.running import Run
from gdbstub.handlers.stops import stop_reply

__all__ = [
    "FAMILIES",
    "HANDLED",
    "WAITING",
    "Conversation",
    "Goodbye",
    "Leaving",
    "NoMoreAcks",
    "Outcome",
    "Resume",
    "Run",
    "Said",
    "Silence",
    "answer",
    "stop_reply",
]

FAMILIES = (general, threads, registers, memory, breakpoints, resume, lldb)
