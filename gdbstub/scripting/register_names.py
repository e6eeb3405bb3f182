"""The names of registers: those that debuggers use, and the others that people write."""

from __future__ import annotations

from collections.abc import Container

from gdbstub.scripting.errors import ScriptingError
from machine.spec.registers import F_NAMES, X_NAMES

__all__ = ["canonical"]

ALIASES = {
    **{f"x{number}": name for number, name in enumerate(X_NAMES)},
    **{f"f{number}": name for number, name in enumerate(F_NAMES)},
    "x8": "fp",
    "s0": "fp",
}


def canonical(name: str, known: Container[str]) -> str:
    """The name by which the other side knows a register: ``x10`` is ``a0``, ``s0`` is ``fp``, ``$`` is dropped.

    Raises ScriptingError when it is not known.
    """
    typed = name.lower().removeprefix("$")
    found = typed if typed in known else ALIASES.get(typed, typed)
    if found not in known:
        raise ScriptingError(f"there is no register {name!r}; register_names() lists those there are")
    return found
