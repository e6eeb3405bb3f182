"""Random values with a taste for boundaries, and random states of a hart that both machines can hold.

What a register makes of a value that it cannot hold is a question for cases of its own (`generate.legalisation`).
"""

from __future__ import annotations

import random

from machine.spec import status
from tests.lockstep.harness import DATA, DATA_SIZE, HS_HANDLER, VS_HANDLER

__all__ = ["GUEST", "MODES", "Source"]

MODES = {"M": (3, 0), "HS": (1, 0), "U": (0, 0), "VS": (1, 1), "VU": (0, 1)}
EDGES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 32, (1 << 63) - 1, 1 << 63)
SINGLES: tuple[int, ...] = (
    0,
    0x80000000,
    0x3F800000,
    0xBF800000,
    1,
    0x007FFFFF,
    0x00800000,
    0x7F7FFFFF,
    0x7F800000,
    0xFF800000,
)
SINGLES += (0x7FC00000, 0x7F800001, 0xFFC12345, 0x4B7FFFFF, 0x4F000000, 0x5F000000, 0x34000000, 0x3F000001)
DOUBLES: tuple[int, ...] = (
    0,
    1 << 63,
    0x3FF << 52,
    0xBFF << 52,
    1,
    (1 << 52) - 1,
    1 << 52,
    (0x7FF << 52) - 1,
    0x7FF << 52,
)
DOUBLES += (0xFFF << 52, 0x7FF8 << 48, (0x7FF << 52) + 1, 0x41DFFFFFFFC00000, 0x43E0 << 48, 0x3CA0 << 48, 0x36A0 << 48)
HALVES = (0, 0x8000, 0x3C00, 0xBC00, 1, 0x03FF, 0x0400, 0x7BFF, 0x7C00, 0xFC00, 0x7E00, 0x7C01, 0xFE12, 0x1400, 0x3801)
BOX = 0xFFFF_FFFF << 32
TRAPS = sum(1 << n for n in (0, 2, 3, 4, 5, 6, 7, 8, 13, 15, 21, 22, 23))
"""Exceptions that a case may delegate. Failing fetches and ECALLs from HS and VS always end a case in M-mode."""
GUEST_TRAPS = TRAPS & 0xFFFF
SUPERVISOR, GUEST = 1 << 1 | 1 << 5 | 1 << 9, 1 << 2 | 1 << 6 | 1 << 10


def flags(*positions: int) -> int:
    return sum(1 << position for position in positions)


SSTATUS = flags(status.SIE, status.SPIE, status.SPP, status.SUM, status.MXR)
MSTATUS = SSTATUS | flags(status.MPIE, status.TVM, status.TW, status.TSR, status.GVA)
HSTATUS = flags(status.HSTATUS_VTSR, status.HSTATUS_VTW, status.HSTATUS_VTVM, status.HSTATUS_HU, status.HSTATUS_SPVP)
HSTATUS |= flags(status.HSTATUS_SPV, status.HSTATUS_GVA)
STCE, FIOM = 1 << status.ENVCFG_STCE, 1 << status.ENVCFG_FIOM


