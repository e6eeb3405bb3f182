"""The interrupt ledger: authors and fates, one by one, and the vCPU guests with and without a planted bug."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.board.elf import load_image
from machine.board.image import Image
from machine.config import Config
from machine.csr.file import BY_NAME
from machine.errors import MachineError
from machine.isa.assemble import assemble
from machine.machine import Machine
from machine.observe.ledger import LostInterrupt
from machine.observe.ledger_entry import Entry, Fate
from machine.run_exit import ExitReason
from machine.spec import status
from machine.spec.causes import Interrupt
from machine.spec.modes import Mode
from machine.startup.boot import Boot
from tests.lab import STCE, Lab

GUESTS = Path(__file__).parents[3] / "gdbstub" / "guests"
PENDING, MASK = 36 * 8, 37 * 8
"""Places in struct vcpu (scripts/guests/vcpu/vcpu.h)."""
VSSI, VSTI, VSEI = Interrupt.VSSI, Interrupt.VSTI, Interrupt.VSEI
ALL = 1 << VSSI | 1 << VSTI | 1 << VSEI
CODE = 0x8010_0000


class World(Lab):
    """A hart with a guest that has no tables, and a ledger."""

    def __init__(self, *, listening: bool = True) -> None:
        super().__init__()
        self.csr("hideleg", ALL)
        if listening:
            self.machine.ledger.start()

    def do(self, line: str, mode: Mode, cycles: int = 1, **x: int) -> None:
        """One instruction at `CODE`, and what follows it."""
        self.execute(assemble(line, CODE, _number), mode, **x)
        if cycles > 1:
            self.machine.step(0, cycles - 1)

    def enter(self) -> None:
        """The guest is entered by SRET."""
        self.csr("hstatus", 1 << status.HSTATUS_SPV)
        self.set("mstatus", 1 << status.SPP)
        self.do("sret", Mode.HS)

    @property
    def entries(self) -> list[Entry]:
        return self.machine.ledger.last(100)

    @property
    def entry(self) -> Entry:
        [entry] = self.entries
        return entry


def _number(name: str) -> int:
    return BY_NAME[name].number


@pytest.fixture
def world() -> World:
    return World()


def test_off_it_is_attached_to_nothing() -> None:
    world = World(listening=False)
    hart = world.hart
    before = len(hart.trap_observers), len(hart.mode_observers)
    assert not hart.pending_observers
    world.machine.ledger.start()
    world.machine.ledger.start()
    assert len(hart.pending_observers) == 1
    world.machine.ledger.stop()
    assert not hart.pending_observers
    assert (len(hart.trap_observers), len(hart.mode_observers)) == before


def test_set_by_the_hypervisor_and_delivered(world: World) -> None:
    world.csr("hie", ALL)
    world.csr("vsstatus", 1 << status.SIE)
    world.do("csrrw zero,hvip,a0", Mode.HS, a0=1 << VSTI)
    author = world.entry.author
    assert (author.kind, author.hart, author.pc, author.mode) == ("hypervisor", 0, CODE, Mode.HS)
    assert author.text == "csrrw zero,hvip,a0"
    assert (world.entry.interrupt, world.entry.where, world.entry.fate) == (VSTI, "hvip", Fate.PENDING)
    world.do("addi zero,zero,0", Mode.VS)
    assert world.entry.fate is Fate.DELIVERED
    assert world.entry.ended_by is not None
    assert (world.entry.ended_by.mode, world.entry.ended_by.pc) == (Mode.VS, CODE)


def test_the_guest_interrupts_itself_and_thinks_better_of_it(world: World) -> None:
    world.do("csrrsi zero,sip,2", Mode.VS)
    assert (world.entry.author.kind, world.entry.author.mode, world.entry.interrupt) == ("guest", Mode.VS, VSSI)
    world.do("csrrci zero,sip,2", Mode.VS)
    assert world.entry.fate is Fate.CLEARED


def test_named_and_cleared_it_is_withdrawn(world: World) -> None:
    world.do("csrrs zero,hvip,a0", Mode.HS, a0=1 << VSEI)
    world.do("csrrc zero,hvip,a0", Mode.HS, a0=1 << VSEI)
    assert world.entry.fate is Fate.WITHDRAWN


def test_the_timer(world: World) -> None:
    world.csr("menvcfg", STCE)
    world.csr("henvcfg", STCE)
    world.csr("vstimecmp", world.csr("time") + 2)
    assert [entry.fate for entry in world.entries] == [Fate.WITHDRAWN], "it had been due since reset"
    world.do("addi zero,zero,0", Mode.HS, cycles=100)
    risen = world.entries[-1]
    assert (risen.where, risen.author.kind, risen.fate) == ("timer", "timer", Fate.PENDING)
    world.do("csrrw zero,vstimecmp,a0", Mode.HS, a0=1 << 50)
    assert (risen.fate, risen.ended_by and risen.ended_by.text) == (Fate.WITHDRAWN, "csrrw zero,vstimecmp,a0")


def test_a_guest_external_line(world: World) -> None:
    world.csr("hstatus", 3 << status.HSTATUS_VGEIN)
    world.state.hgeip = 1 << 3
    world.hart.reconsider_interrupts()
    assert (world.entry.where, world.entry.author.kind, world.entry.interrupt) == ("line", "device", VSEI)


def test_an_injection_that_a_stale_restore_overwrites(world: World) -> None:
    """The hypervisor writes back the hvip that it had saved, and enters the guest."""
    world.hart.outside.set(VSEI, "a test")
    world.do("addi zero,zero,0", Mode.HS)
    assert (world.entry.author.kind, world.entry.author.text) == ("injection", "a test")
    world.do("csrrw zero,hvip,zero", Mode.HS)
    assert world.entry.fate is Fate.PENDING, "it may be put aside for another guest"
    world.enter()
    assert world.entry.fate is Fate.OVERWRITTEN
    assert world.entry.ended_by is not None
    assert (world.entry.ended_by.text, world.entry.fate.wrong) == ("csrrw zero,hvip,zero", True)


def test_put_aside_for_another_guest_and_restored(world: World) -> None:
    world.do("csrrsi zero,sip,2", Mode.VS)
    world.do("csrrw zero,hvip,zero", Mode.HS)
    world.csr("hgatp", 5 << 44)
    world.enter()
    assert world.entry.fate is Fate.PENDING
    world.csr("hgatp", 0)
    world.do("csrrw zero,hvip,a0", Mode.HS, a0=1 << VSSI)
    world.enter()
    assert (world.entry.fate, len(world.entries)) == (Fate.PENDING, 1)


def test_withdrawn_before_anyone_saw_it(world: World) -> None:
    """Set and unset in the hypervisor's bitmaps between two flushes."""
    pending, mask = world.page(), world.page()
    world.machine.ledger.describe(0, pending, mask)
    store = "sd a0,0(a1)"
    for where, value in ((pending, 1 << VSTI), (mask, 1 << VSTI), (pending, 0), (mask, 1 << VSTI), (mask, 0)):
        world.do(store, Mode.M, a0=value, a1=where)
    assert (world.entry.where, world.entry.fate) == ("bitmap", Fate.WITHDRAWN)
    assert world.entry.author.text == store
    world.enter()
    assert world.entry.fate is Fate.WITHDRAWN


