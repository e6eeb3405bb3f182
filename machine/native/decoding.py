"""The decoder in generated code, made from the patterns: from an instruction's bits to its handler and operands.

A 32-bit word goes through switches on the bits that all of what it can still be have fixed; that says which
instruction it is, and that says how its operands lie. What a compressed form is, and what its operands are, is its
own reading of them (`machine.isa.rvc`), staged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from machine.bits import u
from machine.isa.catalogue import Instruction, Pattern
from machine.isa.decode import BY_NAME, Decoder
from machine.isa.operands import OperandValues, extract
from machine.isa.rvc import Compressed
from machine.isa.vocabulary import Operands
from machine.native.dispatch import address
from machine.native.layout import Entry
from machine.native.lower import Lowering
from machine.native.shapes import Shape
from machine.native.staging import Stager

__all__ = ["decoding", "pack"]

PAIR = "{i64, i64}"
"""Which instruction, as an index into the table of leaves; and the entry's second word."""
CORNER = 0xE003
"""funct3 and quadrant of a compressed form."""
Handlers = tuple[str, str, str, str]
"""Of an instruction: for any target, for one in its page, and both where the destination is x0."""


def pack(instruction: Instruction, operands: Operands) -> Any:
    """The second word of an entry."""
    names = {field.name for field in instruction.pattern.fields}
    immediate = operands.rm if "rm" in names else operands.imm
    registers = operands.rd | operands.rs1 << 8 | operands.rs2 << 16 | operands.rs3 << 24
    return registers | u(immediate, 32) << 32


def decoding(decoder: Decoder, symbols: Mapping[Shape, str], names: Sequence[str]) -> str:
    """Functions for what a decoder decodes; ``decode`` is called by handlers, and by tests.

    Args:
        symbols: the handlers that there are; what has none is ``h_cold``.
        names: of handlers, as in the table ``handlers``.
    """
    leaves = Leaves(symbols)
    return "\n".join([_word(decoder.instructions, leaves), _half(decoder.forms, leaves), leaves.table(names), DECODE])


class Leaves:
    """Every set of handlers that instructions are entered by, numbered. The first is for what is no instruction."""

    def __init__(self, symbols: Mapping[Shape, str]) -> None:
        self._symbols = symbols
        self._numbers: dict[Handlers, int] = {("h_illegal",) * 4: 0}

    def number(self, name: str, length: int, csr: int = 0) -> int:
        """The number of an instruction's handlers."""

        def find(near: bool, zero: bool, otherwise: str) -> str:
            return self._symbols.get(Shape(name, length, near, csr, zero), otherwise)

        far = find(False, False, "h_cold")
        near = find(True, False, far)
        handlers = (far, near, far, near)
        if Shape(name, length, zero=True) in self._symbols:
            far = find(False, True, "h_cold")
            handlers = (*handlers[:2], far, find(True, True, far))
        return self._numbers.setdefault(handlers, len(self._numbers))

    def registers(self, name: str) -> list[int]:
        """The CSRs for which an instruction has handlers of its own."""
        return sorted(shape.csr for shape in self._symbols if shape.name == name and shape.csr)

    def table(self, names: Sequence[str]) -> str:
        """The constant ``leaves``: of each, the places of its four handlers in the table ``handlers``."""
        places = {name: place for place, name in enumerate(names)}
        rows = [f"[4 x i16] [{', '.join(f'i16 {places[name]}' for name in handlers)}]" for handlers in self._numbers]
        return f"@leaves = internal constant [{len(rows)} x [4 x i16]] [{', '.join(rows)}]\n"


