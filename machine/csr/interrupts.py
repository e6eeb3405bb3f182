"""Pending, enabled and delegated interrupts of M, HS and VS-mode: one truth, `pending` and mie, and its many views.

Storage: mie holds every enable bit; mip holds what software writes of SSIP, STIP and SEIP, and LCOFIP; hvip holds
VSSIP, VSTIP and VSEIP; `lines` and hgeip hold the levels of wires; timers are compared when asked.
"""

from __future__ import annotations

from typing import Any, ClassVar

from machine.bits import ite, routine, u
from machine.csr.envcfg import Henvcfg, Menvcfg
from machine.csr.field import Field, flag, needs
from machine.csr.file import csr
from machine.csr.h_mode import Hstatus
from machine.csr.register import Csr, View
from machine.spec.causes import Interrupt

__all__ = ["GEILEN", "GUEST_BITS", "SUPERVISOR_BITS", "pending"]

GEILEN = 63
"""Guest external interrupts of a hart: the most there can be (geilen)."""
GUEST_LINES = (1 << GEILEN + 1) - 2

SSI, STI, SEI = 1 << Interrupt.SSI, 1 << Interrupt.STI, 1 << Interrupt.SEI
VSSI, VSTI, VSEI = 1 << Interrupt.VSSI, 1 << Interrupt.VSTI, 1 << Interrupt.VSEI
SGEI = 1 << Interrupt.SGEI
LCOFI = 1 << Interrupt.LCOFI
SUPERVISOR_BITS = SSI | STI | SEI | LCOFI
"""What sip and sie can show, and mideleg can delegate."""
GUEST_BITS = VSSI | VSTI | VSEI
"""What hvip asserts, and hideleg can delegate to VS-mode."""
HYPERVISOR_BITS = GUEST_BITS | SGEI
"""What hip and hie show; always delegated past M-mode (mideleg_acc_h)."""


@routine
def pending(h: Any) -> int:
    """The full value of mip: software's bits, wires, timers (mip_mie_vs, mip_stip_stimecmp_op2).

    While menvcfg.STCE is 0, STIP is the bit that M-mode wrote.
    """
    state = h.state
    compared = ite(u(h.time()) >= state.stimecmp, STI, 0)
    timer = ite(Menvcfg.STCE.get(state.menvcfg) == 1, compared, state.mip & STI)
    value: int = state.lines | state.mip & (SSI | SEI | LCOFI) | timer | guest_pending(h)
    return value


def guest_pending(h: Any) -> int:
    """The hypervisor's bits of mip: hip_vseip_vseie_op, hip_vstip_vstie_acc_op, hip_sgeip_sgeie_acc_op."""
    state = h.state
    lines: int = state.hgeip & GUEST_LINES
    external = (lines >> Hstatus.VGEIN.get(state.hstatus) & 1) * VSEI
    guest_external = ite(lines & state.hgeie != 0, SGEI, 0)
    compared = ite(u(h.time() + state.htimedelta) >= state.vstimecmp, VSTI, 0)
    timer = ite(Henvcfg.STCE.get(state.henvcfg) == 1, compared, 0)
    asserted: int = state.hvip
    return asserted | external | guest_external | timer


def interrupt_bits(suffix: str, *interrupts: Interrupt, writable: int = -1) -> tuple[Field, ...]:
    """Fields such as SSIP or VSTIE; those outside the mask ``writable`` are read-only."""
    return tuple(
        flag(
            i, writable=writable >> i & 1 == 1, name=i.name + suffix, legal=needs(BROUGHT[i]) if i in BROUGHT else None
        )
        for i in interrupts
    )


BROUGHT = {Interrupt.LCOFI: "Sscofpmf"}
"""Interrupts that an extension adds; without it their bits are read-only zero (mip_lcofip_mie_lcofie_rdonly0)."""


SUPERVISOR = (Interrupt.SSI, Interrupt.STI, Interrupt.SEI, Interrupt.LCOFI)
SEEN = (Interrupt.SSI, Interrupt.STI, Interrupt.SEI)
"""What a guest knows VS-level interrupts as."""
GUEST = (Interrupt.VSSI, Interrupt.VSTI, Interrupt.VSEI)
HYPERVISOR = (*GUEST, Interrupt.SGEI)


class Enables(Csr):
    """Its bits decide which interrupts are taken, and where."""

    def written(self, h: Any) -> None:
        h.reconsider_interrupts()


@csr
class Mideleg(Enables, number=0x303):
    """Interrupts that go to HS-mode: SSI, STI, SEI and LCOFI as written, the hypervisor's always (mideleg_acc_h)."""

    more_fields = interrupt_bits("", *SUPERVISOR, *HYPERVISOR, writable=SUPERVISOR_BITS)
    initial = HYPERVISOR_BITS


