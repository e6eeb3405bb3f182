from __future__ import annotations

import pytest

from tests.machine.board.sbi.sbi_world import World


@pytest.fixture
def world() -> World:
    return World()
