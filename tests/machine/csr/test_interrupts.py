"""Pending and enabled interrupts through all their views."""

from __future__ import annotations

import pytest

from machine.csr.interrupts import GEILEN, pending
from machine.spec.modes import Mode

from .conftest import Bench

ONES = (1 << 64) - 1
SSIP, VSSIP, MSIP, STIP, VSTIP, MTIP = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 6, 1 << 7
SEIP, VSEIP, MEIP, SGEIP = 1 << 9, 1 << 10, 1 << 11, 1 << 12
S_BITS, VS_BITS = SSIP | STIP | SEIP, VSSIP | VSTIP | VSEIP
STCE = 1 << 63


def arm(bench: Bench, *, hypervisor: int = STCE) -> None:
    """Enable Sstc, with both timers far away, at time 100."""
    bench.now(100)
    bench.write("menvcfg", STCE)
    bench.write("henvcfg", hypervisor)
    bench.write("stimecmp", ONES)
    bench.write("vstimecmp", ONES)


@pytest.mark.rule("mip_bits_wr_or_rdonly")
@pytest.mark.rule("mip_stip_no_stimecmp_acc")
@pytest.mark.rule("mip_ssip_acc")
@pytest.mark.rule("mip_seip_acc")
def test_what_machine_mode_writes_of_mip(bench: Bench) -> None:
    bench.write("mip", ONES)
    assert bench.read("mip") == S_BITS | VSSIP
    bench.write("mip", 0)
    assert bench.read("mip") == 0


@pytest.mark.rule("mip_meip_rdonly")
@pytest.mark.rule("mip_mtip_rdonly")
@pytest.mark.rule("mip_msip_rdonly")
@pytest.mark.parametrize("line", [MSIP, MTIP, MEIP])
def test_lines_show_and_cannot_be_written(bench: Bench, line: int) -> None:
    bench.hart.state.lines = line
    bench.write("mip", 0)
    assert bench.read("mip") == line
    bench.hart.state.lines = 0
    bench.write("mip", line)
    assert bench.read("mip") == 0


@pytest.mark.rule("mip_seip_rdcsr")
@pytest.mark.rule("mip_seip_wrcsr")
@pytest.mark.rule("intr_sei_op")
def test_csrrs_reads_the_external_line_and_does_not_latch_it(bench: Bench) -> None:
    bench.hart.state.lines = SEIP
    assert bench.execute_set("mip", SSIP) == SEIP
    assert bench.read("mip") == SEIP | SSIP
    bench.hart.state.lines = 0
    assert bench.read("mip") == SSIP
    bench.execute_set("mip", SEIP)
    assert bench.read("mip") == SSIP | SEIP


@pytest.mark.rule("mip_stip_stimecmp_acc")
@pytest.mark.rule("mip_sip_stip_op")
@pytest.mark.rule("mip_stip_stimecmp_clr")
@pytest.mark.parametrize(("compare", "level"), [(99, STIP), (100, STIP), (101, 0), (ONES, 0)])
def test_stip_follows_stimecmp(bench: Bench, compare: int, level: int) -> None:
    arm(bench)
    bench.write("stimecmp", compare)
    bench.write("mip", STIP ^ level)
    assert bench.read("mip") == level


@pytest.mark.rule("menvcfg_stce_op2")
def test_without_stce_stip_is_software_s(bench: Bench) -> None:
    bench.now(100)
    bench.write("stimecmp", 0)
    assert bench.read("mip") == 0
    bench.write("mip", STIP)
    assert bench.read("mip") == STIP


@pytest.mark.rule("hip_vstip_op")
@pytest.mark.rule("hip_vstip_vstie_acc_op")
@pytest.mark.parametrize(
    ("delta", "compare", "level"),
    [(0, 100, VSTIP), (0, 101, 0), (50, 150, VSTIP), (50, 151, 0), (ONES - 99, 0, VSTIP), (ONES - 99, 1, 0)],
)
def test_vstip_follows_vstimecmp_in_the_guest_s_time(bench: Bench, delta: int, compare: int, level: int) -> None:
    arm(bench)
    bench.write("htimedelta", delta)
    bench.write("vstimecmp", compare)
    assert bench.read("hip") == level
    bench.write("hvip", VSTIP)
    assert bench.read("hip") == VSTIP


@pytest.mark.rule("henvcfg_stce")
def test_without_henvcfg_stce_vstimecmp_raises_nothing(bench: Bench) -> None:
    arm(bench, hypervisor=0)
    bench.write("vstimecmp", 0)
    assert bench.read("hip") == 0


@pytest.mark.rule("menvcfg_stce_op2")
def test_without_menvcfg_stce_vstimecmp_raises_nothing(bench: Bench) -> None:
    arm(bench)
    bench.write("vstimecmp", 0)
    bench.write("menvcfg", 0)
    assert bench.read("hip") == 0


@pytest.mark.rule("hvip_acc")
@pytest.mark.rule("hip_vssip_vssie_op")
@pytest.mark.rule("mip_mie_alias")
def test_hvip_asserts_and_hip_and_mip_alias_vssip_only(bench: Bench) -> None:
    bench.write("hvip", ONES)
    assert bench.read("hvip") == bench.read("hip") == bench.read("mip") == VS_BITS
    bench.write("hip", 0)
    assert bench.read("hvip") == VSTIP | VSEIP
    bench.write("mip", VSSIP)
    assert bench.read("hvip") == VS_BITS
    bench.write("mip", 0)
    assert bench.read("hip") == VSTIP | VSEIP


