"""Many independent cases in one memory image, run by an M-mode harness that is the same program for both machines.

For each case the harness loads a state from the case's block, enters the mode, lets the case's instructions run,
comes back through a trap into M-mode and stores the state that it finds into the block. Guest code reads every
register, so no debugger's view of the CSRs is trusted, and thousands of cases need one round trip.

One block is 4 KiB; x31 points to its middle, from where 12-bit offsets reach all of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from machine.csr.file import BY_NAME
from machine.isa.encode import encode
from machine.spec import status

__all__ = ["BASE", "BLOCK", "CODE", "DATA", "FINISHED", "HS_HANDLER", "LANDING", "OUTPUTS", "SETUP", "VS_HANDLER"]
__all__ += ["Case", "Outcome", "block_address", "image", "outcome"]

BASE = 0x8000_0000
FINISHED = BASE + 0x800
"""Where the harness arrives after the last case."""
M_HANDLER, HS_HANDLER, VS_HANDLER = BASE + 0x1000, BASE + 0x2000, BASE + 0x3000
MTIMECMP = 0x200_4000
BLOCKS = BASE + 0x1_0000
BLOCK = 4096

# Offsets from the middle of a block.
IN_X, IN_F, IN_CSR = -2048, -1792, -1536
OUT_X, OUT_F, OUT_CSR = -1024, -768, -512
CODE, LANDING, DATA, DATA_SIZE = 0, 0x300, 0x400, 0x400
"""Instructions of a case; an ECALL that xepc can name; memory that its loads and stores use."""

SETUP = (
    *("pmpaddr0", "pmpcfg0", "medeleg", "mideleg", "mcounteren", "mcountinhibit", "menvcfg", "mepc", "mcause", "mtval"),
    *("mtval2", "mtinst", "stvec", "scounteren", "senvcfg", "sscratch", "sepc", "scause", "stval", "satp", "stimecmp"),
    *("hstatus", "hedeleg", "hideleg", "hcounteren", "hgeie", "htval", "htinst", "henvcfg", "hgatp", "htimedelta"),
    *("vsstatus", "vstvec", "vsscratch", "vsepc", "vscause", "vstval", "vsatp", "vstimecmp"),
    *("hvip", "mip", "mie", "fcsr", "mstatus"),
)
"""What the harness writes before a case, in this order; mstatus is followed by MRET or by the case itself."""
OUTPUTS = ("mstatus", *(name for name in SETUP if name != "mstatus"), "misa", "mtvec", "sie", "hie", "vsie", "hgeip")
OUTPUTS += ("sip", "hip", "vsip")
"""What it stores after a case."""
assert max(len(SETUP), len(OUTPUTS)) * 8 <= 512

X31, X1, X2 = 31, 1, 2


@dataclass(frozen=True)
class Case:
    """One experiment.

    Attributes:
        label: what it is, for a failure's message.
        privilege, virtual: the mode it runs in.
        code: instructions as (bits, bytes); the harness adds the ECALL that ends them.
        csrs: values by name for `SETUP`; missing ones are 0.
        data: the bytes at `DATA` of its block.
    """

    label: str
    privilege: int
    virtual: int
    code: tuple[tuple[int, int], ...]
    x: tuple[int, ...]
    f: tuple[int, ...]
    csrs: dict[str, int]
    data: bytes = bytes(DATA_SIZE)


@dataclass(frozen=True)
class Outcome:
    """The state behind a case: x1 to x31 and f0 to f31 by name, the `OUTPUTS`, and the data as 64-bit words."""

    values: dict[str, int]


def block_address(index: int) -> int:
    """The middle of case number ``index``'s block."""
    return BLOCKS + BLOCK * index + BLOCK // 2


def csr_read(rd: int, name: str) -> int:
    return encode("csrrs", rd=rd, csr=BY_NAME[name].number, rs1=0)


def csr_write(name: str, rs1: int) -> int:
    return encode("csrrw", rd=0, csr=BY_NAME[name].number, rs1=rs1)


def load(rd: int, offset: int) -> int:
    return encode("ld", rd=rd, rs1=X31, imm=offset)


def store(rs2: int, offset: int) -> int:
    return encode("sd", rs1=X31, rs2=rs2, imm=offset)


FP_ON = [encode("lui", rd=X1, imm=3 << status.FS), encode("csrrs", rd=0, csr=BY_NAME["mstatus"].number, rs1=X1)]


def enter_case() -> list[int]:
    """Load the state of the block at x31 and jump into its code, which loads x31 itself."""
    words = [csr_write("mscratch", X31), *FP_ON]
    words += [encode("fld", rd=n, rs1=X31, imm=IN_F + 8 * n) for n in range(32)]
    for position, name in enumerate(SETUP):
        words += [load(X1, IN_CSR + 8 * position), csr_write(name, X1)]
    words += [load(n, IN_X + 8 * n) for n in range(1, 31)]
    return [*words, encode("jalr", rd=0, rs1=X31, imm=CODE)]


