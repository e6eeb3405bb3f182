"""Builds the workloads with the guests' compiler; the user's cache directory keeps them until a source changes."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from typing import Any

from elftools.elf.elffile import ELFFile

from scripts.benchmark.contestants import CACHE
from scripts.benchmark.once import functions
from scripts.benchmark.workloads import Workload

__all__ = ["image", "sized", "symbols"]

SCRIPTS = Path(__file__).resolve().parent.parent
SOURCES = SCRIPTS / "guests" / "bench"
COMMON = ("start.S", "report.c")
GENERATED = "once_functions.S"
CPU = "generic_rv64+m+a+f+d+c+h+zicsr+zifencei+sstc-relax"


def _guest_builder() -> ModuleType:
    """scripts/build_guests, whose compiler and flags are ours too; `import` cannot find a file without a suffix."""
    name = "build_guests"
    if name not in sys.modules:
        spec = spec_from_loader(name, SourceFileLoader(name, str(SCRIPTS / name)))
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def image(workload: Workload) -> Path:
    """The workload's ELF; built where it is not in the cache. Raises build_guests' BuildError in one sentence."""
    elf = CACHE / _digest(workload) / f"{workload.name}.elf"
    if not elf.exists():
        builder = _guest_builder()
        builder.require_compiler()
        elf.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=elf.parent) as work:
            _build(builder, workload, Path(work)).replace(elf)
    return elf


def _sources(workload: Workload) -> list[Path]:
    return [SOURCES / name.replace("*", workload.name) for name in (*COMMON, *workload.sources)]


def _digest(workload: Workload) -> str:
    read = [SOURCES / "bench.h", SOURCES / "bench.ld.in", SCRIPTS / "build_guests", Path(__file__), *_sources(workload)]
    digest = hashlib.sha256(functions().encode() if workload.generated else b"")
    for path in read:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _build(builder: Any, workload: Workload, work: Path) -> Path:
    flags = [*builder.TARGET, f"-mcpu={CPU}"]
    sources = _sources(workload)
    if workload.generated:
        sources.append(work / GENERATED)
        sources[-1].write_text(functions())
    objects = []
    for source in sources:
        objects.append(str(work / f"{source.name}.o"))
        builder.zig(work, *flags, *builder.COMPILE, "-c", str(source), "-o", objects[-1])
    script, elf = work / "link.ld", work / "linked.elf"
    builder.zig(work, *flags, "-E", "-P", "-undef", "-x", "c", str(SOURCES / "bench.ld.in"), "-o", str(script))
    builder.zig(work, *flags, *builder.LINK, f"-Wl,-T,{script}", *objects, "-o", str(elf))
    return elf


def symbols(elf: Path) -> dict[str, int]:
    """Addresses by name."""
    with elf.open("rb") as file:
        table: Any = ELFFile(file).get_section_by_name(".symtab")
        return {symbol.name: symbol["st_value"] for symbol in table.iter_symbols() if symbol.name}


def sized(elf: Path, units: int, directory: Path) -> Path:
    """A copy of ``elf`` in ``directory`` that does ``units`` units."""
    content = bytearray(elf.read_bytes())
    address = symbols(elf)["bench_units"]
    with elf.open("rb") as file:
        offset = next(iter(ELFFile(file).address_offsets(address, 8)))
    content[offset : offset + 8] = units.to_bytes(8, "little")
    copy = directory / f"{elf.stem}-{units}.elf"
    copy.write_bytes(content)
    return copy
