"""A little machine, and a debugger in front of it."""

from __future__ import annotations

import pytest

from tests.gdbstub.debugger import Debugger
from tests.gdbstub.fake_target import FakeTarget


@pytest.fixture
def target() -> FakeTarget:
    return FakeTarget()


@pytest.fixture
def gdb(target: FakeTarget) -> Debugger:
    """As gdb 13 introduces itself."""
    return Debugger(target)


@pytest.fixture
def new_gdb(target: FakeTarget) -> Debugger:
    """As gdb 16 and later introduce themselves: errors may have text."""
    return Debugger(target, "swbreak+;hwbreak+;error-message+")
