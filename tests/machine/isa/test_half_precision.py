"""The instructions of Zfh and Zfhmin: encodings, boxes, rounding modes, flags, FS, and which register gets what.

What the numbers are is the softfloat tests' business.
"""

from __future__ import annotations

import pytest

from machine.config import parse_isa
from machine.errors import MachineError
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.decode import Decoder
from machine.isa.operands import extract
from machine.spec.causes import Cause
from machine.trap.trap import Trap
from tests.machine.isa.floating_bench import DYNAMIC, DZ, NV, NX, OF, UF, Bench, double, half, single

EXTENSIONS = ("Zfh", "Zfhmin", "Zfhmin+D")
DECLARED = {instruction.name: instruction for instruction in INSTRUCTIONS if instruction.extension in EXTENSIONS}
NAN = 0xFFFFFFFFFFFF7E00
SIGNALLING = 0xFFFFFFFFFFFF7C01


@pytest.fixture(name="h")
def make_bench() -> Bench:
    return Bench()


WORDS = [
    ("flh", 0xFEC51287),
    ("fsh", 0xFF151627),
    ("fadd.h", 0x051512D3),
    ("fsub.h", 0x0D1512D3),
    ("fmul.h", 0x151512D3),
    ("fdiv.h", 0x1D1512D3),
    ("fsqrt.h", 0x5C0512D3),
    ("fmadd.h", 0xE51512C3),
    ("fmsub.h", 0xE51512C7),
    ("fnmsub.h", 0xE51512CB),
    ("fnmadd.h", 0xE51512CF),
    ("fsgnj.h", 0x251502D3),
    ("fsgnjn.h", 0x251512D3),
    ("fsgnjx.h", 0x251522D3),
    ("fmin.h", 0x2D1502D3),
    ("fmax.h", 0x2D1512D3),
    ("fle.h", 0xA51502D3),
    ("flt.h", 0xA51512D3),
    ("feq.h", 0xA51522D3),
    ("fclass.h", 0xE40512D3),
    ("fcvt.w.h", 0xC40512D3),
    ("fcvt.wu.h", 0xC41512D3),
    ("fcvt.l.h", 0xC42512D3),
    ("fcvt.lu.h", 0xC43512D3),
    ("fcvt.h.w", 0xD40512D3),
    ("fcvt.h.wu", 0xD41512D3),
    ("fcvt.h.l", 0xD42512D3),
    ("fcvt.h.lu", 0xD43512D3),
    ("fcvt.s.h", 0x402502D3),
    ("fcvt.h.s", 0x440512D3),
    ("fcvt.d.h", 0x422502D3),
    ("fcvt.h.d", 0x441512D3),
    ("fmv.x.h", 0xE40502D3),
    ("fmv.h.x", 0xF40502D3),
]
"""As LLVM's assembler encodes rd 5, rs1 10, rs2 17, rs3 28, rm RTZ and offset -20."""


@pytest.mark.parametrize(("name", "word"), WORDS)
def test_encodings(name: str, word: int) -> None:
    pattern = DECLARED[name].pattern
    assert word & pattern.mask == pattern.match
    rm = 0 if name in ("fcvt.s.h", "fcvt.d.h") else 1  # the assembler takes no mode for the exact ones
    expected = {"rd": 5, "rs1": 10, "rs2": 17, "rs3": 28, "rm": rm, "imm": -20}
    found = extract(pattern, word)
    assert found == {field: expected[field] for field in found}


def test_every_instruction_is_in_the_table() -> None:
    assert {name for name, _ in WORDS} == set(DECLARED)


MINIMAL = {"flh", "fsh", "fmv.x.h", "fmv.h.x", "fcvt.s.h", "fcvt.h.s"}


@pytest.mark.parametrize(
    ("isa", "expected"),
    [
        ("rv64imahf_zfhmin", MINIMAL),
        ("rv64imahfd_zfhmin", MINIMAL | {"fcvt.d.h", "fcvt.h.d"}),
        ("rv64imahf_zfh", set(DECLARED) - {"fcvt.d.h", "fcvt.h.d"}),
        ("rv64imahfd_zfh", set(DECLARED)),
        ("rv64imahfd", set()),
    ],
)
def test_which_extension_brings_what(isa: str, expected: set[str]) -> None:
    present = Decoder(parse_isa(isa).extensions).instructions
    assert {instruction.name for instruction in present} & set(DECLARED) == expected


