"""Base extension: what this SBI implementation is and has (SBI, "Base Extension")."""

from __future__ import annotations

from machine.board.sbi.abi import Call, Extension

__all__ = ["BASE", "IMPLEMENTATION_ID", "IMPLEMENTATION_VERSION", "SPECIFICATION_VERSION"]

BASE = Extension(0x10, "BASE")

SPECIFICATION_VERSION = 2 << 24 | 0
"""2.0: major number in bits 30:24, minor in 23:0."""

IMPLEMENTATION_ID = 0x4842
""" "HB": not in the specification's table of assigned IDs, so that no quirk of another implementation is assumed."""

IMPLEMENTATION_VERSION = 0 << 16 | 1 << 8 | 0
"""0.1.0."""


@BASE.function(0)
def get_spec_version(call: Call) -> int:
    """The SBI version that the functions follow."""
    return SPECIFICATION_VERSION


@BASE.function(1)
def get_impl_id(call: Call) -> int:
    """Which implementation this is."""
    return IMPLEMENTATION_ID


@BASE.function(2)
def get_impl_version(call: Call) -> int:
    """Which version of it."""
    return IMPLEMENTATION_VERSION


@BASE.function(3)
def probe_extension(call: Call) -> int:
    """1 when the extension exists, else 0."""
    return int(call.arguments[0] in call.extensions)


@BASE.function(4)
@BASE.function(5)
@BASE.function(6)
def get_machine_id(call: Call) -> int:
    """mvendorid, marchid and mimpid: 0, as the machine's registers read."""
    return 0
