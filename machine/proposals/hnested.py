"""HNESTED: a guest hypervisor's accesses to hypervisor CSRs become accesses of memory, without a trap.

A hypervisor in VS-mode traps at each h* and vs* CSR that it touches; its host then reads or writes a copy in memory.
The proposal lets the hart do that. CSR HNESTED belongs to HS-mode: bit 0 enables, bits 63:1 hold the storage's address
divided by 8. With it enabled, an access *from VS-mode* to a CSR of number 0x2xx, 0x6xx, 0xAxx or 0xExx becomes a
doubleword access at the base plus 0x0000, 0x1000, 0x2000 or 0x3000 plus 8 times the number's low eight bits. hgeip and
hgeie, whose values are wires and not storage, still trap. HNESTED itself is converted too, for the level below.

Where its text leaves a choice, this model has made it so:

- Only accesses are converted that would raise virtual-instruction because the CSR is a hypervisor's: in VS-mode, to a
  register that the hart has, that HS-mode could access so. All others trap as ever: VU-mode's; absent registers; writes
  of a read-only number; vstimecmp while menvcfg.STCE or mcounteren.TM is 0.
- The base is an address of HS-mode, translated through satp with S-mode's rights, SUM and MXR of sstatus, V=0 and
  MPRV ignored: it is HS-mode's access, made on the guest's behalf. PMP and watchpoints apply.
- The base has no alignment beyond its unit of 8 bytes, so an access never crosses a page. Bits above 63 are lost.
- A read that goes to x0, or CSRRW's, is no load; CSRRS and CSRRC from x0 are no store. A read-modify-write is a load,
  then a store; when either faults, neither rd nor memory has changed.
- A fault is a load or a store/AMO page fault or access fault as the access itself would raise in HS-mode: xtval is the
  address in the storage, GVA is 0, htval 0. It is never delegated to the guest, whatever hedeleg says, for the guest
  knows no such address; hstatus.SPV is 1, sepc the guest's CSR instruction, and htinst 0, for that is no load or store.
- A value is stored as it is written: no field is legalised, no view of one register in another follows.
- The number is 0x6C1 unless chosen otherwise among those for custom hypervisor CSRs (0x6C1 to 0x6FF).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from machine.csr.access import H_LEVEL
from machine.csr.field import Field, flag
from machine.csr.file import BY_NUMBER, csr
from machine.csr.register import Csr
from machine.hart.hart import Hart
from machine.isa.catalogue import INSTRUCTIONS, Meaning, replaces
from machine.isa.operands import OperandValues
from machine.memory.access import LOAD, STORE, as_mode
from machine.proposals.proposal import Parameter, Proposal
from machine.spec.modes import S
from machine.spec.rules import Reason
from machine.trap.trap import Trap, illegal

__all__ = ["HNESTED", "NAME", "slot"]

NAME = "hnested"
NUMBER = 0x6C1
CUSTOM = range(NUMBER, 0x700)
WIRES = {0xE12, 0x607}
"""hgeip and hgeie."""
WORD = 8
MASK = (1 << 64) - 1


@csr
class Hnested(Csr, number=NUMBER):
    """Enable (bit 0) and the storage's address divided by 8 (bits 63:1); every bit can be written."""

    BASE = Field(63, 1)
    ENABLE = flag(0)

    proposal = NAME


def slot(hnested: int, number: int) -> int:
    """The address at which the access to CSR ``number`` is made.

    >>> hex(slot(0x8010_0000 // 8 << 1 | 1, 0x641)), hex(slot(0, 0xE12))
    ('0x80101208', '0x3090')
    """
    return (hnested >> 1) * WORD + (number >> 10) * 0x1000 + (number & 0xFF) * WORD & MASK


def _register(h: Any, number: int) -> int:
    """The number under which the file knows what the instruction names: HNESTED may have been given another."""
    proposed = h.config.proposed(NAME)
    if number == proposed.number:
        return NUMBER
    if number == NUMBER:
        raise illegal(Reason.CSR_ABSENT)
    return number


def _converted(h: Any, number: int, write: bool) -> bool:
    """Whether the access becomes one of memory; ``number`` is the file's."""
    state, register = h.state, BY_NUMBER.get(number)
    if not Hnested.ENABLE.get(state.hnested) or not state.virt or state.priv != S or number in WIRES:
        return False
    if register is None or register.level != H_LEVEL or not register.exists(h) or (write and register.read_only):
        return False
    register.gate(h, write)
    register.gate_below_m(h, write)
    return True


def _load(h: Any, address: int) -> int:
    try:
        value: int = h.port.load_as(as_mode(h, LOAD, S, 0), address, WORD)
    except Trap as trap:
        raise _as_host(trap) from None
    return value


def _store(h: Any, address: int, value: int) -> None:
    try:
        h.port.store_as(as_mode(h, STORE, S, 0), address, WORD, value)
    except Trap as trap:
        raise _as_host(trap) from None


def _as_host(trap: Trap) -> Trap:
    trap.not_for_guest, trap.tinst = True, 0
    return trap


def _perform(h: Any, i: OperandValues, source: int, kind: str, ratified: Meaning) -> None:
    """A CSR instruction: ``kind`` is w, s or c; it reads and writes as Zicsr says."""
    operand = i.imm if i.rs1 == 0 else i.rs1  # the field's number decides, not the value; one of both is absent
    write, read = kind == "w" or operand != 0, kind != "w" or i.rd != 0
    number = _register(h, i.csr)
    if not _converted(h, number, write):
        ratified(h, _renamed(i, number))
        return
    address = slot(h.state.hnested, i.csr)
    old = _load(h, address) if read else 0
    if write:
        _store(h, address, {"w": source, "s": old | source, "c": old & ~source}[kind] & MASK)
    if i.rd:
        h.x[i.rd] = old


def _renamed(i: OperandValues, number: int) -> OperandValues:
    if i.csr == number:
        return i
    return OperandValues(i.word, {"rd": i.rd, "rs1": i.rs1, "imm": i.imm, "csr": number})


def _replace(name: str, source: Callable[[Any, OperandValues], int]) -> None:
    ratified = next(known for known in INSTRUCTIONS if known.name == name).meaning

    @replaces(name, NAME)
    def converted(h: Any, i: Any) -> None:
        """The ratified instruction, or an access of the storage that HNESTED names."""
        _perform(h, i, source(h, i), name[4], ratified)


for _kind in "wsc":
    _replace(f"csrr{_kind}", lambda h, i: int(h.x[i.rs1]))
    _replace(f"csrr{_kind}i", lambda h, i: int(i.imm))


def _install(hart: Hart) -> None:
    """Nothing but the replaced instructions and the register: both ask the configuration."""


HNESTED = Proposal(
    NAME,
    "A guest hypervisor's h* and vs* CSRs are storage in memory that CSR HNESTED (0x6C1) names: no trap at an access",
    "the nested virtualization acceleration proposal; what it leaves open is decided in machine/proposals/hnested.py",
    _install,
    Parameter("HNESTED's number", NUMBER, (CUSTOM,)),
)
