"""The pytest plugin's fixture with a real gdb."""

from __future__ import annotations

import pytest

from gdbstub.scripting import Session, StopKind
from gdbstub.scripting.plugin import gdb
from tests.debugger.conftest import GUESTS

__all__ = ["gdb"]


@pytest.mark.hypervisor(image=GUESTS / "hello.elf")
@pytest.mark.until("main")
def test_the_fixture_gives_a_session_at_the_place(gdb: Session) -> None:
    assert gdb.where().symbol == "main"
    assert gdb.cont().kind is StopKind.EXITED
    assert gdb.console == "hello from M-mode\n"
