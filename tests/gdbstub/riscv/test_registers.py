"""Registers: each can be read in every mode, writes are legalised, and names mean what they say."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from gdbstub.errors import TargetError
from gdbstub.riscv import general_registers, hypervisor_registers
from gdbstub.riscv.registers import Registers
from gdbstub.riscv.target import RiscvTarget
from machine.config import Config, parse_isa
from machine.csr.access import registers as csrs
from machine.hart.hart import Hart
from machine.machine import Machine
from machine.spec.modes import Mode
from tests.gdbstub.riscv.conftest import GUEST, SRET, VMID


class Names:
    """A hart's registers by name."""

    def __init__(self, hart: Hart) -> None:
        self.hart, self.table = hart, Registers(hart)
        self.numbers = {
            reg.get("name"): int(reg.get("regnum", "")) for reg in ET.fromstring(self.table.description).iter("reg")
        }

    def __getitem__(self, name: str) -> int:
        return int.from_bytes(self.table.read(self.hart, self.numbers[name]), "little")

    def __setitem__(self, name: str, value: int) -> None:
        number = self.numbers[name]
        self.table.write(self.hart, number, value.to_bytes(self.table.cell(number).size, "little"))


@pytest.fixture
def names(hart: Hart) -> Names:
    return Names(hart)


def test_features_come_in_gdbs_order(target: RiscvTarget) -> None:
    features = [feature.get("name") for feature in ET.fromstring(target.description()).iter("feature")]
    assert features == [
        "org.gnu.gdb.riscv.cpu",
        "org.gnu.gdb.riscv.fpu",
        "org.gnu.gdb.riscv.csr",
        "org.gnu.gdb.riscv.virtual",
        "org.hartbreak.hypervisor",
    ]


def test_numbers_are_gdbs(names: Names) -> None:
    expected = {"zero": 0, "fp": 8, "t6": 31, "pc": 32, "ft0": 33, "ft11": 64, "fflags": 66, "frm": 67, "fcsr": 68}
    expected |= {
        "sstatus": 65 + 0x100,
        "hstatus": 65 + 0x600,
        "mconfigptr": 65 + 0xF15,
        "priv": 4161,
        "hart_mode": 0x2000,
    }
    assert {name: names.numbers[name] for name in expected} == expected


def test_every_csr_of_the_hart_is_described(names: Names, hart: Hart) -> None:
    assert {csr.name for csr in csrs(hart)} <= set(names.numbers)


@pytest.mark.parametrize("mode", Mode)
def test_every_register_reads_in_every_mode_without_effect(target: RiscvTarget, mode: Mode) -> None:
    hart = target.machine.harts[0]
    hart.state.priv, hart.state.virt = mode.privilege, mode.virtual
    hart.context_changed()
    before = bytes(hart.state)
    table = Registers(hart)
    for number in table.numbers:
        assert len(table.read(hart, number)) == table.cell(number).size
    assert bytes(hart.state) == before


def test_a_hart_without_f_has_no_fpu_feature() -> None:
    machine = Machine(Config(memory=1 << 20, isa=parse_isa("rv64imach")))
    assert "riscv.fpu" not in Registers(machine.harts[0]).description
    assert "fcsr" not in Registers(machine.harts[0]).description


def test_an_unknown_number_is_an_error(target: RiscvTarget) -> None:
    with pytest.raises(TargetError, match="no register 65"):
        target.read_register(1, general_registers.PC + 33)


def test_the_general_registers_at_once_are_what_each_is(names: Names, hart: Hart) -> None:
    for number in range(1, 32):
        hart.x[number] = (1 << 64) - number
    hart.state.pc = 0x8000_1234
    one_by_one = b"".join(names.table.read(hart, number) for number in general_registers.GENERAL)
    assert general_registers.read_general(hart) == one_by_one
    assert names["pc"] == 0x8000_1234


def test_x0_stays_zero_and_pc_is_aligned(names: Names, hart: Hart) -> None:
    hart.state.waiting = 1
    names["zero"], names["pc"] = 5, GUEST + 0x11
    assert (names["zero"], names["pc"], hart.state.waiting) == (0, GUEST + 0x10, 0)


