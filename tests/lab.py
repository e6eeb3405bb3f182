"""A laboratory for semantic tests: a machine, page tables by the line, and one instruction at a time in any mode.

Every experiment runs through an engine, from the fetch of the instruction to the entry of its handler, so that the
same test judges every engine.
"""

from __future__ import annotations

from dataclasses import dataclass

from machine.config import Config
from machine.csr.access import named
from machine.hart.trapping import TrapRecord
from machine.isa.encode import encode
from machine.machine import Machine
from machine.run_exit import ExitReason
from machine.spec import status
from machine.spec.modes import Mode

V, R, W, X, U, G, A, D = (1 << n for n in range(8))
RWX = V | R | W | X | A | D
"""A supervisor leaf with every permission."""
URWX = RWX | U

CODE = 0x8010_0000
"""Where the instruction under test lies, identity-mapped in every table that `Lab` makes."""
HANDLERS = {"M": 0x8000_1000, "HS": 0x8000_2000, "VS": 0x8000_3000}
NOP = encode("addi", rd=0, rs1=0, imm=0)
GPA, HS, VS = "hgatp", "satp", "vsatp"


@dataclass
class Table:
    """One root page table of a scheme; ``extra`` is 2 for the x4 schemes."""

    lab: Lab
    root: int
    levels: int
    extra: int

    def map(self, address: int, target: int, flags: int = RWX, level: int = 0) -> int:
        """Map the page (or superpage of ``level``) at ``address``; gives the physical address of its PTE."""
        table = self.root
        for at in range(self.levels - 1, level, -1):
            slot = self._slot(table, address, at)
            if not self.lab.read(slot):
                self.lab.write(slot, self.lab.page() >> 12 << 10 | V)
            table = self.lab.read(slot) >> 10 << 12
        slot = self._slot(table, address, level)
        self.lab.write(slot, target >> 12 << 10 | flags)
        return slot

    def slot(self, address: int, level: int = 0) -> int:
        """The physical address of the PTE that maps ``address`` at ``level``."""
        table = self.root
        for at in range(self.levels - 1, level, -1):
            table = self.lab.read(self._slot(table, address, at)) >> 10 << 12
        return self._slot(table, address, level)

    def _slot(self, table: int, address: int, level: int) -> int:
        width = 9 + (self.extra if level == self.levels - 1 else 0)
        return table + 8 * (address >> 12 + 9 * level & (1 << width) - 1)


class Lab:
    """One hart with delegation to HS-mode of everything that can be, and a handler address for each mode."""

    def __init__(self, config: Config | None = None) -> None:
        self.machine = Machine(config or Config(memory=64 << 20))
        self.machine.reset()
        self.hart = self.machine.harts[0]
        self.state = self.hart.state
        self._next_page = 0x8100_0000
        self.csr("medeleg", (1 << 64) - 1)
        self.csr("mideleg", (1 << 64) - 1)
        self.csr("mcounteren", 7)
        if self.hart.config.isa.has("Smstateen"):
            for n in range(4):
                self.csr(f"mstateen{n}", (1 << 64) - 1)
                self.csr(f"hstateen{n}", (1 << 64) - 1)
        self.csr("mtvec", HANDLERS["M"])
        self.csr("stvec", HANDLERS["HS"])
        self.csr("vstvec", HANDLERS["VS"])
        self.csr("pmpaddr0", (1 << 54) - 1)
        self.csr("pmpcfg0", 0x1F)

    def csr(self, name: str, value: int | None = None) -> int:
        """Read a CSR by name, or write it through its legalisation first."""
        register = named(self.hart, name)
        if value is not None:
            register.write(self.hart, value)
        return register.read(self.hart)

    def set(self, name: str, mask: int) -> None:
        """Set bits of a CSR."""
        self.csr(name, self.csr(name) | mask)

    def page(self, count: int = 1) -> int:
        """Fresh zeroed pages, aligned to their size."""
        size = 4096 * count
        self._next_page = -(-self._next_page // size) * size
        self._next_page += size
        return self._next_page - size

    def read(self, address: int) -> int:
        return self.machine.ram.read(address - self.machine.ram.base, 8)

    def write(self, address: int, value: int) -> None:
        self.machine.ram.write(address - self.machine.ram.base, 8, value)

    def table(self, register: str, mode: int, identifier: int = 0) -> Table:
        """A root table for satp, vsatp or hgatp with MODE ``mode`` (8, 9, 10); the code page is mapped in it."""
        extra = 2 if register == GPA else 0
        table = Table(self, self.page(4), mode - 5, extra)
        self.csr(register, mode << 60 | identifier << 44 | table.root >> 12)
        user = U if register == GPA else 0
        table.map(CODE, CODE, V | X | R | A | user)
        table.map(CODE + 4096, CODE + 4096, V | X | R | A | U)
        return table

    def mode(self, mode: Mode) -> None:
        """Enter a mode."""
        self.state.priv, self.state.virt = mode.privilege, mode.virtual
        self.hart.context_changed()
        self.hart.reconsider_interrupts()

    def execute(self, word: int, mode: Mode, at: int = CODE, size: int = 4, **x: int) -> TrapRecord | None:
        """Run one instruction in a mode with registers such as ``a0=5``; gives the trap it took, or None."""
        offset = at - self.machine.ram.base
        self.machine.ram.write(offset, size, word)
        self.hart.guard.wrote(offset, size)
        self.hart.forget_translations()
        for name, value in x.items():
            self.hart.x[REGISTERS[name]] = value
        self.mode(mode)
        self.state.pc = at
        before = self.state.trap_count
        result = self.machine.step(0)
        assert result.reason is ExitReason.BUDGET, result
        return self.machine.traps.last(1)[0] if self.state.trap_count > before else None

    def load(self, address: int, mode: Mode, size: int = 8) -> TrapRecord | None:
        """``ld a0, 0(a1)`` (or lb, lh, lw)."""
        return self.execute(encode(LOADS[size], rd=10, rs1=11, imm=0), mode, a1=address)

    def store(self, address: int, mode: Mode, value: int = 0, size: int = 8) -> TrapRecord | None:
        """``sd a0, 0(a1)`` (or sb, sh, sw)."""
        return self.execute(encode(STORES[size], rs1=11, rs2=10, imm=0), mode, a1=address, a0=value)

    def fetch(self, address: int, mode: Mode) -> TrapRecord | None:
        """Run whatever is at ``address``; the caller has put it there."""
        self.hart.forget_translations()
        self.mode(mode)
        self.state.pc = address
        before = self.state.trap_count
        self.machine.step(0)
        return self.machine.traps.last(1)[0] if self.state.trap_count > before else None

    @property
    def a0(self) -> int:
        return self.hart.x[10]


REGISTERS = {**{f"x{n}": n for n in range(32)}, **{f"a{n}": 10 + n for n in range(8)}, "ra": 1, "sp": 2, "t0": 5}
LOADS = {1: "lb", 2: "lh", 4: "lw", 8: "ld"}
STORES = {1: "sb", 2: "sh", 4: "sw", 8: "sd"}
ADUE, STCE = 1 << status.ENVCFG_ADUE, 1 << status.ENVCFG_STCE
