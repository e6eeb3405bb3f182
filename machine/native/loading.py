"""Where compiled code comes from: what this process has loaded, a file, or the compiler."""

from __future__ import annotations

import os
from collections.abc import Callable

from machine.errors import MachineError
from machine.native.cache import Cache
from machine.native.image import Code, Image

__all__ = ["build", "load"]

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
        cache: where images are kept, or None.
        progress: receives a line when it has to compile, which takes seconds.

    Raises MachineError where such code does not run, or has to be compiled without a compiler.
    """
    if os.name != "posix" or os.uname().machine != "x86_64":
        raise MachineError("the native engine's code is for x86-64 processors under Linux and its like")
    found = LOADED.get(key)
    if found is None:
        found = LOADED[key] = Code(Image.from_bytes(_image(make, key, cache, progress)))
    return found


def build(make: Callable[[], str]) -> bytes:
    """The image that a module compiles to, for a file. Raises MachineError without llvmlite."""
    try:
        from machine.native.compiler import compile_object
    except ImportError as error:
        raise MachineError("to compile the native engine takes llvmlite: pip install 'hartbreak[native]'") from error
    from machine.native.linking import link

    return link(compile_object(make())).to_bytes()


def _image(
    make: Callable[[], str], key: tuple[str, ...], cache: Cache | None, progress: Callable[[str], None]
) -> bytes:
    if cache is None:
        return build(make)
    made = cache.load(*key)
    if made is not None:
        return made
    with cache.alone(lambda: progress("Another process compiles the native engine; waiting for it.")):
        made = cache.load(*key)  # another one may have made it meanwhile
        if made is None:
            made = build(lambda: _announced(make, progress))
            cache.store(made, *key)
    return made


def _announced(make: Callable[[], str], progress: Callable[[str], None]) -> str:
    """Behind the look for a compiler, so that no work is announced that cannot be done."""
    progress("Compiling the native engine; the next start will find it done.")
    return make()
