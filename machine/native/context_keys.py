"""The table of contexts: where a state's translations are found in it, in generated code and in Python."""

from __future__ import annotations

from typing import Any

from machine.bits import u
from machine.hart.contexts import key_of
from machine.native.layout import ContextSlot

__all__ = ["context_key", "context_slot"]

MIX = 0x9E37_79B9_7F4A_7C15


def context_key(state: Any) -> tuple[Any, ...]:
    """What the present translations depend on, in `ContextSlot.WORDS` words."""
    key = key_of(state)
    return (len(key), *key, *(0,) * (ContextSlot.WORDS - 1 - len(key)))


def context_slot(key: tuple[Any, ...]) -> Any:
    """The place of a key in the table of contexts."""
    mixed: Any = 0
    for word in key:
        mixed = u((mixed ^ word) * MIX)
        mixed = mixed ^ mixed >> 29
    return mixed >> 64 - ContextSlot.BITS