@csr
class Hideleg(Enables, number=0x603):
    """Interrupts that go on to VS-mode (hideleg_acc)."""

    more_fields = interrupt_bits("", *GUEST)


@csr
class Mie(Enables, number=0x304):
    """Enable bits of every interrupt (mie_sz_acc, mip_mie_alias)."""

    more_fields = interrupt_bits("E", *Interrupt)


@csr
class Mip(Enables, number=0x344):
    """Pending bits of every interrupt ("Machine Interrupt (mip and mie) Registers" of both chapters).

    M-mode writes SSIP, SEIP's software half (mip_seip_acc), STIP while menvcfg.STCE=0, LCOFIP (mip_lcofip_acc) and
    VSSIP, which is hvip's.
    """

    more_fields = interrupt_bits("P", *Interrupt, writable=SUPERVISOR_BITS | VSSI)

    def read(self, h: Any) -> int:
        return pending(h)

    def read_for_update(self, h: Any) -> int:
        """SEIP without the external controller's wire, so that CSRRS and CSRRC do not latch it (mip_seip_wrcsr)."""
        software: int = h.state.mip & SEI
        return pending(h) & ~SEI | software

    def write(self, h: Any, value: int) -> None:
        stip = ite(Menvcfg.STCE.get(h.state.menvcfg) == 1, h.state.mip, value) & STI
        overflow = LCOFI if h.config.isa.has("Sscofpmf") else 0
        h.state.mip = value & (SSI | SEI | overflow) | stip
        h.state.hvip = h.state.hvip & ~VSSI | value & VSSI
        self.written(h)


@csr
class Hvip(Enables, number=0x645):
    """Virtual interrupts that the hypervisor asserts for VS-mode (hvip_acc)."""

    more_fields = interrupt_bits("P", *GUEST)


@csr
class Sip(View, number=0x144, guest="vsip"):
    """HS-mode's delegated pending bits; SSIP and LCOFIP are writable (sip_seip_sie_seie, sip_ssip_sie_ssie)."""

    more_fields = interrupt_bits("P", *SUPERVISOR, writable=SSI | LCOFI)
    base = Mip()

    def shown(self, h: Any) -> int:
        delegated: int = h.state.mideleg
        return delegated & SUPERVISOR_BITS

    def writable(self, h: Any) -> int:
        """Not STIP and SEIP, although mip lets M-mode write them."""
        return self.shown(h) & (SSI | LCOFI)


@csr
class Sie(View, number=0x104, guest="vsie"):
    """HS-mode's delegated enable bits (sie_acc)."""

    more_fields = interrupt_bits("E", *SUPERVISOR)
    base = Mie()

    def shown(self, h: Any) -> int:
        delegated: int = h.state.mideleg
        return delegated & SUPERVISOR_BITS


@csr
class Hip(View, number=0x644):
    """Pending bits of VS-level and guest external interrupts; only VSSIP is writable (hip_vssip_vssie_op)."""

    more_fields = interrupt_bits("P", *HYPERVISOR, writable=VSSI)
    base = Mip()
    mask = HYPERVISOR_BITS


@csr
class Hie(View, number=0x604):
    """Enable bits of VS-level and guest external interrupts (hie_acc)."""

    more_fields = interrupt_bits("E", *HYPERVISOR)
    base = Mie()
    mask = HYPERVISOR_BITS


class Translated(View):
    """The guest sees VS-level interrupts one bit lower, as supervisor-level ones, where hideleg is set."""

    shift: ClassVar[int] = 1

    def shown(self, h: Any) -> int:
        delegated: int = h.state.hideleg
        return delegated & GUEST_BITS


@csr
class Vsip(Translated, number=0x244):
    """The guest's sip: aliases of hip (vsip_vsie_ssi, vsip_vsie_sti, vsip_vsie_sei); only SSIP is writable.

    There is no Shlcofideleg: LCOFIP is read-only zero (vsip_vsie_lcofi).
    """

    more_fields = interrupt_bits("P", *SEEN, writable=SSI)
    base = Mip()


@csr
class Vsie(Translated, number=0x204):
    """The guest's sie: aliases of hie (vsip_vsie_ssi, vsip_vsie_sti, vsip_vsie_sei)."""

    more_fields = interrupt_bits("E", *SEEN)
    base = Mie()


@csr
class Hgeie(Enables, number=0x607):
    """Which guest external interrupts make SGEIP: bits GEILEN to 1 (geilen, hgeie_op)."""

    GEI = Field(GEILEN, 1)


@csr
class Hgeip(Csr, number=0xE12):
    """Levels of the guest external interrupt lines (hgeip_sz_acc_op)."""

    GEI = Field(GEILEN, 1, writable=False)

    def read(self, h: Any) -> int:
        levels: int = h.state.hgeip
        return levels & GUEST_LINES

    def reset(self, h: Any) -> None:
        """Nothing: the levels are the interrupt controller's."""
