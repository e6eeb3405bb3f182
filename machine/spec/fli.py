"""The constants that FLI loads (Volume I, "Zfa", table "Immediate values loaded by the FLI.S instruction")."""

from __future__ import annotations

__all__ = ["FLI_NAMES", "fli_number"]

FLI_NAMES: tuple[str, ...] = (
    *("-0x1p+0", "min", "0x1p-16", "0x1p-15", "0x1p-8", "0x1p-7", "0x1p-4", "0x1p-3"),
    *("0x1p-2", "0x1.4p-2", "0x1.8p-2", "0x1.cp-2", "0x1p-1", "0x1.4p-1", "0x1.8p-1", "0x1.cp-1"),
    *("0x1p+0", "0x1.4p+0", "0x1.8p+0", "0x1.cp+0", "0x1p+1", "0x1.4p+1", "0x1.8p+1", "0x1p+2"),
    *("0x1p+3", "0x1p+4", "0x1p+7", "0x1p+8", "0x1p+15", "0x1p+16", "inf", "nan"),
)
"""By the rs1 field, as GNU's disassembler writes them; ``min`` is the format's least positive normal number."""


def fli_number(text: str) -> int:
    """The rs1 field of a constant: by its name, or the number in decimal or hexadecimal.

    >>> fli_number("min"), fli_number("0.25"), fli_number("0x1p-2")
    (1, 8, 8)

    Raises ValueError when there is no such constant.
    """
    if text in FLI_NAMES:
        return FLI_NAMES.index(text)
    numbers = {float.fromhex(name): number for number, name in enumerate(FLI_NAMES) if "x" in name}
    number = numbers.get(float.fromhex(text) if "x" in text else float(text))
    if number is None:
        raise ValueError(f"{text!r} is no constant of FLI")
    return number
