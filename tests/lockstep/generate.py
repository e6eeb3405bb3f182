"""Random cases of each kind; everything a case contains follows from the seed and the kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from machine.csr.access import registers
from machine.csr.file import BY_NAME, BY_NUMBER
from machine.isa.catalogue import INSTRUCTIONS, Instruction, Pattern
from machine.isa.decode import decode
from machine.isa.encode import encode
from machine.isa.operands import deposit, extract
from machine.isa.rvc import FORMS, Compressed
from machine.spec import status
from machine.spec.causes import Cause
from tests.lab import Lab
from tests.lockstep.harness import DATA_SIZE, Case, block_address
from tests.lockstep.random_state import GUEST, MODES, Source

__all__ = ["KINDS", "corpus"]

Unit = list[tuple[int, int]]
"""Instructions that stay together, as (bits, bytes)."""

BASES = (2, 8, 9)
"""Registers that point into the data; blocks do not write them."""
FREE = [n for n in range(32) if n not in BASES]
REACH = 480
JUMPS = ("jal", "jalr", "beq", "bne", "blt", "bge", "bltu", "bgeu")
ALONE = (*JUMPS, "ebreak", "ecall", "mret", "sret", "wfi", "sfence.vma", "lr.w", "lr.d", "sc.w", "sc.d", "ctzw")
"""Not for random blocks: what needs a place of its own, and ctzw, with which QEMU 7.2 counts in all 64 bits."""


def of(*extensions: str) -> list[Instruction]:
    return [i for i in INSTRUCTIONS if i.extension in extensions and i.name not in ALONE]


def is_memory(syntax: str) -> bool:
    return "(rs1)" in syntax or "(rs1')" in syntax or "(sp)" in syntax


COMPUTING = [i for i in of("I", "M", "Zifencei", "Zba", "Zbb", "Zbc") if not is_memory(i.syntax)]
FLOATING = [i for i in of("F", "D") if not is_memory(i.syntax)]
HALVES = of("Zfh", "Zfhmin", "Zfhmin+D")
ACCESSING = [i for i in of("I", "A", "F", "D") if is_memory(i.syntax)]
SHORT = [f for f in FORMS if f.extension == "C" and f.base not in ALONE and f.name != "c.addi16sp"]
SHORT_COMPUTING = [f for f in SHORT if not is_memory(f.syntax)]
SHORT_ACCESSING = [f for f in SHORT if is_memory(f.syntax)]


def operands(source: Source, pattern: Pattern, memory: bool) -> dict[str, int]:
    """Random operands: destinations off `BASES`, and addresses inside the data."""
    values: dict[str, int] = {}
    for name in dict.fromkeys(part.name for part in pattern.fields):
        short = name.endswith("'")
        registers = range(8, 16) if short else range(32)
        if name.startswith("rd"):
            values[name] = source.choice([n for n in registers if n not in BASES])
        elif name.startswith("rs1") and memory:
            values[name] = source.choice([n for n in BASES if n in registers])
        elif name.startswith("rs"):
            values[name] = source.choice(registers)
        elif name == "rm":
            values[name] = source.choice(
                (0, 1, 2, 3, 4, 7, 7, 7, 5, 6) if source.randrange(8) == 0 else (0, 1, 2, 3, 4, 7)
            )
        elif name == "imm" and memory:
            values[name] = source.randrange(-REACH, REACH)
        else:
            values[name] = source.getrandbits(20) - (1 << 19)
    return values


def instruction(source: Source, chosen: Instruction) -> Unit:
    values = operands(source, chosen.pattern, is_memory(chosen.syntax))
    if "upper" in chosen.syntax:
        values["imm"] <<= 12
    return [(deposit(chosen.pattern, values), 4)]


def short(source: Source, form: Compressed) -> Unit:
    while True:
        half = deposit(form.pattern, operands(source, form.pattern, is_memory(form.syntax)))
        values = extract(form.pattern, half)
        found = decode(half)
        if form.legal(values) and found and found.form is form:
            return [(half, 2)]


def jump(source: Source, units: list[Unit], at: int) -> Unit:
    """A branch or jump forward, over some of the units behind it."""
    over = units[at + 1 : at + 1 + source.randrange(len(units) - at)]
    skipped = sum(length for unit in over for _, length in unit)
    name = source.choice((*JUMPS, "c.beqz", "c.bnez", "c.j"))
    if name == "jalr":
        rd, pointer = source.choice(FREE), source.choice(FREE[1:])
        auipc = encode("auipc", rd=pointer, imm=0)
        return [(auipc, 4), (encode("jalr", rd=rd, rs1=pointer, imm=8 + skipped), 4)]
    if name == "jal":
        return [(encode("jal", rd=source.choice(FREE), imm=4 + skipped), 4)]
    if name == "c.j":
        return [(encode("c.j", imm=2 + skipped), 2)]
    if name.startswith("c."):
        return [(encode(name, **{"rs1'": source.randrange(8, 16), "imm": 2 + skipped}), 2)]
    return [(encode(name, rs1=source.randrange(32), rs2=source.randrange(32), imm=4 + skipped), 4)]


def block(source: Source, units: list[Unit], jumps: int) -> tuple[tuple[int, int], ...]:
    """Put jumps between units, last first, because a jump must know what it skips."""
    for position in sorted((source.randrange(len(units)) for _ in range(jumps)), reverse=True):
        units.insert(position, [])
        units[position] = jump(source, units, position)
    return tuple(word for unit in units for word in unit)


def case(
    source: Source, index: int, label: str, mode: str, code: Iterable[tuple[int, int]], floating: float = 0.7
) -> Case:
    """A random state around some code."""
    middle = block_address(index)
    csrs = source.csrs(floating)
    if mode == "M":
        target = source.choice(list(MODES.values()))
        csrs["mstatus"] |= target[0] << status.MPP | target[1] << status.MPV | source.getrandbits(1) << status.MPRV
    privilege, virtual = MODES[mode]
    x, f = source.integers(middle), [source.floating() for _ in range(32)]
    data = source.randbytes(DATA_SIZE)
    return Case(f"{index} {label} in {mode}", privilege, virtual, tuple(code), tuple(x), tuple(f), csrs, data)


def any_mode(source: Source) -> str:
    return source.choice(list(MODES))


def computing(source: Source, index: int) -> Case:
    """A block of integer instructions with jumps."""
    units = [
        short(source, source.choice(SHORT_COMPUTING))
        if source.randrange(3) == 0
        else instruction(source, source.choice(COMPUTING))
        for _ in range(24)
    ]
    return case(source, index, "computing", any_mode(source), block(source, units, 3))


def floating(source: Source, index: int) -> Case:
    """A block of floating-point arithmetic."""
    units = [instruction(source, source.choice(FLOATING)) for _ in range(12)]
    return case(source, index, "floating", any_mode(source), block(source, units, 1), floating=0.97)


def half(source: Source, index: int) -> Case:
    """A block of half-precision arithmetic, conversions, loads and stores; most registers hold halves."""
    units = [instruction(source, source.choice(HALVES)) for _ in range(12)]
    made = case(source, index, "half", any_mode(source), block(source, units, 1), floating=0.97)
    for name in ("medeleg", "hedeleg"):
        delegate_alike(made, name, Cause.LOAD_MISALIGNED, Cause.STORE_MISALIGNED)
    return replace(made, f=tuple(source.floating() if source.randrange(6) == 0 else source.half() for _ in range(32)))


def reserving(source: Source) -> Unit:
    """LR, perhaps something, SC to the same place with the same size; or an SC without its LR."""
    size = source.choice("wd")
    rd, other, value = (source.choice(FREE) for _ in range(3))
    load = (encode(f"lr.{size}", rd=rd, rs1=9, aqrl=source.randrange(4)), 4)
    store = (encode(f"sc.{size}", rd=other, rs1=9, rs2=value, aqrl=source.randrange(4)), 4)
    return source.choice([[load, store], [load, *instruction(source, COMPUTING[0]), store], [store]])


def accessing(source: Source, index: int) -> Case:
    """A block of loads, stores and atomics."""
    units = []
    for _ in range(16):
        kind = source.randrange(6)
        if kind == 0:
            units.append(reserving(source))
        elif kind == 1:
            units.append(short(source, source.choice(SHORT_ACCESSING)))
        else:
            units.append(instruction(source, source.choice(ACCESSING)))
    made = case(source, index, "accessing", any_mode(source), block(source, units, 1), floating=0.9)
    for name in ("medeleg", "hedeleg"):
        delegate_alike(made, name, Cause.LOAD_MISALIGNED, Cause.STORE_MISALIGNED)
    return made


def delegate_alike(made: Case, name: str, *causes: Cause) -> None:
    """Where QEMU mistakes a cause for another, both go the same way, so that only the cause differs."""
    mask = sum(1 << cause for cause in causes)
    made.csrs[name] = made.csrs[name] & ~mask | (mask if made.csrs[name] >> causes[0] & 1 else 0)


OPERATIONS = ("csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci")
COUNTING = {BY_NAME[n].number for n in ("cycle", "time", "instret", "mcycle", "minstret", "mcountinhibit")}
"""Their values follow no rule that two machines share: read into x0, and never written."""
IDENTITY = {BY_NAME[n].number for n in ("mvendorid", "marchid", "mimpid", "mconfigptr")}
HPM = {n for n, register in BY_NUMBER.items() if "hpm" in register.name}
PMP = {n for n, register in BY_NUMBER.items() if register.name.startswith("pmp")}
NEWER = {BY_NAME["mseccfg"].number}
"""QEMU 7.2 lacks what they belong to."""
HARNESS = {BY_NAME[n].number for n in ("mtvec", "mscratch")}
"""What brings the harness back: M-mode writes them only where it restores them at once (`legalisation`)."""
NUMBERS = sorted(r.number for r in registers(Lab().hart) if r.number not in IDENTITY | HPM | NEWER)
INTERESTING = [BY_NAME[n].number for n in ("satp", "hgatp", "stimecmp", "hvip", "vsip", "vsie", "hgeip", "mstatus")]
"""Registers with more gates or views than others: they come more often."""
ABSENT = (0xC80, 0xC81, 0x15D, 0x25D, 0x61A, 0x615, 0x310, 0x320 + 1, 0x3A1, 0x7B0, 0x7B1, 0x8FF, 0x5A8, 0x008, 0xFFF)


def csr_instruction(source: Source, number: int, mode: str) -> Unit:
    operation = source.choice(OPERATIONS)
    rd = 0 if number in COUNTING else source.choice(FREE)
    if mode == "M" and number in HARNESS | COUNTING | PMP:
        return [(encode("csrrs", rd=rd, csr=number, rs1=0), 4)]
    operand = source.choice((0, 0, *range(32)))
    name = {"imm": operand} if operation.endswith("i") else {"rs1": operand}
    return [(encode(operation, rd=rd, csr=number, **name), 4)]


def csr(source: Source, index: int) -> Case:
    """One CSR instruction."""
    mode = any_mode(source)
    number = source.choice(ABSENT) if source.randrange(12) == 0 else source.choice(NUMBERS + 3 * INTERESTING)
    name = BY_NUMBER[number].name if number in BY_NUMBER else hex(number)
    made = case(source, index, f"csr {name}", mode, csr_instruction(source, number, mode))
    keep_guests_refusals(made)
    if source.randrange(8) == 0:  # an operand of zero still writes
        made = replace(made, x=(0, *(0 if n not in BASES else made.x[n] for n in range(1, 32))))
    return made


def keep_guests_refusals(made: Case) -> None:
    """Illegal and virtual instructions of a guest go to the same mode."""
    if made.virtual:
        delegate_alike(made, "medeleg", Cause.VIRTUAL_INSTRUCTION, Cause.ILLEGAL_INSTRUCTION)
        made.csrs["hedeleg"] &= ~(1 << Cause.ILLEGAL_INSTRUCTION)


LEGALISED = [n for n in NUMBERS if not BY_NUMBER[n].read_only]
LEGALISED = [n for n in LEGALISED if n not in COUNTING | PMP | {BY_NAME["time"].number}]
LEGALISED += 3 * [n for n in INTERESTING if n in LEGALISED]


def legalisation(source: Source, index: int) -> Case:
    """M-mode writes anything, reads back what is held, and restores what was there."""
    number = source.choice(LEGALISED)
    old, new, held = source.sample([n for n in FREE if n], 3)
    code = [
        (encode(source.choice(OPERATIONS[:3]), rd=old, csr=number, rs1=new), 4),
        (encode("csrrs", rd=held, csr=number, rs1=0), 4),
        (encode("csrrw", rd=0, csr=number, rs1=old), 4),
    ]
    return case(source, index, f"legalisation {BY_NUMBER[number].name}", "M", code, floating=1)


GUEST_ACCESSES = [i for i in INSTRUCTIONS if i.extension == "H" and not i.name.startswith("hfence")]
FENCES = [i for i in INSTRUCTIONS if "fence." in i.name and "vma" in i.name]


def privileged(source: Source, index: int) -> Case:
    """One instruction that returns, calls, fences or reaches into the guest, or is no instruction."""
    mode = any_mode(source)
    kind = source.randrange(7)
    if kind == 0:
        unit, label = [(encode(source.choice(("sret", "mret"))), 4)], "return"
    elif kind == 1:
        unit, label = [(encode(source.choice(("ecall", "ebreak"))), 4)], "call"
    elif kind == 2:
        unit, label = instruction(source, source.choice(FENCES)), "fence"
    elif kind <= 4:
        unit, label = instruction(source, source.choice(GUEST_ACCESSES)), "guest access"
    elif kind == 5:
        return waiting(source, index)
    else:
        unit, label = unknown(source), "unknown"
    made = case(source, index, label, mode, unit)
    if label != "unknown":
        keep_guests_refusals(made)
    return made


def waiting(source: Source, index: int) -> Case:
    """WFI where it does not wait: refused, or in a guest's user mode."""
    mode = source.choice(("HS", "U", "VS", "VU"))
    made = case(source, index, "wait", mode, [(encode("wfi"), 4)])
    if mode == "HS" or (mode == "VS" and not made.csrs["hstatus"] >> status.HSTATUS_VTW & 1):
        made.csrs["mstatus"] |= 1 << status.TW
    keep_guests_refusals(made)
    return made


