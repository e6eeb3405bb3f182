"""Objects on disk, by what they were made from: a wrong or damaged file is as good as none.

Files are written beside their place and moved there, so that several processes may use one directory.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType

__all__ = ["Cache", "default_directory", "digest_of"]

MAGIC = b"hartbreak object 1\n"
DIGEST = 32
KEPT = 16
"""Objects; the oldest go."""


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
    """A directory of objects. No failure of the file system is an error: then there is no cache."""

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or default_directory()

    def path(self, *parts: str) -> Path:
        """The file of the object that was made from ``parts``."""
        key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return self.directory / f"{key[:40]}.o"

    def load(self, *parts: str) -> bytes | None:
        """The object made from ``parts``, or None where there is none, or it is not what was stored."""
        try:
            content = self.path(*parts).read_bytes()
        except OSError:
            return None
        header, made = content[: len(MAGIC) + DIGEST], content[len(MAGIC) + DIGEST :]
        return made if header == MAGIC + hashlib.sha256(made).digest() else None

    def store(self, made: bytes, *parts: str) -> None:
        """Keep an object; readers see all of it or nothing."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.directory, suffix=".new")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(MAGIC + hashlib.sha256(made).digest() + made)
                os.replace(name, self.path(*parts))
            except OSError:
                os.unlink(name)
                raise
            for old in sorted(self.directory.glob("*.o"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError:
            return
