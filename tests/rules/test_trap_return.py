"""MRET and SRET between the five modes."""

from __future__ import annotations

import pytest

from machine.spec import status
from machine.spec.modes import Mode
from tests.lab import Lab
from tests.rules.lines import USER_CODE, do, field, put


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.mark.rule("mret_h")
@pytest.mark.rule("mstatus_mpv_op")
@pytest.mark.parametrize(("mpp", "mpv", "to"), [(0, 0, 0), (1, 0, 1), (3, 0, 3), (3, 1, 3), (0, 1, 4), (1, 1, 5)])
@pytest.mark.parametrize("mpie", [0, 1])
def test_mret(lab: Lab, mpp: int, mpv: int, to: int, mpie: int) -> None:
    lab.csr("mepc", USER_CODE)
    lab.set("mstatus", mpp << status.MPP | mpv << status.MPV | mpie << status.MPIE | 1 << status.MPRV)
    put(lab, "mstatus.GVA", 1)
    lab.csr("mstatus", lab.csr("mstatus") & ~(1 << status.MIE))
    assert do(lab, "mret", Mode.M) is None
    assert (lab.hart.mode, lab.state.pc) == (Mode(to), USER_CODE)
    after = {name: field(lab, f"mstatus.{name}") for name in ("MPP", "MPV", "MIE", "MPIE", "MPRV", "GVA")}
    assert after == {"MPP": 0, "MPV": 0, "MIE": mpie, "MPIE": 1, "MPRV": int(to == 3), "GVA": 1}


@pytest.mark.rule("sret_h")
@pytest.mark.rule("sret_v0")
@pytest.mark.rule("hstatus_spv_sret")
@pytest.mark.rule("mstatus_mprv_clr_mret_sret_less_priv")
@pytest.mark.parametrize(("spp", "spv", "to"), [(0, 0, 0), (1, 0, 1), (0, 1, 4), (1, 1, 5)])
@pytest.mark.parametrize("source", [Mode.M, Mode.HS])
def test_sret_with_v_0(lab: Lab, spp: int, spv: int, to: int, source: Mode) -> None:
    lab.csr("sepc", USER_CODE)
    lab.set("mstatus", spp << status.SPP | 1 << status.SPIE | 1 << status.MPRV | 3 << status.MPP | 1 << status.TSR)
    if source is Mode.HS:
        put(lab, "mstatus.TSR", 0)
    put(lab, "hstatus.SPV", spv)
    put(lab, "hstatus.SPVP", 1)
    assert do(lab, "sret", source) is None
    assert (lab.hart.mode, lab.state.pc) == (Mode(to), USER_CODE)
    after = {name: field(lab, f"mstatus.{name}") for name in ("SPP", "SIE", "SPIE", "MPRV", "MPP")}
    assert after == {"SPP": 0, "SIE": 1, "SPIE": 1, "MPRV": 0, "MPP": 3}
    assert (field(lab, "hstatus.SPV"), field(lab, "hstatus.SPVP")) == (0, 1)


@pytest.mark.rule("sret_v1")
@pytest.mark.rule("mstatus_mprv_clr_mret_sret_less_priv")
@pytest.mark.parametrize("spp", [0, 1])
def test_sret_with_v_1(lab: Lab, spp: int) -> None:
    lab.csr("vsepc", USER_CODE)
    lab.set("vsstatus", spp << status.SPP | 1 << status.SPIE)
    lab.set("mstatus", 1 << status.MPRV | 1 << status.TSR)
    before = lab.csr("hstatus")
    assert do(lab, "sret", Mode.VS) is None
    assert (lab.hart.mode, lab.state.pc) == (Mode.VS if spp else Mode.VU, USER_CODE)
    assert [field(lab, f"vsstatus.{name}") for name in ("SPP", "SIE", "SPIE")] == [0, 1, 1]
    assert (lab.csr("hstatus"), field(lab, "mstatus.MPRV"), field(lab, "mstatus.SIE")) == (before, 0, 0)
