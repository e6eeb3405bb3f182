"""The dispatch of SBI calls: extension ID → extension → function (SBI, "Binary Encoding")."""

from __future__ import annotations

from collections.abc import Sequence

from machine.bits import u
from machine.board.sbi.abi import A0, A6, A7, Call, Extension, Function, SbiError, SbiFailure, SbiHart, SbiPlatform
from machine.board.sbi.base import BASE
from machine.board.sbi.dbcn import DBCN
from machine.board.sbi.hsm import HSM
from machine.board.sbi.ipi import IPI
from machine.board.sbi.legacy import LEGACY
from machine.board.sbi.rfence import RFENCE
from machine.board.sbi.srst import SRST
from machine.board.sbi.time import TIME

__all__ = ["EXTENSIONS", "Firmware"]

EXTENSIONS: dict[int, Extension] = {
    extension.eid: extension for extension in (BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN, *LEGACY)
}


class Firmware:
    """SBI for ``harts`` on ``platform``; ``more`` are extensions beside `EXTENSIONS`."""

    def __init__(self, harts: Sequence[SbiHart], platform: SbiPlatform, more: Sequence[Extension] = ()) -> None:
        self._harts = harts
        self._platform = platform
        self._extensions = EXTENSIONS | {extension.eid: extension for extension in more}

    def call(self, hart: SbiHart) -> None:
        """Serve the ecall that ``hart`` made in HS-mode: read a0 to a7, act, write a0 and a1.

        The caller advances the pc past the ecall *before* this, since a call may start the hart elsewhere. No other
        register changes, and none at all when the call does not return.
        """
        extension = self._extensions.get(hart.x[A7])
        arguments = tuple(hart.x[A0 + n] for n in range(6))
        call = Call(hart, arguments, self._harts, self._platform, frozenset(self._extensions))
        try:
            value = _function(extension, hart.x[A6])(call)
        except SbiFailure as failure:
            _return(hart, failure.error, 0)
            return
        if value is None:
            return
        if extension is not None and extension.legacy:
            hart.x[A0] = u(value)
        else:
            _return(hart, SbiError.SUCCESS, value)


def _function(extension: Extension | None, fid: int) -> Function:
    if extension is None:
        raise SbiFailure(SbiError.NOT_SUPPORTED)
    return extension.lookup(fid)


def _return(hart: SbiHart, error: SbiError, value: int) -> None:
    hart.x[A0] = u(error)
    hart.x[A0 + 1] = u(value)
