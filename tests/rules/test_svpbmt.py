"""Page-based memory types (chapter "Svpbmt"), in the tables of satp, vsatp and hgatp.

This machine executes every access in order and has no caches, so what a type asks for beyond being accepted is always
given: the rules about ordering and coherence between aliases hold for accesses of every pair of types.
"""

from __future__ import annotations

from itertools import product

import pytest

from machine.config import Config, parse_isa
from machine.spec import status
from machine.spec.modes import Mode
from machine.spec.rules import Reason
from tests.lab import CODE, HS, RWX, VS, Lab, Table
from tests.rules.lines import PAGE, SV39, SV48, SV57, VA, Program, do, put, trapped, two_stages

LOAD = "ld a0, 0(a1)"
PMA, NC, IO, RESERVED = range(4)
PBMTE = 1 << status.ENVCFG_PBMTE
VALUE = 0x1122_3344_5566_7788
SCHEMES = [SV39, SV48, SV57]


def typed(kind: int) -> int:
    return kind << 61


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    made.write(PAGE, VALUE)
    return made


class Stage:
    """One stage whose leaf for the address `VA` (or, of the G-stage, of the page behind it) a test writes."""

    def __init__(self, lab: Lab, name: str, scheme: int = SV39) -> None:
        self._lab, self.name = lab, name
        self.mode = Mode.HS if name == HS else Mode.VS
        self.fault = 21 if name == "hgatp" else 13
        if name == HS:
            self.table: Table = lab.table(HS, scheme)
            self.table.map(VA, PAGE)
        else:
            first, guest = two_stages(lab, scheme, scheme)
            first.map(VA, PAGE)
            self.table = first if name == VS else guest
        self._level = 2 if name == "hgatp" else 0
        self._address = PAGE if name == "hgatp" else VA

    def write(self, bits: int, above: int = 0) -> None:
        """Set bits of the leaf, or of the pointer ``above`` levels above it."""
        slot = self.table.slot(self._address, self._level + above)
        self._lab.write(slot, self._lab.read(slot) & (1 << 54) - 1 | bits)

    def enable(self, on: int = 1) -> None:
        """PBMTE of the register that the stage goes by."""
        put(self._lab, "henvcfg.PBMTE" if self.name == VS else "menvcfg.PBMTE", on)


STAGES = [HS, VS, "hgatp"]


@pytest.mark.rule("menvcfg_pbmte_op")
@pytest.mark.rule("henvcfg_pbmte_op")
@pytest.mark.rule("Svpbmt_leaf_pte_pbmt_reserved_3_fault")
@pytest.mark.rule("Svpbmt_depends_Sv39")
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", STAGES)
def test_types_of_a_leaf(lab: Lab, name: str, scheme: int) -> None:
    """0, 1 and 2 are accepted while PBMTE=1, only 0 while it is 0, and 3 never."""
    lab.set("menvcfg", PBMTE)
    stage = Stage(lab, name, scheme)
    for on, kind in product((1, 0, 1), range(4)):
        stage.enable(on)
        stage.write(typed(kind))
        if kind == PMA or (on and kind != RESERVED):
            assert do(lab, LOAD, stage.mode, a1=VA) is None, (on, kind)
            assert lab.a0 == VALUE
        elif name == "hgatp":  # the code's page is behind the same leaf
            record = lab.fetch(CODE, Mode.VS)
            assert record is not None
            assert (record.cause, record.reason) == (20, Reason.PTE_MEMORY_TYPE)
        else:
            record = trapped(lab, LOAD, stage.mode, a1=VA)
            assert (record.cause, record.tval, record.reason) == (stage.fault, VA, Reason.PTE_MEMORY_TYPE)


@pytest.mark.rule("Svpbmt_nonleaf_pte_pbmt_must_be_zero")
@pytest.mark.parametrize("kind", [NC, IO, RESERVED])
@pytest.mark.parametrize("name", [HS, VS])
def test_a_pointer_has_no_type(lab: Lab, name: str, kind: int) -> None:
    lab.set("menvcfg", PBMTE)
    stage = Stage(lab, name)
    stage.enable()
    stage.write(typed(kind), above=1)
    record = trapped(lab, LOAD, stage.mode, a1=VA)
    assert (record.cause, record.tval, record.reason) == (13, VA, Reason.PTE_MEMORY_TYPE)
    stage.write(0, above=1)
    assert do(lab, LOAD, stage.mode, a1=VA) is None


@pytest.mark.rule("Svpbmt_nonleaf_pte_pbmt_must_be_zero")
@pytest.mark.parametrize("kind", [NC, IO, RESERVED])
def test_a_pointer_of_the_g_stage_has_no_type(lab: Lab, kind: int) -> None:
    lab.set("menvcfg", PBMTE)
    first, guest = two_stages(lab)
    far = 0x1_0000_0000
    guest.map(far, PAGE, RWX | 16)
    first.map(VA, far)
    slot = guest.slot(far, 1)
    lab.write(slot, lab.read(slot) | typed(kind))
    record = trapped(lab, LOAD, Mode.VS, a1=VA)
    assert (record.cause, record.gpa, record.reason) == (21, far, Reason.PTE_MEMORY_TYPE)


