"""Event counters: what they count, in which modes, and the interrupt of one that overflows ("Sscofpmf")."""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.csr.counters import COUNTING
from machine.csr.events import Event, Mhpmevent
from machine.machine import Machine
from machine.spec.causes import Cause, Interrupt
from machine.spec.modes import Mode
from tests.lab import CODE, HANDLERS, Lab
from tests.rules.lines import ONES, bits_of, do, field, put, trapped

LCOFI = 1 << Interrupt.LCOFI
INTERRUPT = 1 << 63
INHIBITS = {Mode.M: "MINH", Mode.HS: "SINH", Mode.U: "UINH", Mode.VS: "VSINH", Mode.VU: "VUINH"}
OF = Mhpmevent.OF.mask


@pytest.fixture
def lab() -> Lab:
    return Lab()


def place(lab: Lab, *texts: str, at: int = CODE) -> None:
    """Instructions one behind the other."""
    for number, text in enumerate(texts):
        lab.machine.ram.write(at + 4 * number - lab.machine.ram.base, 4, bits_of(text))
    lab.hart.guard.forget_code()
    lab.hart.forget_translations()


def run(lab: Lab, mode: Mode, cycles: int, at: int = CODE) -> None:
    lab.mode(mode)
    lab.state.pc = at
    lab.machine.run(cycles)


def inhibiting(*modes: Mode) -> int:
    return sum(1 << next(f.low for f in Mhpmevent.fields if f.name == INHIBITS[mode]) for mode in modes)


def loop(lab: Lab) -> None:
    place(lab, "addi x1, x1, 1", "jal x0, -4")


@pytest.mark.rule("mhpmcounter_num")
@pytest.mark.rule("mhpmcounter_mandatory")
@pytest.mark.rule("mhpmcounter_mhpmevent_rdonly0")
@pytest.mark.rule("mhpmevent_sz_warl_op")
@pytest.mark.rule("mhpmevent_enc")
@pytest.mark.rule("mhpmcounter_warl")
@pytest.mark.rule("mhpmcounter_sz")
@pytest.mark.rule("mcountinhibit_sz_warl_op1")
def test_what_the_registers_hold(lab: Lab) -> None:
    for n in range(3, 32):
        counts = n in COUNTING
        lab.csr(f"mhpmevent{n}", 0)
        assert lab.csr(f"mhpmcounter{n}", ONES) == (ONES if counts else 0)
        for event in Event:
            assert lab.csr(f"mhpmevent{n}", event) == (event if counts else 0)
        assert lab.csr(f"mhpmevent{n}", 0x77) == (Event.INSTRUCTIONS if counts else 0), "no such event"
        assert lab.csr(f"mhpmevent{n}", 0x3F << 58) == (0x3F << 58 if counts else 0)
    assert lab.csr("mcountinhibit", ONES) == 5 | sum(1 << n for n in COUNTING)


@pytest.mark.rule("mhpmevent_inh_op")
@pytest.mark.rule("mhpmevent_sz_warl_op")
@pytest.mark.parametrize("mode", list(Mode))
def test_each_mode_can_be_inhibited(lab: Lab, mode: Mode) -> None:
    loop(lab)
    others = inhibiting(*(other for other in Mode if other is not mode))
    settings = [(Event.CYCLES, 0, 20), (Event.CYCLES, inhibiting(mode), 0), (Event.INSTRUCTIONS, others, 20)]
    settings.append((Event.NONE, 0, 0))
    for n, (event, inhibit, _) in zip(COUNTING, settings, strict=True):
        lab.csr(f"mhpmevent{n}", event | inhibit)
    run(lab, mode, 20)
    assert [lab.csr(f"mhpmcounter{n}") for n in COUNTING] == [expected for _, _, expected in settings]


