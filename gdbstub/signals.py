"""GDB's own signal numbers, which are the remote protocol's whatever the host or the target call theirs.

GDB manual, appendix "Remote Serial Protocol", "Stop Reply Packets"; the numbers agree with most systems up to 15 and
differ after. Signals that a debugger would never send to a bare machine are left out.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["Signal"]


class Signal(IntEnum):
    """A signal as the remote protocol numbers it.

    >>> f"T{Signal.TRAP:02x}"
    'T05'
    """

    NONE = 0
    HUP = 1
    INT = 2
    QUIT = 3
    ILL = 4
    TRAP = 5
    ABRT = 6
    EMT = 7
    FPE = 8
    KILL = 9
    BUS = 10
    SEGV = 11
    SYS = 12
    PIPE = 13
    ALRM = 14
    TERM = 15
    URG = 16
    STOP = 17
    TSTP = 18
    CONT = 19
    CHLD = 20
    TTIN = 21
    TTOU = 22
    IO = 23
    XCPU = 24
    XFSZ = 25
    VTALRM = 26
    PROF = 27
    WINCH = 28
    LOST = 29
    USR1 = 30
    USR2 = 31
    PWR = 32
    POLL = 33
    PRIO = 44
    CANCEL = 76
    UNKNOWN = 143
