"""A run that can be opened again elsewhere: its files, what it was made of, what came in, and how far it went.

A bundle is a directory, or a zip file of the same files; ``bundle.json`` says what each is. The machine is
deterministic: the same start with the same input is the same run, and a fingerprint of the end proves it.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gdbstub.scripting.boot import FilePath, Setup, Started
from gdbstub.scripting.errors import ScriptingError
from machine.engines import AUTO
from machine.errors import MachineError
from machine.history.journal import decode, encode
from machine.history.replay import digest, replay
from machine.inputs import Recorded

if TYPE_CHECKING:
    from machine.machine import Machine

__all__ = ["Bundle", "read_bundle", "write_bundle"]

FORMAT, VERSION = "hartbreak bundle", 1
MANIFEST = "bundle.json"
FILES = ("image", "firmware", "kernel")
AS_THEN = {"native": AUTO}
"""A bundle of the native engine's opens where that cannot run, too."""
WORDS = ("none", "builtin")
"""What ``firmware`` may say instead of a file."""
DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError, AttributeError, EOFError)


@dataclass(frozen=True)
class Bundle:
    """One recorded run.

    Attributes:
        setup: the machine; its files are the bundle's own.
        recorded: what came in.
        cycle: where the run stands.
        digest: of its state there.
        hart: that somebody was looking at.
        why: why the bundle was made: a test's failure.
        console: what the guest had written.
        version: of the hartbreak that made it.
    """

    setup: Setup
    recorded: tuple[Recorded, ...]
    cycle: int
    digest: str
    hart: int = 0
    why: str = ""
    console: str = ""
    version: str = ""

    def open(self, output: Callable[[bytes], None], engine: str | None = None) -> Started:
        """A machine at the moment at which the bundle was made; ``output`` receives what its guest writes.

        Raises ScriptingError when the run does not come to the same state again.
        """
        setup = replace(self.setup, engine=engine or AS_THEN.get(self.setup.engine, self.setup.engine))
        started = setup.start(output)
        try:
            replay(started.machine, self.recorded, self.cycle)
        except MachineError as error:
            raise ScriptingError(f"the bundle's run cannot be repeated: {error}{self._versions()}") from error
        if digest(started.machine) != self.digest:
            raise ScriptingError(
                f"the bundle's run came to cycle {self.cycle} in another state than it was recorded in: the machine "
                f"was changed by hand in a way that is not recorded{self._versions()}"
            )
        return started

    def _versions(self) -> str:
        here = _version()
        return "" if here == self.version else f", or hartbreak {here} is not like {self.version}, which made it"


def write_bundle(
    path: Path, setup: Setup, machine: Machine, *, hart: int = 0, why: str = "", console: str = ""
) -> Path:
    """Write what ``machine``, started by ``setup``, has done since its reset; a zip file if the name ends in .zip.

    Raises ScriptingError for a machine whose interrupt controller is the embedder's, or a file that cannot be written.
    """
    if machine.config.irqchip == "user":
        raise ScriptingError("a machine whose interrupt controller is the script's own cannot be bundled")
    contents, described = _files(setup)
    plain = {name: value for name, value in asdict(setup).items() if name not in FILES}
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "hartbreak": _version(),
        "setup": plain | {"proposals": list(setup.proposals), "engine": machine.engine.name} | described,
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        "cycle": machine.clock.cycles,
        "digest": digest(machine),
        "recorded": [encode(entry) for entry in machine.inputs.recorded],
        "hart": hart,
        "why": why,
        "console": console,
    }
    contents[MANIFEST] = json.dumps(manifest, indent=1).encode()
    try:
        _store(path, contents)
    except OSError as error:
        raise ScriptingError(f"cannot write the bundle {path}: {error.strerror or error}") from error
    return path


def _files(setup: Setup) -> tuple[dict[str, bytes], dict[str, str | None]]:
    """The contents by name in the bundle, and how the setup calls them there."""
    contents: dict[str, bytes] = {}
    described: dict[str, str | None] = {}
    for role in FILES:
        given: FilePath | None = getattr(setup, role)
        if given is None or given in WORDS:
            described[role] = None if given is None else str(given)
        else:
            name = f"{role}-{Path(given).name}"
            contents[name], described[role] = Path(given).read_bytes(), name
    return contents, described


def _store(path: Path, contents: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
        return
    path.mkdir(exist_ok=True)
    for name, content in contents.items():
        (path / name).write_bytes(content)


@contextmanager
def read_bundle(path: Path) -> Iterator[Bundle]:
    """The bundle at ``path``; the files of a zipped one exist while the context does.

    Raises ScriptingError for what is no bundle, is damaged, or is of a newer kind.
    """
    with tempfile.TemporaryDirectory(prefix="hartbreak-") as folder:
        try:
            home = path if path.is_dir() else _unpacked(path, Path(folder))
            manifest = json.loads((home / MANIFEST).read_bytes())
            found = _checked(path, home, manifest)
        except MachineError as error:
            raise ScriptingError(f"{path} is damaged: {error}; copy it again") from error
        except DAMAGED as error:
            raise ScriptingError(
                f"{path} is no bundle, or it is damaged ({error!r}); give what a failed test has written"
            ) from error
        yield found


def _unpacked(path: Path, folder: Path) -> Path:
    """The manifest, and the files that it names; nothing else of the archive is touched."""
    with zipfile.ZipFile(path) as archive:
        manifest = archive.read(MANIFEST)
        (folder / MANIFEST).write_bytes(manifest)
        for name in json.loads(manifest).get("sha256", {}):
            (folder / _plain(name)).write_bytes(archive.read(name))
    return folder


def _plain(name: str) -> str:
    if Path(name).name != name:
        raise ValueError(f"{name!r} is not a plain file name")
    return name


def _checked(path: Path, home: Path, manifest: dict[str, Any]) -> Bundle:
    if manifest.get("format") != FORMAT:
        raise ScriptingError(f"{path} is no bundle of hartbreak's; give what a failed test or write_bundle has written")
    if manifest["version"] != VERSION:
        raise ScriptingError(
            f"{path} is a bundle of kind {manifest['version']}, made by hartbreak {manifest['hartbreak']}; this one "
            f"reads kind {VERSION}: use that version"
        )
    for name, wanted in manifest["sha256"].items():
        if hashlib.sha256((home / _plain(name)).read_bytes()).hexdigest() != wanted:
            raise ScriptingError(f"{path} is damaged: {name} is not the file that was put in; copy it again")
    setup = dict(manifest["setup"])
    for role in FILES:
        if setup[role] is not None and setup[role] not in WORDS:
            setup[role] = home / _plain(setup[role])
    recorded = tuple(decode(entry) for entry in manifest["recorded"])
    return Bundle(
        Setup(**setup),
        recorded,
        int(manifest["cycle"]),
        str(manifest["digest"]),
        int(manifest["hart"]),
        str(manifest["why"]),
        str(manifest["console"]),
        str(manifest["hartbreak"]),
    )


def _version() -> str:
    try:
        return metadata.version("hartbreak")
    except metadata.PackageNotFoundError:
        return "(not installed)"
