"""The F and D instructions: encodings, boxes, rounding modes, flags, FS, and which register gets what.

What the numbers are is the softfloat tests' business.
"""

from __future__ import annotations

import pytest

from machine.isa import rv64d, rv64f
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.operands import extract
from machine.spec.causes import Cause
from machine.trap.trap import Trap
from tests.machine.isa.floating_bench import DYNAMIC, DZ, NV, NX, OF, UF, Bench, double, single

DECLARED = {instruction.name: instruction for instruction in INSTRUCTIONS if instruction.extension in ("F", "D")}


@pytest.fixture(name="h")
def make_bench() -> Bench:
    return Bench()


WORDS = [
    ("flw", 0xFEC52287),
    ("fsw", 0xFF152627),
    ("fadd.s", 0x011512D3),
    ("fsub.s", 0x091512D3),
    ("fmul.s", 0x111512D3),
    ("fdiv.s", 0x191512D3),
    ("fsqrt.s", 0x580512D3),
    ("fmadd.s", 0xE11512C3),
    ("fmsub.s", 0xE11512C7),
    ("fnmsub.s", 0xE11512CB),
    ("fnmadd.s", 0xE11512CF),
    ("fsgnj.s", 0x211502D3),
    ("fsgnjn.s", 0x211512D3),
    ("fsgnjx.s", 0x211522D3),
    ("fmin.s", 0x291502D3),
    ("fmax.s", 0x291512D3),
    ("fle.s", 0xA11502D3),
    ("flt.s", 0xA11512D3),
    ("feq.s", 0xA11522D3),
    ("fclass.s", 0xE00512D3),
    ("fcvt.w.s", 0xC00512D3),
    ("fcvt.wu.s", 0xC01512D3),
    ("fcvt.l.s", 0xC02512D3),
    ("fcvt.lu.s", 0xC03512D3),
    ("fcvt.s.w", 0xD00512D3),
    ("fcvt.s.wu", 0xD01512D3),
    ("fcvt.s.l", 0xD02512D3),
    ("fcvt.s.lu", 0xD03512D3),
    ("fmv.x.w", 0xE00502D3),
    ("fmv.w.x", 0xF00502D3),
    ("fld", 0xFEC53287),
    ("fsd", 0xFF153627),
    ("fadd.d", 0x031512D3),
    ("fsub.d", 0x0B1512D3),
    ("fmul.d", 0x131512D3),
    ("fdiv.d", 0x1B1512D3),
    ("fsqrt.d", 0x5A0512D3),
    ("fmadd.d", 0xE31512C3),
    ("fmsub.d", 0xE31512C7),
    ("fnmsub.d", 0xE31512CB),
    ("fnmadd.d", 0xE31512CF),
    ("fsgnj.d", 0x231502D3),
    ("fsgnjn.d", 0x231512D3),
    ("fsgnjx.d", 0x231522D3),
    ("fmin.d", 0x2B1502D3),
    ("fmax.d", 0x2B1512D3),
    ("fle.d", 0xA31502D3),
    ("flt.d", 0xA31512D3),
    ("feq.d", 0xA31522D3),
    ("fclass.d", 0xE20512D3),
    ("fcvt.w.d", 0xC20512D3),
    ("fcvt.wu.d", 0xC21512D3),
    ("fcvt.l.d", 0xC22512D3),
    ("fcvt.lu.d", 0xC23512D3),
    ("fcvt.d.w", 0xD20502D3),
    ("fcvt.d.wu", 0xD21502D3),
    ("fcvt.d.l", 0xD22512D3),
    ("fcvt.d.lu", 0xD23512D3),
    ("fcvt.s.d", 0x401512D3),
    ("fcvt.d.s", 0x420502D3),
    ("fmv.x.d", 0xE20502D3),
    ("fmv.d.x", 0xF20502D3),
]
"""As LLVM's assembler encodes rd 5, rs1 10, rs2 17, rs3 28, rm RTZ and offset -20."""


@pytest.mark.parametrize(("name", "word"), WORDS)
def test_encodings(name: str, word: int) -> None:
    pattern = DECLARED[name].pattern
    assert word & pattern.mask == pattern.match
    rm = 0 if name in ("fcvt.d.w", "fcvt.d.wu", "fcvt.d.s") else 1  # the assembler takes no mode for the exact ones
    expected = {"rd": 5, "rs1": 10, "rs2": 17, "rs3": 28, "rm": rm, "imm": -20}
    found = extract(pattern, word)
    assert found == {field: expected[field] for field in found}


def test_every_instruction_is_in_the_table() -> None:
    assert {name for name, _ in WORDS} == set(DECLARED)
    assert rv64f.__doc__
    assert rv64d.__doc__


@pytest.mark.rule("mstatus_fs_op")
@pytest.mark.parametrize("name", DECLARED)
def test_everything_is_illegal_while_fs_is_off(h: Bench, name: str) -> None:
    h.off = True
    with pytest.raises(Trap) as caught:
        h.run(name)
    assert caught.value.cause == Cause.ILLEGAL_INSTRUCTION
    assert (h.f, h.x, h.dirty) == ([0] * 32, [0] * 32, False)