def test_half_precision_needs_single() -> None:
    for name in ("zfh", "zfhmin"):
        with pytest.raises(MachineError, match="F"):
            parse_isa(f"rv64imah_{name}")


@pytest.mark.rule("mstatus_fs_op")
@pytest.mark.parametrize("name", DECLARED)
def test_everything_is_illegal_while_fs_is_off(h: Bench, name: str) -> None:
    h.off = True
    with pytest.raises(Trap) as caught:
        h.run(name)
    assert caught.value.cause == Cause.ILLEGAL_INSTRUCTION
    assert (h.f, h.x, h.dirty) == ([0] * 32, [0] * 32, False)


@pytest.mark.rule("roundingmode_rsv")
@pytest.mark.parametrize("name", [n for n, declared in DECLARED.items() if "rm" in declared.syntax.split(",")])
def test_reserved_rounding_modes_are_illegal(h: Bench, name: str) -> None:
    for rm, frm in ((5, 0), (6, 0), (DYNAMIC, 5), (DYNAMIC, 7)):
        h.state.fcsr = frm << 5
        with pytest.raises(Trap):
            h.run(name, rm=rm)
        assert h.state.fcsr == frm << 5


@pytest.mark.parametrize(
    ("name", "expected"), [("fadd", 7.0), ("fsub", 5.0), ("fmul", 6.0), ("fdiv", 6.0), ("fmin", 1.0), ("fmax", 6.0)]
)
def test_two_operands(h: Bench, name: str, expected: float) -> None:
    h.f[2], h.f[3] = half(6.0), half(1.0)
    assert h.run(f"{name}.h").f[1] == half(expected)
    assert h.dirty
    assert h.state.fcsr == 0


@pytest.mark.parametrize(("name", "expected"), [("fmadd", 7.0), ("fmsub", 5.0), ("fnmsub", -5.0), ("fnmadd", -7.0)])
def test_fused(h: Bench, name: str, expected: float) -> None:
    h.f[2], h.f[3], h.f[4] = half(2.0), half(3.0), half(1.0)
    assert h.run(f"{name}.h").f[1] == half(expected)


def test_square_root_and_signs(h: Bench) -> None:
    h.f[2], h.f[3] = half(2.25), half(-1.0)
    assert h.run("fsqrt.h").f[1] == half(1.5)
    assert h.run("fsgnj.h").f[1] == half(-2.25)
    assert h.run("fsgnjn.h").f[1] == half(2.25)
    assert h.run("fsgnjx.h", rs1=3).f[1] == half(1.0)


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
    h.f[2], h.f[3] = half(a), half(b)
    assert h.run(f"{name}.h").x[1] == expected
    assert not h.dirty
    h.f[2] = SIGNALLING
    assert h.run(f"{name}.h").x[1] == 0
    assert (h.dirty, h.state.fcsr) == (True, NV)


@pytest.mark.rule("FP_nontransfer_instrs_improper_nan-boxed_input")
@pytest.mark.parametrize("register", [0x3C00, single(1.0), 0xFFFFFFFF00003C00, 0x0000FFFFFFFF3C00])
def test_an_improper_box_is_the_canonical_nan(h: Bench, register: int) -> None:
    h.f[2], h.f[3] = register, half(1.0)
    assert h.run("fadd.h").f[1] == h.run("fsgnj.h").f[1] == NAN
    assert h.run("fclass.h").x[1] == 1 << 9
    assert h.run("fcvt.s.h").f[1] == 0xFFFFFFFF7FC00000
    assert h.run("fcvt.d.h").f[1] == 0x7FF8000000000000
    assert h.run("fmin.h").f[1] == half(1.0)
    assert h.state.fcsr == 0


def test_a_half_is_the_nan_of_a_wider_format(h: Bench) -> None:
    h.f[2], h.f[3] = half(1.0), single(1.0)
    assert h.run("fadd.s").f[1] == 0xFFFFFFFF7FC00000
    assert h.run("fclass.s").x[1] == h.run("fclass.d").x[1] == 1 << 9


