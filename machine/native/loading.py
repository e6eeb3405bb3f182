"""Where compiled code comes from: what this process has loaded, a file, or the compiler."""

from __future__ import annotations

from collections.abc import Callable

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
    """
    found = LOADED.get(key)
    if found is None:
        found = LOADED[key] = Code(Image.from_bytes(_image(make, key, cache, progress)))
    return found


def build(text: str) -> bytes:
    """The image that a module compiles to, for a file. Needs llvmlite."""
    from machine.native.compiler import compile_object
    from machine.native.linking import link

    return link(compile_object(text)).to_bytes()


def _image(
    make: Callable[[], str], key: tuple[str, ...], cache: Cache | None, progress: Callable[[str], None]
) -> bytes:
    if cache is None:
        progress("Compiling the native engine.")
        return build(make())
    made = cache.load(*key)
    if made is not None:
        return made
    with cache.alone(lambda: progress("Another process compiles the native engine; waiting for it.")):
        made = cache.load(*key)  # another one may have made it meanwhile
        if made is None:
            progress("Compiling the native engine; the next start will find it done.")
            made = build(make())
            cache.store(made, *key)
    return made
