"""Random hypervisor programs: guests in VS- and VU-mode under two stages of translation, left and entered again by
every trap, with interrupts injected by hvip, fences, and page tables that change under them.

A program is a `Case` of the harness whose handlers go on instead of ending it: the handler in HS-mode logs what it
finds, changes hvip and a PTE, fences, and returns behind the instruction; the one in VS-mode logs and does likewise.
A guest's loop runs until its count is over, and an ECALL ends the case in M-mode. The log of each handler is memory
that is compared, too.

Every PTE has its A and D bits: where they are 0 QEMU 7.2 sets them (Svadu) and this machine faults (Svade).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from machine.csr.file import BY_NAME
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.decode import decode
from machine.isa.encode import encode
from machine.spec import status
from machine.spec.causes import Cause
from tests.lockstep.generate import COMPUTING, Unit, case, instruction
from tests.lockstep.harness import BASE, DATA, DATA_SIZE, Case, block_address, image
from tests.lockstep.random_state import Source

__all__ = ["ENTRY", "GUEST_LOG", "HOST_LOG", "World", "corpus"]

PAGE, SUPERPAGE = 1 << 12, 1 << 21
ENTRY = 128
"""Bytes of a record in a log; the first is the log's header: address of a PTE, and the bits to change in it."""
HOST_LOG = ("scause", "sepc", "stval", "htval", "htinst", "hstatus", "vsstatus", "hvip")
GUEST_LOG = ("scause", "sepc", "stval")
SAVED = 64
"""Where a record has the registers that the handler uses."""
COUNT, OFFSET = 3, 4
"""x3 counts the guest's loop, x4 is the distance from an address to its alias for VU-mode."""
RESERVED = (COUNT, OFFSET)
ROUNDS, LENGTH = 12, 40
WINDOW, GUEST_WINDOW, ALIAS = 0x1000_0000, 0x4000_0000, 0x4000_0000
SPARE = 0x8380_0000
"""2 MiB of memory that nothing else uses."""
SLOTS = 16
HANDLERS, GUEST_HANDLER = BASE + 0x4000, BASE + 0x5000
V, R, W, X, U, A, D = 1, 2, 4, 8, 16, 64, 128
LEAF = V | R | W | X | A | D
SETS, ALONE = 6, 4
"""How many sets of tables programs share; and that every so manieth has its own, whose second stage has pages that can
only be executed, and no other program's data: see `worlds_differences.guests_mxr`."""
INJECTIONS = ("none", "VSSI", "VSEI")


def csrr(rd: int, name: str) -> int:
    return encode("csrrs", rd=rd, csr=BY_NAME[name].number, rs1=0)


def csrw(name: str, rs1: int) -> int:
    return encode("csrrw", rd=0, csr=BY_NAME[name].number, rs1=rs1)


def put(register: int, offset: int) -> int:
    return encode("sd", rs1=31, rs2=register, imm=offset)


def get(register: int, offset: int) -> int:
    return encode("ld", rd=register, rs1=31, imm=offset)


def logged(scratch: str, names: tuple[str, ...]) -> list[int]:
    """Begin a handler: x31 becomes the record, x28 to x30 are saved, the CSRs are stored."""
    words = [encode("csrrw", rd=31, csr=BY_NAME[scratch].number, rs1=31)]
    words += [put(register, SAVED + 8 * n) for n, register in enumerate((28, 29, 30))]
    for position, name in enumerate(names):
        words += [csrr(30, name), put(30, 8 * position)]
    return words


def behind(advance: int) -> list[int]:
    """Go on behind the instruction, unless it was an interrupt; ``advance`` is how many words come in that case."""
    return [
        csrr(30, "scause"),
        encode("blt", rs1=30, rs2=0, imm=4 * (advance + 4)),
        *(csrr(30, "sepc"), encode("addi", rd=30, rs1=30, imm=4), csrw("sepc", 30)),
    ]


def returned(scratch: str) -> list[int]:
    """End a handler: the next record, or the end of the case where the log is full."""
    return [
        *(get(register, SAVED + 8 * n) for n, register in enumerate((28, 29, 30))),
        encode("addi", rd=31, rs1=31, imm=ENTRY),
        encode("csrrw", rd=31, csr=BY_NAME[scratch].number, rs1=31),
    ]


