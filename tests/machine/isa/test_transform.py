"""The value of htinst and mtinst for an explicit access that faults."""

from __future__ import annotations

import pytest

from machine.isa.assemble import assemble
from machine.isa.decode import decode
from machine.isa.encode import encode
from machine.isa.transform import transform

pytestmark = [pytest.mark.rule("H_trap_xtinst_exception_list"), pytest.mark.rule("H_tinst_addr_offset")]

LOADS = ["lb", "lbu", "lh", "lhu", "lw", "lwu", "ld", "flw", "fld"]
STORES = ["sb", "sh", "sw", "sd", "fsw", "fsd"]
ATOMICS = ["lr.w", "lr.d", "sc.w", "sc.d", "amoadd.w", "amomaxu.d"]
GUEST = ["hlv.b", "hlvx.hu", "hlv.d", "hsv.b", "hsv.d"]


@pytest.mark.parametrize("name", LOADS)
def test_loads_keep_their_destination(name):
    assert transform(encode(name, rd=31, rs1=17, imm=-1), 5) == encode(name, rd=31, rs1=5, imm=0)


@pytest.mark.parametrize("name", STORES)
def test_stores_keep_their_source(name):
    assert transform(encode(name, rs2=31, rs1=17, imm=-1), 7) == encode(name, rs2=31, rs1=7, imm=0)


@pytest.mark.parametrize("name", ATOMICS + GUEST)
def test_the_others_keep_all_but_the_address(name):
    fields = {field.name for field in decode(encode(name)).instruction.pattern.fields} - {"rs1", "aqrl"}
    kept = dict.fromkeys(fields, 21)
    if "aqrl" in {field.name for field in decode(encode(name)).instruction.pattern.fields}:
        kept["aqrl"] = 2
    assert transform(encode(name, rs1=17, **kept)) == encode(name, **kept)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("c.lw a0,4(a1)", "lw a0,0(zero)"),
        ("c.ld a0,8(a1)", "ld a0,0(zero)"),
        ("c.fld fa0,8(a1)", "fld fa0,0(zero)"),
        ("c.sw a0,4(a1)", "sw a0,0(zero)"),
        ("c.sd a0,8(a1)", "sd a0,0(zero)"),
        ("c.fsd fa0,8(a1)", "fsd fa0,0(zero)"),
        ("c.lwsp t6,8(sp)", "lw t6,0(zero)"),
        ("c.ldsp t6,8(sp)", "ld t6,0(zero)"),
        ("c.fldsp ft11,8(sp)", "fld ft11,0(zero)"),
        ("c.swsp t6,8(sp)", "sw t6,0(zero)"),
        ("c.sdsp t6,8(sp)", "sd t6,0(zero)"),
        ("c.fsdsp ft11,8(sp)", "fsd ft11,0(zero)"),
    ],
)
def test_compressed_is_the_expansion_with_bit_1_clear(short, long):
    assert transform(assemble(short)) == assemble(long) & ~2
    assert transform(assemble(short), 3) == (assemble(long) | 3 << 15) & ~2


@pytest.mark.parametrize(
    "text", ["add a0,a1,a2", "ecall", "csrrw a0,0x300,a1", "fence rw,rw", "c.addi a0,1", "c.ebreak"]
)
def test_nothing_is_defined_for_the_rest(text):
    assert transform(assemble(text)) == 0


def test_an_unknown_halfword_has_none():
    assert transform(0) == transform(0x9C00) == 0