def unknown(source: Source) -> Unit:
    """32 bits that are no instruction of ours, in an opcode that has some."""
    while True:
        word = source.getrandbits(32) & ~0x7F | source.choice((0x33, 0x3B, 0x13, 0x1B, 0x63, 0x67, 0x2F, 0x53, 0x73))
        if decode(word) is None and (word & 0x7F != 0x73 or word >> 12 & 7 == 4):
            return [(word, 4)]


@dataclass(frozen=True)
class Corner:
    """One CSR instruction whose outcome hangs on few bits: ``forced`` registers, ``on`` and ``off`` bits of others."""

    label: str
    mode: str
    operation: str
    register: str
    operands: tuple[int, ...]
    forced: dict[str, int] = field(default_factory=dict)
    on: dict[str, int] = field(default_factory=dict)
    off: dict[str, int] = field(default_factory=dict)


SIE, TVM = 1 << status.SIE, 1 << status.TVM
QUIET = {"mie": 0, "hideleg": GUEST}
LOST_TABLES = tuple(mode << 60 | 1 << at for mode in (8, 9, 10) for at in (26, 30, 38))
CORNERS = [
    Corner(
        "two interrupts",
        "HS",
        "csrrw",
        "hvip",
        (0x404, 0x440, 0x44, 0x444),
        {"hideleg": 0, "mie": GUEST},
        {"mstatus": SIE},
    ),
    Corner("own interrupt", "VS", "csrrs", "sip", (2, 4), {"hideleg": GUEST, "mie": GUEST}, {"vsstatus": SIE}),
    Corner("lost table", "HS", "csrrw", "satp", LOST_TABLES, off={"mstatus": TVM}),
    Corner("guest's pending bits", "HS", "csrrw", "hvip", (0x400, 0x404), QUIET),
    Corner("read-only set", "HS", "csrrs", "hgeip", (0,)),
    Corner("trapped hgatp", "HS", "csrrs", "hgatp", (0, 1), on={"mstatus": TVM}),
    Corner("trapped satp", "VS", "csrrs", "satp", (0,), on={"hstatus": 1 << status.HSTATUS_VTVM}, off={"mstatus": TVM}),
    Corner("timer without Sstc", "M", "csrrw", "stimecmp", (0,), {"menvcfg": 0, "henvcfg": 0, "mie": 0}),
    Corner("guest timer without Sstc", "M", "csrrw", "vstimecmp", (0,), {"menvcfg": 0, "henvcfg": 0, "mie": 0}),
]
"""What chance finds too seldom."""


def corner(source: Source, index: int) -> Case:
    """One of the `CORNERS` in a state that is random otherwise."""
    chosen = CORNERS[index % len(CORNERS)]
    word = encode(chosen.operation, rd=0, csr=BY_NAME[chosen.register].number, rs1=5)
    made = case(source, index, chosen.label, chosen.mode, [(word, 4)])
    csrs = made.csrs | chosen.forced
    csrs |= {name: csrs[name] | bits for name, bits in chosen.on.items()}
    csrs |= {name: csrs[name] & ~bits for name, bits in chosen.off.items()}
    made = replace(made, csrs=csrs, x=(*made.x[:5], source.choice(chosen.operands), *made.x[6:]))
    keep_guests_refusals(made)
    return made


KINDS: dict[str, Callable[[Source, int], Case]] = {
    made.__name__: made for made in (computing, floating, half, accessing, csr, legalisation, privileged, corner)
}


def corpus(kind: str, seed: int, count: int) -> list[Case]:
    """``count`` cases of a kind."""
    source = Source(f"{kind} {seed}")
    return [KINDS[kind](source, index) for index in range(count)]
