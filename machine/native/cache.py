"""Compiled code on disk, by what it was made from: a wrong or damaged file is as good as none.

An installed wheel may bring files of its own, which are looked at first and never written. The user's are written
beside their place and moved there, so that several processes may use one directory.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import ModuleType

__all__ = ["PREBUILT", "Cache", "default_directory", "digest_of"]

PREBUILT = Path(__file__).parent / "prebuilt"
"""What a wheel brings; absent from a checkout."""
MAGIC = b"hartbreak code 2\n"
DIGEST = 32
SUFFIX = ".code"
KEPT = 16
"""Files; the oldest go."""
PATIENCE = 120.0
"""Seconds that a process waits for another one that compiles; then it compiles too."""
PAUSE = 0.1


def default_directory() -> Path:
    """The user's cache directory for us, as the platform has it."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "hartbreak"


@cache
def digest_of(*modules: ModuleType) -> str:
    """A digest of the source of packages and modules: as long as it is the same, what they make is the same."""
    digest = hashlib.sha256()
    for module in modules:
        place = Path(str(module.__file__))
        for path in sorted(place.parent.rglob("*.py")) if place.name == "__init__.py" else [place]:
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


class Cache:
    """A directory of compiled code. No failure of the file system is an error: then there is no cache."""

    def __init__(self, directory: Path | None = None, prebuilt: Path | None = None) -> None:
        self.directory, self._prebuilt = directory or default_directory(), prebuilt or PREBUILT

    def path(self, *parts: str) -> Path:
        """The file of what was made from ``parts``."""
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return self.directory / f"{key[:40]}{SUFFIX}"

    def load(self, *parts: str) -> bytes | None:
        """What was made from ``parts``, or None where there is nothing, or not what was stored."""
        path = self.path(*parts)
        for place in (self._prebuilt / path.name, path):
            with suppress(OSError):
                content = place.read_bytes()
                header, made = content[: len(MAGIC) + DIGEST], content[len(MAGIC) + DIGEST :]
                if header == MAGIC + hashlib.sha256(made).digest():
                    return made
        return None

    def store(self, made: bytes, *parts: str) -> None:
        """Keep what was made from ``parts``; readers see all of it or nothing."""
        with suppress(OSError):
            self.directory.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.directory, suffix=".new")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(MAGIC + hashlib.sha256(made).digest() + made)
                os.replace(name, self.path(*parts))
            except OSError:
                os.unlink(name)
                raise
            for old in sorted(self.directory.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
                old.unlink(missing_ok=True)

    @contextmanager
    def alone(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """While no other process is in here with this directory, as far as that can be had; ``waiting`` is called
        before a wait."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            file = (self.directory / "lock").open("wb")
        except OSError:
            yield
            return
        with file:  # the end of the process, however it comes, gives the lock back, too
            if not _locked(file.fileno()):
                waiting()
                deadline = time.monotonic() + PATIENCE
                while time.monotonic() < deadline and not _locked(file.fileno()):
                    time.sleep(PAUSE)
            yield


def _locked(file: int) -> bool:
    """Take the lock, or say that another process has it."""
    try:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (OSError, ImportError):  # a file system without locks, or a system
        return True
    return True
