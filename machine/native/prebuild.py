"""``python -m machine.native.prebuild DIRECTORY``: the files that a wheel brings; with them nothing is compiled."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from machine.config import Config
from machine.native.cache import Cache
from machine.native.engine import key_of
from machine.native.handlers import generate
from machine.native.loading import build

__all__ = ["CONFIGS", "prebuild"]

CONFIGS = (Config(),)
"""What most machines are, as far as it decides about the code: the default extensions, and misaligned accesses work.
Neither the number of harts nor the clock decides about it."""
READABLE = 0o644


def prebuild(directory: Path) -> None:
    """Compile `CONFIGS` into ``directory``. Raises MachineError without llvmlite."""
    cache = Cache(directory, prebuilt=directory)
    for config in CONFIGS:
        key = key_of(config)
        cache.store(build(partial(generate, config)), *key)
        cache.path(*key).chmod(READABLE)


if __name__ == "__main__":
    prebuild(Path(sys.argv[1]))
