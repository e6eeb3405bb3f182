"""A 16550A serial port (registers of National Semiconductor's PC16550D), at one byte per register.

Transmission takes no time: a written byte is at the sink before the next instruction, so THRE and TEMT are always 1.
Reception never loses a byte of the host's: what does not fit the FIFO waits outside until the guest reads. The
character timeout is immediate: bytes below the trigger level interrupt at once, as a timeout.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from enum import IntFlag

from machine.bits import bit, bits
from machine.devices.device import Line, merge

__all__ = ["Uart"]

RBR_THR, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR = range(8)
DLAB = 1 << 7
LOOPBACK = 1 << 4
FIFO_DEPTH = 16
TRIGGERS = (1, 4, 8, 14)
OUT2 = 1 << 3


class Enable(IntFlag):
    """Bits of IER."""

    RECEIVED = 1
    TRANSMIT = 2
    LINE = 4
    MODEM = 8


class LineStatus(IntFlag):
    """Bits of LSR."""

    READY = 1 << 0
    OVERRUN = 1 << 1
    HOLDING_EMPTY = 1 << 5
    EMPTY = 1 << 6


class Cause:
    """Values of IIR's low four bits, highest priority first; bit 0 set means no interrupt."""

    LINE, RECEIVED, TIMEOUT, TRANSMIT, MODEM, NONE = 0x6, 0x4, 0xC, 0x2, 0x0, 0x1


