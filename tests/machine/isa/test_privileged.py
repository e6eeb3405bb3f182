"""The privileged instructions in every mode: what is done, what is illegal, what is a virtual instruction."""

from __future__ import annotations

import pytest

from machine.spec.modes import Mode
from machine.spec.rules import Reason
from machine.spec.status import HSTATUS_VTSR, HSTATUS_VTVM, HSTATUS_VTW, TSR, TVM, TW

ILLEGAL, VIRTUAL = 2, 22
ALL_MSTATUS = 1 << TSR | 1 << TW | 1 << TVM
ALL_HSTATUS = 1 << HSTATUS_VTSR | 1 << HSTATUS_VTW | 1 << HSTATUS_VTVM

RIGHTS = {
    "mstatus": {"mstatus": ALL_MSTATUS & ~(1 << TW)},
    "TSR": {"mstatus": 1 << TSR},
    "TW": {"mstatus": 1 << TW},
    "TVM": {"mstatus": 1 << TVM},
    "VTSR": {"hstatus": 1 << HSTATUS_VTSR},
    "VTW": {"hstatus": 1 << HSTATUS_VTW},
    "VTVM": {"hstatus": 1 << HSTATUS_VTVM},
    "all": {"mstatus": ALL_MSTATUS, "hstatus": ALL_HSTATUS},
    "none": {},
}

REFUSED = [
    # instruction, mode, bits that are set, cause, reason, rule
    ("mret", Mode.U, "none", ILLEGAL, Reason.INSTRUCTION_PRIVILEGE, ""),
    ("mret", Mode.HS, "none", ILLEGAL, Reason.INSTRUCTION_PRIVILEGE, ""),
    ("mret", Mode.VU, "none", ILLEGAL, Reason.INSTRUCTION_PRIVILEGE, ""),
    ("mret", Mode.VS, "none", ILLEGAL, Reason.INSTRUCTION_PRIVILEGE, ""),
    ("sret", Mode.U, "none", ILLEGAL, Reason.INSTRUCTION_PRIVILEGE, ""),
    ("sret", Mode.HS, "TSR", ILLEGAL, Reason.TSR, "mstatus_tsr_op"),
    ("sret", Mode.VU, "none", VIRTUAL, Reason.VU_SUPERVISOR_INSTRUCTION, "H_virtinst_vu_sret_sfence"),
    ("sret", Mode.VU, "all", VIRTUAL, Reason.VU_SUPERVISOR_INSTRUCTION, "H_virtinst_vu_sret_sfence"),
    ("sret", Mode.VS, "VTSR", VIRTUAL, Reason.VS_SRET_VTSR, "H_virtinst_vs_sret_vtsr1"),
    ("sret", Mode.VS, "all", VIRTUAL, Reason.VS_SRET_VTSR, "hstatus_vtsr_op"),
    ("wfi", Mode.U, "none", ILLEGAL, Reason.INSTRUCTION_PRIVILEGE, "mstatus_tw_umode_op"),
    ("wfi", Mode.U, "TW", ILLEGAL, Reason.TW, "mstatus_tw_op"),
    ("wfi", Mode.HS, "TW", ILLEGAL, Reason.TW, "mstatus_tw_op"),
    ("wfi", Mode.VU, "none", VIRTUAL, Reason.VU_WFI, "H_virtinst_vu_wfi_tw0"),
    ("wfi", Mode.VU, "all", ILLEGAL, Reason.TW, "mstatus_tw_op"),
    ("wfi", Mode.VS, "VTW", VIRTUAL, Reason.VS_WFI_VTW, "H_virtinst_wfi_vtw1_tw0"),
    ("wfi", Mode.VS, "all", ILLEGAL, Reason.TW, "hstatus_vtw_op"),
    ("sfence.vma a0,a1", Mode.U, "none", ILLEGAL, Reason.INSTRUCTION_PRIVILEGE, ""),
    ("sfence.vma a0,a1", Mode.HS, "TVM", ILLEGAL, Reason.CSR_TVM, "mstatus_tvm_warl_op"),
    ("sfence.vma a0,a1", Mode.VU, "none", VIRTUAL, Reason.VU_SUPERVISOR_INSTRUCTION, "H_virtinst_vu_sret_sfence"),
    ("sfence.vma a0,a1", Mode.VS, "VTVM", VIRTUAL, Reason.VS_FENCE_SATP_VTVM, "H_virtinst_vs_sfence_sinval_satp_vtvm1"),
]

ALLOWED = [
    # instruction, mode, bits that are set and do not matter there
    ("sret", Mode.M, "all"),
    ("sret", Mode.HS, "VTSR"),
    ("sret", Mode.VS, "mstatus"),
    ("mret", Mode.M, "all"),
    ("wfi", Mode.M, "all"),
    ("wfi", Mode.HS, "VTW"),
    ("wfi", Mode.VS, "mstatus"),
    ("sfence.vma zero,zero", Mode.M, "all"),
    ("sfence.vma zero,zero", Mode.HS, "VTVM"),
    ("sfence.vma a0,a1", Mode.VS, "mstatus"),
]


def marked(row):
    """The row as a parameter that cites its rule."""
    *values, rule = row
    return pytest.param(*values, marks=[pytest.mark.rule(rule)] if rule else [])


@pytest.mark.parametrize(("text", "mode", "rights", "cause", "reason"), [marked(row) for row in REFUSED])
def test_refused(bench, text, mode, rights, cause, reason):
    bench.set(**RIGHTS[rights])
    bench.enter(mode)
    trap = bench.run(text)
    assert (trap.cause, trap.reason, trap.source) == (cause, reason, mode)
    assert trap.tval == trap.instruction


@pytest.mark.parametrize(("text", "mode", "rights"), ALLOWED)
def test_allowed(bench, text, mode, rights):
    bench.set(**RIGHTS[rights])
    bench.enter(mode)
    assert bench.run(text) is None


@pytest.mark.parametrize("mode", [Mode.M, Mode.HS, Mode.VS])
def test_wfi_waits(bench, mode):
    bench.enter(mode)
    bench.run("wfi")
    assert (bench.get("waiting"), bench.get("pc")) == (1, 4)


@pytest.mark.rule("ecall_op2")
@pytest.mark.parametrize(
    ("mode", "cause"), [(Mode.U, 8), (Mode.VU, 8), (Mode.HS, 9), (Mode.VS, 10), (Mode.M, 11)], ids=str
)
def test_ecall(bench, mode, cause):
    bench.enter(mode)
    trap = bench.run("ecall")
    assert (trap.cause, trap.tval, trap.pc) == (cause, 0, bench.base)


@pytest.mark.rule("stval_op_breakpoint")
@pytest.mark.parametrize("text", ["ebreak", "c.ebreak"])
@pytest.mark.parametrize("mode", list(Mode))
def test_ebreak(bench, text, mode):
    bench.enter(mode)
    trap = bench.run(text)
    assert (trap.cause, trap.tval, trap.pc) == (3, bench.base, bench.base)
    assert bench.get("mstatus") >> 38 & 1 == mode.virtual  # GVA: tval is a guest virtual address
