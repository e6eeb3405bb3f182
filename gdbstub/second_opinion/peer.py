"""The other machine: what a comparison asks of it, in as few round trips as the protocol allows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets import memory, registers, resume
from gdbstub.rsp.thread_id import ThreadId
from gdbstub.scripting.errors import RemoteError, SessionTimeout
from gdbstub.scripting.rsp import RspSession
from gdbstub.target import Stop as TargetStop
from gdbstub.target import StopReason

__all__ = ["Peer"]

GENERAL = 33
"""x0 to x31 and pc: the first registers of every RISC-V target, in this order, 8 bytes each."""
INTERRUPTS_IN_STEPS = b"Qqemu.sstep=5"
"""QEMU masks interrupts while it steps unless it is told otherwise; 4 keeps its timers still."""


class Verbatim(Packet):
    """A payload that is nobody's standard."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload

    def build(self) -> bytes:
        return self._payload


class Peer(RspSession):
    """The machine behind ``host:port``, stopped.

    Raises RemoteError when nobody listens there, or who does has no 64-bit registers as RISC-V targets have them.
    """

    def __init__(self, address: str, timeout: float = 30) -> None:
        super().__init__(address, timeout=timeout)
        self.address_text = address
        self._steps_alone = False
        """Whether the target knows only ``s``."""
        if self._registers.get("pc") is None or self._registers["pc"] != (GENERAL - 1, 8):
            self.close()
            raise RemoteError(f"the target at {address} does not describe the registers of an RV64 hart")
        with suppress(RemoteError):
            self.wire.ask(Verbatim(INTERRUPTS_IN_STEPS))
        with suppress(RemoteError):
            self._steps_alone = b";s" not in self.wire.ask(resume.QueryResumeActions())

    def advance(self) -> TargetStop:
        """One instruction. Raises RemoteError when the target cannot step, SessionTimeout when that takes too long."""
        self._known.clear()
        step: Packet = resume.Step()
        if not self._steps_alone:
            step = resume.ResumeThreads((resume.Action(resume.ActionKind.STEP, ThreadId(self.hart + 1)),))
        try:
            reply = self._stop_reply(step, time.monotonic() + self.timeout)
        except SessionTimeout:
            raise
        except RemoteError as refused:
            if "does not know" in refused.message:
                raise RemoteError(f"the target at {self.address_text} cannot step") from refused
            raise
        return self._note_stop(reply, StopReason.STEPPED)

    def pass_call(self, behind: int) -> TargetStop:
        """A call of firmware, which is a program there: to the instruction behind it. Raises as `bring_to` does."""
        self.bring_to(behind)
        return TargetStop(StopReason.STEPPED, self.hart + 1)

    def bring_to(self, address: int) -> None:
        """Run to a place, if it does not stand there. Raises RemoteError when it stops elsewhere."""
        if self.pc != address:
            stop = self.until(address)
            if stop.pc != address:
                raise RemoteError(f"the target at {self.address_text} did not come to {address:#x}; it stopped: {stop}")

    def general(self) -> tuple[int, ...]:
        """x0 to x31, and pc."""
        data = bytes.fromhex(self.wire.ask(registers.ReadRegisters()).decode().replace("x", "0"))
        if len(data) < 8 * GENERAL:
            raise RemoteError(f"the target's g reply has {len(data)} bytes, not the {8 * GENERAL} of x0 to x31 and pc")
        return tuple(int.from_bytes(data[at : at + 8], "little") for at in range(0, 8 * GENERAL, 8))

    def values(self, names: Sequence[str]) -> dict[str, int]:
        """Registers by name, asked for all at once; those that the target will not read are left out."""
        numbers = [self._registers[name].number for name in names]
        replies = self._all(registers.ReadRegister(number) for number in numbers)
        return {
            name: value for name, reply in zip(names, replies, strict=True) if (value := _number(reply)) is not None
        }

    def pieces(self, wanted: Sequence[tuple[int, int]]) -> list[bytes | None]:
        """Memory at virtual addresses, each with its length; None for what cannot be read."""
        replies = self._all(memory.ReadMemory(address, length) for address, length in wanted)
        found = [_bytes(reply) for reply in replies]
        return [data if data and len(data) == length else None for data, (_, length) in zip(found, wanted, strict=True)]

    def _all(self, packets: Iterable[Packet]) -> list[bytes]:
        sent = 0
        for packet in packets:
            self.wire.send(packet)
            sent += 1
        return [self.wire.receive() for _ in range(sent)]


def _bytes(reply: bytes) -> bytes | None:
    try:
        return bytes.fromhex(reply.decode("ascii")) if len(reply) % 2 == 0 else None
    except ValueError:
        return None


def _number(reply: bytes) -> int | None:
    data = _bytes(reply)
    return int.from_bytes(data, "little") if data else None
