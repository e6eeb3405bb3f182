"""Words that the rule tests share: one line of assembly in any mode, and the usual pair of stages."""

from __future__ import annotations

from machine.csr.access import named
from machine.csr.file import BY_NAME
from machine.hart.trapping import TrapRecord
from machine.isa.assemble import assemble
from machine.spec.modes import Mode
from tests.lab import CODE, GPA, REGISTERS, URWX, VS, Lab, Table

SV39, SV48, SV57 = 8, 9, 10
VA = 0x4000_0000
"""An address of a first stage that nothing maps until a test does."""
PAGE = 0x8200_0000
"""A page of main memory for data."""
FAR = 0x1_0000_0000
"""A guest physical page that the G-stage of `two_stages` does not map."""
USER_CODE = CODE + 4096
"""Where user modes run under the tables that `Lab.table` makes."""
ONES = (1 << 64) - 1


def bits_of(text: str) -> int:
    """The bits of one instruction; CSRs by name."""
    return assemble(text, csr_number=lambda name: BY_NAME[name].number if name in BY_NAME else None)


class Program:
    """Instructions of 32 bits that lie ready at `CODE`, to be run one by one in any mode and order.

    Unlike `do` it forgets no cached translation in between: what a test sees is what the hart itself keeps.
    """

    def __init__(self, lab: Lab, *texts: str, **x: int) -> None:
        self._lab = lab
        for number, text in enumerate(texts):
            lab.machine.ram.write(CODE + 4 * number - lab.machine.ram.base, 4, bits_of(text))
        lab.hart.guard.forget_code()
        lab.hart.forget_translations()
        for name, value in x.items():
            lab.hart.x[REGISTERS[name]] = value

    def run(self, number: int, mode: Mode) -> TrapRecord | None:
        """Run instruction ``number`` in a mode; gives its trap, or None."""
        lab = self._lab
        lab.mode(mode)
        lab.state.pc = CODE + 4 * number
        before = lab.state.trap_count
        lab.machine.step(0)
        return lab.machine.traps.last(1)[0] if lab.state.trap_count > before else None


def do(lab: Lab, text: str, mode: Mode, **x: int) -> TrapRecord | None:
    """Run one instruction in a mode; user modes run it from their own page. Gives its trap, or None."""
    word = bits_of(text)
    at = USER_CODE if mode.privilege == 0 else CODE
    return lab.execute(word, mode, at=at, size=4 if word & 3 == 3 else 2, **x)


def trapped(lab: Lab, text: str, mode: Mode, **x: int) -> TrapRecord:
    """The same for an instruction that must trap."""
    record = do(lab, text, mode, **x)
    assert record is not None, f"{text} did not trap in {mode.label}"
    return record


def field(lab: Lab, path: str) -> int:
    """The value of ``register.FIELD``."""
    register, _, name = path.partition(".")
    (declared,) = (f for f in named(lab.hart, register).fields if f.name == name)
    return declared.get(lab.csr(register))


def put(lab: Lab, path: str, value: int) -> None:
    """Write ``register.FIELD`` and require that it holds the value."""
    register, _, name = path.partition(".")
    (declared,) = (f for f in named(lab.hart, register).fields if f.name == name)
    lab.csr(register, declared.put(lab.csr(register), value))
    assert field(lab, path) == value, f"{path} did not take {value}"


def two_stages(lab: Lab, vs: int = SV39, g: int = SV39) -> tuple[Table, Table]:
    """Tables of vsatp and hgatp; the G-stage maps the first GiB of main memory one to one by a gigapage."""
    guest = lab.table(GPA, g, identifier=7)
    guest.root = lab.page(4)
    lab.csr("hgatp", g << 60 | 7 << 44 | guest.root >> 12)
    guest.map(0x8000_0000, 0x8000_0000, URWX, level=2)
    return lab.table(VS, vs, identifier=3), guest