class Switches:
    """A function of ``%w`` that says which instruction it is: nested switches on fixed bits."""

    def __init__(self, last: Callable[[Switches, Instruction], None]) -> None:
        self.lines: list[str] = []
        self._last = last
        self._labels = 0

    def do(self, *lines: str) -> None:
        """Lines of code."""
        self.lines += [f"  {line}" for line in lines]

    def label(self) -> str:
        """A fresh name, of a block or a value."""
        self._labels += 1
        return f"t{self._labels}"

    def begin(self, label: str) -> None:
        """What follows is the code of a block."""
        self.lines.append(f"{label}:")

    def among(self, instructions: list[Instruction], known: int) -> None:
        """Find the word among ``instructions``, which agree in the bits ``known`` that have been looked at."""
        fixed = reduce(int.__and__, (each.pattern.mask for each in instructions)) & ~known
        if len(instructions) == 1:
            self._alone(instructions[0], known)
        elif fixed:
            self._split(instructions, known, _lowest_run(fixed))
        else:
            first, *others = sorted(instructions, key=lambda each: -each.pattern.mask.bit_count())
            this, other = self._fork_on(first, known)
            self.begin(this)
            self._last(self, first)
            self.begin(other)
            self.among(others, known)

    def _split(self, instructions: list[Instruction], known: int, run: int) -> None:
        groups: dict[int, list[Instruction]] = {}
        for each in instructions:
            groups.setdefault(each.pattern.match & run, []).append(each)
        labels = {value: self.label() for value in groups}
        chosen = self.label()
        cases = " ".join(f"i32 {value}, label %{label}" for value, label in labels.items())
        self.do(f"%{chosen} = and i32 %w, {run}", f"switch i32 %{chosen}, label %none [{cases}]")
        for value, group in groups.items():
            self.begin(labels[value])
            self.among(group, known | run)

    def _alone(self, instruction: Instruction, known: int) -> None:
        if instruction.pattern.mask & ~known:
            this, other = self._fork_on(instruction, known)
            self.begin(other)
            self.do("br label %none")
            self.begin(this)
        self._last(self, instruction)

    def _fork_on(self, instruction: Instruction, known: int) -> tuple[str, str]:
        """Where the bits that are not known are the instruction's, and where not."""
        pattern = instruction.pattern
        return self.fork(f"and i32 %w, {pattern.mask & ~known}", pattern.match & ~known)

    def fork(self, part: str, value: int) -> tuple[str, str]:
        """End the block: the labels for where a part of the word is ``value`` and for where it is not."""
        found, same, this, other = (self.label() for _ in range(4))
        self.do(f"%{found} = {part}", f"%{same} = icmp eq i32 %{found}, {value}")
        self.do(f"br i1 %{same}, label %{this}, label %{other}")
        return this, other


def _lowest_run(mask: int) -> int:
    """The lowest bits of a mask that lie together.

    >>> bin(_lowest_run(0b1110110))
    '0b110'
    """
    return mask & ~(mask + (mask & -mask))


def _word(instructions: Iterable[Instruction], leaves: Leaves) -> str:
    """The function ``decode_word``."""
    layouts: dict[tuple[object, ...], tuple[int, Instruction]] = {}

    def last(switches: Switches, instruction: Instruction) -> None:
        layout, _ = layouts.setdefault(_layout(instruction.pattern), (len(layouts) + 1, instruction))
        name = instruction.name
        for csr in leaves.registers(name):
            this, other = switches.fork(f"lshr i32 %w, {CSR_LOW}", csr)
            switches.begin(this)
            switches.do(f"ret i32 {leaves.number(name, 4, csr) | layout << LAYOUT}")
            switches.begin(other)
        switches.do(f"ret i32 {leaves.number(name, 4) | layout << LAYOUT}")

    switches = Switches(last)
    switches.among(list(instructions), 0)
    switches.lines += ["none:", "  ret i32 0"]
    which = "\n".join(["define internal i32 @which(i32 %w) nounwind noinline {", *switches.lines, "}\n"])
    return which + _operands_of(list(layouts.values()))


CSR_LOW = 20
LAYOUT = 16
"""Above these bits of what ``which`` returns is how the operands lie; below them the leaf."""


def _layout(pattern: Pattern) -> tuple[object, ...]:
    return pattern.fields, pattern.signed_bits


