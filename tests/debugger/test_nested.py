"""Three levels under a stock gdb: the host, the shipped hypervisor in its VS-mode, and that one's guests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from gdbstub.scripting import GdbError, Prompt
from tests.debugger.conftest import Again

HYPERVISOR, GUEST = 1, 16


@pytest.fixture
def nested(again: Again) -> Prompt:
    """At the host's first SRET emulation for the guest hypervisor that leads into a guest."""
    session = again("nested")
    session.command("monitor nested describe 1 16-19")
    session.command("tbreak load_guest")
    session.run("continue")
    return session


def worlds(session: Prompt) -> Sequence[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(session.command("monitor worlds --json"))
    return listed


def test_the_host_stops_with_its_own_symbols_and_the_levels_are_listed(nested: Prompt) -> None:
    assert "world_sret" in nested.command("backtrace")
    assert [(each["level"], each["vmid"], each["running"]) for each in worlds(nested)] == [
        (0, None, True),
        (1, HYPERVISOR, False),
    ]


def test_the_guest_of_the_guest_has_the_hart_after_the_next_world_switch(nested: Prompt) -> None:
    nested.command("monitor catch world-switch")
    nested.run("continue")
    running = next(each for each in worlds(nested) if each["running"])
    assert (running["level"], running["vmid"], running["who"]) == (2, GUEST, "its guest")
    assert "VS (guest VS)" in nested.command("monitor worlds")
    assert int(nested.command("print/d $vmid").split("=")[1]) == GUEST


def test_a_convention_that_is_none_is_refused(nested: Prompt) -> None:
    with pytest.raises(GdbError, match="VMID 2 cannot be"):
        nested.command("monitor nested describe 1-3 2")


def test_the_register_of_the_proposal_is_gdbs_too(again: Again) -> None:
    session = again("nested", "--proposal", "hnested")
    session.command("tbreak load_guest")
    session.run("continue")
    assert int(session.command("print/x $hnested").split("=")[1], 16) & 1 == 1
    session.command("monitor catch world-switch")
    session.run("continue")
    assert int(session.command("print/x $hnested").split("=")[1], 16) == 0  # the guest's guest is not helped by us