ROUNDING = [name for name, instruction in DECLARED.items() if "rm" in instruction.syntax.split(",")]


@pytest.mark.rule("roundingmode_rsv")
@pytest.mark.parametrize("name", ROUNDING)
def test_reserved_rounding_modes_are_illegal(h: Bench, name: str) -> None:
    for rm, frm in ((5, 0), (6, 0), (DYNAMIC, 5), (DYNAMIC, 6), (DYNAMIC, 7)):
        h.state.fcsr = frm << 5
        with pytest.raises(Trap):
            h.run(name, rm=rm)
        assert h.state.fcsr == frm << 5
    h.state.fcsr = 7 << 5
    h.run(name, rm=4)


@pytest.mark.rule("roundingmode_dynamic")
def test_dynamic_rounding_reads_frm(h: Bench) -> None:
    h.f[2], h.f[3] = double(1.0), double(2.0**-60)
    for frm, expected in ((0, 0), (1, 0), (2, 0), (3, 1), (4, 0)):
        h.state.fcsr = frm << 5
        h.run("fadd.d", rm=DYNAMIC)
        assert h.f[1] - double(1.0) == expected
        assert h.state.fcsr == frm << 5 | NX
    h.state.fcsr = 3 << 5
    assert h.run("fadd.d", rm=0).f[1] == double(1.0)


@pytest.mark.parametrize(
    ("name", "expected"), [("fadd", 7.0), ("fsub", 5.0), ("fmul", 6.0), ("fdiv", 6.0), ("fmin", 1.0), ("fmax", 6.0)]
)
def test_two_operands(h: Bench, name: str, expected: float) -> None:
    h.f[2], h.f[3] = double(6.0), double(1.0)
    assert h.run(f"{name}.d").f[1] == double(expected)
    h.f[2], h.f[3] = single(6.0), single(1.0)
    assert h.run(f"{name}.s").f[1] == single(expected)
    assert h.dirty
    assert h.state.fcsr == 0


@pytest.mark.rule("fnmadd-s_op")
@pytest.mark.rule("fnmsub-s_op")
@pytest.mark.parametrize(("name", "expected"), [("fmadd", 7.0), ("fmsub", 5.0), ("fnmsub", -5.0), ("fnmadd", -7.0)])
def test_fused(h: Bench, name: str, expected: float) -> None:
    h.f[2], h.f[3], h.f[4] = double(2.0), double(3.0), double(1.0)
    assert h.run(f"{name}.d").f[1] == double(expected)
    h.f[2], h.f[3], h.f[4] = single(2.0), single(3.0), single(1.0)
    assert h.run(f"{name}.s").f[1] == single(expected)


def test_square_root(h: Bench) -> None:
    h.f[2] = double(9.0)
    assert h.run("fsqrt.d").f[1] == double(3.0)
    h.f[2] = single(2.25)
    assert h.run("fsqrt.s").f[1] == single(1.5)


@pytest.mark.parametrize(
    ("name", "a", "b", "expected"),
    [
        *(("feq", 1.0, 1.0, 1), ("feq", 1.0, 2.0, 0), ("flt", 1.0, 2.0, 1)),
        *(("flt", 2.0, 2.0, 0), ("fle", 2.0, 2.0, 1), ("fle", 3.0, 2.0, 0)),
    ],
)
def test_comparisons_leave_fs_alone_unless_they_raise_a_flag(
    h: Bench, name: str, a: float, b: float, expected: int
) -> None:
    h.f[2], h.f[3] = double(a), double(b)
    assert h.run(f"{name}.d").x[1] == expected
    h.f[2], h.f[3] = single(a), single(b)
    assert h.run(f"{name}.s").x[1] == expected
    assert not h.dirty
    h.f[2] = 0xFFFFFFFF7F800001
    assert h.run(f"{name}.s").x[1] == 0
    assert h.dirty
    assert h.state.fcsr == NV


@pytest.mark.rule("fsgnj-s_fsgnjn-s_fsgnjx-s_op")
@pytest.mark.parametrize(("name", "expected"), [("fsgnj", 1.0), ("fsgnjn", -1.0), ("fsgnjx", -1.0)])
def test_sign_injection(h: Bench, name: str, expected: float) -> None:
    h.f[2], h.f[3] = double(-1.0), double(1.0)
    assert h.run(f"{name}.d").f[1] == double(expected)
    h.f[2], h.f[3] = single(-1.0), single(1.0)
    assert h.run(f"{name}.s").f[1] == single(expected)


@pytest.mark.rule("FP_nontransfer_instrs_improper_nan-boxed_input")
def test_an_improper_box_is_the_canonical_nan(h: Bench) -> None:
    h.f[2], h.f[3] = 0x3F800000, single(1.0)
    assert h.run("fadd.s").f[1] == 0xFFFFFFFF7FC00000
    assert h.run("fsgnj.s").f[1] == 0xFFFFFFFF7FC00000
    assert h.run("fclass.s").x[1] == 1 << 9
    assert h.run("fcvt.d.s").f[1] == 0x7FF8000000000000
    assert h.run("fmin.s").f[1] == single(1.0)
    assert h.run("fcvt.w.s").x[1] == 0x7FFFFFFF
    assert h.state.fcsr == NV  # only the conversion to an integer


