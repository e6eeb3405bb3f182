"""From LLVM's text to an object file: the one place that calls llvmlite.

The target is any x86-64 processor, whatever this one can do more: what was made here runs everywhere.
"""

from __future__ import annotations

import llvmlite.binding as llvm

__all__ = ["compile_object"]

OPTIMISATION = 2
TRIPLE = "x86_64-unknown-linux-gnu"
"""Decides about the file's format and the calling convention of the ways in."""
PROCESSOR = "x86-64"


def compile_object(text: str) -> bytes:
    """The object file of a module."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
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
    return llvm.Target.from_triple(TRIPLE).create_target_machine(
        cpu=PROCESSOR, opt=OPTIMISATION, reloc="pic", codemodel="small"
    )
