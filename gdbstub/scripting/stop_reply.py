"""A server's stop reply, read (GDB manual, "Stop Reply Packets"; `gdbstub.rsp.stop_replies` writes them)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gdbstub.rsp.stop_replies import ReasonKind
from gdbstub.rsp.thread_id import ThreadId
from gdbstub.scripting.errors import RemoteError
from gdbstub.target import Stop, StopReason

__all__ = ["StopReply"]

SIGINT = 2
CAUGHT = re.compile(r"^hart \d+ caught ", re.MULTILINE)
REASONS = {
    ReasonKind.SWBREAK.value: StopReason.SOFTWARE_BREAKPOINT,
    ReasonKind.HWBREAK.value: StopReason.HARDWARE_BREAKPOINT,
    ReasonKind.WATCH.value: StopReason.WRITE_WATCHPOINT,
    ReasonKind.RWATCH.value: StopReason.READ_WATCHPOINT,
    ReasonKind.AWATCH.value: StopReason.ACCESS_WATCHPOINT,
}
WATCHES = (ReasonKind.WATCH.value, ReasonKind.RWATCH.value, ReasonKind.AWATCH.value)


@dataclass(frozen=True)
class StopReply:
    """What was said.

    Attributes:
        pairs: names and values of a ``T``.
        registers: expedited ones, by number.
    """

    kind: str
    number: int
    pairs: dict[str, str] = field(default_factory=dict)
    registers: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def parse(cls, payload: bytes) -> StopReply:
        """Read one. Raises RemoteError for what is none.

        >>> StopReply.parse(b"T05thread:1;swbreak:;20:0010;").registers
        {32: b'\\x00\\x10'}
        """
        text = payload.decode("latin-1")
        try:
            kind, number, rest = text[0], int(text[1:3], 16), text[3:]
            found = [pair.partition(":") for pair in rest.split(";") if pair]
            pairs = {name: value for name, _, value in found}
            digits = {name: value for name, value in pairs.items() if re.fullmatch("[0-9a-f]+", name)}
            return cls(kind, number, pairs, {int(n, 16): bytes.fromhex(value) for n, value in digits.items()})
        except (ValueError, IndexError):
            raise RemoteError(f"the server said {text!r} where a stop was expected") from None

    @property
    def ended(self) -> bool:
        """Whether the program has ended."""
        return self.kind in ("W", "X")

    def told(self, note: str, thread: int, otherwise: StopReason) -> Stop:
        """The stop; ``thread`` is its thread where the reply names none, ``otherwise`` its reason likewise."""
        if "thread" in self.pairs:
            thread = ThreadId.parse(self.pairs["thread"].encode()).thread
        if self.ended:
            return Stop(StopReason.EXITED, thread, code=self.number, note=note)
        name = next((name for name in REASONS if name in self.pairs), "")
        if name:
            return Stop(REASONS[name], thread, int(self.pairs[name], 16) if name in WATCHES else None, note=note)
        if CAUGHT.search(note):
            return Stop(StopReason.CAUGHT, thread, note=note)
        return Stop(StopReason.INTERRUPTED if self.number == SIGINT else otherwise, thread, note=note)
