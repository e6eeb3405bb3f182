"""Random programs for a machine with everything on: five modes, two stages, interrupts, code that changes itself.

Every mode has a region of code of its own, at random but for its shape. Whatever traps comes to the handler of M-mode
or of HS-mode, which takes the next row of a table and makes of it where to go on: mode, pc, page tables, pending
interrupts and timers, permissions changed in the tables with the fences that this needs. So a program is never lost,
and changes worlds all the time. Everything is mapped where it is, in all tables; rights differ.
"""

from __future__ import annotations

import re
from random import Random

from machine.csr.file import BY_NAME
from machine.csr.h_mode import Hstatus
from machine.isa.assemble import assemble
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.encode import deposit
from machine.machine import Machine
from machine.spec import status
from machine.spec.modes import Mode

__all__ = ["SIZE", "prepare"]

BASE, SIZE = 0x8000_0000, 1 << 20
REGION = 0x2000
"""Bytes of code of one mode."""
REGIONS = {mode: BASE + 0x1_0000 + REGION * place for place, mode in enumerate(Mode)}
HANDLERS = {"mtvec": BASE + 0x1000, "stvec": BASE + 0x2000, "vstvec": BASE + 0x3000}
ROWS, ROW, COUNT = BASE + 0x4_0000, 128, 128
DATA, DATA_SIZE = BASE + 0x8_0000, 0x4000
TABLES = BASE + 0xC_0000
BLOCK = 64
M64 = (1 << 64) - 1
V, R, W, X, U, G, A, D = (1 << n for n in range(8))
TICKS = 600
SOURCES = ("x8", "x9", "x10", "x11")
"""Hold addresses of data, and are never written; x3 and x4 belong to the handlers."""
READ = (
    "cycle",
    "time",
    "instret",
    "sstatus",
    "scause",
    "hip",
    "vsip",
    "sip",
    "mip",
    "hstatus",
    "satp",
    "vsatp",
    "stvec",
)
WRITTEN = ("sscratch", "scause", "stval", "fcsr", "frm", "fflags", "vsscratch", "vstval", "htval", "mscratch", "sepc")
ARITHMETIC = [
    each
    for each in INSTRUCTIONS
    if each.extension in ("I", "M", "F", "D")
    and each.syntax
    and not re.search(r"\(|pc\+imm|pred", each.syntax)
    and "fence" not in each.name
]
"""What neither accesses memory nor jumps."""
PLAIN = ("ecall", "ebreak", "sret", "mret")
CUSTOM = 0x0B
"""An opcode that no instruction has."""
OFTEN = (Mode.U, Mode.VU, Mode.VS) * 2
"""Modes that do not stay long."""
FENCES = ("fence.i", "sfence.vma zero,zero", "hfence.gvma zero,zero", "fence rw,rw")


