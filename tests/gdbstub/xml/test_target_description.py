from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from gdbstub.xml.target_description import EnumType, Feature, FlagsType, Register, UnionType, build

MODES = EnumType("modes", 8, [("U", 0), ("M", 3)])
STATUS = FlagsType("status", 8, [("V", 7, 7, ""), ("MODE", 0, 1, "modes"), ("ID", 8, 21, "")])
DOUBLE = UnionType("riscv_double", [("float", "ieee_single"), ("double", "ieee_double")])
FEATURE = Feature(
    "org.example",
    [
        Register("pc", 32, 64, "code_ptr"),
        Register("status", 65, 64, "status", "world", save_restore=False),
        Register("mode", 66, 64, "modes"),
        Register("ft0", 33, 64, "riscv_double", "float"),
    ],
    [MODES, STATUS, DOUBLE],
)


def parsed() -> ET.Element:
    return ET.fromstring(build("riscv:rv64", [FEATURE]))


def test_the_os_abi_is_none_lest_gdb_steps_in_software() -> None:
    assert parsed().findtext("osabi") == "none"
    assert parsed().findtext("architecture") == "riscv:rv64"


def test_types_come_before_registers() -> None:
    assert [element.tag for element in parsed().find("feature") or []] == ["enum", "flags", "union", *["reg"] * 4]


def test_a_wide_field_has_a_type_and_a_narrow_one_is_a_flag() -> None:
    fields = {field.get("name"): field.get("type") for field in parsed().iter("field")}
    assert fields == {"V": "bool", "MODE": "modes", "ID": "uint64", "float": "ieee_single", "double": "ieee_double"}


def test_a_register_says_only_what_differs_from_the_usual() -> None:
    pc, status, *_ = parsed().iter("reg")
    assert pc.attrib == {"name": "pc", "bitsize": "64", "regnum": "32", "type": "code_ptr"}
    assert status.get("group") == "world"
    assert status.get("save-restore") == "no"


def test_text_is_escaped() -> None:
    assert ET.fromstring(build("a<b&", [])).findtext("architecture") == "a<b&"


@pytest.mark.parametrize("other", [Register("pc", 99, 64), Register("x", 32, 64)])
def test_registers_share_neither_name_nor_number(other: Register) -> None:
    with pytest.raises(ValueError, match="two registers share the"):
        build("riscv:rv64", [FEATURE, Feature("org.other", [other])])


def test_a_register_has_a_type_that_is_known() -> None:
    with pytest.raises(ValueError, match="unknown type statsu"):
        Feature("org.example", [Register("status", 65, 64, "statsu")], [STATUS])


@pytest.mark.parametrize(("start", "end"), [(0, 64), (5, 4), (-1, 0)])
def test_a_field_lies_in_its_register(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="are not in a register of 8 bytes"):
        FlagsType("status", 8, [("F", start, end, "")])