@pytest.mark.rule("H_vscsrs_sub")
def test_a_csr_name_means_that_register_while_v_is_1(names: Names) -> None:
    names["sepc"], names["vsepc"] = 0x1000, 0x2000
    assert names["virt"] == 1
    assert (names["sepc"], names["vsepc"]) == (0x1000, 0x2000)


@pytest.mark.rule("hgatp_mode_warl")
def test_a_csr_write_is_legalised(names: Names) -> None:
    names["hgatp"] = 3 << 60 | 9 << 44 | 0x80013
    assert names["hgatp"] == 8 << 60 | 9 << 44 | 0x80010
    assert names["vmid"] == 9


def test_a_write_to_mstatus_keeps_mpp_out_of_the_reserved_value(names: Names) -> None:
    names["mstatus"] |= 1 << 11
    names["mstatus"] ^= 3 << 11
    assert names["mstatus_mpp"] == 1


@pytest.mark.parametrize(
    "name", ["mvendorid", "hgeip", "cycle", "mhpmcounter7", "trap_pc", "vi_reason", "trap_cause_int"]
)
def test_a_read_only_register_says_so(names: Names, name: str) -> None:
    with pytest.raises(TargetError, match=f"{name} cannot be written"):
        names[name] = 1


def test_virt_and_priv_move_the_hart_between_modes(names: Names, hart: Hart) -> None:
    assert (names["hart_mode"], names["virt"], names["priv"]) == (Mode.VS, 1, 1)
    names["virt"] = 0
    assert names["hart_mode"] == Mode.HS
    names["priv"] = 3
    assert names["hart_mode"] == Mode.M
    names["hart_mode"] = Mode.VU
    assert hart.mode is Mode.VU
    assert (names["virt"], names["priv"], names["hart_mode_int"]) == (1, 0, 4)


@pytest.mark.parametrize(("name", "value"), [("priv", 2), ("priv", 4), ("priv", 3), ("virt", 2), ("hart_mode", 7)])
def test_what_is_no_mode_is_refused_and_changes_nothing(names: Names, hart: Hart, name: str, value: int) -> None:
    with pytest.raises(TargetError):
        names[name] = value
    assert hart.mode is Mode.VS


def test_m_mode_with_v_says_what_to_do(names: Names) -> None:
    with pytest.raises(TargetError, match=r"\$virt to 0 before \$priv to 3"):
        names["priv"] = 3


def test_before_the_first_trap_everything_is_none(names: Names) -> None:
    none = hypervisor_registers.NO_TRAP
    assert (names["trap_count"], names["trap_cause_int"], names["trap_pc"], names["vi_reason"]) == (0, none, none, 0)
    assert (names["trap_cause"], names["trap_from"]) == (hypervisor_registers.NO_CAUSE, hypervisor_registers.NO_MODE)


@pytest.mark.rule("H_virtinst_vs_sret_vtsr1")
def test_the_last_trap_is_told(names: Names, target: RiscvTarget) -> None:
    target.machine.run(2)
    assert (names["trap_count"], names["trap_cause"], names["trap_cause_int"]) == (1, 22, 22)
    assert (names["trap_pc"], names["trap_tval"], names["trap_insn"]) == (SRET, 0x10200073, 0x10200073)
    assert (names["trap_from"], names["trap_to"], names["hart_mode"]) == (Mode.VS, Mode.HS, Mode.HS)
    rules = {value.get("name"): value.get("value") for value in _enum(target, "virtual_instruction_rule")}
    assert rules["H_virtinst_vs_sret_vtsr1"] == str(names["vi_reason"]) == str(names["vi_reason_int"])
    assert names["vmid"] == VMID


def test_an_interrupt_has_a_name_although_gdbs_enums_are_small(names: Names, hart: Hart, target: RiscvTarget) -> None:
    hart.state.trap_count, hart.state.trap_cause = 1, 1 << 63 | 6
    causes = {value.get("value"): value.get("name") for value in _enum(target, "cause")}
    assert causes[str(names["trap_cause"])] == "VSTI"
    assert names["trap_cause_int"] == 1 << 63 | 6


def _enum(target: RiscvTarget, name: str) -> list[ET.Element]:
    (found,) = (enum for enum in ET.fromstring(target.description()).iter("enum") if enum.get("id") == name)
    return list(found)