def host_handler(injection: str) -> list[int]:
    words = [*logged("sscratch", HOST_LOG), *behind(0)]
    shift = {"VSSI": ("srli", 5, 4), "VSEI": ("slli", 3, 0x400)}.get(injection)
    if shift:  # every second record has the interrupt
        name, amount, mask = shift
        words += [encode(name, rd=30, rs1=31, imm=amount), encode("andi", rd=30, rs1=30, imm=mask), csrw("hvip", 30)]
    words += [encode("srli", rd=30, rs1=31, imm=12), encode("slli", rd=30, rs1=30, imm=12)]
    words += [
        encode("ld", rd=29, rs1=30, imm=0),
        encode("ld", rd=28, rs1=30, imm=8),
        encode("ld", rd=30, rs1=29, imm=0),
    ]
    words += [encode("xor", rd=30, rs1=30, rs2=28), encode("sd", rs1=29, rs2=30, imm=0)]
    words += [encode("hfence.gvma", rs1=0, rs2=0)]
    next_record = [encode("addi", rd=30, rs1=31, imm=ENTRY), encode("slli", rd=30, rs1=30, imm=52)]
    words += [*next_record, encode("bne", rs1=30, rs2=0, imm=8), encode("ecall")]
    return [*words, *returned("sscratch"), encode("sret")]


def guest_handler() -> list[int]:
    """On an interrupt it asks the host, who takes it away with the next record."""
    words = [*logged("sscratch", GUEST_LOG), *behind(1), encode("jal", rd=0, imm=8), csrr(30, "hstatus")]
    next_record = [encode("addi", rd=30, rs1=31, imm=ENTRY), encode("slli", rd=30, rs1=30, imm=52)]
    words += [*next_record, encode("bne", rs1=30, rs2=0, imm=8), encode("ecall")]
    return [*words, *returned("sscratch"), encode("sret")]


# --- page tables ------------------------------------------------------------------------------------------------------


class Pages:
    """Memory behind the blocks, given out page by page."""

    def __init__(self, start: int) -> None:
        self.start, self.data = start, bytearray()

    def page(self, count: int = 1) -> int:
        address = self.start + len(self.data)
        self.data += bytes(count * PAGE)
        return address

    def set(self, address: int, value: int) -> None:
        at = address - self.start
        self.data[at : at + 8] = value.to_bytes(8, "little")


@dataclass(frozen=True)
class Tables:
    """A guest's two stages: values of vsatp and hgatp, and the PTEs of the windows' pages."""

    vsatp: int
    hgatp: int
    ptes: tuple[int, ...]


def entry(target: int, flags: int) -> int:
    return target >> 12 << 10 | flags


def tables(source: Source, pages: Pages, alone: bool = False) -> Tables:
    """Identity for the program, VU-mode's alias of it, and a window of pages with random rights, in both stages."""
    while pages.page() & 4 * PAGE - 1:
        pass
    pages.data = pages.data[:-PAGE]
    guest_root, root = pages.page(4), pages.page()
    data = [pages.page() for _ in range(SLOTS)]
    ptes = [*stage(source, pages, guest_root, GUEST_WINDOW, data, U, alone)]
    window = [GUEST_WINDOW + PAGE * n for n in range(SLOTS)]
    ptes += stage(source, pages, root, WINDOW, window, 0, True)
    for gigabyte in (2, 2 + (ALIAS >> 30)):
        user = U if gigabyte > 2 else 0
        pages.set(root + 8 * gigabyte, entry(_identity(pages, user), V))
    pages.set(guest_root + 8 * 2, entry(_identity(pages, U), V))
    return Tables(8 << 60 | root >> 12, 8 << 60 | guest_root >> 12, tuple(ptes))


def _identity(pages: Pages, user: int) -> int:
    table = pages.page()
    for n in range(32):
        pages.set(table + 8 * n, entry(BASE + SUPERPAGE * n, LEAF | user))
    return table


