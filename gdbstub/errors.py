"""The two ways a debugger's request can fail; whatever else is raised is a bug of ours and is allowed to show.

Only the session turns these into replies: a `ProtocolError` or a `TargetError` becomes ``Enn``, or ``E.text`` for a
client that offered ``error-message``.
"""

from __future__ import annotations

__all__ = ["ProtocolError", "TargetError"]


class ProtocolError(Exception):
    """The debugger's bytes are wrong: damaged in a frame, or a packet that does not follow its own grammar."""


class TargetError(Exception):
    """A well-formed request that cannot be met.

    ``errno`` is the number of the ``Enn`` reply, 1 to 255 (GDB shows it to the user and gives it no meaning);
    ``message`` is one sentence that names the value and the remedy.

    >>> str(TargetError(14, "nothing is mapped at 0x10")), TargetError(14, "nothing is mapped at 0x10").errno
    ('nothing is mapped at 0x10', 14)
    """

    def __init__(self, errno: int, message: str) -> None:
        if not 1 <= errno <= 255:
            raise ValueError(f"an Enn reply carries a number from 1 to 255, not {errno}")
        super().__init__(message)
        self.errno = errno
        self.message = message
