"""A hypervisor's own tests, as its author would write them: the guest `hypervisor`, stepped and asked what it does.

    pytest scripts/examples/test_hypervisor.py
    pytest -n auto --hartbreak-engine native --hartbreak-bundles failed scripts/examples/test_hypervisor.py

VM 7 is distrusted (VTSR, VTVM and VTW trap it, no counters), VM 9 is trusted; see scripts/guests/README.md. The machine
is booted once to each place named by ``until``; every test starts from a snapshot of it.
"""

from __future__ import annotations

import pytest

from gdbstub.scripting.booted import TestSession
from gdbstub.scripting.expect import Expect

pytestmark = [pytest.mark.hypervisor(image="hypervisor.elf"), pytest.mark.until("vm_enter")]

GVA_UART, GPA_UART = 0x4040_0000, 0x1000_0000
GVA_UNMAPPED = 0x4080_0000
GVA_NOTHING, GPA_NOTHING = 0x4040_1000, 0x2000_0000
first_of_vm9 = pytest.mark.until("vm9_main")


# --- entering and leaving ---------------------------------------------------------------------------------------------


def test_the_first_entry_is_vm_7s(expect: Expect) -> None:
    expect.csr(hgatp__VMID=7, hgatp__MODE=8, hstatus__SPV=1)


def test_the_distrusted_vm_is_trapped(expect: Expect) -> None:
    expect.csr(hstatus__VTSR=1, hstatus__VTVM=1, hstatus__VTW=1, hcounteren=0)


def test_entering_changes_the_world_and_nothing_else_is_lost(hypervisor: TestSession, expect: Expect) -> None:
    cpu = hypervisor.regs.a0
    saved = [hypervisor.memory.u64(cpu + 8 * number) for number in range(1, 32)]
    hypervisor.wait_for(world="guest")
    expect.mode("VS")
    assert [hypervisor.regs[f"x{number}"] for number in range(1, 32)] == saved


def test_leaving_saves_every_register(hypervisor: TestSession, expect: Expect) -> None:
    cpu = hypervisor.regs.a0
    hypervisor.wait_for(world="guest")
    hypervisor.until("vm_exit")
    left = {number: hypervisor.regs[f"x{number}"] for number in range(1, 32)}
    hypervisor.until("handle_exit")
    assert {number: hypervisor.memory.u64(cpu + 8 * number) for number in left} == left
    expect.mode("HS")


def test_the_host_gets_its_stack_back(hypervisor: TestSession) -> None:
    sp, ra = hypervisor.regs.sp, hypervisor.regs.ra
    hypervisor.until("vm_exit")
    while hypervisor.where().symbol == "vm_exit":
        hypervisor.stepi()
    assert (hypervisor.regs.sp, hypervisor.pc) == (sp, ra)


def test_traps_lead_to_vm_exit_while_a_guest_runs(hypervisor: TestSession) -> None:
    hypervisor.wait_for(world="guest")
    assert hypervisor.csr("stvec") == hypervisor.address("vm_exit")
    hypervisor.until("handle_exit")
    assert hypervisor.csr("stvec") == hypervisor.address("host_trap")


# --- what traps, and by which rule ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "rule"),
    [
        ("vs_sret_vtsr", "H_virtinst_vs_sret_vtsr1"),
        ("vs_sfence_vtvm", "H_virtinst_vs_sfence_sinval_satp_vtvm1"),
        ("vs_wfi_vtw", "H_virtinst_wfi_vtw1_tw0"),
        ("vs_read_time", "H_virtinst_vs_nonhighctr_h0_m1"),
    ],
)
def test_what_vm_7_must_not_do_traps_by_its_rule(expect: Expect, function: str, rule: str) -> None:
    expect.reaches(function)
    expect.trap("virtual-instruction", rule=rule, from_="VS", to="HS", at=function)


@pytest.mark.until("vs_sret_vtsr")
def test_an_exit_goes_through_its_handler(expect: Expect) -> None:
    expect.steps(["vm_exit", "handle_exit", "handle_virtual_instruction", "vm_enter"])


@pytest.mark.until("guest_drop_identity")
def test_an_sfence_is_emulated_behind_the_guests_back(hypervisor: TestSession, expect: Expect) -> None:
    trap = expect.trap("virtual-instruction", from_="VS")
    assert trap.instruction == "sfence.vma zero,zero"
    expect.steps(["emulate_instruction", "vm_enter"])
    hypervisor.wait_for(world="guest")
    assert hypervisor.pc == trap.pc + 4


@pytest.mark.until("emulate_device")
def test_a_store_to_the_uart_is_a_guest_page_fault(hypervisor: TestSession, expect: Expect) -> None:
    trap = hypervisor.traps(1)[0]
    assert (trap.cause, trap.tval, trap.gpa) == ("store-guest-page-fault", GVA_UART, GPA_UART)
    before = len(hypervisor.console)
    expect.steps(["console_put", "vm_enter"])
    assert len(hypervisor.console) == before + 1


# --- worlds -----------------------------------------------------------------------------------------------------------


@first_of_vm9
def test_the_switch_brought_vm_9s_identity(expect: Expect) -> None:
    expect.mode("VS")
    expect.csr(hgatp__VMID=9, hstatus__VTSR=0, hstatus__VTVM=0, hstatus__VTW=0, hcounteren=7)


def test_the_two_vms_have_different_memory(hypervisor: TestSession) -> None:
    hypervisor.until("vm7_main")
    seven = hypervisor.monitor("translate 0x40000000 --as VS")["physical"]
    hypervisor.until("vm9_main")
    assert hypervisor.monitor("translate 0x40000000 --as VS")["physical"] != seven


@first_of_vm9
def test_the_trusted_vm_fences_without_an_exit(expect: Expect) -> None:
    expect.no_trap("virtual-instruction", until="vs_load")


# --- faults and interrupts --------------------------------------------------------------------------------------------


@first_of_vm9
def test_the_guests_own_page_fault_stays_in_the_guest(expect: Expect) -> None:
    expect.reaches("vs_load")
    trap = expect.trap("load-page-fault", from_="VS", to="VS", at="vs_load")
    assert trap.tval == GVA_UNMAPPED
    expect.steps(["guest_trap", "guest_handle_trap"])


@pytest.mark.until("provoke_refusals")
def test_a_refused_access_says_which_guest_physical_address(expect: Expect) -> None:
    expect.reaches("vs_load")
    trap = expect.trap("load-guest-page-fault", from_="VS", to="HS")
    assert (trap.tval, trap.gpa) == (GVA_NOTHING, GPA_NOTHING)
    expect.csr(hstatus__GVA=1, htval=GPA_NOTHING >> 2)


@pytest.mark.until("inject")
def test_an_injected_interrupt_is_delivered_to_the_guest(hypervisor: TestSession, expect: Expect) -> None:
    expect.trap("interrupt vssi", from_="VS", to="VS")
    expect.at("guest_trap")
    assert hypervisor.csr("vscause") == 1 << 63 | 1, "the guest sees the supervisor's number"


def test_all_checks_pass(hypervisor: TestSession, expect: Expect) -> None:
    expect.ends(0)
    assert hypervisor.memory.u64("checks_failed") & 0xFFFF_FFFF == 0
    assert hypervisor.console.endswith("checks passed, 0 failed\n")