@pytest.mark.rule("mhpmevent_inh_op")
def test_what_counts_follows_the_mode(lab: Lab) -> None:
    """U-mode calls, HS-mode returns: a call retires nothing, and the return is HS-mode's."""
    place(lab, "addi x1, x1, 1", "addi x1, x1, 1", "ecall")
    place(lab, "csrrw x0, sepc, x5", "addi x2, x2, 1", "sret", at=HANDLERS["HS"])
    lab.hart.x[5] = CODE
    lab.csr("mhpmevent3", Event.INSTRUCTIONS | inhibiting(Mode.M, Mode.HS))
    lab.csr("mhpmevent4", Event.INSTRUCTIONS | inhibiting(Mode.M, Mode.U))
    lab.csr("mhpmevent5", Event.CYCLES)
    lab.csr("mhpmevent6", Event.INSTRUCTIONS)
    run(lab, Mode.U, 6 * 50)
    assert [lab.csr(f"mhpmcounter{n}") for n in COUNTING] == [100, 150, 300, 250]


@pytest.mark.rule("mcountinhibit_op2")
@pytest.mark.rule("mcountinhibit_only_inc")
def test_mcountinhibit_stops_a_counter(lab: Lab) -> None:
    loop(lab)
    lab.csr("mhpmevent3", Event.CYCLES)
    lab.csr("mhpmevent4", Event.CYCLES)
    lab.csr("mcountinhibit", 1 << 4)
    run(lab, Mode.M, 10)
    assert (lab.csr("mhpmcounter3"), lab.csr("mhpmcounter4")) == (10, 0)
    assert do(lab, "csrrs a0, mhpmcounter4, x0", Mode.M) is None


@pytest.mark.rule("mcycle_minstret_wr")
def test_a_write_takes_effect_behind_its_instruction(lab: Lab) -> None:
    lab.csr("mhpmevent3", Event.INSTRUCTIONS)
    assert do(lab, "csrrw x0, mhpmcounter3, a1", Mode.M, a1=100) is None
    assert lab.csr("mhpmcounter3") == 100
    assert do(lab, "csrrs a0, mhpmcounter3, x0", Mode.M) is None
    assert lab.a0 == 100
    assert lab.csr("mhpmcounter3") == 101
    assert do(lab, "csrrw x0, mhpmevent3, x0", Mode.M) is None
    assert lab.csr("mhpmcounter3") == 102, "the instruction that ends it is the last"


@pytest.mark.rule("hpmcounter_overflow")
@pytest.mark.rule("mhpmevent_of_op")
@pytest.mark.rule("count_overflow_interrupt")
@pytest.mark.rule("mhpmevent_of_bit_set")
@pytest.mark.rule("LCOFIP_op")
@pytest.mark.rule("mip_lcofip_mie_lcofie_op")
@pytest.mark.rule("mip_lcofip_op2")
@pytest.mark.rule("sip_sie_Sscofpmf")
@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("event", [Event.CYCLES, Event.INSTRUCTIONS])
@pytest.mark.parametrize("delegated", [0, LCOFI])
def test_the_interrupt_of_an_overflow(lab: Lab, mode: Mode, event: Event, delegated: int) -> None:
    loop(lab)
    lab.csr("mideleg", delegated)
    lab.csr("mie", LCOFI)
    put(lab, "mstatus.MIE", 1)
    put(lab, "mstatus.SIE", 1)
    lab.csr("mhpmevent3", event)
    lab.csr("mhpmcounter3", ONES - 6)
    run(lab, mode, 7)
    assert (lab.csr("mhpmcounter3"), field(lab, "mhpmevent3.OF"), lab.csr("mip")) == (0, 1, LCOFI)
    lab.machine.run(1)
    taken = not (mode is Mode.M and delegated)
    target = Mode.HS if delegated else Mode.M
    assert lab.state.trap_count == taken
    if taken:
        name = "s" if delegated else "m"
        assert (lab.csr(f"{name}cause"), lab.csr(f"{name}epc")) == (INTERRUPT | Interrupt.LCOFI, CODE + 4)
        assert (lab.hart.mode, lab.state.pc) == (target, HANDLERS["HS" if delegated else "M"])


@pytest.mark.rule("count_overflow_interrupt")
def test_a_counter_that_has_overflowed_asks_no_more(lab: Lab) -> None:
    loop(lab)
    lab.csr("mhpmevent3", Event.CYCLES | OF)
    lab.csr("mhpmcounter3", ONES - 6)
    run(lab, Mode.HS, 10)
    assert (lab.csr("mhpmcounter3"), lab.csr("mip")) == (3, 0), "it counts on"
    assert lab.csr("mhpmevent3") == Event.CYCLES | OF