@pytest.mark.rule("henvcfg_pbmte_op")
@pytest.mark.rule("menvcfg_pbmte_op")
def test_each_stage_has_a_switch_of_its_own(lab: Lab) -> None:
    """henvcfg's does not concern the G-stage, nor menvcfg's the VS-stage beyond making henvcfg's writable."""
    lab.set("menvcfg", PBMTE)
    first, guest = two_stages(lab)
    guest.map(0x8000_0000, 0x8000_0000, RWX | 16 | typed(NC), level=2)
    first.map(VA, PAGE)
    assert do(lab, LOAD, Mode.VS, a1=VA) is None
    first.map(VA, PAGE, RWX | typed(NC))
    assert trapped(lab, LOAD, Mode.VS, a1=VA).cause == 13


@pytest.mark.rule("menvcfg_pbmte_henvcfg_pbmte_rdonly0")
def test_henvcfg_needs_menvcfg(lab: Lab) -> None:
    lab.csr("henvcfg", PBMTE)
    assert lab.csr("henvcfg") == 0
    lab.set("menvcfg", PBMTE)
    assert lab.csr("henvcfg", PBMTE) == PBMTE
    lab.csr("menvcfg", 0)
    assert lab.csr("henvcfg") == 0


@pytest.mark.rule("menvcfg_pbmte_rdonly0")
@pytest.mark.rule("Sv39_pte_svpbmt_rsv")
@pytest.mark.parametrize("kind", [NC, IO, RESERVED])
@pytest.mark.reference_only
def test_a_hart_without_the_extension(kind: int) -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa("default,-svpbmt")))
    for name in ("menvcfg", "henvcfg"):
        lab.csr(name, PBMTE)
        assert lab.csr(name) & PBMTE == 0
    lab.table(HS, SV39).map(VA, PAGE, RWX | typed(kind))
    assert trapped(lab, LOAD, Mode.HS, a1=VA).reason == Reason.PTE_MEMORY_TYPE


@pytest.mark.rule("menvcfg_pbmte_fence")
@pytest.mark.parametrize("start", [0, 1])
def test_a_change_of_pbmte_holds_at_the_latest_after_a_fence(lab: Lab, start: int) -> None:
    lab.csr("menvcfg", PBMTE * start)
    lab.table(HS, SV39).map(VA, PAGE, RWX | typed(NC))
    program = Program(lab, LOAD, "csrrw x0, menvcfg, a2", "sfence.vma x0, x0", a1=VA)
    for on in (start, 1 - start, start):
        lab.hart.x[12] = PBMTE * on
        assert program.run(1, Mode.M) is None
        assert program.run(2, Mode.M) is None
        assert (program.run(0, Mode.HS) is None) == bool(on)


@pytest.mark.rule("Svpbmt_hgatp_stage_override_rule")
@pytest.mark.rule("Svpbmt_vsatp_stage_override_rule")
@pytest.mark.rule("Svpbmt_obeys_mem_ordering")
@pytest.mark.parametrize(("first_type", "guest_type"), [*product((PMA, NC, IO), repeat=2)])
def test_types_of_both_stages_together(lab: Lab, first_type: int, guest_type: int) -> None:
    lab.set("menvcfg", PBMTE)
    lab.set("henvcfg", PBMTE)
    first, guest = two_stages(lab)
    guest.map(0x8000_0000, 0x8000_0000, RWX | 16 | typed(guest_type), level=2)
    first.map(VA, PAGE, RWX | typed(first_type))
    assert do(lab, LOAD, Mode.VS, a1=VA) is None
    assert lab.a0 == VALUE
    assert do(lab, "amoadd.d a0, a2, (a1)", Mode.VS, a1=VA, a2=1) is None
    assert lab.read(PAGE) == VALUE + 1


@pytest.mark.rule("Svpbmt_aliasing_attribute")
@pytest.mark.rule("Svpbmt_noncacheable_aliasing_no_coherence_loss")
@pytest.mark.rule("Svpbmt_noncacheable_aliasing_fence_prevents_ordering_loss")
@pytest.mark.rule("Svpbmt_cacheable_aliasing_fence_flush_fence_required")
@pytest.mark.rule("Svpbmt_impl_may_override_pmas")
@pytest.mark.parametrize(("one", "other"), [*product((PMA, NC, IO), repeat=2)])
def test_aliases_of_different_types_stay_coherent(lab: Lab, one: int, other: int) -> None:
    """Without any fence, also in the middle of a page and misaligned: no type takes an attribute away."""
    lab.set("menvcfg", PBMTE)
    table = lab.table(HS, SV39)
    for number, kind in enumerate((one, other)):
        table.map(VA + 4096 * number, PAGE, RWX | typed(kind))
    program = Program(lab, "sd a2, 3(a1)", "ld a0, 3(a3)", a1=VA, a2=VALUE + 5, a3=VA + 4096)
    assert program.run(0, Mode.HS) is None
    assert program.run(1, Mode.HS) is None
    assert lab.a0 == VALUE + 5
