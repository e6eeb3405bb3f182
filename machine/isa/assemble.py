"""One line of assembly → bits, by the stanzas' syntax: the disassembler's text read back.

Enough for tests, scripts and a debugger's patching; it knows no labels, no pseudoinstructions and no directives.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from machine.isa.catalogue import Instruction
from machine.isa.decode import BY_NAME
from machine.isa.disassemble import DYNAMIC, FENCE_TSO, ORDERINGS, REGISTER, TOKEN
from machine.isa.encode import FORM_BY_NAME, encode
from machine.isa.rvc import Compressed
from machine.spec.fli import fli_number
from machine.spec.registers import F_NAMES, ROUNDING_NAMES, X_NAMES

__all__ = ["assemble"]

CsrNumber = Callable[[str], "int | None"]

NUMBER = re.compile(r"-?(0x[0-9a-f]+|0|[1-9]\d*)$", re.IGNORECASE)


def assemble(text: str, pc: int = 0, csr_number: CsrNumber | None = None) -> int:
    """The bits of one instruction, 16 or 32 of them.

    Args:
        text: as `machine.isa.disassemble.disassemble` writes it; blanks are free, registers also by number (``x10``).
        pc: its address, for jumps and branches, whose targets are absolute.
        csr_number: finds a CSR by name; without it a CSR is a number.

    Raises ValueError naming the text and what is wrong with it.

    >>> hex(assemble("addi a0, a0, -1")), hex(assemble("lw x10, 8(sp)")), hex(assemble("c.li a0, 1"))
    ('0xfff50513', '0x812503', '0x4505')
    """
    mnemonic, _, written = text.strip().partition(" ")
    declared, ordering = _declared(mnemonic, text)
    operands = "".join(written.split())
    values = {"aqrl": ordering} if ordering else {}
    if mnemonic == "fence.tso":
        return encode("fence", imm=FENCE_TSO)
    syntax = declared.syntax
    if syntax.endswith(",rm") and operands.count(",") < syntax.count(","):
        operands += f",{ROUNDING_NAMES[DYNAMIC]}"
    tokens = [token[0] for token in TOKEN.finditer(syntax)]
    found = re.fullmatch(_grammar(syntax), operands)
    if found is None:
        raise ValueError(f"{text!r}: the operands of {mnemonic} are written {syntax!r}")
    for token, part in zip(tokens, found.groups(), strict=True):
        values |= _value(token, part, text, pc, csr_number)
    return encode(declared.name, **values)


def _declared(mnemonic: str, text: str) -> tuple[Instruction | Compressed, int]:
    """The instruction and its aq and rl bits."""
    if mnemonic == "fence.tso":
        return BY_NAME["fence"], 0
    for ordering, suffix in reversed(list(enumerate(ORDERINGS))):
        name = mnemonic.removesuffix(suffix) if mnemonic.endswith(suffix) else mnemonic
        declared = BY_NAME.get(name) or FORM_BY_NAME.get(name)
        if declared and (suffix == "" or name != mnemonic):
            return declared, ordering
    raise ValueError(f"{text!r}: no instruction is named {mnemonic!r}")


def _grammar(syntax: str) -> str:
    """A regular expression for operands: each word of the syntax a group, the rest literally."""
    pieces, end = [], 0
    for token in TOKEN.finditer(syntax):
        pieces += [re.escape(syntax[end : token.start()]), "([^(),]+,[^(),]+)" if "," in token[0] else "([^(),]*)"]
        end = token.end()
    return "".join(pieces) + re.escape(syntax[end:])


def _value(token: str, part: str, text: str, pc: int, csr_number: CsrNumber | None) -> dict[str, int]:
    """The operand that one written word gives; a fixed word of the syntax gives none."""
    register = REGISTER.match(token)
    if register:
        return {f"r{register['field']}{register['prime']}": _register(register["file"], part, text)}
    if token == "csr":
        number = csr_number(part) if csr_number else None
        return {"csr": _number(part, text) if number is None else number}
    if token in CONSTANTS:
        return CONSTANTS[token](part, text, pc)
    if part != token:
        raise ValueError(f"{text!r}: {part!r} stands where {token!r} must")
    return {}


def _register(file: str, part: str, text: str) -> int:
    names, letter = (X_NAMES, "x") if file == "r" else (F_NAMES, "f")
    numbered = [f"{letter}{number}" for number in range(32)]
    for candidates in (names, numbered):
        if part in candidates:
            return candidates.index(part)
    raise ValueError(f"{text!r}: {part!r} is no {'integer' if file == 'r' else 'floating-point'} register")


def _number(part: str, text: str) -> int:
    if not NUMBER.match(part):
        raise ValueError(f"{text!r}: {part!r} is no number")
    return int(part, 0)


def _upper(part: str, text: str, pc: int) -> dict[str, int]:
    """20 bits, of which the topmost is the sign."""
    value = _number(part, text)
    return {"imm": (value - (1 << 20) if value >> 19 == 1 else value) << 12}


def _fence(part: str, text: str, pc: int) -> dict[str, int]:
    sets = part.split(",")
    if any(set(kinds) - set("iorw0") for kinds in sets):
        raise ValueError(f"{text!r}: a fence orders sets of the letters i, o, r and w, or 0")
    predecessors, successors = (sum(1 << "wroi".index(kind) for kind in set(kinds) - {"0"}) for kinds in sets)
    return {"imm": predecessors << 4 | successors}


def _rounding(part: str, text: str, pc: int) -> dict[str, int]:
    if part not in ROUNDING_NAMES:
        raise ValueError(f"{text!r}: {part!r} is no rounding mode")
    return {"rm": ROUNDING_NAMES.index(part)}


def _float_constant(part: str, text: str, pc: int) -> dict[str, int]:
    try:
        return {"rs1": fli_number(part)}
    except ValueError:
        raise ValueError(f"{text!r}: {part!r} is none of the constants that FLI loads") from None


def _plain(part: str, text: str, pc: int) -> dict[str, int]:
    return {"imm": _number(part, text)}


CONSTANTS: dict[str, Callable[[str, str, int], dict[str, int]]] = {
    "imm": _plain,
    "zimm": _plain,
    "shamt": _plain,
    "shamtw": _plain,
    "upper": _upper,
    "pc+imm": lambda part, text, pc: {"imm": _number(part, text) - pc},
    "pred,succ": _fence,
    "rm": _rounding,
    "constant": _float_constant,
}
