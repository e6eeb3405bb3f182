"""From LLVM's text to machine code in this process: the one place that calls llvmlite."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import llvmlite
import llvmlite.binding as llvm

from machine.native.cache import Cache

__all__ = ["Code", "load"]

OPTIMISATION = 2
BASELINE = (*("opt", OPTIMISATION), "static", "jitdefault")


class Code:
    """Loaded machine code; it lives as long as this object."""

    def __init__(self, executor: llvm.ExecutionEngine) -> None:
        self._executor = executor

    def address(self, symbol: str) -> int:
        """Where an external symbol of the module is."""
        address: int = self._executor.get_function_address(symbol) or self._executor.get_global_value_address(symbol)
        return address

    def string(self, symbol: str) -> str:
        """The text that a symbol names, up to its terminating zero."""
        return ctypes.string_at(self.address(symbol)).decode()


LOADED: dict[tuple[str, ...], Code] = {}
"""What this process has loaded, by key."""


def load(
    make: Callable[[], str],
    key: tuple[str, ...],
    cache: Cache | None,
    progress: Callable[[str], None] = lambda line: None,
) -> Code:
    """Load a module, making and compiling it unless the cache has what it compiles to. The code is without state:
    all that ask for the same share it.

    Args:
        make: gives LLVM assembly.
        key: what decides about it.
        cache: where objects are kept, or None.
        progress: receives a line when it has to compile, which takes seconds.
    """
    found = LOADED.get(key)
    if found is None:
        found = LOADED[key] = _load(make, key, cache, progress)
    return found


def _load(make: Callable[[], str], key: tuple[str, ...], cache: Cache | None, progress: Callable[[str], None]) -> Code:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    made = cache.load(*key, *_identity()) if cache else None
    if made is None:
        progress("Compiling the native engine; the next start will find it done.")
        made = compile_object(make())
        if cache:
            cache.store(made, *key, *_identity())
    executor = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine())
    executor.add_object_file(llvm.ObjectFileRef.from_data(made))
    executor.finalize_object()
    return Code(executor)


def compile_object(text: str) -> bytes:
    """The object file of a module."""
    module = llvm.parse_assembly(text)
    module.verify()
    machine = _machine()
    options = llvm.create_pipeline_tuning_options(speed_level=OPTIMISATION)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    made: bytes = machine.emit_object(module)
    return made


def _machine() -> llvm.TargetMachine:
    """A fresh one for each use, for an execution engine owns its own."""
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=OPTIMISATION,
        jit=True,
        reloc="static",
        codemodel="jitdefault",
    )


def _identity() -> tuple[str, ...]:
    """What besides the text decides about the object."""
    version = ".".join(map(str, llvm.llvm_version_info))
    processor = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
    return (llvmlite.__version__, version, llvm.get_process_triple(), *processor, repr(BASELINE))