@pytest.mark.rule("FP_transfer_instrs_narrow_transfer_in")
@pytest.mark.rule("FP_transfer_instrs_narrow_transfer_out")
@pytest.mark.rule("fsw_flw_bits_maintained")
def test_transfers_box_on_the_way_in_and_ignore_the_box_on_the_way_out(h: Bench) -> None:
    h.memory[:8] = (0x123456787F800001).to_bytes(8, "little")
    h.x[2] = 4
    assert h.run("flw", imm=-4).f[1] == 0xFFFFFFFF7F800001
    assert h.run("fld", imm=-4).f[1] == 0x123456787F800001
    h.f[3] = 0x0BAD0BAD7F800002
    h.run("fsw", imm=4)
    assert h.memory[8:16] == bytes.fromhex("0200807f00000000")
    h.run("fsd", imm=12)
    assert h.memory[16:24] == h.f[3].to_bytes(8, "little")
    h.f[2] = 0x0BAD0BADFF800001
    assert h.run("fmv.x.w").x[1] == 0xFFFFFFFFFF800001
    assert h.run("fmv.x.d").x[1] == 0x0BAD0BADFF800001
    h.x[2] = 0x123456787F800001
    assert h.run("fmv.w.x").f[1] == 0xFFFFFFFF7F800001
    assert h.run("fmv.d.x").f[1] == 0x123456787F800001
    assert h.state.fcsr == 0


def test_what_only_reads_f_registers_leaves_fs_alone(h: Bench) -> None:
    for name in ("fsw", "fsd", "fmv.x.w", "fmv.x.d", "fclass.s", "fclass.d", "fcvt.l.d"):
        assert not h.run(name).dirty
    for name in ("flw", "fld", "fmv.w.x", "fmv.d.x", "fcvt.s.w", "fsgnj.d"):
        assert Bench().run(name).dirty


@pytest.mark.rule("fcvt-w-d_fcvt-wu-d_sign_ext")
def test_words_are_sign_extended_the_unsigned_ones_too(h: Bench) -> None:
    h.f[2] = double(4294967295.0)
    assert h.run("fcvt.wu.d").x[1] == 0xFFFFFFFFFFFFFFFF
    assert h.run("fcvt.lu.d").x[1] == 0xFFFFFFFF
    h.f[2] = single(-2.0)
    assert h.run("fcvt.w.s").x[1] == h.run("fcvt.l.s").x[1] == 0xFFFFFFFFFFFFFFFE
    assert h.state.fcsr == 0
    assert h.run("fcvt.wu.s").x[1] == 0
    assert h.run("fcvt.lu.s").x[1] == 0
    assert h.state.fcsr == NV


@pytest.mark.rule("fcvt-s-w_fcvt-s-l_op")
@pytest.mark.rule("fcvt-d-w_fcvt-d-l_op")
def test_integers_become_numbers(h: Bench) -> None:
    h.x[2] = 0x1FFFFFFFF
    for suffix, make in (("s", single), ("d", double)):
        assert h.run(f"fcvt.{suffix}.w").f[1] == make(-1.0)
        assert h.run(f"fcvt.{suffix}.wu", rm=2).f[1] == make(4294967040.0 if suffix == "s" else 4294967295.0)
    h.x[2] = -1
    assert h.run("fcvt.d.l").f[1] == double(-1.0)
    assert h.run("fcvt.d.lu").f[1] == double(2.0**64)
    assert h.run("fcvt.s.l").f[1] == single(-1.0)
    assert h.run("fcvt.s.lu").f[1] == single(2.0**64)


@pytest.mark.rule("fcvt-s-d_fcvt-d-s_op")
def test_between_precisions(h: Bench) -> None:
    h.f[2] = double(1.0 + 2.0**-40)
    assert h.run("fcvt.s.d").f[1] == single(1.0)
    assert h.state.fcsr == NX
    h.f[2] = single(-1.5)
    assert h.run("fcvt.d.s").f[1] == double(-1.5)


@pytest.mark.rule("fcsr_fflags_op")
def test_flags_accrue(h: Bench) -> None:
    h.f[2], h.f[3] = double(1.0), double(0.0)
    h.run("fdiv.d")
    assert h.state.fcsr == DZ
    h.f[2], h.f[3] = double(1e308), double(1e308)
    h.run("fmul.d")
    assert h.state.fcsr == DZ | OF | NX
    h.f[2], h.f[3] = double(1e-308), double(1e-308)
    h.run("fmul.d")
    assert h.state.fcsr == DZ | OF | UF | NX


def test_source_and_destination_may_be_one_register(h: Bench) -> None:
    h.f[1] = double(3.0)
    assert h.run("fmadd.d", rs1=1, rs2=1, rs3=1).f[1] == double(12.0)
