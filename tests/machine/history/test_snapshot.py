"""From a snapshot a run goes on as it went on before: on both engines, at random moments, whatever ran in between."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from machine.board.elf import load_image
from machine.config import Config
from machine.devices.uart import Uart
from machine.engines import make_engine
from machine.errors import MachineError
from machine.hart.pending import PendingInterrupts
from machine.history.replay import digest
from machine.history.snapshot import parts
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.spec.causes import Interrupt
from tests.programs import boot_of

GUESTS = Path(__file__).resolve().parents[3] / "gdbstub" / "guests"
ENGINES = ("reference", "native")
MACHINES = {
    "hypervisor": (Config(), 60_000),
    "htif": (Config(), 900),
    "two_harts": (Config(harts=2, quantum=77), 9_000),
    "timer": (Config(), 60_000),
    "vcpu": (Config(harts=2), 30_000),
}


def booted(name: str, engine: str = "reference", config: Config | None = None) -> tuple[Machine, list[bytes]]:
    """A machine out of reset, and what its guest writes."""
    config, said = config or MACHINES[name][0], list[bytes]()
    machine = Machine(config, said.append)
    machine.engine = make_engine(engine, config)
    boot_of(load_image(GUESTS / f"{name}.elf")).install(machine)
    machine.reset()
    return machine, said


def seen(machine: Machine) -> tuple[object, ...]:
    """All that can tell two moments apart."""
    devices = [{name: getattr(part, name) for name in part.STATE} for part in parts(machine)[1:]]
    blocks = [ctypes.string_at(ctypes.addressof(hart.state), ctypes.sizeof(hart.state)) for hart in machine.harts]
    return blocks, repr(devices), machine.traps.last(1000), bytes(machine.ram.data[: 16 << 20])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", MACHINES)
def test_the_run_from_a_snapshot_is_the_same_again(name: str, engine: str) -> None:
    random, (_, length) = Random(name), MACHINES[name]
    machine, said = booted(name, engine)
    for _ in range(3):
        machine.run(random.randrange(length // 2))
        snapshot, already = machine.snapshot(), len(said)
        ahead = random.randrange(1, length)
        ended = machine.run(ahead)
        first, words = seen(machine), b"".join(said[already:])
        machine.run(random.randrange(length))
        machine.restore(snapshot)
        assert machine.clock.cycles == snapshot.cycle
        already = len(said)
        again = machine.run(ahead)
        assert (again.reason, again.hart, again.cycles) == (ended.reason, ended.hart, ended.cycles)
        assert seen(machine) == first
        assert b"".join(said[already:]) == words
        machine.restore(snapshot)


def test_an_engine_goes_on_where_the_other_kept() -> None:
    machine, _ = booted("hypervisor")
    native = make_engine("native", machine.config)
    machine.run(40_000)
    snapshot = machine.snapshot()
    machine.run(50_000)
    first, reference = seen(machine), machine.engine
    machine.engine = native
    machine.run(10_000)
    machine.restore(snapshot)
    machine.run(50_000)
    assert seen(machine) == first
    machine.restore(snapshot)
    machine.run(20_000)
    machine.engine = reference
    machine.run(30_000)
    assert seen(machine) == first


def test_snapshots_stand_beside_each_other() -> None:
    machine, _ = booted("hypervisor")
    kept = []
    for _ in range(4):
        machine.run(30_000)
        kept.append((machine.snapshot(), seen(machine)))
    machine.reset()
    machine.run(10_000)
    for index in (2, 0, 3, 3, 1):
        snapshot, then = kept[index]
        machine.restore(snapshot)
        assert seen(machine) == then


@pytest.mark.parametrize("engine", ENGINES)
def test_code_that_was_written_since_is_forgotten(engine: str) -> None:
    """The loop adds 1 per turn; patched, 2. Back at the snapshot it adds 1 again."""
    machine = Machine(Config(memory=16 << 20))
    machine.engine = make_engine(engine, machine.config)
    machine.reset()
    one, two, back = 0x0015_0513, 0x0025_0513, 0xFFDF_F06F  # addi a0,a0,1; addi a0,a0,2; jal zero,.-4
    machine.ram.load(0x8000_0000, one.to_bytes(4, "little") + back.to_bytes(4, "little"))
    machine.run(1000)
    snapshot = machine.snapshot()
    machine.ram.load(0x8000_0000, two.to_bytes(4, "little"))
    machine.guard.wrote(0, 4)
    machine.run(1000)
    assert machine.harts[0].x[10] == 1500
    machine.restore(snapshot)
    machine.run(1000)
    assert machine.harts[0].x[10] == 1000


def test_input_on_its_way_is_part_of_it() -> None:
    machine, _ = booted("vcpu")
    machine.run(5000)
    machine.harts[1].outside.set(Interrupt.VSSI)
    machine.board.uart.receive(b"typed")
    snapshot = machine.snapshot()
    machine.run(100)
    assert machine.inputs.last is not None
    assert machine.harts[1].outside.changed == 0
    machine.restore(snapshot)
    assert machine.inputs.last is None
    assert machine.harts[1].outside.changed == 1 << Interrupt.VSSI
    assert machine.board.uart.peek(0, 1) == ord("t")
    machine.run(100)
    assert machine.inputs.last is not None, "it is merged again"


def test_observers_follow() -> None:
    machine, _ = booted("vcpu_stale_hvip", config=Config(harts=2))
    machine.ledger.start()
    machine.worlds.start()
    machine.run(20_000)
    snapshot = machine.snapshot()
    then = [repr(entry) for entry in machine.ledger.last(50)], repr(machine.worlds.all())
    machine.run(20_000)
    later = [repr(entry) for entry in machine.ledger.last(50)], repr(machine.worlds.all())
    assert later != then
    for _ in range(2):
        machine.restore(snapshot)
        assert ([repr(entry) for entry in machine.ledger.last(50)], repr(machine.worlds.all())) == then
        machine.run(20_000)
        assert ([repr(entry) for entry in machine.ledger.last(50)], repr(machine.worlds.all())) == later


def test_who_listens_later_knows_nothing_of_before() -> None:
    machine, _ = booted("timer")
    machine.run(20_000)
    snapshot = machine.snapshot()
    machine.run(20_000)
    machine.ledger.start()
    machine.timer_latency.start()
    machine.run(20_000)
    machine.restore(snapshot)
    assert machine.ledger.last(50) == []
    assert machine.timer_latency.guests == {}
    machine.run(30_000)
    found = repr(machine.timer_latency.guests)
    machine.restore(snapshot)
    machine.run(30_000)
    assert repr(machine.timer_latency.guests) == found


def test_a_finished_run_can_go_back() -> None:
    machine, _ = booted("htif")
    snapshot = machine.snapshot()
    assert machine.run(1 << 30).reason is ExitReason.SHUTDOWN
    end = digest(machine)
    machine.restore(snapshot)
    assert machine.finish is None
    assert machine.run(1 << 30).reason is ExitReason.SHUTDOWN
    assert digest(machine) == end


def test_another_machines_snapshot_is_refused() -> None:
    one, other = booted("htif")[0], booted("htif")[0]
    with pytest.raises(MachineError, match="another machine"):
        other.restore(one.snapshot())


WIRED = {
    Uart: {"_raise_line", "_output"},
    PendingInterrupts: {"register", "_elsewhere", "bits", "_mask", "ring"},
}
"""What a part is given when it is made, and never changes: not for a snapshot. Of the others it is said below."""
OTHERS = {
    "Machine": None,
    "Clock": {"divisor"},
    "Wiring": {"harts", "console"},
    "Inputs": {"_harts", "_clock", "_calling", "observers", "terminal", "halt"},
    "UserSpace": {"_bus", "_running"},
    "Levels": {"_harts", "_timers", "_board", "_running", "watching"},
    "Aclint": {"_clock", "_set_msip", "_timer_changed"},
    "Plic": {"_set_line"},
    "TrapLog": set(),
    "VstipWatch": {"_hart", "_listeners", "lookers", "_deadlines", "grain"},
    "Console": {"_transmit", "_uart", "recorder", "listener"},
    "Htif": {"_memory", "tohost", "fromhost", "_console"},
}


def test_nothing_of_a_part_is_left_out() -> None:
    """Whoever gives a device a new attribute says here, or in its STATE, whether a snapshot has it."""
    machine, _ = booted("htif")
    found: list[Any] = [*parts(machine), machine.harts[0].outside]
    for part in found:
        kind = type(part)
        wired = WIRED[kind] if kind in WIRED else OTHERS[kind.__name__]
        if wired is not None:
            assert vars(part).keys() == wired | set(part.STATE), kind.__name__
    assert {type(part).__name__ for part in found} == OTHERS.keys() | {kind.__name__ for kind in WIRED}


def milliseconds(work: Callable[[], object], times: int = 20) -> float:
    """CPU time of one, the best of several."""
    best = 1e9
    for _ in range(times):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best * 1000


def test_it_costs_milliseconds() -> None:
    """256 MiB, a booted hypervisor with two guests, and some thousand instructions between."""
    machine, _ = booted("hypervisor")
    machine.run(60_000)
    snapshot = machine.snapshot()

    def back() -> None:
        machine.restore(snapshot)
        machine.run(100)

    assert milliseconds(machine.snapshot) < 20
    assert milliseconds(back) < 20
