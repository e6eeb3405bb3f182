"""Registers as gdb shows them: groups, fields, the V bit; and what writing them does."""

from __future__ import annotations

import re

import pytest

from gdbstub.scripting import GdbError, Prompt

WRONG = ("Could not", "unavailable", "INVALID", "error", "not saved")


@pytest.fixture
def guest(hypervisor: Prompt) -> Prompt:
    """In VS-mode of VM 7."""
    hypervisor.command("tbreak guest_main")
    hypervisor.run("continue")
    return hypervisor


@pytest.mark.parametrize("group", ["", "all", "general", "float", "csr", "system", "hypervisor", "hypervisor_int"])
def test_a_group_is_shown_without_an_error(guest: Prompt, group: str) -> None:
    said = guest.command(f"info registers {group}")
    assert len(said.splitlines()) > 5
    assert not [line for line in said.splitlines() if any(word in line for word in WRONG)]


def test_all_registers_hold_what_the_groups_hold(guest: Prompt) -> None:
    everything = guest.command("info registers all")
    for name in ("ra", "pc", "ft0", "fcsr", "mstatus", "hstatus", "vsatp", "hgatp", "priv", "virt", "vi_reason"):
        assert re.search(rf"^{name} ", everything, re.MULTILINE), name


def test_the_world_is_shown(guest: Prompt) -> None:
    assert [guest.value(f"${name}") for name in ("hart_mode", "virt", "priv", "vmid")] == ["VS", "1", "1", "7"]


def test_the_v_bit_is_written(guest: Prompt) -> None:
    code = guest.value("$pc")
    guest.command("set $virt = 0")
    assert guest.value("$hart_mode") == "HS"
    guest.command("set $virt = 1")
    assert guest.value("$hart_mode") == "VS"
    assert guest.value("$pc") == code
    guest.run("stepi")
    assert guest.value("$hart_mode") == "VS"


def test_the_v_bit_chooses_the_address_space(worlds: Prompt) -> None:
    """One name, two cells: the guest's and the host's."""
    worlds.command("tbreak landmark if $virt == 1")
    worlds.run("continue")
    assert worlds.value("visits") == "0"
    worlds.command("set $virt = 0")
    assert worlds.value("visits") == "2"
    worlds.command("set $virt = 1")
    assert worlds.value("visits") == "0"


def test_the_privilege_is_written(guest: Prompt) -> None:
    guest.command("set $priv = 0")
    assert guest.value("$hart_mode") == "VU"
    guest.command("set $virt = 0")
    guest.command("set $priv = 3")
    assert guest.value("$hart_mode") == "M"


def test_an_impossible_mode_is_refused_and_changes_nothing(guest: Prompt) -> None:
    with pytest.raises(GdbError, match="Could not write register"):
        guest.command("set $priv = 3")  # there is no M-mode with V=1
    with pytest.raises(GdbError, match="Could not write register"):
        guest.command("set $priv = 2")
    assert guest.value("$hart_mode") == "VS"


def test_fields_are_shown_by_name(guest: Prompt) -> None:
    assert re.fullmatch(r"\[ .*VTSR.*VSXL=RV64.* \]", guest.value("$hstatus"))
    assert "MODE=Sv39x4" in guest.value("$hgatp")
    assert "VMID=7" in guest.value("$hgatp")
    assert "VTSR" in guest.command("ptype $hstatus")


@pytest.mark.rule("hgatp_mode_warl")
def test_a_csr_write_is_legalised(guest: Prompt) -> None:
    legal = guest.value("$hgatp")
    guest.command("set $hgatp = 11ul << 60")  # a reserved MODE
    assert "MODE=11" not in guest.value("$hgatp")
    guest.command("set $hgatp = (8ul << 60) | (3ul << 44) | 0x80400")
    assert guest.value("$hgatp") != legal
    assert guest.value("$vmid") == "3"


def test_a_field_is_written_by_its_twin(guest: Prompt) -> None:
    assert guest.value("$hstatus_vtsr") == "1"
    guest.command("set $hstatus_vtsr = 0")
    assert "VTSR" not in guest.value("$hstatus")


def test_read_only_registers_refuse(guest: Prompt) -> None:
    with pytest.raises(GdbError, match="Could not write register"):
        guest.command("set $trap_count = 0")


def test_host_and_guest_registers_are_both_there_in_either_world(guest: Prompt) -> None:
    """QEMU shows stale vs… registers while V=1 and hides HS-mode's own."""
    assert guest.value("$vstvec") != guest.value("$stvec")
    host = guest.value("$stvec")
    guest.command("set $vsscratch = 0x1234")
    guest.command("set $sscratch = 0x5678")
    guest.command("set $virt = 0")
    shown = [guest.value(f"${name}") for name in ("vsscratch", "sscratch", "stvec")]
    assert shown == [str(0x1234), str(0x5678), host]


def test_general_and_float_registers_are_written(guest: Prompt) -> None:
    guest.command("set $t3 = -2")
    assert guest.value("(long)$t3") == "-2"
    guest.command("set $ft0.double = 1.5")
    assert guest.value("$ft0.double") == "1.5"
    assert guest.value("$zero") == "0"


def test_the_last_trap_is_told(hypervisor: Prompt) -> None:
    hypervisor.command("tbreak handle_virtual_instruction")
    hypervisor.run("continue")
    assert hypervisor.value("$trap_cause") == "VIRTUAL_INSTRUCTION"
    assert (hypervisor.value("$trap_from"), hypervisor.value("$trap_to")) == ("VS", "HS")
    assert hypervisor.value("$vi_reason").startswith("H_virtinst_")
    assert hypervisor.value("$trap_cause_int") == "22"
    assert hypervisor.value("$trap_pc == $sepc") == "1"


def test_looking_has_no_side_effect(guest: Prompt) -> None:
    before = guest.command("info registers csr")
    for _ in range(2):
        guest.command("info registers all")
    assert guest.command("info registers csr") == before
