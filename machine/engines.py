"""Engines by the names that users choose them by."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from machine.config import Config
from machine.engine.engine import Engine
from machine.engine.reference import ReferenceEngine
from machine.errors import MachineError
from machine.isa.decode import Decoder

__all__ = ["ENGINES", "make_engine"]

ENGINES = ("reference", "native")


def make_engine(name: str, config: Config, progress: Callable[[str], None] = lambda line: None) -> Engine:
    """The engine ``name`` of `ENGINES` for a machine of ``config``.

    Args:
        progress: receives a line before work that a person will notice: the native engine compiles itself once.

    Raises MachineError for another name, or when the native engine's compiler is not installed.
    """
    if name == "reference":
        return ReferenceEngine(Decoder(config.isa.extensions, config.proposal_names))
    if name != "native":
        raise MachineError(f"there is no engine {name!r}; choose {' or '.join(ENGINES)}")
    if find_spec("llvmlite") is None:
        raise MachineError(
            "the native engine needs llvmlite: pip install 'hartbreak[native]', or choose the engine reference, "
            "which does the same some hundred times slower"
        )
    from machine.native.cache import Cache
    from machine.native.engine import NativeEngine

    return NativeEngine(config, Cache(), progress)