@pytest.mark.rule("FP_transfer_instrs_narrow_transfer_in")
@pytest.mark.rule("FP_transfer_instrs_narrow_transfer_out")
def test_transfers_box_on_the_way_in_and_ignore_the_box_on_the_way_out(h: Bench) -> None:
    h.memory[:4] = bytes.fromhex("3412017c")
    h.x[2] = 4
    assert h.run("flh", imm=-2).f[1] == SIGNALLING
    h.f[3] = 0x0BAD0BAD0BADFC01
    h.run("fsh", imm=4)
    assert h.memory[8:12] == bytes.fromhex("01fc0000")
    h.f[2] = 0x0BAD0BAD0BADFC01
    assert h.run("fmv.x.h").x[1] == 0xFFFFFFFFFFFFFC01
    h.x[2] = 0x0BAD0BAD0BAD7C01
    assert h.run("fmv.h.x").f[1] == SIGNALLING
    assert h.state.fcsr == 0


def test_what_only_reads_f_registers_leaves_fs_alone(h: Bench) -> None:
    h.f[2] = half(1.0)
    for name in ("fsh", "fmv.x.h", "fclass.h", "fcvt.l.h", "fcvt.w.h"):
        assert not h.run(name).dirty
    for name in ("flh", "fmv.h.x", "fcvt.h.w", "fcvt.h.s", "fcvt.d.h", "fsgnj.h"):
        assert Bench().run(name).dirty


def test_conversions_with_integers(h: Bench) -> None:
    h.f[2] = half(-65504.0)
    assert h.run("fcvt.w.h").x[1] == h.run("fcvt.l.h").x[1] == (1 << 64) - 65504
    assert h.state.fcsr == 0
    assert h.run("fcvt.wu.h").x[1] == h.run("fcvt.lu.h").x[1] == 0
    assert h.state.fcsr == NV
    h.f[2] = 0xFFFFFFFFFFFF7C00
    assert [h.run(f"fcvt.{kind}.h").x[1] for kind in ("w", "wu", "l", "lu")] == [
        *(0x7FFFFFFF, (1 << 64) - 1),
        *(0x7FFFFFFFFFFFFFFF, (1 << 64) - 1),
    ]
    h.x[2] = 0xFFFFFFFF00000801
    assert h.run("fcvt.h.w").f[1] == h.run("fcvt.h.wu", rm=1).f[1] == half(2048.0)
    assert h.run("fcvt.h.wu", rm=3).f[1] == half(2050.0)
    assert h.state.fcsr == NV | NX
    assert h.run("fcvt.h.l", rm=1).f[1] == half(-65504.0)
    assert h.run("fcvt.h.lu").f[1] == 0xFFFFFFFFFFFF7C00
    assert h.state.fcsr == NV | NX | OF


def test_between_precisions(h: Bench) -> None:
    h.f[2] = half(-1.5)
    assert h.run("fcvt.s.h").f[1] == single(-1.5)
    assert h.run("fcvt.d.h").f[1] == double(-1.5)
    h.f[2] = single(1.0 + 2.0**-20)
    assert h.run("fcvt.h.s", rm=DYNAMIC).f[1] == half(1.0)
    h.f[2] = double(1.0 + 2.0**-20)
    h.state.fcsr = 3 << 5
    assert h.run("fcvt.h.d", rm=DYNAMIC).f[1] == half(1.0 + 2.0**-10)
    assert h.state.fcsr == 3 << 5 | NX


@pytest.mark.rule("fcsr_fflags_op")
def test_flags_accrue(h: Bench) -> None:
    h.f[2], h.f[3] = half(1.0), half(0.0)
    h.run("fdiv.h")
    assert h.state.fcsr == DZ
    h.f[2], h.f[3] = half(60000.0), half(60000.0)
    h.run("fadd.h")
    assert h.state.fcsr == DZ | OF | NX
    h.f[2], h.f[3] = half(2.0**-14), half(0.3)
    h.run("fmul.h")
    assert h.state.fcsr == DZ | OF | UF | NX