def stage(source: Source, pages: Pages, root: int, window: int, targets: list[int], user: int, seen: bool) -> list[int]:
    """A window: 4 KiB pages, then two of 2 MiB; gives the addresses of the small pages' PTEs.

    Args:
        seen: whether pages may be readable for MXR alone.
    """
    middle, low = pages.page(), pages.page()
    pages.set(root + 8 * (window >> 30), entry(middle, V))
    slot = window >> 21 & 511
    pages.set(middle + 8 * slot, entry(low, V))
    big = (BASE, SPARE) if user else (GUEST_WINDOW + SUPERPAGE, GUEST_WINDOW + 2 * SUPERPAGE)
    for n, (target, rights) in enumerate(
        zip(big, (V | R | A | D, V | R | A | D if user and seen else LEAF), strict=True), 1
    ):
        pages.set(middle + 8 * (slot + n), entry(target, rights | user))
    places = [low + 8 * n for n in range(SLOTS)]
    for place in places:
        rights = source.choice((LEAF, LEAF, V | R | W | A | D, V | R | A, V | X | A if seen else 0, V | R | X | A, 0))
        rights |= user if user else source.choice((0, 0, U))
        pages.set(place, entry(source.choice(targets), rights | D))
    return places


# --- the guests -------------------------------------------------------------------------------------------------------

LOADS = [i for i in INSTRUCTIONS if i.extension == "I" and "(rs1)" in i.syntax and i.name != "jalr"]
OWN = ("sscratch", "sepc", "scause", "stval", "sstatus", "satp", "scounteren", "senvcfg")
"""What a guest reads: its own."""
WRITTEN = ("scause", "stval")
REFUSED = ("hstatus", "hgatp", "hvip", "vsatp", "vsstatus", "hedeleg", "htval", "henvcfg", "mstatus", "mepc")
"""What it is refused: virtual or illegal instructions."""


def guests_word(source: Source, user: bool) -> Unit:
    """One instruction of the loop."""
    kind = source.randrange(12)
    if kind < 4:
        return plain(source)
    if kind < 9:
        return instruction(source, source.choice(LOADS))
    if kind == 9:
        name = source.choice(REFUSED)
        return [(encode("csrrs", rd=source.choice((5, 6, 7)), csr=BY_NAME[name].number, rs1=0), 4)]
    if kind == 10 and not user:
        name = source.choice(WRITTEN)
        return [(encode(source.choice(("csrrw", "csrrs", "csrrc")), rd=5, csr=BY_NAME[name].number, rs1=6), 4)]
    if kind == 10:
        return [(csrr(5, "hstatus"), 4)]
    if source.randrange(2):
        return [(encode(source.choice(("hfence.gvma", "hfence.vvma")), rs1=0, rs2=0), 4)]
    return [(csrr(7, source.choice(REFUSED if user else OWN)), 4)]


def plain(source: Source) -> Unit:
    return instruction(source, source.choice(COMPUTING))


def usable(unit: Unit) -> bool:
    """Whether it leaves the registers alone that the program needs."""
    found = decode(unit[0][0])
    return found is not None and getattr(found.operands, "rd", 0) not in RESERVED


def loop(source: Source, user: bool) -> list[int]:
    words: list[int] = []
    while len(words) < LENGTH:
        unit = guests_word(source, user)
        if usable(unit):
            words += [word for word, _ in unit]
    words += [encode("addi", rd=COUNT, rs1=COUNT, imm=-1), encode("beq", rs1=COUNT, rs2=0, imm=8)]
    return [*words, encode("jal", rd=0, imm=-4 * len(words))]


TO_GUEST = [
    *(encode("hfence.gvma", rs1=0, rs2=0), encode("hfence.vvma", rs1=0, rs2=0)),
    *(encode("auipc", rd=5, imm=0), encode("addi", rd=5, rs1=5, imm=16), csrw("sepc", 5), encode("sret")),
]
"""HS-mode enters the guest behind this; nothing is left of another guest's translations."""
TO_USER = [
    *(encode("auipc", rd=5, imm=0), encode("add", rd=5, rs1=5, rs2=OFFSET), encode("addi", rd=5, rs1=5, imm=32)),
    *(csrw("sepc", 5), encode("addi", rd=5, rs1=0, imm=0x100), encode("csrrc", rd=0, csr=0x100, rs1=5)),
    *(encode("addi", rd=5, rs1=0, imm=0), encode("sret")),
]
"""VS-mode goes to VU-mode, behind this, at the alias."""
assert len(TO_USER) == 8


@dataclass(frozen=True)
class World:
    """Programs, the image that holds them, and where each one's two logs are."""

    cases: list[Case]
    image: bytes
    logs: list[tuple[int, int]]


