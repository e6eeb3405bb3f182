"""What virtual instructions cost: by VMID and rule, from the handler's first instruction to the guest's next."""

from __future__ import annotations

from machine.isa.assemble import assemble
from machine.isa.encode import encode
from machine.observe.virtual_instructions import Kind, Paid, VirtualInstructions
from machine.spec.causes import Cause
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import CODE, HANDLERS, NOP, Lab

HLV = encode("hlv.d", rd=10, rs1=11)
SRET = assemble("sret", 0)
SPV, SPP = 1 << 7, 1 << 8
HANDLER_NOPS = 20


def bench() -> tuple[Lab, VirtualInstructions]:
    """A guest that executes HLV, and a handler of 20 nops that returns to it."""
    lab = Lab()
    lab.csr("hgatp", 3 << 44)
    for place in range(HANDLER_NOPS):
        put(lab, HANDLERS["HS"] + 4 * place, NOP)
    put(lab, HANDLERS["HS"] + 4 * HANDLER_NOPS, SRET)
    put(lab, CODE, HLV)
    counter = lab.machine.virtual_instructions
    counter.start()
    return lab, counter


def put(lab: Lab, address: int, word: int) -> None:
    lab.machine.ram.write(address - lab.machine.ram.base, 4, word)


def run(lab: Lab, mode: Mode, cycles: int) -> None:
    lab.mode(mode)
    lab.state.pc = CODE
    lab.machine.step(0, cycles)


def test_an_emulation_is_as_long_as_its_handler() -> None:
    lab, counter = bench()
    run(lab, Mode.VS, 1 + HANDLER_NOPS + 1)
    kind = Kind(3, Cause.VIRTUAL_INSTRUCTION, Reason.V_HYPERVISOR_INSTRUCTION, Mode.VS)
    assert counter.paid == {kind: Paid(1, [HANDLER_NOPS], 0)}


def test_one_that_does_not_return_has_trapped_only() -> None:
    lab, counter = bench()
    run(lab, Mode.VS, HANDLER_NOPS)
    assert [(paid.trapped, paid.lengths) for paid in counter.paid.values()] == [(1, [])]


def test_another_guest_in_between_is_said() -> None:
    lab, counter = bench()
    run(lab, Mode.VS, 2)
    lab.csr("hgatp", 4 << 44)
    lab.machine.step(0, HANDLER_NOPS)
    lab.mode(Mode.HS)
    lab.csr("hgatp", 3 << 44)
    lab.csr("hstatus", lab.csr("hstatus") | SPV)
    lab.csr("sstatus", SPP)
    lab.state.pc = HANDLERS["HS"] + 4 * HANDLER_NOPS
    lab.machine.step(0)
    (paid,) = counter.paid.values()
    assert (paid.trapped, len(paid.lengths), paid.switched) == (1, 1, 1)


def test_a_guests_own_illegal_instruction_counts_where_it_leaves_the_guest() -> None:
    lab, counter = bench()
    put(lab, CODE, 0)
    run(lab, Mode.VS, 1)
    assert [kind.cause for kind in counter.paid] == [Cause.ILLEGAL_INSTRUCTION]
    counter.clear()
    lab.csr("hedeleg", 1 << Cause.ILLEGAL_INSTRUCTION)
    run(lab, Mode.VS, 1)
    assert not counter.paid


def test_off_nothing_is_counted() -> None:
    lab, counter = bench()
    counter.stop()
    run(lab, Mode.VS, 1)
    assert not counter.paid
    assert counter.start() is None
    run(lab, Mode.HS, 1)
    assert not counter.paid
