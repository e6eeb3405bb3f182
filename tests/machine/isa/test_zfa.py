"""The instructions of Zfa: encodings, text, boxes, rounding modes, flags, FS.

What the numbers are is the softfloat tests' business.
"""

from __future__ import annotations

import pytest

from machine.config import parse_isa
from machine.isa.assemble import assemble
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.decode import Decoder
from machine.isa.disassemble import disassemble
from machine.isa.operands import extract
from machine.spec.causes import Cause
from machine.trap.trap import Trap
from tests.machine.isa.floating_bench import DYNAMIC, NV, NX, Bench, double, half, single

DECLARED = {i.name: i for i in INSTRUCTIONS if "Zfa" in i.extension.split("+")}
BOXED_NAN = {"h": 0xFFFFFFFFFFFF7E00, "s": 0xFFFFFFFF7FC00000, "d": 0x7FF8000000000000}
QUIET = {"h": 0xFFFFFFFFFFFF7E01, "s": 0xFFFFFFFF7FC00001, "d": 0xFFF8000000000001}
SIGNALLING = {"h": 0xFFFFFFFFFFFF7C01, "s": 0xFFFFFFFF7F800001, "d": 0x7FF0000000000001}
MAKE = {"h": half, "s": single, "d": double}
every_suffix = pytest.mark.parametrize("suffix", MAKE)


@pytest.fixture(name="h")
def make_bench() -> Bench:
    return Bench()


WORDS = [
    ("fli.h ft5,0x1.8p-2", 0xF41502D3),
    ("fli.s ft5,0x1.8p-2", 0xF01502D3),
    ("fli.d ft5,0x1.8p-2", 0xF21502D3),
    ("fminm.h ft5,fa0,fa7", 0x2D1522D3),
    ("fmaxm.h ft5,fa0,fa7", 0x2D1532D3),
    ("fminm.s ft5,fa0,fa7", 0x291522D3),
    ("fmaxm.s ft5,fa0,fa7", 0x291532D3),
    ("fminm.d ft5,fa0,fa7", 0x2B1522D3),
    ("fmaxm.d ft5,fa0,fa7", 0x2B1532D3),
    ("fround.h ft5,fa0,rtz", 0x444512D3),
    ("froundnx.h ft5,fa0,rtz", 0x445512D3),
    ("fround.s ft5,fa0,rtz", 0x404512D3),
    ("froundnx.s ft5,fa0,rtz", 0x405512D3),
    ("fround.d ft5,fa0,rtz", 0x424512D3),
    ("froundnx.d ft5,fa0,rtz", 0x425512D3),
    ("fleq.h t0,fa0,fa7", 0xA51542D3),
    ("fltq.h t0,fa0,fa7", 0xA51552D3),
    ("fleq.s t0,fa0,fa7", 0xA11542D3),
    ("fltq.s t0,fa0,fa7", 0xA11552D3),
    ("fleq.d t0,fa0,fa7", 0xA31542D3),
    ("fltq.d t0,fa0,fa7", 0xA31552D3),
    ("fcvtmod.w.d t0,fa0,rtz", 0xC28512D3),
]
"""As LLVM's assembler encodes them."""


@pytest.mark.parametrize(("text", "word"), WORDS)
def test_text_and_bits(text: str, word: int) -> None:
    assert disassemble(word, 0) == text
    assert assemble(text) == word


def test_every_instruction_is_in_the_table() -> None:
    assert {text.split()[0] for text, _ in WORDS} == set(DECLARED)


def test_operands() -> None:
    word = assemble("fround.d fa0,fa1")
    assert extract(DECLARED["fround.d"].pattern, word) == {"rs1": 11, "rm": DYNAMIC, "rd": 10}
    assert assemble("fli.s fa0,0.375") == assemble("fli.s fa0,0x1.8p-2") == 0xF0150553
    assert assemble("fli.d fa0,min") == 0xF2108553
    for text, complaint in (("fli.s fa0,0.3", "'0.3' is none"), ("fli.s fa0,big", "'big' is none")):
        with pytest.raises(ValueError, match=complaint):
            assemble(text)
    with pytest.raises(ValueError, match="'rne' stands where 'rtz' must"):
        assemble("fcvtmod.w.d t0,fa0,rne")


@pytest.mark.rule("fcvtmod-w-d")
def test_another_rounding_mode_of_the_modular_conversion_is_reserved() -> None:
    for rm in range(8):
        assert disassemble(0xC28502D3 | rm << 12, 0).startswith("fcvtmod" if rm == 1 else ".4byte")


@pytest.mark.parametrize(
    ("isa", "suffixes", "modular"),
    [
        ("rv64imahf_zfa", "s", False),
        ("rv64imahfd_zfa", "sd", True),
        ("rv64imahf_zfa_zfh", "sh", False),
        ("rv64imahf_zfa_zfhmin", "s", False),
        ("rv64imahfd_zfa_zfh", "sdh", True),
        ("rv64imahfd_zfh", "", False),
    ],
)
def test_which_other_extensions_it_takes(isa: str, suffixes: str, modular: bool) -> None:
    present = {instruction.name for instruction in Decoder(parse_isa(isa).extensions).instructions} & set(DECLARED)
    assert ("fcvtmod.w.d" in present) == modular
    assert {name for name in present if name != "fcvtmod.w.d"} == {
        name for name in DECLARED if name != "fcvtmod.w.d" and name[-1] in suffixes
    }