def test_what_is_described_must_be_memory(world: World) -> None:
    for wrong in (0x10, 0x8000_1004, 1 << 60):
        with pytest.raises(MachineError, match=f"{wrong:#x} is not the physical address of an aligned 8-byte word"):
            world.machine.ledger.describe(0, wrong, 0x8000_1000)


# --- the guests ---------------------------------------------------------------------------------------------------


def start(build: str, quantum: int, rounds: int) -> tuple[Machine, Image]:
    machine = Machine(Config(memory=1 << 20, harts=2, quantum=quantum))
    image = load_image(GUESTS / f"{build}.elf")
    Boot(image).install(machine)
    machine.reset()
    machine.ram.write(image.symbol("rounds") - machine.ram.base, 8, rounds)
    machine.ledger.describe(1, image.symbol("vcpu") + PENDING, image.symbol("vcpu") + MASK)
    return machine, image


def to_the_end(build: str, quantum: int, rounds: int) -> tuple[Machine, Image]:
    machine, image = start(build, quantum, rounds)
    assert machine.run(10_000_000).reason is ExitReason.SHUTDOWN
    return machine, image


def wrong(machine: Machine) -> dict[Fate, int]:
    return {fate: count for fate, count in machine.ledger.fates.items() if fate.wrong and count}


@pytest.mark.parametrize(("quantum", "rounds"), [(1, 15), (2, 30), (7, 60), (13, 60), (64, 60), (1000, 1100)])
def test_the_correct_scheme_is_clean(quantum: int, rounds: int) -> None:
    """The last is a million steps; `scripts/vcpu_soak.py` makes them with forty quanta."""
    machine, _ = to_the_end("vcpu", quantum, rounds)
    assert wrong(machine) == {}
    assert machine.finish is not None
    assert machine.finish.exit_status == 0
    fates = machine.ledger.fates
    assert fates[Fate.DELIVERED] > rounds / 2
    assert fates[Fate.WITHDRAWN] > 0
    assert fates[Fate.DELIVERED] + fates[Fate.PENDING] <= 3 * rounds
    assert rounds < 1000 or machine.clock.cycles > 1_000_000


@pytest.mark.parametrize(
    ("build", "quantum", "rounds", "fate"),
    [
        ("vcpu_mask_first", 24, 20, Fate.UNANNOUNCED),
        ("vcpu_mask_first", 30, 20, Fate.UNANNOUNCED),
        ("vcpu_mask_first", 48, 20, Fate.UNANNOUNCED),
        ("vcpu_stale_hvip", 7, 30, Fate.OVERWRITTEN),
        ("vcpu_stale_hvip", 1000, 30, Fate.OVERWRITTEN),
        ("vcpu_no_sync", 7, 30, Fate.RESURRECTED),
        ("vcpu_no_sync", 1000, 30, Fate.RESURRECTED),
    ],
)
def test_each_planted_bug_is_caught(build: str, quantum: int, rounds: int, fate: Fate) -> None:
    machine, image = to_the_end(build, quantum, rounds)
    assert set(wrong(machine)) == {fate}
    lost = machine.ram.read(image.symbol("lost") - machine.ram.base, 8)
    assert fate is Fate.RESURRECTED or wrong(machine)[fate] >= lost > 0, "every one that the guest missed"


def test_the_machine_stops_where_it_is_lost() -> None:
    machine, image = start("vcpu_stale_hvip", 7, 30)
    machine.catches.lost_interrupts = True
    ended = machine.run(10_000_000)
    assert ended.reason is ExitReason.CAUGHT
    assert ended.reason.family == "trap"
    assert isinstance(ended.detail, LostInterrupt)
    assert ended.detail.entry.fate is Fate.OVERWRITTEN
    function = image.symbol("vcpu_run")
    assert ended.detail.entry.ended_by is not None
    assert 0 <= (ended.detail.entry.ended_by.pc or 0) - function < 0x200
    assert machine.harts[1].mode is Mode.VS, "as the guest is entered without it"
    machine.catches.clear()
    assert machine.run(10_000_000).reason is ExitReason.SHUTDOWN