class Program:
    """One program, of one seed, in the memory of one machine."""

    def __init__(self, machine: Machine, seed: int) -> None:
        self.machine, self.random = machine, Random(seed)
        self.ram, self.state = machine.ram, machine.harts[0].state

    def word(self, address: int, value: int, size: int = 8) -> None:
        self.ram.write(address - BASE, size, value & (1 << 8 * size) - 1)

    def lines(self, address: int, lines: list[str]) -> None:
        for place, line in enumerate(lines):
            self.word(address + 4 * place, assemble(line, address + 4 * place, number_of), 4)

    def make(self) -> None:
        self.machine.reset()
        for mode in Mode:
            for at in range(REGIONS[mode], REGIONS[mode] + REGION, BLOCK):
                self.block(mode, at)
        self.word(DATA, self.random.getrandbits(64))
        self.ram.data[DATA - BASE : DATA - BASE + DATA_SIZE] = self.random.randbytes(DATA_SIZE)
        self.tables()
        for number in range(COUNT):
            self.row(ROWS + ROW * number)
        self.handlers()
        self.first_state()

    # --- code ---------------------------------------------------------------------------------------------------

    def block(self, mode: Mode, at: int) -> None:
        """Some instructions, then a jump to another block of the region."""
        for place in range(0, BLOCK - 4, 4):
            self.word(at + place, self.instruction(mode, at + place), 4)
        goal = self.block_of(mode)
        self.lines(at + BLOCK - 4, ["ecall" if self.random.random() < 0.3 else f"jal zero,{goal:#x}"])

    def block_of(self, mode: Mode) -> int:
        return REGIONS[mode] + BLOCK * self.random.randrange(REGION // BLOCK)

    def instruction(self, mode: Mode, at: int) -> int:
        random = self.random
        kind = random.random()
        makers = ((0.45, self.arithmetic), (0.62, self.access), (0.70, self.atomic), (0.76, self.csr))
        for below, maker in makers:
            if kind < below:
                return maker()
        if kind < 0.83:
            return assemble(f"{random.choice(('beq', 'bne', 'blt', 'bgeu'))} x12,x13,{at + 8:#x}", at)
        if kind < 0.88:
            return self.own_code(mode)
        if kind < 0.92:
            return assemble(random.choice(FENCES))
        if kind < 0.95:
            return self.as_guest()
        return assemble(random.choice(PLAIN)) if kind < 0.985 else random.getrandbits(32) & ~0x7F | CUSTOM

    def register(self) -> int:
        return self.random.randrange(12, 32)

    def arithmetic(self) -> int:
        pattern = self.random.choice(ARITHMETIC).pattern
        values = {field.name: self.register() for field in pattern.fields}
        return deposit(
            pattern, {**values, "imm": self.random.getrandbits(5), "rm": self.random.choice((0, 1, 2, 3, 4, 7))}
        )

    def access(self) -> int:
        random = self.random
        name = random.choice(("lb", "lhu", "lw", "ld", "lwu", "sb", "sh", "sw", "sd", "ld", "sd"))
        offset = random.choice((0, 8, -8, 16, 1, 5, -3, random.randrange(-2048, 2048)))
        if random.random() < 0.15:
            name, offset = random.choice(("flw", "fld", "fsw", "fsd")), offset & -8
            return assemble(f"{name} f{self.register()},{offset}({random.choice(SOURCES)})")
        return assemble(f"{name} x{self.register()},{offset}({random.choice(SOURCES)})")

    def atomic(self) -> int:
        random = self.random
        width = random.choice("wd")
        source = random.choice(SOURCES)
        if random.random() < 0.5:
            return assemble(random.choice((f"lr.{width} x12,({source})", f"sc.{width} x13,x14,({source})")))
        name = random.choice(("amoadd", "amoswap", "amoxor", "amomaxu"))
        return assemble(f"{name}.{width} x{self.register()},x{self.register()},({source})")

    def csr(self) -> int:
        name = self.random.choice(("csrrs", "csrrw", "csrrc"))
        if self.random.random() < 0.5:
            return assemble(f"csrrs x{self.register()},{self.random.choice(READ)},zero", 0, number_of)
        return assemble(f"{name} x{self.register()},{self.random.choice(WRITTEN)},x{self.register()}", 0, number_of)

    def own_code(self, mode: Mode) -> int:
        """Overwrite an instruction of the region; x5 holds the region's address, x6 and x7 instructions."""
        return assemble(f"sw {self.random.choice(('x6', 'x7'))},{4 * self.random.randrange(511)}(x5)")

    def as_guest(self) -> int:
        name = self.random.choice(("hlv.d", "hlv.w", "hlvx.wu", "hlv.bu"))
        source = self.random.choice(SOURCES)
        if self.random.random() < 0.4:
            return assemble(f"hsv.{self.random.choice('bwd')} x{self.register()},({source})")
        return assemble(f"{name} x{self.register()},({source})")

    # --- handlers -----------------------------------------------------------------------------------------------

    def handlers(self) -> None:
        """x4 points to the next row, whose last word leads to the one behind it; x3 is free, x5 is the new region."""
        ending = ["ld x5,80(x4)", f"ld x3,{ROW - 8}(x4)", "add x4,x4,x3"]
        tables = [*load("vsatp", 32), *load("hgatp", 40)]
        worlds = [*load("hvip", 16), *tables, *load("hstatus", 48), *load("vsstatus", 88)]
        timers = [*load("stimecmp", 24), *load("vstimecmp", 96), *load("mip", 104), *load("mie", 112)]
        change = ["ld x3,64(x4)", "ld x5,72(x4)", "sd x5,0(x3)", "sfence.vma zero,zero", "hfence.gvma zero,zero"]
        fences = [*change, "hfence.vvma zero,zero"]
        machine = ["ld x1,0(x4)", *load("mepc", 8), *worlds, *load("satp", 56), *timers, *fences, *ending]
        self.lines(HANDLERS["mtvec"], [*machine, "csrrw zero,mstatus,x1", "mret"])  # MPRV may come with it
        supervisor = [*load("sstatus", 0), *load("sepc", 8), *worlds, *ending, "csrrwi zero,sie,0", "sret"]
        self.lines(HANDLERS["stvec"], supervisor)
        guest = ["csrrwi zero,sie,0", "csrrs x3,sepc,zero", "addi x3,x3,4", "csrrw zero,sepc,x3", "sret"]
        self.lines(HANDLERS["vstvec"], guest)

    def row(self, at: int) -> None:
        random = self.random
        mode = random.choice((*Mode, *OFTEN))
        bits = (1 << status.SUM) | random.getrandbits(1) << status.MXR | random.choice((0, 1, 3, 3)) << status.FS
        bits |= random.getrandbits(1) << status.SPIE | random.getrandbits(1) << status.MPIE
        bits |= mode.privilege << status.MPP | mode.virtual << status.MPV | (mode.privilege & 1) << status.SPP
        bits |= (random.random() < 0.1) << status.MPRV
        hstatus = (
            Hstatus.SPV.mask * mode.virtual
            | random.choice((0, Hstatus.SPVP.mask))
            | random.choice((0, Hstatus.HU.mask))
        )
        if mode is Mode.M:
            mode = random.choice((Mode.M, Mode.HS))
        first, second = self.roots["vsatp"], self.roots["hgatp"]
        later = [random.randrange(TICKS) if random.random() < 0.25 else M64 for _ in range(2)]
        slot, value = random.choice(self.changing)
        values = (
            *(bits, self.block_of(mode), random.choice((0, 0, 0, 0, 0x4, 0x40, 0x400)), later[0]),
            *(random.choice(first), random.choice(second), hstatus, random.choice(self.roots["satp"])),
            *(slot, value & ~random.choice((0, 0, 0, W, D, A, R)), REGIONS[mode]),
            *(1 << status.SUM | random.choice((0, 1, 3)) << status.FS, later[1], random.choice((0, 0, 0, 0, 2, 0x20))),
            random.choice((0x666, 0x1EEE, 0x6EE)),
        )
        for place, word in enumerate(values):
            self.word(at + 8 * place, word)
        last = at + ROW >= ROWS + ROW * COUNT
        self.word(at + ROW - 8, -ROW * (COUNT - 1) if last else ROW)

    # --- tables and state ---------------------------------------------------------------------------------------

    def tables(self) -> None:
        """Two roots for each register; U where user code, or the G-stage, needs it."""
        self.roots: dict[str, list[int]] = {}
        self.changing: list[tuple[int, int]] = []
        at = TABLES
        for register in ("satp", "vsatp", "hgatp"):
            self.roots[register] = [0]
            for identifier in (1, 2):
                self.table(at, register)
                self.roots[register].append(8 << 60 | identifier << 44 | at >> 12)
                at += 0x8000

    def table(self, root: int, register: str) -> None:
        middle, leaves = root + 0x4000, root + 0x5000
        self.word(root + 8 * (BASE >> 30), middle >> 12 << 10 | V)
        self.word(middle, leaves >> 12 << 10 | V)
        for page in range(SIZE >> 12):
            address = BASE + (page << 12)
            user = register == "hgatp" or self.is_user(address)
            value = address >> 12 << 10 | V | R | W | X | A | D | (U if user else 0)
            if DATA <= address < DATA + DATA_SIZE:
                self.changing.append((leaves + 8 * page, value))
                value &= ~self.random.choice((0, 0, W, D, A))
            self.word(leaves + 8 * page, value)

    def is_user(self, address: int) -> bool:
        user = (REGIONS[Mode.U], REGIONS[Mode.VU], DATA)
        return any(begin <= address < begin + (DATA_SIZE if begin == DATA else REGION) for begin in user)

    def first_state(self) -> None:
        random, state = self.random, self.state
        for n in range(12, 32):
            state.x[n], state.f[n] = (
                random.getrandbits(64),
                random.getrandbits(64) | random.choice((0, M64 << 32 & M64)),
            )
        for place, n in enumerate((8, 9, 10, 11)):
            state.x[n] = DATA + 0x1000 * place + random.choice((0x800, 0x800, 0xFF8, 0))
        state.x[9] += 2048
        state.x[4], state.x[5] = ROWS, REGIONS[Mode.M]
        state.x[6], state.x[7] = assemble("addi x12,x12,1"), assemble("xor x13,x13,x12")
        for name, value in HANDLERS.items():
            setattr(state, name, value)
        state.pmpaddr0, state.pmpcfg0 = (1 << 54) - 1, 0x1F
        state.medeleg = random.choice((0, M64, random.getrandbits(24))) & 0xF0_B7FF
        state.mideleg, state.mie = random.choice((0x1444, 0x1666)), 0x666
        state.hedeleg, state.hideleg = random.choice((0, 0, 0xB1FF & random.getrandbits(16))), random.choice((0, 0x444))
        state.mcounteren = state.hcounteren = state.scounteren = random.choice((0, 7, 7))
        environment = random.choice((0, 1 << status.ENVCFG_STCE)) | random.choice((0, 1 << status.ENVCFG_ADUE))
        state.menvcfg, state.henvcfg = environment, environment
        state.stimecmp = state.vstimecmp = M64
        state.mstatus |= 3 << status.FS
        state.vsstatus |= 3 << status.FS
        state.pc = self.block_of(Mode.M)
        self.machine.harts[0].context_changed()


def load(register: str, place: int) -> list[str]:
    return [f"ld x3,{place}(x4)", f"csrrw zero,{register},x3"]


def number_of(name: str) -> int | None:
    return BY_NAME[name].number if name in BY_NAME else None


def prepare(machine: Machine, seed: int) -> None:
    """Put the program of ``seed`` into ``machine``, and its hart before the first instruction."""
    Program(machine, seed).make()
