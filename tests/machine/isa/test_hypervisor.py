"""The hypervisor instructions: who may use them, and what they load and store."""

from __future__ import annotations

import pytest

from machine.spec.modes import Mode
from machine.spec.rules import Reason
from machine.spec.status import HSTATUS_HU, TVM

ILLEGAL, VIRTUAL = 2, 22
ONES = (1 << 64) - 1

LOADS = [
    ("hlv.b", 0xFFFF_FFFF_FFFF_FF88),
    ("hlv.bu", 0x88),
    ("hlv.h", 0xFFFF_FFFF_FFFF_8788),
    ("hlv.hu", 0x8788),
    ("hlvx.hu", 0x8788),
    ("hlv.w", 0xFFFF_FFFF_8586_8788),
    ("hlv.wu", 0x8586_8788),
    ("hlvx.wu", 0x8586_8788),
    ("hlv.d", 0x8182_8384_8586_8788),
]
STORES = [("hsv.b", 1), ("hsv.h", 2), ("hsv.w", 4), ("hsv.d", 8)]
ACCESSES = [f"{name} a0,(a1)" for name, _ in [*LOADS, *STORES]]
FENCES = ["hfence.vvma a0,a1", "hfence.gvma a0,a1"]


@pytest.mark.rule("hlsv_op")
@pytest.mark.parametrize("mode", [Mode.M, Mode.HS])
@pytest.mark.parametrize(("name", "value"), LOADS)
def test_loads(bench, name, value, mode):
    bench.poke(bench.data, 8, 0x8182_8384_8586_8788)
    bench.enter(mode)
    assert bench.after(f"{name} a0,(a1)", {"a1": bench.data}, {"a0": 0}) == {"a0": value}


@pytest.mark.rule("hlsv_op")
@pytest.mark.parametrize(("name", "size"), STORES)
def test_stores(bench, name, size):
    bench.poke(bench.data, 8, ONES)
    bench.enter(Mode.HS)
    assert bench.run(f"{name} a0,(a1)", a0=0, a1=bench.data) is None
    assert bench.peek(bench.data, 8) == ONES >> 8 * size << 8 * size


@pytest.mark.rule("hstatus_hu_op")
@pytest.mark.parametrize("text", ACCESSES)
def test_user_mode_needs_hu(bench, text):
    bench.enter(Mode.U)
    trap = bench.run(text, a1=bench.data)
    assert (trap.cause, trap.reason) == (ILLEGAL, Reason.HU)
    bench.enter(Mode.U)
    assert bench.run(text, a1=bench.data, hstatus=1 << HSTATUS_HU) is None


@pytest.mark.parametrize("text", ACCESSES)
@pytest.mark.parametrize("mode", [Mode.VS, Mode.VU])
@pytest.mark.rule("H_virtinst_vu_vs_hinst")
@pytest.mark.rule("hlsv_virtinst")
def test_accesses_of_a_guest_are_virtual_instructions(bench, text, mode):
    bench.enter(mode)
    trap = bench.run(text, a1=bench.data, hstatus=1 << HSTATUS_HU)
    assert (trap.cause, trap.reason) == (VIRTUAL, Reason.V_HYPERVISOR_INSTRUCTION)
    assert trap.tval == trap.instruction


@pytest.mark.rule("hfence-vvma_hfence-gvma_exceptions")
@pytest.mark.parametrize("text", FENCES)
def test_fences_belong_to_the_hypervisor(bench, text):
    for mode, cause, reason in [
        (Mode.VS, VIRTUAL, Reason.V_HYPERVISOR_INSTRUCTION),
        (Mode.VU, VIRTUAL, Reason.V_HYPERVISOR_INSTRUCTION),
        (Mode.U, ILLEGAL, Reason.INSTRUCTION_PRIVILEGE),
    ]:
        bench.enter(mode)
        trap = bench.run(text, hstatus=1 << HSTATUS_HU)
        assert (trap.cause, trap.reason) == (cause, reason)
    for mode in (Mode.HS, Mode.M):
        bench.enter(mode)
        assert bench.run(text) is None


@pytest.mark.rule("mstatus_tvm_hs")
@pytest.mark.rule("hfence-vvma_tvm")
def test_tvm_keeps_gvma_alone_from_hs_mode(bench):
    bench.set(mstatus=1 << TVM)
    bench.enter(Mode.HS)
    assert bench.run("hfence.vvma a0,a1") is None
    trap = bench.run("hfence.gvma a0,a1")
    assert (trap.cause, trap.reason) == (ILLEGAL, Reason.CSR_TVM)
    bench.enter(Mode.M)
    assert bench.run("hfence.gvma a0,a1") is None
