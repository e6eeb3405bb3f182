"""hartbreak compare-proposals: one guest, two machines, what differs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gdbstub.__main__ import status_of

GUESTS = Path(__file__).resolve().parents[3] / "gdbstub" / "guests"


def compare(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert status_of(["compare-proposals", *arguments]) == 0
    return capsys.readouterr().out


def test_the_first_list_against_the_ratified_one(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(compare(capsys, "--json", str(GUESTS / "hypervisor.elf")))
    assert found["proposals"] == ["virtual-instruction-2020"]
    differences = found["differences"]
    assert len(differences) == 45
    first = next(one for one in differences if one["without"] and one["without"]["instruction"] == "sret")
    assert (first["without"]["cause"], first["with"]["cause"]) == ("virtual-instruction", "illegal-instruction")
    assert first["amendment"] == "VU-mode cases, May 2020"
    places = [one["without"]["cycle"] for one in differences if one["without"]]
    assert places == sorted(places)


def test_what_wfi_costs_without_vtw(capsys: pytest.CaptureFixture[str]) -> None:
    text = compare(capsys, "--timer-latency", str(GUESTS / "idle.elf"))
    lines = text.splitlines()
    assert lines[0].endswith("pass; 0 refused instructions of guests cost 0 instructions")
    assert "200 refused instructions of guests cost" in lines[1]
    assert "  200  hstatus.VTW, May 2020" in lines
    assert any(line.startswith("1     delivered") and "200 | 200" in line for line in lines)


def test_equal_runs_are_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert "Every exception is the same." in compare(capsys, str(GUESTS / "hello.elf"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--proposal", "vgtj", "x.elf"], "did you mean 'vgti'?"),
        (["--proposal", "vgti=13", "x.elf"], "must be 24-31 or 48-63"),
        (["no-such-file.elf"], "no-such-file.elf"),
        ([], "IMAGE"),
    ],
)
def test_wrong_input_gets_one_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["compare-proposals", *arguments]) == 2
    complaint = capsys.readouterr().err
    assert said in complaint
    assert complaint.count("\n") == 1