def leave_case() -> list[int]:
    """Store the state into the block that mscratch names, and go on to the next block."""
    words = [encode("csrrw", rd=X31, csr=BY_NAME["mscratch"].number, rs1=X31)]
    words += [store(n, OUT_X + 8 * n) for n in range(1, 31)]
    words += [csr_read(X1, "mscratch"), store(X1, OUT_X + 8 * X31)]
    words += [csr_read(X1, OUTPUTS[0]), store(X1, OUT_CSR), *FP_ON]
    words += [encode("fsd", rs1=X31, rs2=n, imm=OUT_F + 8 * n) for n in range(32)]
    for position, name in enumerate(OUTPUTS[1:], 1):
        words += [csr_read(X1, name), store(X1, OUT_CSR + 8 * position)]
    return words


def harness(cases: int) -> dict[int, list[int]]:
    """The program: words by address."""
    last = block_address(cases)
    start = BASE
    program = [
        *(encode("lui", rd=X1, imm=MTIMECMP), encode("addi", rd=X2, rs1=0, imm=-1)),
        encode("sd", rs1=X1, rs2=X2, imm=0),  # no machine timer: its value after reset is anybody's
        *_constant(X1, M_HANDLER),
        *(csr_write("mtvec", X1), *_constant(X31, block_address(0))),
    ]
    body = M_HANDLER + 4 * len(leave_case())
    next_block = [encode("lui", rd=X1, imm=BLOCK), encode("add", rd=X31, rs1=X31, rs2=X1), *_constant(X2, last)]
    finish = body + 4 * len(next_block)
    next_block += [encode("bne", rs1=X31, rs2=X2, imm=8), encode("jal", rd=0, imm=FINISHED - finish - 4)]
    again = enter_case()
    program.append(encode("jal", rd=0, imm=finish + 8 - start - 4 * len(program)))
    ecalls = [encode("ecall")] * 64
    return {
        start: program,
        M_HANDLER: leave_case() + next_block + again,
        HS_HANDLER: ecalls,
        VS_HANDLER: ecalls,
        FINISHED: [encode("jal", rd=0, imm=0)],
    }


def _constant(rd: int, value: int) -> list[int]:
    """Three instructions that make an address in DRAM without sign trouble."""
    upper, lower = (value - BASE + 0x800) >> 12, ((value - BASE) & 0xFFF ^ 0x800) - 0x800
    return [
        encode("lui", rd=rd, imm=upper << 12),
        encode("addi", rd=rd, rs1=rd, imm=lower),
        *(encode("addi", rd=30, rs1=0, imm=1), encode("slli", rd=30, rs1=30, imm=31)),
        encode("add", rd=rd, rs1=rd, rs2=30),
    ]


def image(cases: list[Case]) -> bytes:
    """The bytes from `BASE` on."""
    data = bytearray(block_address(len(cases)) - BASE)
    for address, words in harness(len(cases)).items():
        assert address != M_HANDLER or len(words) * 4 <= HS_HANDLER - M_HANDLER
        for number, word in enumerate(words):
            _put(data, address + 4 * number, word.to_bytes(4, "little"))
    for index, case in enumerate(cases):
        _put_case(data, block_address(index), case)
    return bytes(data)


def _put(data: bytearray, address: int, content: bytes) -> None:
    data[address - BASE : address - BASE + len(content)] = content


def _put_case(data: bytearray, middle: int, case: Case) -> None:
    mask = (1 << 64) - 1
    ecall = encode("ecall").to_bytes(4, "little")
    code = load(X31, IN_X + 8 * X31).to_bytes(4, "little")
    if case.privilege != 3:
        code += encode("mret").to_bytes(4, "little")
    first = middle + CODE + len(code)
    code += b"".join(word.to_bytes(length, "little") for word, length in case.code)
    assert len(code) + 8 <= LANDING - CODE, case.label
    csrs = dict(case.csrs)
    if case.privilege != 3:
        csrs["mepc"] = first
        mode = case.privilege << status.MPP | case.virtual << status.MPV
        csrs["mstatus"] = csrs.get("mstatus", 0) & ~(3 << status.MPP | 1 << status.MPV) | mode
    for name in ("mepc", "sepc", "vsepc"):
        csrs.setdefault(name, middle + LANDING)
    words = [*case.x, *case.f, *(csrs.get(name, 0) for name in SETUP)]
    _put(data, middle + IN_X, b"".join((value & mask).to_bytes(8, "little") for value in words))
    _put(data, middle + CODE, code + ecall * 2)
    _put(data, middle + LANDING, ecall * 4)
    _put(data, middle + DATA, case.data)


def outcome(block: bytes) -> Outcome:
    """Read the result out of a block's 4096 bytes."""

    def words(offset: int, count: int) -> list[int]:
        start = BLOCK // 2 + offset
        return [int.from_bytes(block[start + 8 * n :][:8], "little") for n in range(count)]

    values = {f"x{n}": value for n, value in enumerate(words(OUT_X, 32)) if n}
    values |= {f"f{n}": value for n, value in enumerate(words(OUT_F, 32))}
    values |= dict(zip(OUTPUTS, words(OUT_CSR, len(OUTPUTS)), strict=True))
    values |= {f"data+{8 * n:#x}": value for n, value in enumerate(words(DATA, DATA_SIZE // 8))}
    return Outcome(values)
