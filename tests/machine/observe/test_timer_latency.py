"""How long a guest's timer waits: each end of a wait at its exact instruction, and nothing changed by looking."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from machine.board.elf import load_image
from machine.config import Config
from machine.csr.file import BY_NAME
from machine.isa.assemble import assemble
from machine.machine import Machine
from machine.observe.timer_latency import Fate, Guest, TimerLatency
from machine.proposals import parse
from machine.run_exit import ExitReason
from machine.spec.modes import Mode
from machine.startup.boot import Boot
from tests.lab import CODE, NOP, STCE, Lab

NEVER = (1 << 64) - 1
VMID = 5
SIE, STIE = 2, 1 << 5
GUESTS = Path(__file__).resolve().parents[3] / "gdbstub" / "guests"


def number(name: str) -> int | None:
    return BY_NAME[name].number if name in BY_NAME else None


class Bench(Lab):
    """A guest timer that rings ten ticks (100 cycles) from the start; a program of nops with instructions put in."""

    def __init__(self, at: dict[int, str] | None = None) -> None:
        super().__init__()
        for name in ("menvcfg", "henvcfg"):
            self.csr(name, STCE)
        self.csr("hideleg", 1 << 6)
        self.csr("hcounteren", 7)
        self.csr("hgatp", VMID << 44)
        self.csr("vstimecmp", self.machine.board.aclint.mtime + 10)
        for place in range(1000):
            text = (at or {}).get(place)
            self.put(CODE + 4 * place, NOP if text is None else assemble(text, 0, number))
        self.latency: TimerLatency = self.machine.timer_latency
        self.latency.start()

    def put(self, address: int, word: int) -> None:
        self.machine.ram.write(address - self.machine.ram.base, 4, word)

    def run(self, mode: Mode, cycles: int, at: int = 0, **x: int) -> Guest:
        self.hart.x[10] = x.get("a0", 0)
        self.mode(mode)
        self.state.pc = CODE + 4 * at
        self.machine.step(0, cycles)
        return self.latency.guests[VMID]


def test_the_hypervisors_first_look_at_hip() -> None:
    guest = Bench({130: "csrrs a1, hip, zero", 140: "csrrs a1, hip, zero"}).run(Mode.HS, 200)
    (wait,) = guest.waits[Fate.READ]
    assert (wait.instructions, wait.cycles) == (30, 30)
    assert (wait.risen_at, wait.ended_at, wait.mode) == (CODE + 400, CODE + 520, Mode.HS)


def test_delivery_in_the_guest() -> None:
    lab = Bench()
    lab.csr("vsstatus", SIE)
    lab.csr("vsie", STIE)
    lab.run(Mode.HS, 150)
    guest = lab.run(Mode.VS, 1, at=300)
    (wait,) = guest.waits[Fate.DELIVERED]
    assert (wait.instructions, wait.cycles) == (50, 50)
    assert (wait.risen_at, wait.ended_at) == (CODE + 400, CODE + 1200)
    assert guest.fates == {Fate.DELIVERED: 1}
    assert guest.risen == {Mode.HS: 1}


@pytest.mark.parametrize(
    ("text", "value"), [("csrrw zero, vstimecmp, a0", NEVER), ("csrrw zero, hgatp, a0", (VMID + 1) << 44)]
)
def test_the_vcpu_switched_out(text: str, value: int) -> None:
    lab = Bench({170: text})
    guest = lab.run(Mode.HS, 200, a0=value)
    (wait,) = guest.waits[Fate.SWITCHED]
    assert (wait.instructions, wait.ended_at) == (70, CODE + 680)
    assert guest.fates == {Fate.SWITCHED: 1}
    assert (VMID + 1 in lab.latency.guests) == (value != NEVER)


def test_the_same_vmid_is_no_switch() -> None:
    guest = Bench({170: "csrrw zero, hgatp, a0"}).run(Mode.HS, 200, a0=VMID << 44)
    assert not guest.fates


def test_the_guest_moves_its_own_timer() -> None:
    lab = Bench({120: "csrrw zero, stimecmp, a0"})
    guest = lab.run(Mode.VS, 200, a0=NEVER)
    assert guest.fates == {Fate.MOVED: 1}
    assert guest.risen == {Mode.VS: 1}


def test_hvip_raises_and_withdraws_it() -> None:
    lab = Bench({10: "csrrs zero, hvip, a0", 50: "csrrc zero, hvip, a0"})
    guest = lab.run(Mode.HS, 80, a0=1 << 6)
    assert (guest.risen, guest.fates) == ({Mode.HS: 1}, {Fate.WITHDRAWN: 1})


def test_most_of_the_wait_is_found() -> None:
    lab = Bench({105: "jal zero, 0"})
    lab.run(Mode.HS, 500)
    lab.csr("vsstatus", SIE)
    lab.csr("vsie", STIE)
    guest = lab.run(Mode.VS, 1, at=300)
    (wait,) = guest.waits[Fate.DELIVERED]
    place, cycles = wait.spent_at
    assert place == CODE + 420
    assert 380 <= cycles <= 400


def machine_with(guest: str, *proposals: str, harts: int = 1) -> Machine:
    machine = Machine(Config(harts=harts, proposals=tuple(map(parse, proposals))))
    Boot(load_image(GUESTS / f"{guest}.elf"), builtin=True).install(machine)
    machine.reset()
    return machine


def snapshot(machines: Iterable[Machine]) -> list[tuple[int, bytes]]:
    return [(machine.clock.cycles, bytes(machine.harts[0].state)) for machine in machines]


@pytest.mark.parametrize("proposals", [(), ("vgti",)])
def test_looking_changes_nothing(proposals: tuple[str, ...]) -> None:
    watched, alone = machine_with("timer", *proposals), machine_with("timer", *proposals)
    watched.timer_latency.start()
    watched.virtual_instructions.start()
    for _ in range(30):
        watched.run(7919)
        alone.run(7919)
        first, second = snapshot((watched, alone))
        assert first == second
    assert watched.timer_latency.guests


def test_off_again_the_hart_is_as_it_was() -> None:
    hart = machine_with("timer").harts[0]
    before = dict(vars(hart))
    latency = TimerLatency([hart])
    latency.start()
    assert vars(hart) != before
    latency.stop()
    assert {name: value for name, value in vars(hart).items() if name != "vstip"} == {
        name: value for name, value in before.items() if name != "vstip"
    }
    assert (hart.vstip.grain, hart.vstip.lookers) == (0, [])


def test_a_guest_timer_interrupt_shortens_the_wait() -> None:
    longest = {}
    for proposals in ((), ("vgti",)):
        machine = machine_with("timer", *proposals)
        machine.timer_latency.start()
        assert machine.run(4_000_000).reason is ExitReason.SHUTDOWN
        assert machine.finish is not None
        assert machine.finish.code == 0
        guests = machine.timer_latency.guests
        longest[proposals] = {vmid: guests[vmid].longest(Fate.DELIVERED) for vmid in (1, 2)}
    for vmid in (1, 2):
        without, with_it = longest[()][vmid], longest["vgti",][vmid]
        assert without is not None
        assert with_it is not None
        assert without.instructions > 10_000
        assert with_it.instructions < 1_000


def test_catch_stops_before_the_first_instruction_that_can_see_it() -> None:
    lab = Bench()
    lab.machine.catches.catch_timers(lab.machine.harts)
    lab.mode(Mode.HS)
    lab.state.pc = CODE
    ended = lab.machine.step(0, 200)
    assert (ended.reason, ended.cycles, lab.state.pc) == (ExitReason.CAUGHT, 100, CODE + 400)
    assert lab.machine.step(0, 50).reason is ExitReason.BUDGET
    lab.machine.catches.clear()
    assert not lab.machine.catches.timers


def test_catch_leaves_a_ring_in_the_guest_alone() -> None:
    lab = Bench()
    lab.machine.catches.catch_timers(lab.machine.harts)
    lab.mode(Mode.VS)
    lab.state.pc = CODE
    assert lab.machine.step(0, 200).reason is ExitReason.BUDGET


def test_catch_stops_a_hart_that_waits() -> None:
    lab = Bench({5: "wfi"})
    lab.machine.catches.catch_timers(lab.machine.harts)
    lab.mode(Mode.HS)
    lab.state.pc = CODE
    ended = lab.machine.run(1_000)
    assert (ended.reason, lab.state.waiting) == (ExitReason.CAUGHT, 1)
    assert lab.machine.run(1_000).reason is ExitReason.IDLE
