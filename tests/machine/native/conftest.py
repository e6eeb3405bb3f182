"""One compiled engine for all tests of the native engine; without llvmlite there is nothing to test."""

from __future__ import annotations

import pytest

from machine.config import Config


@pytest.fixture(scope="session")
def make_engine():
    """Makes engines: each serves one machine."""
    from machine.native.cache import Cache
    from machine.native.engine import NativeEngine

    return lambda config=None: NativeEngine(config or Config(), Cache())