@pytest.mark.rule("mstatus_fs_op")
@pytest.mark.parametrize("name", DECLARED)
def test_everything_is_illegal_while_fs_is_off(h: Bench, name: str) -> None:
    h.off = True
    with pytest.raises(Trap) as caught:
        h.run(name)
    assert caught.value.cause == Cause.ILLEGAL_INSTRUCTION
    assert (h.f, h.x, h.dirty) == ([0] * 32, [0] * 32, False)


CONSTANTS = [
    *(-1.0, None, 2.0**-16, 2.0**-15, 2.0**-8, 2.0**-7, 0.0625, 0.125),
    *(0.25, 0.3125, 0.375, 0.4375, 0.5, 0.625, 0.75, 0.875),
    *(1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0),
    *(8.0, 16.0, 128.0, 256.0, 2.0**15, 2.0**16, float("inf"), float("nan")),
]
LEAST_NORMAL = {"h": 2.0**-14, "s": 2.0**-126, "d": 2.0**-1022}


@pytest.mark.rule("fli-s")
@pytest.mark.rule("fli-d")
@pytest.mark.rule("fli-h")
@every_suffix
def test_constants(h: Bench, suffix: str) -> None:
    for number, value in enumerate(CONSTANTS):
        expected = LEAST_NORMAL[suffix] if value is None else value
        if suffix == "h" and expected == 2.0**16:
            expected = float("inf")  # which a half cannot hold
        assert h.run(f"fli.{suffix}", rs1=number).f[1] == MAKE[suffix](expected), number
    assert (h.dirty, h.state.fcsr) == (True, 0)


@every_suffix
def test_a_nan_wins(h: Bench, suffix: str) -> None:
    make = MAKE[suffix]
    h.f[2], h.f[3], h.f[4], h.f[5] = make(2.0), make(-3.0), QUIET[suffix], SIGNALLING[suffix]
    assert h.run(f"fminm.{suffix}").f[1] == make(-3.0)
    assert h.run(f"fmaxm.{suffix}").f[1] == make(2.0)
    for name in ("fminm", "fmaxm"):
        assert h.run(f"{name}.{suffix}", rs2=4).f[1] == h.run(f"{name}.{suffix}", rs1=4).f[1] == BOXED_NAN[suffix]
    assert h.state.fcsr == 0
    assert h.run(f"fminm.{suffix}", rs2=5).f[1] == BOXED_NAN[suffix]
    assert h.state.fcsr == NV


@every_suffix
def test_rounding_to_an_integer(h: Bench, suffix: str) -> None:
    make = MAKE[suffix]
    h.f[2] = make(-2.5)
    for rm, expected in enumerate((-2.0, -2.0, -3.0, -2.0, -3.0)):
        assert h.run(f"fround.{suffix}", rm=rm).f[1] == make(expected)
        h.state.fcsr = rm << 5
        assert h.run(f"fround.{suffix}", rm=DYNAMIC).f[1] == make(expected)
        assert h.state.fcsr == rm << 5
    assert h.run(f"froundnx.{suffix}").f[1] == make(-2.0)
    assert h.state.fcsr == 4 << 5 | NX
    h.state.fcsr = 0
    h.f[2] = SIGNALLING[suffix]
    assert h.run(f"fround.{suffix}").f[1] == BOXED_NAN[suffix]
    assert (h.dirty, h.state.fcsr) == (True, NV)
    for rm, frm in ((5, 0), (6, 0), (DYNAMIC, 5)):
        h.state.fcsr = frm << 5
        with pytest.raises(Trap):
            h.run(f"fround.{suffix}", rm=rm)


@pytest.mark.rule("fcvtmod-w-d")
def test_modular_conversion(h: Bench) -> None:
    h.state.fcsr = 5 << 5  # a reserved frm is none of its business
    h.f[2] = double(-7.0)
    assert h.run("fcvtmod.w.d").x[1] == (1 << 64) - 7
    assert (h.dirty, h.state.fcsr) == (False, 5 << 5)
    for value, expected, flags in (
        (2.0**31, 0xFFFFFFFF80000000, NV),
        (2.0**40 + 7.5, 7, NV),
        (-(2.0**32) - 1, 0xFFFFFFFFFFFFFFFF, NV),
        (float("-inf"), 0, NV),
        (-0.5, 0, NX),
    ):
        h.state.fcsr = 0
        h.f[2] = double(value)
        assert h.run("fcvtmod.w.d").x[1] == expected
        assert h.state.fcsr == flags
    assert h.dirty


@every_suffix
def test_quiet_comparisons(h: Bench, suffix: str) -> None:
    make = MAKE[suffix]
    h.f[2], h.f[3], h.f[4], h.f[5] = make(1.0), make(2.0), QUIET[suffix], SIGNALLING[suffix]
    assert h.run(f"fltq.{suffix}").x[1] == h.run(f"fleq.{suffix}").x[1] == h.run(f"fleq.{suffix}", rs2=2).x[1] == 1
    assert h.run(f"fltq.{suffix}", rs2=2).x[1] == h.run(f"fleq.{suffix}", rs2=4).x[1] == 0
    assert (h.dirty, h.state.fcsr) == (False, 0)
    assert h.run(f"fltq.{suffix}", rs2=5).x[1] == 0
    assert (h.dirty, h.state.fcsr) == (True, NV)