def _operands_of(layouts: list[tuple[int, Instruction]]) -> str:
    """The function ``decode_word``: the switch over the ways in which operands lie."""
    code = Lowering()
    code.do("%found = call i32 @which(i32 %w)")
    code.do(f"%leaf32 = and i32 %found, {(1 << LAYOUT) - 1}")
    code.do("%leaf = zext i32 %leaf32 to i64")
    code.do(f"%layout = lshr i32 %found, {LAYOUT}")
    blocks = {number: code.block() for number, _ in layouts}
    cases = " ".join(f"i32 {number}, label %{block.label}" for number, block in blocks.items())
    code.do(f"switch i32 %layout, label %none [{cases}]")
    for number, instruction in layouts:
        code.begin(blocks[number])
        stager = Stager(code)
        word: Any = stager.leaf("%w", 0, (1 << 32) - 1)
        _return(code, "%leaf", pack(instruction, OperandValues(word, extract(instruction.pattern, word))))
    code.lines += ["none:", f"  ret {PAIR} zeroinitializer"]
    return "\n".join([f"define internal {PAIR} @decode_word(i32 %w) nounwind noinline {{", *code.lines, "}\n"])


def _return(code: Lowering, leaf: str, operands: Any) -> None:
    pair = code.let(f"insertvalue {PAIR} undef, i64 {leaf}, 0")
    pair = code.let(f"insertvalue {PAIR} {pair}, i64 {code.value(operands, 64)}, 1")
    code.do(f"ret {PAIR} {pair}")


def _half(forms: Iterable[Compressed], leaves: Leaves) -> str:
    """The function ``decode_half``: in each corner, the first form that says it is it."""
    corners: dict[int, list[Compressed]] = {}
    for form in forms:
        corners.setdefault(form.pattern.match & CORNER, []).append(form)
    code = Lowering()
    blocks = {corner: code.block() for corner in corners}
    cases = " ".join(f"i32 {corner}, label %{block.label}" for corner, block in blocks.items())
    code.do(f"%corner = and i32 %w, {CORNER}")
    code.do(f"switch i32 %corner, label %none [{cases}]")
    for corner, block in blocks.items():
        code.begin(block)
        _first_of(code, corners[corner], leaves)
    code.lines += ["none:", f"  ret {PAIR} zeroinitializer"]
    return "\n".join([f"define internal {PAIR} @decode_half(i32 %w) nounwind noinline {{", *code.lines, "}\n"])


def _first_of(code: Lowering, forms: list[Compressed], leaves: Leaves) -> None:
    stager = Stager(code)
    word: Any = stager.leaf("%w", 0, (1 << 32) - 1)

    def path() -> None:
        half = u(word, 16)
        for form in forms:
            if form.matches(half):
                base = BY_NAME[form.base]
                operands = OperandValues(half, form.operands(base.syntax, half))
                _return(code, str(leaves.number(form.base, 2)), pack(base, operands))
                return
        code.do(f"ret {PAIR} zeroinitializer")

    stager.run(path)


DECODE = f"""
define void @decode(i32 %word, i64 %place, ptr %entry) nounwind noinline {{
  %low = and i32 %word, 3
  %wide = icmp eq i32 %low, 3
  br i1 %wide, label %w, label %h
w:
  %a = call {PAIR} @decode_word(i32 %word)
  br label %found
h:
  %b = call {PAIR} @decode_half(i32 %word)
  br label %found
found:
  %pair = phi {PAIR} [%a, %w], [%b, %h]
  %leaf = extractvalue {PAIR} %pair, 0
  %operands = extractvalue {PAIR} %pair, 1
  %second = {address("%entry", Entry.RD)}
  store i64 %operands, ptr %second
  %distance = ashr i64 %operands, {8 * (Entry.IMM - Entry.RD)}
  %target = add i64 %place, %distance
  %inside = icmp ult i64 %target, {Entry.PER_PAGE * 2}
  %moves = icmp ne i64 %distance, 0
  %near = and i1 %inside, %moves
  %rd = and i64 %operands, 31
  %zero = icmp eq i64 %rd, 0
  %column = zext i1 %near to i64
  %row = select i1 %zero, i64 2, i64 0
  %which = or i64 %row, %column
  %listed = getelementptr [4 x i16], ptr @leaves, i64 %leaf, i64 %which
  %number = load i16, ptr %listed
  %ordinal = zext i16 %number to i64
  %held = getelementptr ptr, ptr @handlers, i64 %ordinal
  %handler = load ptr, ptr %held
  store ptr %handler, ptr %entry
  ret void
}}
"""
"""Fill an entry for an instruction at a place (in bytes) of a page; a place beyond all pages is far from any target."""
