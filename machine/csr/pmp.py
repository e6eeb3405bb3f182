"""The registers of physical memory protection, 16 entries of grain 4 bytes ("Physical Memory Protection CSRs", and
mseccfg, which Smepmp and Smmpm share).

The check of an access is `machine.memory.pmp`; here is what the registers can hold and when they are locked.
"""

from __future__ import annotations

from typing import Any

from machine.bits import bit, ite, u
from machine.csr.field import Field, flag, needs
from machine.csr.file import csr
from machine.csr.register import Csr
from machine.csr.shapes import masking
from machine.spec import status

__all__ = ["ENTRIES", "TOR", "L", "config"]

ENTRIES = 16
L = 0x80
"""The lock bit of an entry's configuration."""
R, W, X = 1, 2, 4
A_SHIFT, OFF, TOR, NA4, NAPOT = 3, 0, 1, 2, 3
"""The A field: its place and its values."""
RWX, RW_RESERVED, USED = 0x7, 0x2, 0x9F
ADDRESS_BITS = 54


def config(h: Any, entry: int) -> int:
    """The 8-bit configuration of entry number ``entry``, which is static."""
    word: int = getattr(h.state, "pmpcfg0" if entry < 8 else "pmpcfg2")
    return u(word >> 8 * (entry % 8), 8)


def legal_config(h: Any, old: int, new: int) -> int:
    """A locked entry stays (pmp_l_bit_write_protection); the reserved R=0 W=1 leaves R, W and X (pmp_rwx_warl).

    mseccfg.RLB lifts all locks. With MML R=0 W=1 is not reserved, and no rule may come that lets M-mode execute
    (mseccfg_mml_X_restrict); an entry that is off is no rule.
    """
    lockdown, bypass = bit(h.state.mseccfg, status.MSECCFG_MML), bit(h.state.mseccfg, status.MSECCFG_RLB)
    reserved = (new & (RWX - 4) == RW_RESERVED) & (lockdown == 0)
    changed = new & (USED - RWX) | ite(reserved, old & RWX, new & RWX)
    refused = (bypass == 0) & ((old & L != 0) | (lockdown == 1) & executable_by_m(new))
    return ite(refused, old, changed)


def executable_by_m(config: int) -> bool:
    """Whether it is of a rule that, with MML, lets M-mode execute: one for M-mode alone with X, or shared code."""
    permissions, rule = config & RWX, (config & L != 0) & (config >> A_SHIFT & NAPOT != OFF)
    own = (permissions == X) | (permissions == X | R)
    shared = (permissions == W) | (permissions == X | W)
    return rule & (own | shared)


class Pmp(Csr):
    """A change concerns every access to memory from now on."""

    def written(self, h: Any) -> None:
        h.forget_translations()
        h.context_changed()


def config_fields(first: int) -> tuple[Field, ...]:
    """The eight entries of a configuration register."""
    return tuple(Field(8 * i + 7, 8 * i, legal_config, name=f"pmp{first + i}cfg") for i in range(8))


@csr
class Pmpcfg0(Pmp, number=0x3A0):
    """Configurations of entries 0 to 7; pmpcfg1 does not exist (pmp_cfg_rv64_layout, pmp_cfg_rv64_illegal)."""

    more_fields = config_fields(0)


@csr
class Pmpcfg2(Pmp, number=0x3A2):
    """Configurations of entries 8 to 15; pmpcfg3 does not exist (pmp_cfg_rv64_layout, pmp_cfg_rv64_illegal)."""

    more_fields = config_fields(8)


class PmpAddress(Pmp):
    """Bits 55 to 2 of an address (pmp_addr_encoding); not writable while its entry, or a TOR above it, is locked."""

    entry: int
    ADDRESS = Field(ADDRESS_BITS - 1, 0)

    def legalise(self, h: Any, old: int, new: int) -> int:
        return ite(self.locked(h) != 0, old, super().legalise(h, old, new))

    def locked(self, h: Any) -> int:
        """Not 0 while writes are ignored (pmp_l_bit_write_protection)."""
        own = config(h, self.entry) & L
        above = config(h, self.entry + 1) if self.entry + 1 < ENTRIES else 0
        held = own | ite(above >> A_SHIFT & NAPOT == TOR, above & L, 0)
        return ite(bit(h.state.mseccfg, status.MSECCFG_RLB), 0, held)


for _n in range(ENTRIES):
    csr(
        type(
            f"Pmpaddr{_n}",
            (PmpAddress,),
            {"__doc__": f"Address of entry {_n} (pmp_addr_registers).", "entry": _n},
            number=0x3B0 + _n,
        )
    )


LOCKS = L * 0x0101_0101_0101_0101


def bypass(h: Any, old: int, new: int) -> int:
    """RLB: once 0 it stays 0 while any entry is locked, whether it is off or not (mseccfg_rlb_op_warl)."""
    locked = (h.state.pmpcfg0 | h.state.pmpcfg2) & LOCKS != 0
    return ite((old == 0) & locked, 0, new)


def sticky(h: Any, old: int, new: int) -> int:
    """MML and MMWP: once set they stay, until reset (mseccfg_mml_sticky, mseccfg_mmwp_op_warl)."""
    return old | new


@csr
class Mseccfg(Pmp, number=0x747):
    """Machine security configuration (mseccfg_sz_acc); 0 after reset (mseccfg_mml_mmwp_rlb_rst)."""

    extension = "Smepmp|Smmpm"
    PMM = masking(status.ENVCFG_PMM, "Smmpm")
    RLB = flag(status.MSECCFG_RLB, legal=needs("Smepmp", bypass))
    MMWP = flag(status.MSECCFG_MMWP, legal=needs("Smepmp", sticky))
    MML = flag(status.MSECCFG_MML, legal=needs("Smepmp", sticky))
