"""``monitor why``: every virtual-instruction rule, every stage's fault, and the way a trap went."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from machine.csr.file import BY_NAME
from machine.isa.encode import encode
from machine.spec import status
from machine.spec.causes import Cause, Interrupt
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.gdbstub.riscv.commands.conftest import GUEST_PAGE, GUEST_PHYSICAL, PAGE, Guest, Terminal
from tests.lab import CODE, NOP, RWX, STCE, URWX, V, W


def read_csr(name: str) -> int:
    return encode("csrrs", rd=10, csr=BY_NAME[name].number, rs1=0)


@dataclass
class Case:
    """An instruction that a mode may not execute, and the bits that `why` must name."""

    reason: Reason
    word: int
    mode: Mode
    decided: dict[str, int]
    csrs: dict[str, int] = field(default_factory=dict)


VIRTUAL = [
    Case(Reason.VS_COUNTER, read_csr("cycle"), Mode.VS, {"V": 1, "hcounteren.CY": 0, "mcounteren.CY": 1}),
    Case(
        Reason.VU_COUNTER,
        read_csr("time"),
        Mode.VU,
        {"V": 1, "hcounteren.TM": 1, "scounteren.TM": 0, "mcounteren.TM": 1},
        {"hcounteren": 2},
    ),
    Case(Reason.V_HYPERVISOR_INSTRUCTION, encode("hlv.d", rd=10, rs1=11), Mode.VS, {"V": 1}),
    Case(Reason.V_HYPERVISOR_INSTRUCTION, encode("hfence.gvma", rs1=0, rs2=0), Mode.VU, {"V": 1}),
    Case(Reason.V_HYPERVISOR_CSR, read_csr("hgatp"), Mode.VS, {"V": 1, "hgatp[9:8]": 2}),
    Case(Reason.V_HYPERVISOR_CSR, read_csr("vsepc"), Mode.VU, {"V": 1, "vsepc[9:8]": 2}),
    Case(Reason.VU_WFI, encode("wfi"), Mode.VU, {"V": 1, "mstatus.TW": 0}),
    Case(Reason.VU_SUPERVISOR_INSTRUCTION, encode("sret"), Mode.VU, {"V": 1}),
    Case(Reason.VU_SUPERVISOR_CSR, read_csr("sepc"), Mode.VU, {"V": 1, "sepc[9:8]": 1}),
    Case(
        Reason.VS_WFI_VTW,
        encode("wfi"),
        Mode.VS,
        {"V": 1, "hstatus.VTW": 1, "mstatus.TW": 0},
        {"hstatus": 1 << status.HSTATUS_VTW},
    ),
    Case(
        Reason.VS_SRET_VTSR,
        encode("sret"),
        Mode.VS,
        {"V": 1, "hstatus.VTSR": 1},
        {"hstatus": 1 << status.HSTATUS_VTSR},
    ),
    Case(
        Reason.VS_FENCE_SATP_VTVM,
        encode("sfence.vma", rs1=0, rs2=0),
        Mode.VS,
        {"V": 1, "hstatus.VTVM": 1},
        {"hstatus": 1 << status.HSTATUS_VTVM},
    ),
    Case(
        Reason.V_STIMECMP_STCE,
        read_csr("stimecmp"),
        Mode.VS,
        {"V": 1, "henvcfg.STCE": 0, "menvcfg.STCE": 1},
        {"menvcfg": STCE, "hcounteren": 2},
    ),
    Case(
        Reason.VS_STIMECMP_TM,
        read_csr("stimecmp"),
        Mode.VS,
        {"V": 1, "hcounteren.TM": 0, "mcounteren.TM": 1},
        {"menvcfg": STCE, "henvcfg": STCE},
    ),
    *(
        Case(
            Reason[f"V_{field}"],
            encode(name, rs1=11),
            Mode.VS,
            {"V": 1, f"henvcfg.{field}": 0, f"senvcfg.{field}": 0, f"menvcfg.{field}": 1},
            {"menvcfg": 1 << low},
        )
        for name, field, low in (
            ("cbo.zero", "CBZE", status.ENVCFG_CBZE),
            ("cbo.flush", "CBCFE", status.ENVCFG_CBCFE),
            ("cbo.inval", "CBIE", status.ENVCFG_CBIE),
        )
    ),
    Case(
        Reason.V_HSTATEEN,
        read_csr("senvcfg"),
        Mode.VS,
        {"V": 1, "hstateen0.ENVCFG": 0, "mstateen0.ENVCFG": 1},
        {"hstateen0": 0},
    ),
]


def provoke(lab: Guest, case: Case) -> None:
    for name, value in case.csrs.items():
        lab.csr(name, value)
    at = CODE + 4096 if case.mode is Mode.VU else CODE
    assert lab.execute(case.word, case.mode, at=at) is not None


@pytest.mark.parametrize("case", VIRTUAL, ids=lambda case: f"{case.reason.name}-{case.mode.label}")
def test_virtual_instruction(lab: Guest, monitor: Terminal, case: Case) -> None:
    provoke(lab, case)
    found = monitor.json("why")
    assert (found["cause"], found["rule"], found["changed"]) == ("virtual-instruction", case.reason.rule, False)
    assert {decision["where"]: decision["value"] for decision in found["decided_by"]} == case.decided
    assert (found["from"], found["to"]) == (case.mode.label, "HS")
    assert [step["where"] for step in found["delegation"]] == ["medeleg[22]", "hedeleg[22]"]
    assert found["walk"] is None
    text = monitor.text("why")
    assert text.startswith(f"hart 0, trap 1: '{found['instruction']}' at ")
    assert f"\nrule        {case.reason.rule}: " in text
    for where, value in case.decided.items():
        assert f"{where}={value}" in text


def test_every_virtual_instruction_rule_has_a_case() -> None:
    assert {case.reason for case in VIRTUAL} == {reason for reason in Reason if 0 < reason < 32}


@pytest.mark.parametrize("case", [case for case in VIRTUAL if case.csrs and case.reason is not Reason.VU_COUNTER][:3])
def test_it_says_when_a_bit_has_changed(lab: Guest, monitor: Terminal, case: Case) -> None:
    provoke(lab, case)
    name, _, bit = next(path for path in case.decided if path.startswith("hstatus")).partition(".")
    lab.csr(name, 0)
    assert f"{name}.{bit}=0 (was 1)" in monitor.text("why")
    assert monitor.json("why")["changed"]
    assert "have changed since" in monitor.text("why")


ILLEGAL = [
    (read_csr("mstatus"), Mode.HS, Reason.CSR_PRIVILEGE, {"privilege": 1, "mstatus[9:8]": 3}),
    (encode("csrrw", rd=0, csr=0xE12, rs1=10), Mode.HS, Reason.CSR_READ_ONLY, {"hgeip[11:10]": 3}),
    (encode("mret"), Mode.HS, Reason.INSTRUCTION_PRIVILEGE, {"privilege": 1}),
    (encode("hlv.d", rd=10, rs1=11), Mode.U, Reason.HU, {"hstatus.HU": 0}),
    (encode("fadd.d", rd=0, rs1=0, rs2=0, rm=0), Mode.VS, Reason.FP_OFF, {"mstatus.FS": 0, "vsstatus.FS": 0}),
    (read_csr("stimecmp"), Mode.HS, Reason.STIMECMP_DISABLED, {"menvcfg.STCE": 0, "mcounteren.TM": 1}),
    (encode("csrrs", rd=10, csr=0x5C0, rs1=0), Mode.HS, Reason.CSR_ABSENT, {}),
]


@pytest.mark.parametrize(("word", "mode", "reason", "decided"), ILLEGAL)
def test_illegal_instruction(
    lab: Guest, monitor: Terminal, word: int, mode: Mode, reason: Reason, decided: dict[str, int]
) -> None:
    lab.execute(word, mode)
    found = monitor.json("why")
    assert (found["cause"], found["reason"]) == ("illegal-instruction", reason.text)
    assert {decision["where"]: decision["value"] for decision in found["decided_by"]} == decided
    assert reason.text.split()[0] in monitor.text("why")


def test_vs_stage_fault(lab: Guest, monitor: Terminal) -> None:
    slot = lab.vs.map(GUEST_PAGE, GUEST_PHYSICAL, RWX & ~W)
    lab.store(GUEST_PAGE + 8, Mode.VS)
    found = monitor.json("why")
    assert (found["cause"], found["tval"], found["changed"]) == ("store-page-fault", GUEST_PAGE + 8, False)
    assert found["decided_by"] == [{"where": "PTE.W", "value": 0, "meaning": "VS-stage, level 0", "changed": False}]
    assert found["walk"]["first_stage"][-1]["pte"] == {
        "level": 0,
        "address": slot,
        "value": lab.read(slot),
        "flags": ["V", "R", "X", "A", "D"],
        "leaf": True,
        "size": 4096,
        "memory_type": "",
        "target": GUEST_PHYSICAL,
        "failed": True,
    }
    text = monitor.text("why")
    assert f"stval={GUEST_PAGE + 8:#x} (a guest virtual address)" in text
    assert "transformed 'sd a0,0(-)'" in text
    assert "W=0: no write permission" in text


def test_user_page_names_the_guests_sum(lab: Guest, monitor: Terminal) -> None:
    lab.vs.map(GUEST_PAGE, GUEST_PHYSICAL, URWX)
    lab.load(GUEST_PAGE, Mode.VS)
    decided = {decision["where"]: decision["value"] for decision in monitor.json("why")["decided_by"]}
    assert decided == {"vsstatus.SUM": 0, "PTE.U": 1}


def test_g_stage_fault(lab: Guest, monitor: Terminal) -> None:
    lab.g.map(GUEST_PHYSICAL, PAGE, 0)
    lab.load(GUEST_PAGE + 8, Mode.VS)
    found = monitor.json("why")
    assert (found["cause"], found["gpa"]) == ("load-guest-page-fault", GUEST_PHYSICAL + 8)
    assert found["walk"]["g_stage"]["ptes"][-1]["failed"]
    text = monitor.text("why")
    assert f"htval={GUEST_PHYSICAL + 8 >> 2:#x} htinst=0x3503 (gpa {GUEST_PHYSICAL + 8:#x})" in " ".join(text.split())
    assert "G-stage, level 0" in text


def test_implicit_g_stage_fault(lab: Guest, monitor: Terminal) -> None:
    away = 0x10_0000_0000
    lab.write(lab.vs.slot(GUEST_PAGE, 1), away >> 12 << 10 | V)
    lab.load(GUEST_PAGE, Mode.VS)
    found = monitor.json("why")
    assert (found["cause"], found["tinst"]) == ("load-guest-page-fault", 0x3000)
    assert found["tinst_meaning"].startswith("the hardware's own read of a VS-stage PTE")
    assert found["walk"]["first_stage"][-1]["pte"] is None
    assert "htinst      0x3000: the hardware's own read" in monitor.text("why")


def test_fetch_fault_has_no_instruction(lab: Guest, monitor: Terminal) -> None:
    lab.fetch(0x9000, Mode.VS)
    assert monitor.json("why")["instruction"] is None
    assert "the fetch at 0x9000 in VS-mode raised fetch-page-fault" in monitor.text("why")


def test_it_says_when_the_tables_have_changed(lab: Guest, monitor: Terminal) -> None:
    lab.load(0x9000, Mode.VS)
    assert not monitor.json("why")["changed"]
    lab.vs.map(0x9000, GUEST_PHYSICAL)
    assert monitor.json("why")["changed"]
    assert "have changed since" in monitor.text("why")


def test_guest_access_of_the_hypervisor_walks_as_the_guest(lab: Guest, monitor: Terminal) -> None:
    lab.csr("hstatus", 1 << status.HSTATUS_SPVP)
    lab.execute(encode("hlv.d", rd=10, rs1=11), Mode.HS, a1=0x9000)
    found = monitor.json("why")
    assert (found["from"], found["walk"]["as"], found["changed"]) == ("HS", "VS", False)
    assert [step["where"] for step in found["delegation"]] == ["medeleg[13]"]


def test_mprv_of_m_mode_walks_as_the_modified_mode(lab: Guest, monitor: Terminal) -> None:
    lab.set("mstatus", 1 << status.MPRV | 1 << status.MPP | 1 << status.MPV)
    lab.load(0x9000, Mode.M)
    found = monitor.json("why")
    assert (found["from"], found["to"], found["walk"]["as"], found["changed"]) == ("M", "M", "VS", False)
    assert "a trap from M-mode is taken in M-mode" in monitor.text("why")


def test_access_fault_behind_the_walk(lab: Guest, monitor: Terminal) -> None:
    lab.g.map(GUEST_PHYSICAL, 0x7000, URWX)
    lab.load(GUEST_PAGE, Mode.VS)
    found = monitor.json("why")
    assert (found["cause"], found["changed"]) == ("load-access", False)
    assert found["walk"]["fault"]["reason"] == Reason.NO_MEMORY.text
    assert found["walk"]["fault"]["at"] == 0x7000
    assert "=> load-access at pa 0x7000\n" in monitor.text("why")


def test_delegation_to_the_guest(lab: Guest, monitor: Terminal) -> None:
    lab.csr("hedeleg", 1 << Cause.LOAD_PAGE_FAULT)
    lab.load(0x9000, Mode.VS)
    found = monitor.json("why")
    assert found["to"] == "VS"
    assert [(step["where"], step["value"]) for step in found["delegation"]] == [("medeleg[13]", 1), ("hedeleg[13]", 1)]
    assert "to VS-mode: vsepc=" in monitor.text("why")
    assert "htval" not in monitor.text("why")


def test_undelegated_goes_to_m_mode(lab: Guest, monitor: Terminal) -> None:
    lab.csr("medeleg", 0)
    lab.execute(encode("ecall"), Mode.VS)
    assert [step["meaning"] for step in monitor.json("why")["delegation"]] == ["stays in M-mode"]
    assert "the instruction asks for it" in monitor.text("why")


def test_interrupt(lab: Guest, monitor: Terminal) -> None:
    bit = 1 << Interrupt.VSTI
    for name in ("hideleg", "hie", "hvip"):
        lab.csr(name, bit)
    lab.execute(NOP, Mode.VU, at=CODE + 4096)
    found = monitor.json("why")
    assert (found["cause"], found["to"]) == ("interrupt VSTI", "VS")
    assert [step["where"] for step in found["delegation"]] == ["mideleg[6]", "hideleg[6]"]
    assert "still asserted by hvip.VSTIP" in monitor.text("why")
    assert f"vscause={lab.csr('vscause'):#x}" in monitor.text("why"), "the guest sees it one number lower"
    lab.csr("hvip", 0)
    assert "not asserted any more" in monitor.text("why")


def test_earlier_traps(lab: Guest, monitor: Terminal) -> None:
    assert "has taken no trap" in monitor.error("why")
    lab.execute(encode("ecall"), Mode.VS)
    lab.execute(encode("ebreak"), Mode.VS)
    assert monitor.json("why")["cause"] == "breakpoint"
    assert monitor.json("why 2")["cause"] == "ecall-vs"
    assert "the log holds 2 traps of hart 0" in monitor.error("why 3")


def test_protection_names_its_entry(lab: Guest, monitor: Terminal) -> None:
    lab.csr("pmpaddr1", (1 << 54) - 1)
    lab.csr("pmpcfg0", 0x1F << 8 | 0x18 | 1)  # entry 0: the page, read only; entry 1: everything
    lab.csr("pmpaddr0", PAGE >> 2 | 0x1FF)
    lab.store(GUEST_PAGE, Mode.VS)
    found = monitor.json("why")
    assert (found["cause"], found["changed"]) == ("store-access", False)
    decision = found["decided_by"][0]
    assert (decision["where"], decision["value"]) == ("pmp0cfg", 0x19)
    assert decision["meaning"].endswith(f"{PAGE:#x} to {PAGE + 4095:#x} allows R")


def test_each_hart_has_its_own_last_trap(pair: Terminal) -> None:
    pair.machine.ram.write(0, 4, encode("ecall"))
    pair.machine.step(0)
    assert "hart 1 has taken no trap" in pair.error("why")
    pair.hart = 0
    assert pair.json("why")["cause"] == "ecall-m"
    assert [trap["hart"] for trap in pair.json("traps")] == [0]