@pytest.mark.rule("count_overflow_trigger")
def test_writes_do_not_overflow(lab: Lab) -> None:
    for value in (ONES, 0, ONES, 1):
        assert do(lab, "csrrw x0, mhpmcounter3, a1", Mode.M, a1=value) is None
    assert (lab.csr("mip"), lab.csr("scountovf")) == (0, 0)


@pytest.mark.rule("mip_lcofip_acc")
@pytest.mark.rule("sip_sie_Sscofpmf")
@pytest.mark.rule("vsip_vsie_lcofi")
def test_who_writes_the_pending_bit(lab: Lab) -> None:
    lab.csr("hideleg", ONES)
    assert not lab.csr("hideleg") & LCOFI, "Shlcofideleg is not there"
    for delegated in (0, LCOFI):
        lab.csr("mideleg", delegated)
        assert do(lab, "csrrw x0, mip, a1", Mode.M, a1=LCOFI) is None
        assert (lab.csr("mip"), lab.csr("sip"), lab.csr("vsip"), lab.csr("hip")) == (LCOFI, delegated, 0, 0)
        assert do(lab, "csrrw x0, sie, a1", Mode.HS, a1=ONES) is None
        assert lab.csr("sie") & LCOFI == delegated
        assert do(lab, "csrrc x0, sip, a1", Mode.HS, a1=LCOFI) is None
        assert lab.csr("mip") == LCOFI & ~delegated


@pytest.mark.rule("scountovf_op")
@pytest.mark.rule("scountovf_mmode_read_access")
@pytest.mark.rule("scountovf_smode_read_access_control")
@pytest.mark.rule("scountovf_smode_read_access")
@pytest.mark.rule("scountovf_vsmode_read_access")
def test_scountovf(lab: Lab) -> None:
    for n in (3, 4, 6):
        lab.csr(f"mhpmevent{n}", OF)
    lab.csr("mcounteren", 1 << 3 | 1 << 4 | 1 << 5)
    lab.csr("hcounteren", 1 << 4 | 1 << 6)
    for mode, shown in ((Mode.M, {3, 4, 6}), (Mode.HS, {3, 4}), (Mode.VS, {4})):
        assert do(lab, "csrrs a0, scountovf, x0", mode) is None
        assert lab.a0 == sum(1 << n for n in shown)
    assert trapped(lab, "csrrs a0, scountovf, x0", Mode.VU).cause == Cause.VIRTUAL_INSTRUCTION
    for mode in (Mode.M, Mode.HS, Mode.VS):
        assert trapped(lab, "csrrw x0, scountovf, a0", mode).cause == Cause.ILLEGAL_INSTRUCTION


@pytest.mark.rule("mip_lcofip_mie_lcofie_rdonly0")
@pytest.mark.rule("std_super_intr_impl")
@pytest.mark.reference_only
def test_without_the_extension_counters_only_count() -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa("default,-sscofpmf")))
    for name in ("mip", "mie", "mideleg"):
        lab.csr(name, ONES)
        assert not lab.csr(name) & LCOFI
    assert lab.csr("mhpmevent3", ONES & ~0xFF | Event.CYCLES) == Event.CYCLES
    lab.csr("mhpmcounter3", ONES)
    loop(lab)
    lab.csr("mip", 0)
    run(lab, Mode.HS, 3)
    assert (lab.csr("mhpmcounter3"), lab.csr("mip"), lab.csr("mhpmevent3")) == (2, 0, Event.CYCLES)


def test_a_run_that_is_cut_counts_the_same(lab: Lab) -> None:
    """The same run in pieces, and through a snapshot."""
    loop(lab)
    lab.csr("mhpmevent3", Event.INSTRUCTIONS)
    run(lab, Mode.VS, 7)
    kept = bytes(lab.state)
    lab.machine.run(6)
    assert lab.csr("mhpmcounter3") == 13
    lab.hart.restore(kept)
    lab.machine.run(3)
    assert lab.csr("mhpmcounter3") == 10
    assert isinstance(lab.machine, Machine)