class Uart:
    """One port.

    Args:
        raise_line: the interrupt line.
        output: receives the bytes that the guest transmits.
    """

    name = "uart"
    size = 0x100
    widths: tuple[int, ...] = (1, 2, 4)  # every width moves one byte, as QEMU's does
    STATE = (
        *("ier", "fcr", "lcr", "mcr", "scr", "divisor", "_overrun", "_deltas", "_modem_lines", "_transmit_pending"),
        *("_fifo", "_waiting", "_level"),
    )

    def __init__(self, raise_line: Line, output: Callable[[bytes], None]) -> None:
        self._raise_line = raise_line
        self._output = output
        self._level = False
        self._waiting: deque[int] = deque()
        self._power_on()

    def _power_on(self) -> None:
        self.ier = Enable(0)
        self.fcr = 0
        self.lcr = 0
        self.mcr = OUT2
        self.scr = 0
        self.divisor = 0
        self._overrun = False
        self._deltas = 0
        self._modem_lines = self._modem()
        self._transmit_pending = False
        self._fifo: deque[int] = deque()

    # What the world outside does.

    def receive(self, data: Iterable[int]) -> None:
        """Bytes arrive from outside; those that do not fit the FIFO wait for it."""
        self._waiting.extend(data)
        self._fill()
        self._update()

    def reset(self) -> None:
        """Power-on state; bytes that arrived and were not read are gone."""
        self._waiting.clear()
        self._power_on()
        self._update()

    # The guest's side.

    def read(self, offset: int, size: int) -> int:
        """A load: reading RBR takes a byte, IIR acknowledges THRE, LSR and MSR clear what they latched."""
        value = self.peek(offset, size)
        acknowledge = {
            RBR_THR: self._take_byte,
            IIR_FCR: self._acknowledge_identified,
            LSR: self._clear_overrun,
            MSR: self._clear_deltas,
        }.get(offset)
        if acknowledge is not None:
            acknowledge()
            self._update()
        return value

    def peek(self, offset: int, size: int) -> int:
        """What a load returns, without side effects."""
        readers: tuple[Callable[[], int], ...] = (
            self._rbr_or_divisor,
            lambda: bits(self.divisor, 15, 8) if self.lcr & DLAB else self.ier,
            self._iir,
            lambda: self.lcr,
            lambda: self.mcr,
            self._lsr,
            lambda: self._modem() << 4 | self._deltas,
            lambda: self.scr,
        )
        return readers[offset]() if offset < len(readers) else 0

    def write(self, offset: int, size: int, value: int) -> None:
        """A store; LSR and MSR ignore it."""
        writers: tuple[Callable[[int], None] | None, ...] = (
            self._write_thr,
            self._write_ier,
            self._write_fcr,
            self._write_lcr,
            self._write_mcr,
            None,
            None,
            self._write_scr,
        )
        writer = writers[offset] if offset < len(writers) else None
        if writer is not None:
            writer(value & 0xFF)
            self._update()

    # Reads.

    def _rbr_or_divisor(self) -> int:
        if self.lcr & DLAB:
            return bits(self.divisor, 7, 0)
        return self._fifo[0] if self._fifo else 0

    def _lsr(self) -> int:
        status = LineStatus.HOLDING_EMPTY | LineStatus.EMPTY
        if self._fifo:
            status |= LineStatus.READY
        if self._overrun:
            status |= LineStatus.OVERRUN
        return status

    def _modem(self) -> int:
        """CTS, DSR, RI, DCD as bits 0 to 3: the far end is always there; in loopback RTS, DTR, OUT1, OUT2."""
        if not self.mcr & LOOPBACK:
            return 0b1011
        dtr, rts, out1, out2 = (bit(self.mcr, place) for place in range(4))
        return rts | dtr << 1 | out1 << 2 | out2 << 3

    def _iir(self) -> int:
        return self._identify() | (0xC0 if self.fcr & 1 else 0)

    def _identify(self) -> int:
        """The pending, enabled interrupt of the highest priority."""
        if self.ier & Enable.LINE and self._overrun:
            return Cause.LINE
        if self.ier & Enable.RECEIVED and self._fifo:
            return Cause.RECEIVED if len(self._fifo) >= self._trigger else Cause.TIMEOUT
        if self.ier & Enable.TRANSMIT and self._transmit_pending:
            return Cause.TRANSMIT
        if self.ier & Enable.MODEM and self._deltas:
            return Cause.MODEM
        return Cause.NONE

    @property
    def _trigger(self) -> int:
        return TRIGGERS[self.fcr >> 6] if self.fcr & 1 else 1

    @property
    def _depth(self) -> int:
        return FIFO_DEPTH if self.fcr & 1 else 1

    # Side effects of reads.

    def _take_byte(self) -> None:
        if self._fifo and not self.lcr & DLAB:
            self._fifo.popleft()
            self._fill()

    def _acknowledge_identified(self) -> None:
        if self._identify() == Cause.TRANSMIT:
            self._transmit_pending = False

    def _clear_overrun(self) -> None:
        self._overrun = False

    def _clear_deltas(self) -> None:
        self._deltas = 0

    # Writes.

    def _write_thr(self, value: int) -> None:
        if self.lcr & DLAB:
            self.divisor = merge(self.divisor, 0, 1, value)
            return
        if self.mcr & LOOPBACK:
            self._loop_back(value)
        else:
            self._output(bytes([value]))
        self._transmit_pending = True

    def _loop_back(self, value: int) -> None:
        if len(self._fifo) >= self._depth:
            self._overrun = True
        else:
            self._fifo.append(value)

    def _write_ier(self, value: int) -> None:
        if self.lcr & DLAB:
            self.divisor = merge(self.divisor, 8, 1, value)
            return
        enabled = Enable(value & 0xF)
        # Enabling THRE while the transmitter is empty, which it always is, raises it at once.
        self._transmit_pending |= bool(enabled & ~self.ier & Enable.TRANSMIT)
        self.ier = enabled

    def _write_fcr(self, value: int) -> None:
        if (value ^ self.fcr) & 1 or value & 2:
            self._fifo.clear()
        self.fcr = value & 0b1100_1001 if value & 1 else 0
        self._fill()

    def _write_lcr(self, value: int) -> None:
        self.lcr = value

    def _write_mcr(self, value: int) -> None:
        self.mcr = value & 0x1F
        before, self._modem_lines = self._modem_lines, self._modem()
        changed = before ^ self._modem_lines
        fallen_ring = before & ~self._modem_lines & 0b100
        self._deltas |= changed & 0b1011 | fallen_ring
        self._fill()

    def _write_scr(self, value: int) -> None:
        self.scr = value

    # What follows from a change.

    def _fill(self) -> None:
        """Move waiting bytes into the FIFO; loopback disconnects the receiver from outside."""
        while self._waiting and len(self._fifo) < self._depth and not self.mcr & LOOPBACK:
            self._fifo.append(self._waiting.popleft())

    def _update(self) -> None:
        level = self._identify() != Cause.NONE
        if level != self._level:
            self._level = level
            self._raise_line(level)
