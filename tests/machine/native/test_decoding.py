"""The compiled decoder against the one that runs on numbers: the same handler and the same operands for any bits."""

from __future__ import annotations

import ctypes
from random import Random

import pytest

from machine.config import Config, parse_isa
from machine.csr.file import BY_NUMBER
from machine.isa.catalogue import INSTRUCTIONS
from machine.isa.decode import Decoder
from machine.isa.rvc import FORMS
from machine.native.decoding import pack
from machine.native.shapes import Shape

DECODE = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p)
PAGE = 4096
M32, M64 = (1 << 32) - 1, (1 << 64) - 1
PLACES = (0, 2, 4, 100, 2048, 4090, 4092, 4094, 1 << 40)
WORDS, NOISE = 600, 200_000


class Pair:
    """Both decoders of one machine."""

    def __init__(self, decode: int, handlers: dict[str | Shape, int], config: Config) -> None:
        self._compiled = DECODE(decode)
        self._decoder = Decoder(config.isa.extensions, config.proposal_names)
        self._handlers = handlers
        self._names = {address: shape for shape, address in reversed(self._handlers.items())}
        self._entry = (ctypes.c_uint64 * 2)()
        self.found: set[object] = set()

    def expected(self, word: int, place: int) -> tuple[int, int]:
        decoded = self._decoder.decode(word)
        if decoded is None:
            return self._handlers["h_illegal"], 0
        self.found.add(decoded.form or decoded.instruction)
        name, length, o = decoded.instruction.name, decoded.length, decoded.operands
        zero = o.rd == 0 and Shape(name, length, zero=True) in self._handlers
        near = o.imm != 0 and 0 <= place + o.imm < PAGE
        far = self._handlers.get(Shape(name, length, False, o.csr, zero), self._handlers["h_cold"])
        chosen = self._handlers.get(Shape(name, length, True, o.csr, zero), far) if near else far
        return chosen, pack(decoded.instruction, o) & M64

    def check(self, word: int, place: int) -> None:
        self._entry[:] = [1, 1]
        self._compiled(word, place, ctypes.addressof(self._entry))
        found, expected = tuple(self._entry), self.expected(word, place)
        if found != expected:
            names = [(self._names.get(handler), f"{operands:#x}") for handler, operands in (found, expected)]
            raise AssertionError(f"{word:#x} at {place}: {names[0]}, not {names[1]}")


@pytest.fixture(scope="module")
def pair(make_engine):
    engine = make_engine()
    return Pair(engine._code.address("decode"), engine._handlers, Config())


@pytest.mark.parametrize("instruction", INSTRUCTIONS, ids=lambda instruction: instruction.name)
def test_every_instruction(pair, instruction):
    random = Random(instruction.name)
    pattern = instruction.pattern
    registers = list(BY_NUMBER)
    for _ in range(WORDS):
        word = pattern.match | random.getrandbits(32) & M32 & ~pattern.mask
        if instruction.extension == "Zicsr" and random.random() < 0.9:
            word = word & 0xFFFFF | random.choice(registers) << 20
        if random.random() < 0.2:
            word &= ~(31 << 7) | pattern.match
        pair.check(word, random.choice(PLACES))
    assert instruction in pair.found


def test_words_that_differ_in_a_bit(pair):
    """Most of these are near an instruction and none: what the tree of switches must refuse."""
    random = Random(0)
    for instruction in INSTRUCTIONS:
        pattern = instruction.pattern
        for position in range(2, 32):
            word = (pattern.match | random.getrandbits(32) & ~pattern.mask) ^ 1 << position
            pair.check(word & M32 | 3, random.choice(PLACES))


def test_all_halfwords(pair):
    """Whatever stands behind them."""
    random = Random(1)
    for half in range(1 << 16):
        if half & 3 != 3:
            pair.check(half | random.getrandbits(16) << 16, random.choice(PLACES))
    assert set(FORMS) <= pair.found


def test_random_words(pair):
    random = Random(2)
    for _ in range(NOISE):
        pair.check(random.getrandbits(32) | 3, random.choice(PLACES))


@pytest.mark.parametrize("isa", ["rv64imah", "rv64imach", "rv64imafdh", "rv64imafch"])
def test_machines_without_some_extensions(isa):
    """The decoder alone, without a handler for any instruction: what is one, and its operands."""
    from machine.native.decoding import decoding
    from machine.native.loading import load

    config = Config(isa=parse_isa(isa))
    handlers = {"h_illegal": 0, "h_cold": 16}
    table = "@handlers = constant [2 x ptr] [ptr null, ptr inttoptr (i64 16 to ptr)]\n"
    code = load(lambda: table + decoding(Decoder(config.isa.extensions), {}, list(handlers)), ("decoder", isa), None)
    pair = Pair(code.address("decode"), handlers, config)
    random = Random(isa)
    for declared in (*INSTRUCTIONS, *FORMS):
        pattern = declared.pattern
        for _ in range(20):
            pair.check(pattern.match | random.getrandbits(32) & M32 & ~pattern.mask, random.choice(PLACES))
