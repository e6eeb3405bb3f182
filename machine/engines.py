"""Engines by the names that users choose them by."""

from __future__ import annotations

from collections.abc import Callable

from machine.config import Config
from machine.engine.engine import Engine
from machine.engine.lockstep import LockstepEngine
from machine.engine.reference import ReferenceEngine
from machine.errors import MachineError
from machine.isa.decode import Decoder

__all__ = ["AUTO", "CHOICES", "ENGINES", "make_engine"]

ENGINES = ("reference", "native", "lockstep")
AUTO = "auto"
"""The native engine where it can run, else the reference engine."""
CHOICES = (AUTO, *ENGINES)


def make_engine(name: str, config: Config, progress: Callable[[str], None] = lambda line: None) -> Engine:
    """The engine ``name`` of `CHOICES` for a machine of ``config``.

    Args:
        progress: receives a line for a person: the native engine compiles itself once, which takes seconds; or what
            `AUTO` does without, and why.

    ``lockstep`` runs native and reference, and stops where they differ.

    Raises MachineError for another name, or where the native engine cannot run.
    """
    if name == AUTO:
        return _best(config, progress)
    if name == "reference":
        return ReferenceEngine(Decoder(config.isa.extensions, config.proposal_names))
    if name == "lockstep":
        return LockstepEngine(make_engine("reference", config), make_engine("native", config, progress))
    if name != "native":
        raise MachineError(f"there is no engine {name!r}; choose {' or '.join(ENGINES)}")
    from machine.native.cache import Cache
    from machine.native.engine import NativeEngine

    return NativeEngine(config, Cache(), progress)


def _best(config: Config, progress: Callable[[str], None]) -> Engine:
    try:
        return make_engine("native", config, progress)
    except MachineError as why:
        progress(f"the reference engine runs, some hundred times slower than the native one: {why}")
        return make_engine("reference", config)
