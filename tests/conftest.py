"""Every semantic test on every engine: what runs a machine runs it on the reference engine and on the native one.

``--engine reference`` or ``--engine native`` chooses one; both is the default. A test's label is the engine that its
machines have: one whose machine would have to be compiled for it alone is marked ``reference_only``, and has no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from machine.config import Config
from machine.engines import make_engine
from machine.machine import Machine
from machine.native.engine import key_of
from machine.proposals import parse

HERE = Path(__file__).parent
SEMANTIC = (
    *(HERE / "machine" / name for name in ("isa", "memory", "trap", "hart", "proposals")),
    *(HERE / "rules", HERE / "guests"),
)
"""Where the meaning of instructions is judged; elsewhere tests choose the engine themselves."""
RUNNING = {"Machine", "Lab", "bench", "lab"}
"""A module that knows one of these, or a test that asks for one of these fixtures, runs machines. One that knows
make_engine chooses the engine itself."""
ENGINES = ("reference", "native")
PROPOSALS = ((), ("vgti",), ("hnested",), ("virtual-instruction-2020",), ("virtual-instruction-2020", "vgti=48"))
COMPILED = (Config(misaligned=False), *(Config(proposals=tuple(map(parse, names))) for names in PROPOSALS))
"""Machines that are compiled for the tests, some fifteen seconds each: harts, memory and clocks are as one likes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=("both", *ENGINES), default="both", help="What semantic tests run on.")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "reference_only: a machine that no native code is compiled for")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    path = Path(metafunc.module.__file__)
    if not any(path.is_relative_to(folder) for folder in SEMANTIC):
        return
    known = {*vars(metafunc.module), *metafunc.fixturenames}
    if known & RUNNING and "make_engine" not in known:
        chosen = metafunc.config.getoption("--engine")
        wanted = ENGINES if chosen == "both" else (chosen,)
        if metafunc.definition.get_closest_marker("reference_only"):
            wanted = ENGINES[:1]
        metafunc.parametrize("semantic_engine", wanted, indirect=True, scope="module")


@pytest.fixture(autouse=True, scope="module")
def semantic_engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the engine that each `Machine` made from now on has. A fixture that makes a machine for a whole
    module asks for this one, to be made anew for each engine."""
    name = str(getattr(request, "param", ENGINES[0]))
    with pytest.MonkeyPatch.context() as patch:
        if name == "native":
            patch.setattr(Machine, "__init__", native(Machine.__init__))
        yield name


def native(plain: Any) -> Any:
    """The constructor of machines that have the native engine."""

    def made(machine: Machine, config: Config, *rest: Any, **named: Any) -> None:
        plain(machine, config, *rest, **named)
        if key_of(config) not in map(key_of, COMPILED):
            pytest.fail("no native code is compiled for this machine: mark the test reference_only, or add to COMPILED")
        machine.engine = make_engine("native", config)
        assert machine.engine.name == "native"

    return made
