"""hartbreak info: what the tables say, for a person and for a script."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from gdbstub.__main__ import status_of
from machine.choices import CHOICES
from machine.config import parse_isa
from machine.csr.file import BY_NAME
from machine.isa.decode import BY_NAME as INSTRUCTIONS
from machine.spec.extensions import EXTENSIONS

RULES = Path(__file__).parents[4] / "shared" / "spec" / "normative-rules.csv"


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert status_of(["info", *arguments]) == 0
    return capsys.readouterr().out


def data(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = json.loads(shown(capsys, *arguments, "--json"))
    return found


def test_every_extension_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    found = {str(row["name"]): row["present"] for row in data(capsys, "isa", "--isa", "rv64gch_zbb")["extensions"]}
    assert set(found) == {extension.name for extension in EXTENSIONS}
    assert (found["Zbb"], found["Zba"], found["Zicsr"]) == (True, False, True)
    assert "Zbb" in shown(capsys, "isa")


def test_instructions_of_extensions(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "isa", "zicond", "ZBC")["instructions"]
    expected = [i.name for i in INSTRUCTIONS.values() if i.extension in ("Zicond", "Zbc")]
    assert expected
    assert [row["name"] for row in found] == expected
    assert "czero.eqz" in shown(capsys, "isa", "Zicond")


def test_registers_and_their_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert {row["name"] for row in data(capsys, "csr")["csrs"]} <= set(BY_NAME)
    (hstatus,) = data(capsys, "csr", "hstatus")["csrs"]
    assert (hstatus["number"], hstatus["level"]) == (0x600, "H")
    assert {"name": "VTSR", "high": 22, "low": 22, "holds": "any value"} in list(hstatus["fields"])  # type: ignore[call-overload]
    assert "17:12" in shown(capsys, "csr", "hstatus")
    absent = {row["name"] for row in data(capsys, "csr", "--isa", "rv64gch")["csrs"]}
    assert "vstimecmp" in BY_NAME
    assert "vstimecmp" not in absent


def test_traps_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    found = data(capsys, "traps")
    assert {"code": 22, "name": "virtual-instruction"} in found["exceptions"]
    assert [row["name"] for row in found["interrupts"]][:3] == ["MEI", "MSI", "MTI"]
    assert any(row["rule"] == "H_virtinst_vs_sret_vtsr1" for row in found["reasons"])


def test_choices_name_what_leaves_them_open(capsys: pytest.CaptureFixture[str]) -> None:
    found = {str(row["choice"]): row for row in data(capsys, "choices")["choices"]}
    assert found["VMIDLEN"]["value"] == "14"
    assert set(found) == {choice.name for choice in CHOICES}
    assert "VMIDLEN" in shown(capsys, "choices")


@pytest.mark.skipif(not RULES.exists(), reason=f"the manual's list of rules is not beside the checkout ({RULES})")
def test_rules_that_choices_cite_are_the_manuals() -> None:
    with RULES.open() as lines:
        known = {row["rule"] for row in csv.DictReader(lines)}
    cited = {choice.source for choice in CHOICES if "_" in choice.source}
    assert cited <= known


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["csr", "hstatu"], "the machine has no CSR 'hstatu'; did you mean hstatus?"),
        (["isa", "zbz"], "the machine has no extension 'zbz'; did you mean"),
        (["isa", "--isa", "rv64gchv"], "the machine does not implement 'v'; hartbreak info isa lists what it has"),
    ],
)
def test_what_is_not_known(capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str) -> None:
    assert status_of(["info", *arguments]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "present", "absent"),
    [
        ("rv64gcbh", ["Zba", "Zbb", "Zbs", "B"], ["Zbc", "Sstc"]),
        ("default,-zbb", ["Zba", "Sstc"], ["Zbb", "B"]),
        ("rv64imah,+zbs", ["Zbs"], ["F"]),
    ],
)
def test_isa_strings(text: str, present: list[str], absent: list[str]) -> None:
    isa = parse_isa(text)
    assert all(isa.has(name) for name in present)
    assert not any(isa.has(name) for name in absent)
    assert parse_isa(isa.string) == isa
