"""pytest's fixture for tests of a hypervisor under a real gdb; pytest finds it when hartbreak is installed.

def test_the_guest_gets_a_virtual_instruction_exception(hartbreak_session):
    session = hartbreak_session("hypervisor.elf", "--harts", "2")
    session.command("monitor catch virtual-instruction")
    session.run("continue")
    assert session.value("$trap_from") == "VS"
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from gdbstub.scripting.session import Session

__all__ = ["hartbreak_session"]


@pytest.fixture
def hartbreak_session() -> Iterator[Callable[..., Session]]:
    """Opens a `Session`, with its arguments, as often as it is called; all end with the test."""
    with ExitStack() as opened:

        def start(image: str | os.PathLike[str], *options: str, **settings: Any) -> Session:
            return opened.enter_context(Session(image, *options, **settings))

        yield start