@pytest.mark.rule("hip_vseip_vseie_op")
@pytest.mark.rule("hgeie_op")
@pytest.mark.parametrize(("vgein", "level"), [(0, 0), (4, 0), (5, VSEIP), (63, VSEIP)])
def test_vgein_selects_a_guest_external_line(bench: Bench, vgein: int, level: int) -> None:
    bench.hart.state.hgeip = 1 << 63 | 1 << 5 | 1
    bench.write("hstatus", vgein << 12)
    assert bench.read("hip") == level


@pytest.mark.rule("hip_sgeip_sgeie_acc_op")
@pytest.mark.rule("hgeip_sz_acc_op")
@pytest.mark.rule("geilen")
def test_sgeip_is_any_enabled_guest_external_line(bench: Bench) -> None:
    bench.write("hgeie", ONES)
    assert bench.read("hgeie") == ONES - 1
    assert GEILEN == 63
    bench.hart.state.hgeip = 1 << 7
    assert bench.read("hgeip") == 1 << 7
    assert bench.read("hip") == bench.read("mip") == SGEIP
    bench.write("hip", 0)
    bench.write("hgeip", 0)
    assert bench.read("hip") == SGEIP
    bench.write("hgeie", ONES - (1 << 7))
    assert bench.read("hip") == 0


@pytest.mark.rule("sip_sie")
@pytest.mark.rule("sip_seip_sie_seie")
@pytest.mark.rule("sip_stip_sie_stie")
@pytest.mark.rule("sip_ssip_sie_ssie")
def test_sip_shows_what_is_delegated_and_writes_ssip(bench: Bench) -> None:
    bench.write("mip", S_BITS)
    assert bench.read("sip") == 0
    bench.write("sip", 0)
    assert bench.read("mip") == S_BITS
    bench.write("mideleg", S_BITS)
    assert bench.read("sip") == S_BITS
    bench.write("sip", 0)
    assert bench.read("mip") == STIP | SEIP
    bench.write("sip", ONES)
    assert bench.read("mip") == S_BITS


@pytest.mark.rule("mip_seip_wrcsr")
def test_a_write_of_sip_does_not_latch_the_external_line(bench: Bench) -> None:
    bench.write("mideleg", S_BITS)
    bench.hart.state.lines = SEIP
    bench.execute_set("sip", SSIP)
    bench.hart.state.lines = 0
    assert bench.read("mip") == SSIP


@pytest.mark.rule("sie_acc")
@pytest.mark.rule("sie_hip_hie_mutex")
@pytest.mark.rule("hie_acc")
def test_sie_and_hie_are_parts_of_mie(bench: Bench) -> None:
    bench.write("mie", ONES)
    assert bench.read("mie") == 0x1EEE
    assert (bench.read("sie"), bench.read("hie")) == (0, 0x1444)
    bench.write("mideleg", S_BITS)
    assert bench.read("sie") == S_BITS
    bench.write("sie", 0)
    bench.write("hie", SGEIP)
    assert bench.read("mie") == MSIP | MTIP | MEIP | SGEIP


@pytest.mark.rule("vsip_vsie_ssi")
@pytest.mark.rule("vsip_vsie_sti")
@pytest.mark.rule("vsip_vsie_sei")
@pytest.mark.parametrize(("guest", "host"), [(SSIP, VSSIP), (STIP, VSTIP), (SEIP, VSEIP)])
def test_vsip_and_vsie_alias_through_hideleg(bench: Bench, guest: int, host: int) -> None:
    bench.write("hvip", VS_BITS)
    bench.write("hie", VS_BITS)
    assert (bench.read("vsip"), bench.read("vsie")) == (0, 0)
    bench.write("hideleg", host)
    assert (bench.read("vsip"), bench.read("vsie")) == (guest, guest)
    bench.write("vsie", 0)
    assert bench.read("hie") == VS_BITS & ~host
    bench.write("vsie", ONES)
    assert bench.read("hie") == VS_BITS
    bench.write("vsip", 0)
    assert bench.read("hvip") == VS_BITS & ~(host & VSSIP)


@pytest.mark.rule("vsip_vsie_sz_acc_op")
def test_a_guest_s_sip_and_sie_are_its_own(bench: Bench) -> None:
    bench.write("mideleg", S_BITS)
    bench.write("hideleg", VS_BITS)
    bench.write("mip", S_BITS)
    bench.enter(Mode.VS)
    assert bench.execute_read("sip") == 0
    bench.execute_write("sip", SSIP)
    bench.execute_write("sie", S_BITS)
    assert (bench.read("hvip"), bench.read("mie")) == (VSSIP, VS_BITS)
    assert bench.read("sip") == S_BITS


@pytest.mark.rule("mip_sz_acc")
def test_pending_is_mip(bench: Bench) -> None:
    arm(bench)
    bench.hart.state.lines = MTIP | SEIP
    bench.write("hvip", VSEIP)
    bench.write("stimecmp", 0)
    assert pending(bench.hart) == bench.read("mip") == MTIP | SEIP | STIP | VSEIP


@pytest.mark.rule("intr_mip_mie_xret_csrwr")
@pytest.mark.parametrize(
    "name",
    [
        *("mip", "mie", "mideleg", "sip", "sie", "hvip", "hip", "hie", "hideleg", "vsip", "vsie", "hgeie"),
        *("mstatus", "sstatus", "vsstatus", "hstatus", "stimecmp", "vstimecmp", "htimedelta", "menvcfg", "henvcfg"),
    ],
)
def test_the_hart_looks_again_after_a_write(bench: Bench, name: str) -> None:
    bench.hart.attend()
    bench.write(name, 0)
    assert bench.hart.attention
