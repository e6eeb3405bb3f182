"""Which worlds' translations a fence forgets, and that switching between worlds forgets none, on both engines."""

from __future__ import annotations

from typing import Any

import pytest

from machine.config import Config
from machine.isa.assemble import assemble
from machine.machine import Machine
from machine.spec import status
from machine.spec.modes import Mode
from machine.spec.paging import EVERY_SPACE, FENCE_G, SV39

CODE = 0x8000_1000
PAGE = 0x123
"""A virtual page that every world is made to have cached."""


def host(asid: int) -> dict[str, int]:
    return {"mode": Mode.HS, "satp": SV39 << 60 | asid << 44 | 0x80400, "vsatp": 0, "hgatp": 0}


def guest(vmid: int, asid: int) -> dict[str, int]:
    vsatp, hgatp = SV39 << 60 | asid << 44 | 0x80500, SV39 << 60 | vmid << 44 | 0x80600
    return {"mode": Mode.VS, "satp": 0, "vsatp": vsatp, "hgatp": hgatp}


WORLDS = {
    "M": {"mode": Mode.M, "satp": 0, "vsatp": 0, "hgatp": 0},
    "HS1": host(1),
    "HS2": host(2),
    **{f"VM{vmid}.{asid}": guest(vmid, asid) for vmid in (1, 2) for asid in (1, 2)},
}
GUESTS = {name for name in WORLDS if name.startswith("VM")}

CASES = (
    ("sfence.vma zero,zero", "HS1", 0, {"HS1", "HS2"}, "sfence_vma_all_asid_va"),
    ("sfence.vma zero,a1", "HS1", 2, {"HS2"}, "sfence_vma_asid_only"),
    ("sfence.vma zero,a1", "HS1", 2 | 7 << 16, {"HS2"}, "sfence_vma_rs2_bits"),
    ("sfence.vma a0,zero", "M", 0, {"HS1", "HS2"}, "sfence_vma_v0"),
    ("sfence.vma zero,zero", "VM1.1", 0, {"VM1.1", "VM1.2"}, "sfence_vma_v1"),
    ("sfence.vma a0,a1", "VM2.1", 2, {"VM2.2"}, "sfence_vma_va_asid"),
    ("hfence.vvma zero,zero", "M", 0, {"VM2.1", "VM2.2"}, "hfence-vvma_limits"),
    ("hfence.vvma zero,a1", "M", 1, {"VM2.1"}, "hfence-vvma_asid"),
    ("hfence.gvma zero,zero", "M", 0, GUESTS, "hfence-gvma_op"),
    ("hfence.gvma a0,a1", "M", 1, {"VM1.1", "VM1.2"}, "hfence-gvma_vmid"),
    ("hfence.gvma zero,a1", "M", 1 | 1 << 14, {"VM1.1", "VM1.2"}, "hfence-gvma_vmid"),
)


def go(machine: Machine, name: str) -> Any:
    """Continue in a world; gives its tables."""
    hart, world = machine.harts[0], dict(WORLDS[name])
    mode = world.pop("mode")
    for register, value in world.items():
        setattr(hart.state, register, value)
    hart.state.priv, hart.state.virt = mode.privilege, mode.virtual  # type: ignore[attr-defined]
    hart.context_changed()
    return hart.context


@pytest.fixture(scope="module", params=["reference", "native"])
def machine(request: Any, make_engine: Any) -> Machine:
    made = Machine(Config(memory=8 << 20))
    if request.param == "native":
        made.engine = make_engine(made.config)
    return made


def fill(machine: Machine) -> dict[str, Any]:
    """Cache the page in every world, and the page of the code; gives all tables."""
    machine.reset()
    tables = {}
    for name in WORLDS:
        context = tables[name] = go(machine, name)
        context.loads[PAGE] = 0
    return tables


@pytest.mark.parametrize(
    ("text", "world", "space", "forgotten"),
    [pytest.param(*case, id=f"{case[0]} in {case[1]}, {rule}", marks=pytest.mark.rule(rule)) for *case, rule in CASES],
)
def test_a_fence_forgets_the_worlds_that_it_names(
    machine: Machine, text: str, world: str, space: int, forgotten: set[str]
) -> None:
    tables = fill(machine)
    hart = machine.harts[0]
    go(machine, world)
    if world == "M":
        hart.state.hgatp = WORLDS["VM2.1"]["hgatp"]
    machine.ram.write(CODE - machine.ram.base, 4, assemble(text))
    hart.x[10], hart.x[11] = 0, space
    hart.state.pc = CODE
    map_all(machine)
    assert machine.run(1).cycles == 1
    assert hart.state.trap_count == 0
    kept = {name for name, context in tables.items() if PAGE in context.loads}
    assert set(WORLDS) - kept == forgotten


def map_all(machine: Machine) -> None:
    """Gigapages that map every address to itself, for all worlds."""
    for table, flags in ((0x80400, 0xCF), (0x80500, 0xCF), (0x80600, 0xDF)):
        for gigabyte in range(4):
            machine.ram.write((table << 12) + 8 * gigabyte - machine.ram.base, 8, gigabyte << 28 | flags)
    machine.harts[0].state.pmpaddr0, machine.harts[0].state.pmpcfg0 = (1 << 54) - 1, 0x1F
    machine.harts[0].physical.forget()


DATA = 0x8070_0000
LOOP = ("csrrw a2, 0x280, a2", "csrrw a3, 0x680, a3", "ld t0, 0(a4)", "sd t0, 8(a4)", f"jal zero, {CODE:#x}")
"""M-mode accesses memory as one guest and as the other in turns: vsatp and hgatp are swapped with a2 and a3."""


def test_a_world_switch_costs_no_translation(make_engine: Any) -> None:
    """Behind the first accesses the page tables are emptied: who had to walk again would notice at once."""
    machine = Machine(Config(memory=8 << 20))
    engine = machine.engine = make_engine(machine.config)
    machine.reset()
    map_all(machine)
    hart, state = machine.harts[0], machine.harts[0].state
    for n, text in enumerate(LOOP):
        machine.ram.write(CODE - machine.ram.base + 4 * n, 4, assemble(text, CODE + 4 * n))
    one, other = WORLDS["VM1.1"], WORLDS["VM2.1"]
    state.vsatp, state.hgatp, hart.x[12], hart.x[13] = (world[r] for world in (one, other) for r in ("vsatp", "hgatp"))
    hart.x[14], state.pc = DATA, CODE
    state.mstatus |= 1 << status.MPRV | 1 << status.MPV | Mode.VS.privilege << status.MPP
    hart.context_changed()
    assert machine.run(4 * len(LOOP)).cycles == 4 * len(LOOP)
    for table in (0x8050_0000, 0x8060_0000):
        machine.ram.write(table + 16 - machine.ram.base, 8, 0)
    before = list(engine.exits)
    machine.run(1000 * len(LOOP))
    assert state.trap_count == 0
    exits = sum(engine.exits) - sum(before)
    assert exits <= 2, "a switch leaves generated code"
    hart.forget_stage(FENCE_G, EVERY_SPACE)
    machine.run(3)
    assert state.trap_count == 1
