"""Every semantic test on every engine: what runs a machine runs it on the reference engine and on the native one.

``--engine reference`` or ``--engine native`` chooses one; both is the default.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from machine.config import Config
from machine.engines import make_engine
from machine.machine import Machine

HERE = Path(__file__).parent
SEMANTIC = (
    *(HERE / "machine" / name for name in ("isa", "memory", "trap", "hart", "proposals")),
    *(HERE / "rules", HERE / "guests"),
)
"""Where the meaning of instructions is judged; elsewhere tests choose the engine themselves."""
RUNNING = {"Machine", "Lab", "bench", "lab"}
"""A module that knows one of these, or a test that asks for one of these fixtures, runs machines."""
ENGINES = ("reference", "native")
COMPILED = (Config(), Config(misaligned=False))
"""Machines whose native code the tests have; others would compile for many seconds each, to be run for one."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=("both", *ENGINES), default="both", help="What semantic tests run on.")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    path = Path(metafunc.module.__file__)
    if not any(path.is_relative_to(folder) for folder in SEMANTIC) or "engine" in metafunc.fixturenames:
        return
    if RUNNING & {*vars(metafunc.module), *metafunc.fixturenames}:
        chosen = metafunc.config.getoption("--engine")
        metafunc.parametrize("semantic_engine", ENGINES if chosen == "both" else (chosen,), indirect=True)


@pytest.fixture(autouse=True)
def semantic_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of the engine that each `Machine` made from now on has, where there is compiled code for it."""
    name = getattr(request, "param", "reference")
    if name == "native":
        plain = Machine.__init__

        def made(machine: Machine, config: Config, *rest: Any, **named: Any) -> None:
            plain(machine, config, *rest, **named)
            if is_compiled(config):
                machine.engine = make_engine("native", config)

        monkeypatch.setattr(Machine, "__init__", made)
    return str(name)


def is_compiled(config: Config) -> bool:
    """Whether the machine differs from one of `COMPILED` only in what generated code does not depend on."""
    return any(
        (config.isa, config.misaligned, config.cycles_per_tick, config.harts, config.proposals)
        == (other.isa, other.misaligned, other.cycles_per_tick, other.harts, other.proposals)
        for other in COMPILED
    )
