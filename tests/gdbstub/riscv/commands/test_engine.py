"""monitor engine: both engines go on from the same instruction."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gdbstub.monitor import Monitor
from gdbstub.riscv.commands import COMMANDS
from gdbstub.riscv.commands.context import MonitorContext
from machine.engines import AUTO, ENGINES, make_engine
from machine.errors import MachineError
from machine.isa.assemble import assemble
from tests.lab import CODE, Lab


@pytest.fixture
def lab() -> Lab:
    return Lab()


def ask(lab: Lab, line: str) -> str:
    return Monitor(COMMANDS).run(MonitorContext(lab.machine, lab.hart), line).text


def test_the_engine_is_told_and_changed(lab: Lab) -> None:
    assert ask(lab, "engine --json") == '{"engine": "reference", "engines": ["reference", "native"]}\n'
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
    with pytest.raises(MachineError, match="reference or native"):
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
