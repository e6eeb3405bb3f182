"""The words that a meaning may use.

`Hart` is what every meaning gets as its first argument. `machine.hart` implements it on numbers; a native engine
implements it on symbolic values. Values are exact integers (see `machine.bits`); a register or memory write
truncates. Whatever may raise stands before whatever writes.
"""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

__all__ = ["Hart", "Operands", "Registers"]


class Registers(Protocol):
    """A register file of 64-bit patterns: reads give unsigned integers, writes truncate; x[0] always reads 0."""

    def __getitem__(self, number: int, /) -> int: ...
    def __setitem__(self, number: int, value: int, /) -> None: ...


class Operands(Protocol):
    """The operand fields of one instruction; a field that its pattern lacks is 0.

    ``imm`` is already assembled and sign-extended (unsigned for shifts, CSR immediates and compressed forms that
    say so), in bytes where it is an offset. ``word`` is the instruction's own bits.
    """

    rd: int
    rs1: int
    rs2: int
    rs3: int
    rm: int
    imm: int
    csr: int
    aqrl: int
    word: int


class Hart(Protocol):
    """One hardware thread, as meanings see it."""

    x: Registers
    f: Registers
    pc: int
    """Address of the instruction."""
    next: int
    """Address of the instruction behind it."""
    state: Any
    """The flat block: every stored CSR and the mode by name, 64 bits each; writes truncate (`machine.hart.state`)."""

    def jump(self, target: int) -> None:
        """Continue at ``target`` instead of `next`. Raises fetch-misaligned when IALIGN forbids it (never with C)."""

    def load(self, address: int, size: int) -> int:
        """Read ``size`` bytes (1, 2, 4, 8) at a virtual address, unsigned, as a data access of the current mode."""

    def store(self, address: int, size: int, value: int) -> None:
        """Write the low ``size`` bytes of ``value``."""

    def amo_load(self, address: int, size: int) -> int:
        """The read half of an AMO: aligned, checked for reading and writing, faults are store/AMO faults."""

    def amo_store(self, address: int, size: int, value: int) -> None:
        """The write half of an AMO, after `amo_load` at the same address: cannot fault."""

    def amo_load_pair(self, address: int) -> tuple[int, int]:
        """`amo_load` of 16 bytes: the lower and the upper 8."""

    def amo_store_pair(self, address: int, low: int, high: int) -> None:
        """The write half of an AMO of 16 bytes, after `amo_load_pair` at the same address: cannot fault."""

    def manage_block(self, address: int) -> None:
        """CBO.INVAL, CBO.CLEAN, CBO.FLUSH: check the access to the cache block that holds the address."""

    def zero_block(self, address: int) -> None:
        """CBO.ZERO: write zeros to the cache block that holds the address."""

    def load_reserved(self, address: int, size: int) -> int:
        """LR: an aligned read that registers the reservation."""

    def store_conditional(self, address: int, size: int, value: int) -> int:
        """SC: 0 when it stored, 1 when the reservation was lost. Always ends the reservation."""

    def guest_load(self, address: int, size: int, execute: bool) -> int:
        """HLV (or, ``execute``, HLVX): read as the guest whose privilege is hstatus.SPVP, through both stages."""

    def guest_store(self, address: int, size: int, value: int) -> None:
        """HSV: write as the guest whose privilege is hstatus.SPVP, through both stages."""

    def csr_check(self, number: int, write: bool) -> None:
        """Raise illegal-instruction or virtual-instruction unless the current mode may access the CSR."""

    def csr_read(self, number: int) -> int:
        """The value that an instruction of the current mode reads (V=1 substitutes VS CSRs); after `csr_check`."""

    def csr_read_for_update(self, number: int) -> int:
        """The value that CSRRS and CSRRC modify: mip without the level of the external interrupt's wire."""

    def csr_write(self, number: int, value: int) -> None:
        """Legalise and write; after `csr_check`."""

    def time(self) -> int:
        """mtime, in ticks of the timebase."""

    def require_fp(self) -> None:
        """Raise illegal-instruction when floating point is Off for the current mode."""

    def dirty_fp(self) -> None:
        """Set FS to Dirty in mstatus and, while V=1, in vsstatus."""

    def fence_i(self) -> None:
        """Make stores visible to this hart's instruction fetches."""

    def forget_stage(self, stage: int, space: int) -> None:
        """Drop the cached translations that depend on a stage (`machine.spec.paging.FENCE_S` and so on) in one
        address space, an ASID or a VMID, or in `EVERY_SPACE`."""

    def forget_translations(self) -> None:
        """Drop every cached translation of this hart (a fence may drop more than it names)."""

    def context_changed(self) -> None:
        """Mode, an address-translation CSR, or a bit that steers permissions changed: later accesses use the new."""

    def reconsider_interrupts(self) -> None:
        """Pending or enabled interrupts may have changed: the engine looks before the next instruction."""

    def events_changed(self) -> None:
        """What event counters count may have changed."""

    def complete(self) -> None:
        """The current instruction counts for the event counters as they are, not as it is about to set them."""

    def return_from_m(self) -> None:
        """MRET's change of state (`machine.trap.exit`)."""

    def return_from_s(self) -> None:
        """SRET's change of state, by V (`machine.trap.exit`)."""

    def physical_refusal(self, address: int, size: int, kind: int, privilege: int) -> int:
        """`Reason.NONE` when memory answers at the physical address and PMP allows the access, else why not."""

    def pte_load(self, address: int) -> int:
        """Read 8 bytes of main memory at a physical address that `physical_refusal` passed."""

    def pte_store(self, address: int, value: int) -> None:
        """Write 8 bytes of main memory at a physical address that `physical_refusal` passed."""

    def staged(self, stage: str, address: int) -> None:
        """For observers: a stage of translation begins. Engines may ignore it."""

    def walked(self, stage: str, level: int, slot: int, where: int, pte: int) -> None:
        """For observers: the walk read a PTE. Engines may ignore it."""

    def wait(self) -> None:
        """WFI: the hart idles until an interrupt that mie enables is pending, regardless of global enables."""

    def illegal(self) -> NoReturn:
        """Raise illegal-instruction without a particular clause."""
