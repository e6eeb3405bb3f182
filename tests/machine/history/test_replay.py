"""A recorded run, done again from reset, ends in the same state."""

from __future__ import annotations

import json
from random import Random

import pytest

from machine.config import Config
from machine.errors import MachineError
from machine.history.journal import decode, encode
from machine.history.replay import digest, replay, run_to
from machine.inputs import Altered, Fence, Halting, Input, Stepped, Typed
from machine.spec.causes import Interrupt
from tests.machine.history.test_snapshot import booted


def wander(name: str, config: Config, seed: int) -> tuple[str, list, int]:
    """Run, step single harts, type, interrupt, go back and forth; what it was in the end."""
    random, (machine, _) = Random(seed), booted(name, config=config)
    kept = [machine.snapshot()]
    for _ in range(40):
        match random.randrange(7):
            case 0 | 1:
                machine.run(random.randrange(1, 3000))
            case 2:
                machine.step(random.randrange(config.harts), random.randrange(1, 50))
            case 3:
                machine.inputs.terminal(bytes([random.randrange(32, 127)]))
            case 4:
                random.choice(machine.harts).outside.set(random.choice((Interrupt.VSSI, Interrupt.VSEI)))
            case 6:
                with machine.inputs.by_hand():
                    machine.harts[0].x[31] = random.getrandbits(64)
                    machine.ram.load(0x8080_0000 + 8 * random.randrange(4000), random.randbytes(8))
            case 5 if random.random() < 0.5:
                kept.append(machine.snapshot())
            case 5:
                machine.restore(random.choice(kept))
    machine.step(config.harts - 1, 7)
    machine.run(1000)
    return digest(machine), machine.inputs.recorded, machine.clock.cycles


@pytest.mark.parametrize("engine", ["reference", "native"])
@pytest.mark.parametrize(
    ("name", "config"),
    [("vcpu", Config(harts=2, quantum=300)), ("hypervisor", Config()), ("two_harts", Config(harts=2))],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_is_the_same_run(name: str, config: Config, engine: str) -> None:
    kinds = set()
    for seed in range(2):
        wanted, recorded, cycle = wander(name, config, seed)
        kinds |= {type(entry) for entry in recorded}
        machine, _ = booted(name, engine, config)
        replay(machine, [decode(json.loads(json.dumps(encode(entry)))) for entry in recorded], cycle)
        assert machine.clock.cycles == cycle
        assert digest(machine) == wanted
        assert machine.inputs.recorded == recorded, "what was given again is recorded again"
    assert {Fence, Typed, Input, Altered} <= kinds
    if name == "vcpu":
        assert Stepped in kinds


def test_it_stops_at_every_cycle() -> None:
    machine, _ = booted("timer")
    for cycle in (1, 2, 1000, 1001, 40_000):
        run_to(machine, cycle)
        assert machine.clock.cycles == cycle


def test_a_run_that_ends_before_is_another_run() -> None:
    machine, _ = booted("hello", config=Config())
    with pytest.raises(MachineError, match=r"the run ended at cycle \d+ \(shutdown\) where it had come to 99999999"):
        replay(machine, [], 99_999_999)
    machine.reset()
    machine.harts[0].watches.breakpoints.add(machine.harts[0].state.pc)
    with pytest.raises(MachineError, match=r"\(breakpoint\)"):
        run_to(machine, 5)


def test_steps_are_not_given_between_turns() -> None:
    machine, _ = booted("two_harts", config=Config(harts=2))
    machine.inputs.replay([Stepped(0, 1, 1), Halting(2)])
    with pytest.raises(MachineError, match=r"use machine\.history\.replay"):
        machine.run(10)


def test_the_engines_have_one_digest() -> None:
    found = set()
    for engine in ("reference", "native"):
        machine, _ = booted("hypervisor", engine)
        run_to(machine, 30_000)
        found.add(digest(machine))
    assert len(found) == 1


@pytest.mark.parametrize("data", [{}, {"kind": "Fence"}, {"kind": "Poke", "cycle": 1}, {"kind": "Input", "cycle": 1}])
def test_what_is_no_entry_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(MachineError, match="is no entry of a recorded run"):
        decode(data)
