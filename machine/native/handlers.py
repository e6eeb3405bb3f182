"""One handler per instruction: its meaning, staged on operands that the decoded entry holds, then the next handler.

An instruction that has a compressed form has handlers for both lengths; one that jumps relative to its own address
has another for targets in its page, which need no look-up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import astuple
from typing import Any

from machine.config import Config
from machine.csr.file import BY_NAME
from machine.isa.catalogue import INSTRUCTIONS, Instruction, Pattern, brought
from machine.isa.decode import Decoder
from machine.isa.rvc import FORMS
from machine.isa.transform import transform
from machine.memory.pointers import effective_address
from machine.memory.translate import g_stage_as, translate
from machine.native.decoding import decoding
from machine.native.dispatch import CONVENTION as CC
from machine.native.dispatch import SIGNATURE, UNLIKELY, address, fixed, tail
from machine.native.fetching import fetching
from machine.native.functions import Functions
from machine.native.guarding import guarding
from machine.native.host_float import INTRINSICS as FLOAT_INTRINSICS
from machine.native.host_float import SHORTCUTS, host_rounding
from machine.native.layout import Entry
from machine.native.looking import looking
from machine.native.lower import Lowering
from machine.native.privileged import CONSTANTS, HOT, MODIFIED
from machine.native.refusals import GIVING_UP, end_refused, refusals
from machine.native.shapes import CATALOGUE, HANDLERS, Shape
from machine.native.staging import Stager
from machine.native.switching import go_on_behind, switching
from machine.native.value import StagingError, Value
from machine.native.walks import fill_handlers
from machine.native.words import StagedHart
from machine.trap.trap import Trap

__all__ = ["Shape", "generate", "immediate_range"]

FIXED = ("h_cold", "h_undecoded", "h_page_end", "h_illegal")
RARELY_ZERO = {"F", "D", "Zfhmin", "Zfh", "Zfa", "Zba", "Zbb", "Zbc", "Zbs", "Zicond"}
"""Extensions whose instructions are left to the reference engine when they would write x0."""
SWAPS, READS = ("csrrw", "csrrs"), "csrrs"
ROUTINES = (g_stage_as, transform)
"""Functions that are compiled as routines although they are not marked: a walk calls it at each level."""
COMPRESSIBLE = {form.base for form in FORMS}
WORD = (1 << 64) - 1


class Operands:
    """Operand fields as values, from the entry."""

    def __init__(self, stager: Stager, pattern: Pattern, shape: Shape) -> None:
        self.csr = shape.csr
        leaf = stager.leaf
        self.rs1, self.rs2, self.rs3 = (leaf(f"%{name}", 0, 31) for name in ("rs1", "rs2", "rs3"))
        self.rd: Any = 0 if shape.zero else leaf("%rd", 0, 31)
        low, high = immediate_range(pattern)
        self.imm = leaf("%imm", low, high) if low != high else 0
        self.rm = leaf("%rm", 0, 7) if any(field.name == "rm" for field in pattern.fields) else 0


def immediate_range(pattern: Pattern) -> tuple[int, int]:
    """The values that the operand ``imm`` of a pattern can have."""
    if pattern.signed_bits:
        reach = 1 << (pattern.signed_bits - 1)
        return -reach, reach - 1
    return 0, sum(((1 << f.width) - 1) << f.target for f in pattern.fields if f.name == "imm")


def generate(config: Config) -> str:
    """Every handler of a machine with this configuration, as LLVM assembly."""
    functions = Functions(ROUTINES, SHORTCUTS)

    def make_hart(stager: Stager, pc: Any = 0) -> StagedHart:
        return StagedHart(stager, config, pc)

    texts = fill_handlers(functions, make_hart) + switching(functions, make_hart)
    texts += [*fetching(functions, make_hart), *looking(functions, make_hart), guarding(), refusals()]
    symbols: dict[Shape, str] = {}
    for maker, asked in _wanted(functions, config):
        for shape in asked:
            if (shape.near and not maker.relative) or (shape.zero and not maker.writes_x):
                continue
            if shape.zero and not RARELY_ZERO.isdisjoint(maker.extension.split("+")):
                symbols[shape] = "h_cold"
            elif made := maker.make(shape):
                texts += made
                symbols[shape] = shape.symbol
    names = (*FIXED, *symbols.values())
    texts.append(decoding(Decoder(config.isa.extensions, config.proposal_names), symbols, names))
    catalogue = json.dumps([*FIXED, *map(astuple, symbols)])
    return "\n".join(
        [
            fixed(),
            *functions.text,
            *texts,
            _table(names),
            _string(CATALOGUE, catalogue),
            host_rounding(),
            INTRINSICS,
            FLOAT_INTRINSICS,
        ]
    )


def _wanted(functions: Functions, config: Config) -> Iterator[tuple[HandlerMaker, list[Shape]]]:
    """The handlers to try for each instruction and length."""
    for instruction in INSTRUCTIONS:
        if not brought(instruction.extension, config.isa.extensions):
            continue
        name = instruction.name
        if instruction.extension == "Zicsr":
            registers = [BY_NAME[n] for n in _accessed_by(name)]
            present = [r.number for r in registers if r.brought(config.isa)]
            yield HandlerMaker(functions, instruction, 4, config), [Shape(name, 4, csr=n) for n in present]
            continue
        for length in (4, 2) if name in COMPRESSIBLE and config.isa.has("C") else (4,):
            shapes = [Shape(name, length, near, zero=zero) for zero in (False, True) for near in (False, True)]
            yield HandlerMaker(functions, instruction, length, config), shapes


def _accessed_by(name: str) -> Iterator[str]:
    """The registers for which a CSR instruction is compiled."""
    yield from (register for register in HOT if name in SWAPS or register in MODIFIED)
    if name == READS:
        yield from CONSTANTS


INTRINSICS = "".join(f"declare i{width} @llvm.ctlz.i{width}(i{width}, i1)\n" for width in (8, 16, 32, 64, 128))


def _table(names: tuple[str, ...]) -> str:
    return f"@{HANDLERS} = dso_local constant [{len(names)} x ptr] [{', '.join(f'ptr @{name}' for name in names)}]\n"


def _string(name: str, text: str) -> str:
    quoted = text.replace("\\", "\\5C").replace('"', "\\22")
    return f'@{name} = constant [{len(text) + 1} x i8] c"{quoted}\\00"\n'


class HandlerMaker:
    """Makes the handlers of one instruction at one length.

    Attributes:
        relative: whether the meaning was seen to jump to pc + imm.
        writes_x: whether it was seen to write an x register.
        extension: the instruction's.
    """

    def __init__(self, functions: Functions, instruction: Instruction, length: int, config: Config) -> None:
        self._meaning = functions.copies.of(instruction.meaning)
        self._translate, self._effective = functions.copies.of(translate), functions.copies.of(effective_address)
        self._pattern, self._length, self._config = instruction.pattern, length, config
        self.extension = instruction.extension
        self.relative = self.writes_x = False
        self._completed = False
        self._shape = Shape(instruction.name, length)

    def make(self, shape: Shape) -> list[str] | None:
        """The text of the handler (and of the one for unaligned accesses, if it needs one), or None if it is cold."""
        self._shape, self._completed = shape, False
        unaligned = f"@{shape.symbol}_unaligned" if self._config.misaligned else ""
        text = self._stage(shape.symbol, unaligned, slow=False)
        if not self._completed:
            return None
        if unaligned and f"{unaligned}(" in text:
            return [text, self._stage(unaligned[1:], unaligned, slow=True)]
        return [text]

    def _stage(self, symbol: str, unaligned: str, slow: bool) -> str:
        code = Lowering()
        stager = Stager(code)
        self._load_operands(code)

        def path() -> None:
            pc = stager.leaf("%pc", 0, WORD)
            following = stager.u(pc + self._length, 64)
            hart = StagedHart(stager, self._config, pc, following)
            hart.translate, hart.effective_address = self._translate, self._effective
            hart.unaligned, hart.slow, hart.may_write_x0 = unaligned, slow, bool(self._shape.csr)
            operands = Operands(stager, self._pattern, self._shape)
            try:
                self._meaning(hart, operands)
            except GIVING_UP as reason:
                if stager.written:
                    raise StagingError("an instruction raises behind a write") from reason
                end_refused(stager, reason)
                self._completed |= isinstance(reason, Trap)
                return
            self._completed = True
            self.writes_x |= hart.writes_x
            self._go_on(code, hart, operands)

        stager.run(path)
        return "\n".join([f"define internal {CC} void @{symbol}{SIGNATURE} nounwind {{", *code.lines, "}\n"])

    def _load_operands(self, code: Lowering) -> None:
        """Every field; LLVM drops what the meaning does not use."""
        for name, offset in (("rd", Entry.RD), ("rs1", Entry.RS1), ("rs2", Entry.RS2), ("rs3", Entry.RS3)):
            code.do(f"%{name} = load i8, ptr {code.let(address('%e', offset))}, !invariant.load !2")
        low, high = immediate_range(self._pattern)
        bits = max(high.bit_length(), 1) if low == 0 else high.bit_length() + 1
        width = next(width for width in (8, 16, 32) if bits <= width)
        place = code.let(address("%e", Entry.IMM))
        code.do(f"%imm = load i{width}, ptr {place}, !invariant.load !2")
        code.do(f"%rm = load i8, ptr {place}, !invariant.load !2")
        code.do("%here = ptrtoint ptr %e to i64")
        code.do(f"%halves = lshr i64 %here, {Entry.SHIFT}")
        code.do("%pc = add i64 %halves, %k")

    def _go_on(self, code: Lowering, hart: StagedHart, operands: Operands) -> None:
        target = hart.target
        if hart.switched or hart.reconsidered or hart.fenced:
            go_on_behind(code, hart, hart.next if target is None else target)
            return
        if target is None:
            self._dispatch(code, code.let(address("%e", self._length << Entry.SHIFT)))
            return
        jump = hart.pc + operands.imm
        relative = isinstance(target, Value) and target is hart.stager.u(jump, 64)
        self.relative |= relative
        if self._shape.near and relative:
            distance = code.value(operands.imm << Entry.SHIFT, 64)
            self._dispatch(code, code.let(f"getelementptr i8, ptr %e, i64 {distance}"))
            return
        goal = code.value(target, 64)
        code.do(tail("@h_jump", k=goal, bud=code.let("sub i64 %bud, 1")))

    def _dispatch(self, code: Lowering, entry: str) -> None:
        """One cycle is used; go on at an entry of this page."""
        left = code.let("sub i64 %bud, 1")
        spent = code.let(f"icmp eq i64 {left}, 0")
        stop, on = code.block(), code.block()
        code.branch(spent, stop, on, UNLIKELY)
        code.begin(stop)
        code.do(tail("@h_budget", e=entry, bud=left))
        code.begin(on)
        handler = code.let(f"load ptr, ptr {entry}")
        code.do(tail(handler, e=entry, bud=left))