FAULTS = (Cause.LOAD_PAGE_FAULT, Cause.STORE_PAGE_FAULT)
OF_GUEST = (Cause.LOAD_GUEST_PAGE_FAULT, Cause.VIRTUAL_INSTRUCTION, Cause.STORE_GUEST_PAGE_FAULT)
MEDELEG = sum(1 << n for n in (2, 4, 5, 6, 7, *FAULTS, *OF_GUEST))


def program(source: Source, index: int, guests: Tables, logs: tuple[int, int]) -> Case:
    """One guest; its handlers' logs begin behind their headers."""
    user, injection = source.randrange(3) == 0, source.randrange(len(INJECTIONS))
    words = [*TO_GUEST, *(TO_USER if user else []), *loop(source, user)]
    mode = "VU" if user else "VS"
    made = case(source, index, f"world of {mode} with {INJECTIONS[injection]}", "HS", [(word, 4) for word in words])
    x = list(made.x)
    x[COUNT], x[OFFSET] = ROUNDS, ALIAS
    x[2] = block_address(index) + DATA + DATA_SIZE // 2 + (ALIAS if user and source.randrange(2) else 0)
    x[8:10] = pointer(source), pointer(source)
    csrs = made.csrs | {"medeleg": MEDELEG, "mideleg": 0x222, "sscratch": logs[0] + ENTRY, "vsscratch": logs[1] + ENTRY}
    csrs |= {"stvec": HANDLERS + 0x200 * injection, "vstvec": GUEST_HANDLER, "hideleg": 0x444, "mie": 0x444}
    csrs |= {"hedeleg": source.choice((0, 1 << 13, 1 << 15, 1 << 13 | 1 << 15)), "satp": 0}
    csrs |= {"vsatp": guests.vsatp if user else source.choice((0, *[guests.vsatp] * 5)), "hgatp": guests.hgatp}
    if not csrs["vsatp"]:
        x[8:10] = (value - WINDOW + GUEST_WINDOW for value in x[8:10])
    csrs |= {"mstatus": 2 << status.UXL | 3 << status.FS | 1 << status.SPP, "hstatus": 1 << status.HSTATUS_SPV}
    csrs |= {"vsstatus": 2 << status.UXL | 1 << status.SIE}
    csrs["vsstatus"] |= source.some(1 << status.SUM | 1 << status.MXR)
    csrs |= {"mcounteren": 0, "vstimecmp": -1, "stimecmp": -1, "henvcfg": 0, "menvcfg": 0, "hvip": 0, "mip": 0}
    return replace(made, x=tuple(x), csrs=csrs)


def pointer(source: Source) -> int:
    """Into the window, mostly."""
    small = WINDOW + PAGE * source.randrange(SLOTS + 1)
    big = WINDOW + source.choice((1, 2)) * SUPERPAGE + PAGE * source.randrange(SLOTS)
    return source.choice((small, small, small, big)) + PAGE // 2


def corpus(seed: int, count: int) -> World:
    """``count`` programs, sharing a few sets of page tables."""
    source = Source(f"worlds {seed}")
    pages = Pages((block_address(count) // PAGE + 2) * PAGE)
    sets = [tables(source, pages) for _ in range(SETS)]
    logs = [(pages.page(), pages.page()) for _ in range(count)]
    cases = []
    for index, (host, guest) in enumerate(logs):
        chosen = tables(source, pages, alone=True) if index % ALONE == 0 else source.choice(sets)
        pages.set(host, source.choice(chosen.ptes[:SLOTS]))
        pages.set(host + 8, source.choice((0, W, V)))
        cases.append(program(source, index, chosen, (host, guest)))
    return World(cases, _image(cases, pages), logs)


def _image(cases: list[Case], pages: Pages) -> bytes:
    data = bytearray(image(cases))
    shared = {GUEST_HANDLER: guest_handler()}
    shared |= {HANDLERS + 0x200 * n: host_handler(name) for n, name in enumerate(INJECTIONS)}
    for address, words in shared.items():
        content = b"".join(word.to_bytes(4, "little") for word in words)
        data[address - BASE : address - BASE + len(content)] = content
    return bytes(data) + bytes(pages.start - BASE - len(data)) + bytes(pages.data)
