"""monitor engine: both engines go on from the same instruction."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from gdbstub.monitor import Monitor
from gdbstub.riscv.breakpoints import Breakpoints
from gdbstub.riscv.commands import COMMANDS
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.stops import stop_of
from machine.engine.engine import Halt
from machine.engine.lockstep import LockstepEngine
from machine.engine.reference import ReferenceEngine
from machine.engines import AUTO, ENGINES, make_engine
from machine.errors import MachineError
from machine.hart.hart import Hart
from machine.isa.assemble import assemble
from machine.isa.decode import Decoder
from tests.lab import CODE, Lab


@pytest.fixture
def lab() -> Lab:
    return Lab()


def ask(lab: Lab, line: str) -> str:
    return Monitor(COMMANDS).run(MonitorContext(lab.machine, lab.hart), line).text


def test_the_engine_is_told_and_changed(lab: Lab) -> None:
    assert ask(lab, "engine --json") == '{"engine": "reference", "engines": ["reference", "native", "lockstep"]}\n'
    loop = (assemble("addi a0,a0,1"), assemble(f"jal zero,{CODE:#x}", CODE + 4))
    lab.write(CODE, loop[0] | loop[1] << 32)
    lab.state.pc = CODE
    for round_, name in enumerate((*ENGINES, *ENGINES), start=1):
        assert f"The engine is {name}" in ask(lab, f"engine {name}")
        lab.machine.step(0, 2000)
        assert lab.a0 == 1000 * round_
        assert lab.state.minstret == 2000 * round_


def test_another_name_is_refused(lab: Lab) -> None:
    assert "'quick' is not one of" in ask(lab, "engine quick")
    with pytest.raises(MachineError, match="reference or native or lockstep"):
        make_engine("quick", lab.machine.config)


def test_without_llvmlite_the_sentence_says_what_to_install(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("machine.native.loading.LOADED", {})
    monkeypatch.setattr("machine.native.cache.PREBUILT", tmp_path)
    monkeypatch.setitem(sys.modules, "machine.native.compiler", None)
    assert "pip install 'hartbreak[native]'" in ask(lab, "engine native")
    assert lab.machine.engine.name == "reference"
    said: list[str] = []
    assert make_engine(AUTO, lab.machine.config, said.append).name == "reference"
    (sentence,) = said
    assert "hundred times slower" in sentence
    assert "pip install 'hartbreak[native]'" in sentence


def test_what_is_chosen_by_itself_is_native(lab: Lab) -> None:
    assert make_engine(AUTO, lab.machine.config).name == "native"


class Wrong(ReferenceEngine):
    """ADDI adds one more, where it adds 5."""

    name = "wrong"

    def run(self, hart: Hart, budget: int) -> tuple[Halt, int]:
        word = hart.ram.read(hart.state.pc - hart.ram.base, 4)
        ended = super().run(hart, budget)
        hart.x[10] += word == assemble("addi a0,a0,5")
        return ended


def test_lockstep_tells_the_first_difference(lab: Lab) -> None:
    lab.machine.engine = LockstepEngine(lab.machine.engine, Wrong(Decoder(lab.machine.config.isa.extensions)))
    lab.write(CODE, assemble("addi a0,a0,1") | assemble("addi a0,a0,5") << 32)
    lab.state.pc = CODE
    lab.machine.step(0)
    ended = lab.machine.step(0)
    note = stop_of(ended, lab.hart, Breakpoints(lab.machine)).note
    assert (
        note
        == """\
wrong and reference differ: hart 0, cycle 1, M-mode (V=0)
  0x80100004: addi a0,a0,5  (0x550513)
      before  reference  wrong
  a0  0x1     0x6        0x7
"""
    )
    assert "1 cycles compared, 0 outside the hart not compared.\n" + note.rstrip() in ask(lab, "engine")
    found = json.loads(ask(lab, "engine --json"))["divergence"]
    assert (found["pc"], found["instruction"], found["length"]) == (CODE + 4, "addi a0,a0,5", 1)
    assert found["changes"] == [{"name": "a0", "before": 1, "reference": 6, "subject": 7}]
    assert ask(lab, "engine reference").startswith("The engine is reference")
    lab.machine.step(0)
    assert lab.a0 == 6
