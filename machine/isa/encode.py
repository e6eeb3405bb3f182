"""From operands to bits: the patterns read the other way, and compressed forms expanded."""

from __future__ import annotations

from machine.isa.decode import BY_NAME
from machine.isa.operands import deposit, extract
from machine.isa.rvc import FORMS, Compressed

__all__ = ["encode", "expand"]

FORM_BY_NAME = {form.name: form for form in FORMS}


def encode(name: str, **operands: int) -> int:
    """The bits of an instruction or a compressed form, operands by the names that its pattern gives them.

    Raises ValueError naming an unknown instruction, or the operand that the pattern lacks or cannot hold.

    >>> hex(encode("addi", rd=10, rs1=10, imm=-1))
    '0xfff50513'
    """
    declared = BY_NAME.get(name) or FORM_BY_NAME.get(name)
    if declared is None:
        raise ValueError(f"no instruction is named {name!r}")
    word = deposit(declared.pattern, operands)
    held = extract(declared.pattern, word)
    for operand, value in operands.items():
        if held.get(operand) != value:
            raise ValueError(f"{name} cannot hold {operand}={value}")
    if isinstance(declared, Compressed) and not declared.legal(held):
        raise ValueError(f"{name} with {operands} is reserved or another instruction")
    return word


def expand(form: Compressed, half: int) -> int:
    """The 32-bit instruction that a form's 16 bits stand for; staged-able.

    >>> from machine.isa.decode import decode
    >>> hex(expand(decode(0x4505).form, 0x4505))  # c.li a0, 1
    '0x100513'
    """
    base = BY_NAME[form.base]
    return deposit(base.pattern, form.operands(base.syntax, half))
