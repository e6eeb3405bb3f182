"""What goes wrong in a session, in words that help: what was asked, what was said, where the machine stands."""

from __future__ import annotations

__all__ = ["GdbError", "RemoteError", "ScriptingError", "SessionTimeout", "Unsupported"]


class ScriptingError(Exception):
    """Something that a script asked for did not happen.

    Args:
        message: one sentence.
        sent: what was sent or typed, if anything was.
        said: what the other side answered, if it did.
        stands: where the machine stands.
    """

    def __init__(self, message: str, *, sent: str = "", said: str = "", stands: str = "") -> None:
        told = (("sent", sent), ("answer", said.strip()), ("the machine", stands))
        super().__init__("\n".join([message, *(f"  {label}: {text}" for label, text in told if text)]))
        self.message, self.sent, self.said, self.stands = message, sent, said, stands


class GdbError(ScriptingError):
    """gdb refused a command, did not answer in time, or is gone; the message is gdb's own where it gave one."""


class RemoteError(ScriptingError):
    """A server refused a packet, broke the protocol, or is gone."""


class SessionTimeout(GdbError, RemoteError):
    """The program did not stop, or the other side did not answer, in the time that it had."""


class Unsupported(ScriptingError):
    """This kind of session cannot do what was asked; the message says which can."""
