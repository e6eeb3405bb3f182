"""Which package may import which: arrows point down only."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MACHINE_LOW = {"machine.spec", "machine.bits"}
GIVEN = MACHINE_LOW | {"machine.config", "machine.errors", "machine.trap.trap"}
HART = GIVEN | {"machine.isa", "machine.csr", "machine.memory", "machine.trap", "machine.hart"}
SCRIPTING = {"gdbstub.scripting", "machine.spec", "machine.csr", "machine.board", "machine.errors"}
"""Names, fields and symbols; a session that drives more than gdb says so below."""

MAY_IMPORT: dict[str, set[str]] = {
    # A package (or module) and what it may import besides itself; the longest matching name decides.
    "machine.bits": set(),
    "machine.errors": set(),
    "machine.spec": set(),
    "machine.config": {"machine.errors", "machine.spec"},
    "machine.isa": MACHINE_LOW | {"machine.trap.trap"},
    "machine.trap": MACHINE_LOW,
    "machine.csr": GIVEN,
    "machine.memory": GIVEN,
    "machine.devices": {"machine.bits", "machine.errors"},
    "machine.hart": HART,
    "machine.engine": HART,
    "machine.engine.lockstep": HART | {"machine.engine", "machine.observe"},
    "machine.native": HART | {"machine.engine", "machine.observe", "llvmlite"},
    "machine.observe": HART,
    "machine.history": HART | {"machine.inputs", "machine.run_exit"},
    "machine.proposals": HART | {"machine.hart"},
    "machine.board": GIVEN | {"machine.devices", "machine.memory"},
    "machine": {"machine"},
    "gdbstub.errors": set(),
    "gdbstub.signals": set(),
    "gdbstub.rsp": {"gdbstub.errors", "gdbstub.signals", "construct"},
    "gdbstub.target": {"gdbstub.errors", "gdbstub.signals"},
    "gdbstub.xml": {"gdbstub.target"},
    "gdbstub.monitor": {"gdbstub.errors", "gdbstub.target", "click", "rich"},
    "gdbstub.handlers": {"gdbstub.errors", "gdbstub.signals", "gdbstub.rsp", "gdbstub.target", "gdbstub.xml"},
    "gdbstub.session": {"gdbstub.errors", "gdbstub.handlers", "gdbstub.rsp", "gdbstub.target"},
    "gdbstub.riscv": {
        *("gdbstub.errors", "gdbstub.signals", "gdbstub.target", "gdbstub.xml", "gdbstub.monitor"),
        *("machine", "click", "rich"),
    },
    "gdbstub.server": {"gdbstub.errors", "gdbstub.session", "gdbstub.rsp", "gdbstub.target", "gdbstub.wire", "trio"},
    "gdbstub.wire": {"trio"},
    "gdbstub.scripting": SCRIPTING,
    "gdbstub.scripting.rsp": SCRIPTING | {"gdbstub.rsp", "gdbstub.target"},
    "gdbstub.scripting.stop_reply": SCRIPTING | {"gdbstub.rsp", "gdbstub.target"},
    "gdbstub.scripting.wire": SCRIPTING | {"gdbstub.rsp"},
    "gdbstub.scripting.golden": SCRIPTING | {"machine"},
    "gdbstub.scripting.local_server": SCRIPTING | {"gdbstub.riscv.target", "gdbstub.server", "machine", "trio"},
    "gdbstub.scripting.bare": SCRIPTING | {"gdbstub.target"},
    "gdbstub.scripting.boot": SCRIPTING | {"machine"},
    "gdbstub.scripting.bundle": SCRIPTING | {"machine"},
    "gdbstub.scripting.plugin": SCRIPTING | {"machine"},
    "gdbstub.scripting.failure": SCRIPTING | {"machine"},
    "gdbstub.scripting.direct": {
        *SCRIPTING,
        *("gdbstub.errors", "gdbstub.target", "gdbstub.monitor", "gdbstub.riscv", "machine"),
    },
    "gdbstub.gdb_side": {"gdb"},
    "gdbstub.second_opinion": {"gdbstub.scripting", "gdbstub.rsp", "gdbstub.target", "machine"},
    "gdbstub.demo": {"gdbstub.scripting", "rich"},
    "gdbstub.cli": {"gdbstub", "machine", "click", "rich", "trio", "pygdbmi"},
    "gdbstub": {"gdbstub", "machine", "click"},
}

ONLY_HOME: dict[str, str | tuple[str, ...]] = {
    "construct": "gdbstub.rsp",
    "elftools": ("machine.board", "machine.native.linking"),
    "fdt": "machine.board",
    "pygdbmi": "gdbstub.scripting",
    "llvmlite": "machine.native",
    "gdb": "gdbstub.gdb_side",
    "pygal": "gdbstub.riscv.histogram",
}
"""Libraries, and the one package that knows them; of two, each has its own use for it."""

PACKAGES = {"machine", "gdbstub"}
LIBRARIES = {"construct", "click", "rich", "trio", "elftools", "fdt", "pygdbmi", "llvmlite", "pygal", "gdb"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every import that runs (those under TYPE_CHECKING do not), with its line."""
    tree = ast.parse(path.read_text())
    skipped = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 1 and path.parent.name == "gdb_side":
            continue  # loaded under another name inside gdb: a file beside it
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}:{node.lineno}: import by the full name"
            yield from ((node.lineno, _deepest(node.module, alias.name)) for alias in node.names)


def _deepest(module: str, name: str) -> str:
    """``from a import b`` imports a.b when that is a module."""
    inner = ROOT.joinpath(*module.split("."), name)
    return f"{module}.{name}" if inner.with_suffix(".py").exists() or inner.is_dir() else module


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def home(module: str) -> str:
    return max((package for package in MAY_IMPORT if within(module, package)), key=len)


SOURCES = sorted(path for package in ("machine", "gdbstub") for path in (ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_arrows_point_down(path: Path) -> None:
    module = module_name(path)
    package = home(module)
    allowed = MAY_IMPORT[package] | {package}
    for line, target in imports(path):
        top = target.partition(".")[0]
        if top not in {"machine", "gdbstub"} | LIBRARIES:
            continue
        if top in ONLY_HOME:
            homes = (ONLY_HOME[top],) if isinstance(ONLY_HOME[top], str) else ONLY_HOME[top]
            assert any(within(module, home) for home in homes), (
                f"{path.relative_to(ROOT)}:{line}: {top} lives in {homes}"
            )
            continue
        if top in LIBRARIES and top not in {"click", "rich", "trio"}:
            continue
        if target in PACKAGES:
            continue  # the package itself: its place on disk, not its contents
        assert any(within(target, name) for name in allowed), (
            f"{path.relative_to(ROOT)}:{line}: {package} may not import {target}; it may import {sorted(allowed)}"
        )


def test_the_rules_see_violations() -> None:
    """The walk would be worth nothing if it found no import at all."""
    found = {target for path in SOURCES for _, target in imports(path)}
    assert {"machine.bits", "machine.spec.rules", "construct", "click"} <= found


def test_no_file_differs_from_another_by_case_only() -> None:
    names = [str(path).lower() for path in SOURCES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("path", sorted((ROOT / "gdbstub" / "gdb_side").glob("*.py")), ids=module_name)
def test_what_runs_inside_gdb_needs_nothing_that_gdb_may_lack(path: Path) -> None:
    """gdb's Python: 3.8 or newer, its standard library, ``gdb``."""
    ast.parse(path.read_text(), feature_version=(3, 8))
    outside = {target.partition(".")[0] for _, target in imports(path)} - sys.stdlib_module_names
    assert outside <= {"gdb"}
