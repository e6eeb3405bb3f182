"""What profiles want to be sure of: short chapters that name a property (Sha and its parts, Ss1p13's small ones)."""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.csr.access import registers
from machine.hart.port import BLOCK, RESERVATION_SET
from machine.spec.modes import Mode
from tests.lab import Lab
from tests.rules.lines import ONES, do

MODES = (0, 8, 9, 10)
NAMED = (
    *("za64rs", "zic64b", "ziccamoa", "ziccif", "ziccrse", "zihpm", "sha", "ssccptr", "sscofpmf", "sscounterenw"),
    *("ssstateen", "sstvala", "sstvecd", "ssu64xl", "svbare", "shcounterenw", "shgatpa", "shtvala", "shvsatpa"),
    *("shvstvala", "shvstvecd", "smstateen", "smcsrind", "sscsrind", "ssdbltrp"),
)


def test_the_device_tree_names_them() -> None:
    assert set(NAMED) <= set(Config().isa.string.split("_"))


def test_sha_is_named_where_all_its_parts_are() -> None:
    assert not parse_isa("default,-smstateen,-ssstateen").has("Sha")
    assert parse_isa("default,-smstateen").has("Sha")
    assert parse_isa("rv64gch_sha").has("Ssstateen")


def test_sizes() -> None:
    assert BLOCK == 64
    assert RESERVATION_SET <= 64


@pytest.mark.rule("shcounterenw_hpmcounter_hcounteren")
@pytest.mark.parametrize("name", ["scounteren", "hcounteren"])
def test_counter_enables_are_writable_for_every_counter_there_is(name: str) -> None:
    lab = Lab()
    counting = {0, 1, 2}
    for register in registers(lab.hart):
        if register.name.startswith("mhpmcounter") and lab.csr(register.name, ONES):
            counting.add(register.number & 31)
    assert len(counting) > 3
    wanted = sum(1 << n for n in counting)
    for value in (ONES, 0):
        assert do(lab, f"csrrw x0, {name}, a1", Mode.HS, a1=value) is None
        assert lab.csr(name) & wanted == value & wanted


@pytest.mark.rule("shgatpa_satp_hgatp_mode_support")
@pytest.mark.rule("shgatpa_hgatp_bare_mode")
@pytest.mark.rule("shvsatpa_satp_vsatp_modes")
@pytest.mark.parametrize("name", ["satp", "vsatp", "hgatp"])
def test_every_translation_mode_at_every_stage(name: str) -> None:
    lab = Lab()
    for mode in MODES:
        assert do(lab, f"csrrw x0, {name}, a1", Mode.M, a1=mode << 60) is None
        assert lab.csr(name) >> 60 == mode


@pytest.mark.rule("shvstvecd_vstvec_mode_direct")
@pytest.mark.rule("shvstvecd_vstvec_base_aligned_address")
@pytest.mark.parametrize("name", ["stvec", "vstvec"])
@pytest.mark.parametrize("address", [0, 4, 0x8000_1004, ONES & ~3])
def test_any_aligned_vector_in_direct_mode(name: str, address: int) -> None:
    lab = Lab()
    assert do(lab, f"csrrw x0, {name}, a1", Mode.HS, a1=address) is None
    assert lab.csr(name) == address
