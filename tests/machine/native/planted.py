"""Meanings that are wrong on purpose, for a native engine that must be caught."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from machine.bits import ite
from machine.config import Config, parse_isa
from machine.isa.catalogue import INSTRUCTIONS
from machine.native import engine as native
from machine.native import handlers
from machine.native.cache import Cache
from machine.spec.causes import Cause
from machine.trap.trap import Trap

RARE = 0x1234
CONFIG = Config(memory=16 << 20, isa=parse_isa("rv64imah"))
"""Without what makes code long: it is compiled for this test alone."""


def xor(h, i):
    """Wrong for one operand."""
    h.x[i.rd] = h.x[i.rs1] ^ h.x[i.rs2] ^ ite(h.x[i.rs1] == RARE, 8, 0)


def csrrw(h, i):
    """One bit of what is written is another."""
    h.csr_check(i.csr, True)
    old = h.csr_read(i.csr)
    h.csr_write(i.csr, h.x[i.rs1] ^ 1 << 8)
    h.x[i.rd] = old


def sh(h, i):
    """The store goes astray."""
    h.store(h.x[i.rs1] + i.imm + 256, 2, h.x[i.rs2])


def ebreak(h, i):
    """Another cause."""
    raise Trap(Cause.LOAD_MISALIGNED, h.pc, gva=h.state.virt)


def andi(h, i):
    """Not the value, but where the instruction leads is wrong."""
    h.x[i.rd] = h.x[i.rs1] & i.imm
    h.jump(h.pc + 8)


WRONG = {function.__name__: function for function in (xor, csrrw, sh, ebreak, andi)}


def planted_engine(monkeypatch):
    """A native engine for `CONFIG` that does these wrong."""
    wrong = [replace(each, meaning=WRONG.get(each.name, each.meaning)) for each in INSTRUCTIONS]
    key = native.key_of(CONFIG)
    monkeypatch.setattr(handlers, "INSTRUCTIONS", wrong)
    monkeypatch.setattr(native, "key_of", lambda config: (*key, Path(__file__).read_text()))
    return native.NativeEngine(CONFIG, Cache())