class Source(random.Random):
    """A seeded source of values."""

    def integer(self) -> int:
        """64 bits: an edge, its negative or its neighbour, something small, 32 bits sign-extended, or anything."""
        kind = self.randrange(5)
        if kind == 0:
            value = self.choice(EDGES) + self.randrange(-1, 2)
        elif kind == 1:
            value = -self.choice(EDGES) + self.randrange(-1, 2)
        elif kind == 2:
            value = self.randrange(-64, 65)
        elif kind == 3:
            value = self.getrandbits(31) - (self.getrandbits(1) << 31)
        else:
            value = self.getrandbits(64)
        return value & (1 << 64) - 1

    def half(self) -> int:
        """A half-precision number in its box: special, near an exponent's edge, or anything."""
        kind = self.randrange(3)
        pattern = self.getrandbits(16)
        if kind == 0:
            pattern = self.choice(HALVES)
        elif kind == 1:
            exponent = self.choice((0, 1, 2, 10, 14, 15, 16, 25, 29, 30))
            fraction = self.choice((0, 1, (1 << 10) - 1, self.getrandbits(10)))
            pattern = self.getrandbits(1) << 15 | exponent << 10 | fraction
        return -1 << 16 & (1 << 64) - 1 | pattern

    def single(self) -> int:
        """A single-precision number: special, near an exponent's edge, or anything."""
        kind = self.randrange(3)
        if kind == 0:
            return self.choice(SINGLES)
        if kind == 1:
            exponent = self.choice((0, 1, 2, 23, 104, 126, 127, 128, 150, 158, 190, 253, 254))
            return self.getrandbits(1) << 31 | exponent << 23 | self.choice((0, 1, (1 << 23) - 1, self.getrandbits(23)))
        return self.getrandbits(32)

    def double(self) -> int:
        """A double-precision number, likewise; some only just representable as singles."""
        kind = self.randrange(3)
        if kind == 0:
            return self.choice(DOUBLES)
        if kind == 1:
            exponent = self.choice(
                (0, 1, 2, 52, 873, 874, 896, 897, 971, 1022, 1023, 1054, 1086, 1150, 1151, 2045, 2046)
            )
            low = self.choice((0, 1, (1 << 52) - 1, self.getrandbits(52), 1 << 28, 1 << 29, self.getrandbits(23) << 29))
            return self.getrandbits(1) << 63 | exponent << 52 | low
        return self.getrandbits(64)

    def floating(self) -> int:
        """An f register: a boxed single, sometimes badly boxed, or a double."""
        kind = self.randrange(8)
        if kind < 4:
            return BOX | self.single()
        return self.double() if kind < 7 else self.getrandbits(32) << 32 | self.single()

    def some(self, mask: int) -> int:
        """Random bits of a mask; sometimes all, sometimes none."""
        return mask & self.choice((0, -1, self.getrandbits(64), self.getrandbits(64)))

    def rarely(self, mask: int) -> int:
        return self.some(mask) if self.randrange(8) == 0 else 0

    def fcsr(self) -> int:
        return self.choice((0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 7)) << 5 | self.getrandbits(5)

    def fs(self, on: float) -> int:
        """An FS field: Off with probability 1 − ``on``."""
        return self.randrange(1, 4) << status.FS if self.random() < on else 0

    def integers(self, middle: int) -> list[int]:
        """x registers: x2, x8 and x9 point into the case's data, x8 perhaps misaligned."""
        x = [0, *(self.integer() for _ in range(31))]
        centre = middle + DATA + DATA_SIZE // 2
        x[2], x[8], x[9] = centre, centre + self.choice((0, 0, 0, 8, 1, 2, 4, 7)), centre
        return x

    def csrs(self, floating: float = 0.7) -> dict[str, int]:
        """Values of `SETUP` that hold on both machines; ``floating`` is the chance that FS is on."""
        values = {
            name: self.integer() for name in ("mtval", "mtval2", "mtinst", "sscratch", "stval", "htval", "htinst")
        }
        values |= {name: self.integer() for name in ("vsscratch", "vstval")}
        values |= {name: self.randrange(16) for name in ("mcause", "scause", "vscause")}
        values |= {name: self.some(7) for name in ("mcounteren", "scounteren", "hcounteren")}
        values |= {"pmpaddr0": (1 << 54) - 1, "pmpcfg0": 0x1F, "stimecmp": -1, "vstimecmp": -1}
        values |= {"medeleg": self.some(TRAPS), "mideleg": self.some(SUPERVISOR), "mcountinhibit": self.some(5)}
        values |= {"hedeleg": self.some(GUEST_TRAPS), "hideleg": self.some(GUEST)}
        values |= {"menvcfg": self.some(STCE | FIOM), "senvcfg": self.some(FIOM)}
        values["henvcfg"] = self.some(STCE | FIOM) & (values["menvcfg"] | FIOM)
        values |= {"stvec": HS_HANDLER | self.getrandbits(1), "vstvec": VS_HANDLER | self.getrandbits(1)}
        uxl = status.XL_64 << status.UXL
        values |= {"mstatus": self.some(MSTATUS) | uxl | self.fs(floating), "hstatus": self.some(HSTATUS)}
        values |= {"vsstatus": self.some(SSTATUS) | uxl | self.fs(floating), "fcsr": self.fcsr()}
        values |= {"mie": self.some(SUPERVISOR | GUEST), "htimedelta": self.getrandbits(62)}
        values |= {"mip": 0, "hvip": 0}
        return values
