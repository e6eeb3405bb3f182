"""A tap on the CSR instructions of a hart, for observers; while nobody listens the hart is as it was made.

The hart's words `csr_read` and `csr_write` are shadowed on that one hart. A debugger's own look at a register does not
come this way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["CsrListener", "listen", "silence"]


class CsrListener(Protocol):
    """What is told, before the access is made; it has been allowed."""

    def csr_reading(self, hart: Hart, number: int) -> None:
        """An instruction is about to read CSR ``number``."""

    def csr_writing(self, hart: Hart, number: int, value: int) -> None:
        """An instruction is about to write ``value``, as it came from the program."""


class _Tap:
    """The words of a hart that somebody listens to."""

    def __init__(self, hart: Hart) -> None:
        self._hart = hart
        self._read, self._write = hart.csr_read, hart.csr_write
        self.listeners: list[CsrListener] = []

    def csr_read(self, number: int) -> int:
        for listener in self.listeners:
            listener.csr_reading(self._hart, number)
        return self._read(number)

    def csr_write(self, number: int, value: int) -> None:
        for listener in self.listeners:
            listener.csr_writing(self._hart, number, value)
        self._write(number, value)


def _tap_of(hart: Hart) -> _Tap | None:
    owner = getattr(vars(hart).get("csr_read"), "__self__", None)
    return owner if isinstance(owner, _Tap) else None


def listen(hart: Hart, listener: CsrListener) -> None:
    """Tell ``listener`` of each CSR that an instruction of ``hart`` reads or writes."""
    tap = _tap_of(hart)
    if tap is None:
        tap = _Tap(hart)
        vars(hart).update(csr_read=tap.csr_read, csr_write=tap.csr_write)
    tap.listeners.append(listener)


def silence(hart: Hart, listener: CsrListener) -> None:
    """Tell it no more."""
    tap = _tap_of(hart)
    assert tap is not None, "nobody listens"
    tap.listeners.remove(listener)
    if not tap.listeners:
        del vars(hart)["csr_read"], vars(hart)["csr_write"]
