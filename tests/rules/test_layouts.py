"""Where registers have their bits: the manual's pictures and tables, in literal numbers and by what each bit does."""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.csr.access import registers
from machine.spec.modes import Mode
from tests.lab import CODE, HANDLERS, HS, VS, Lab
from tests.rules.lines import FAR, ONES, PAGE, SV39, VA, Program, do, trapped, two_stages

NOP = "addi x0, x0, 0"
INTERRUPT = 1 << 63


@pytest.fixture
def lab() -> Lab:
    return Lab()


def mcause_of(lab: Lab, text: str, mode: Mode, **x: int) -> int:
    """What mcause holds after an instruction that traps into M-mode."""
    lab.csr("medeleg", 0)
    trapped(lab, text, mode, **x)
    return lab.csr("mcause")


@pytest.mark.rule("mcause_exccode_enc_img")
@pytest.mark.rule("medeleg_enc_img")
@pytest.mark.rule("hedeleg_img")
@pytest.mark.rule("scause")
@pytest.mark.parametrize(
    ("code", "text", "address"),
    [
        *((2, "csrrs a0, mstatus, x0", 0), (3, "ebreak", 0), (4, "lr.w a0, (a1)", PAGE + 1)),
        *((5, "ld a0, 0(a1)", 0x4000_0000), (6, "sc.w a0, a2, (a1)", PAGE + 1), (7, "sd a0, 0(a1)", 0x4000_0000)),
    ],
)
def test_codes_of_exceptions_and_their_delegation(lab: Lab, code: int, text: str, address: int) -> None:
    """The exception goes where the bit of its code sends it, whatever all other bits say."""
    assert mcause_of(lab, text, Mode.VS, a1=address) == code
    for others in (0, ONES):
        for m, h, to in ((1, 1, Mode.VS), (1, 0, Mode.HS), (0, 1, Mode.M)):
            lab.csr("medeleg", others & ~(1 << code) | m << code)
            lab.csr("hedeleg", others & ~(1 << code) | h << code)
            assert trapped(lab, text, Mode.VS, a1=address).target is to
            register = {Mode.M: "mcause", Mode.HS: "scause", Mode.VS: "vscause"}[to]
            assert lab.csr(register) == code


@pytest.mark.rule("mcause_exccode_enc_img")
@pytest.mark.parametrize(("mode", "code"), [(Mode.U, 8), (Mode.VU, 8), (Mode.HS, 9), (Mode.VS, 10), (Mode.M, 11)])
def test_codes_of_calls(lab: Lab, mode: Mode, code: int) -> None:
    assert mcause_of(lab, "ecall", mode) == code


@pytest.mark.rule("mcause_exccode_enc_img")
def test_codes_of_page_faults_and_guests(lab: Lab) -> None:
    first, _ = two_stages(lab)
    first.map(VA, FAR)
    assert mcause_of(lab, "csrrs a0, hstatus, x0", Mode.VS) == 22
    for address, fetch, load, store in ((VA, 20, 21, 23), (VA + 4096, 12, 13, 15)):
        assert mcause_of(lab, "ld a0, 0(a1)", Mode.VS, a1=address) == load
        assert mcause_of(lab, "sd a0, 0(a1)", Mode.VS, a1=address) == store
        assert lab.fetch(address, Mode.VS) is not None
        assert lab.csr("mcause") == fetch


@pytest.mark.rule("mcause_enc_img")
@pytest.mark.rule("mcause_exccode_enc_img")
@pytest.mark.rule("mideleg_enc_img")
@pytest.mark.rule("mie_enc_img")
@pytest.mark.rule("mip_enc_img")
@pytest.mark.rule("mip_std_enc_img")
@pytest.mark.rule("mie_std_enc_img")
@pytest.mark.rule("mip_mie_std_enc_txt")
@pytest.mark.rule("medeleg_mideleg_op1")
@pytest.mark.parametrize("code", [1, 5, 9])
@pytest.mark.parametrize("delegated", [0, 1])
def test_codes_of_interrupts(lab: Lab, code: int, delegated: int) -> None:
    """Pending, enabled and delegated by the bit of its code alone."""
    lab.csr("mideleg", delegated << code)
    lab.csr("mip", 1 << code)
    lab.csr("mie", 0xFFFF & ~(1 << code))
    assert do(lab, NOP, Mode.U) is None
    lab.csr("mie", 1 << code)
    assert lab.csr("mip") == lab.csr("mie") == 1 << code
    record = trapped(lab, NOP, Mode.U)
    assert record.target is (Mode.HS if delegated else Mode.M)
    assert lab.csr("scause" if delegated else "mcause") == INTERRUPT | code


@pytest.mark.rule("mip_std_enc_img")
@pytest.mark.rule("mie_std_enc_img")
@pytest.mark.rule("msip_sz_acc")
@pytest.mark.rule("msip_enc")
@pytest.mark.rule("msip_update_max_time")
@pytest.mark.rule("mip_bits_rdonly_op")
@pytest.mark.rule("intr_mip_mie_bounded_time")
@pytest.mark.parametrize(("address", "on", "off", "code"), [(0x200_0000, ONES, 0, 3), (0x200_4000, 0, ONES, 7)])
def test_interrupts_of_the_local_interruptor(lab: Lab, address: int, on: int, off: int, code: int) -> None:
    """msip and mtimecmp set MSIP and MTIP, which writes of mip do not; the next instruction sees it."""
    lab.csr("mideleg", ONES)
    lab.csr("mie", 1 << code)
    size = 4 if code == 3 else 8
    assert lab.store(address, Mode.M, value=on, size=size) is None
    assert lab.load(address, Mode.M, size=size) is None
    assert lab.a0 == (1 if code == 3 else 0), "msip is one bit"
    assert do(lab, "csrrw x0, mip, x0", Mode.M) is None
    assert lab.csr("mip") == 1 << code
    assert trapped(lab, NOP, Mode.HS).target is Mode.M
    assert lab.csr("mcause") == INTERRUPT | code
    assert lab.store(address, Mode.M, value=off, size=size) is None
    assert do(lab, "csrrs a0, mip, x0", Mode.M) is None
    assert lab.a0 == 0
    assert do(lab, NOP, Mode.HS) is None


@pytest.mark.rule("mip_bits_wr_op")
@pytest.mark.parametrize("code", [1, 5, 9])
def test_a_writable_pending_bit_is_cleared_by_writing_0(lab: Lab, code: int) -> None:
    assert do(lab, "csrrs x0, mip, a1", Mode.M, a1=1 << code) is None
    assert lab.csr("mip") == 1 << code
    assert do(lab, "csrrc x0, mip, a1", Mode.M, a1=1 << code) is None
    assert lab.csr("mip") == 0


@pytest.mark.rule("hideleg_img")
@pytest.mark.rule("hvip_img")
@pytest.mark.rule("hip_img")
@pytest.mark.rule("hie_img")
@pytest.mark.rule("vsip_img")
@pytest.mark.rule("vsie_img")
@pytest.mark.parametrize("code", [2, 6, 10])
def test_codes_of_a_guests_interrupts(lab: Lab, code: int) -> None:
    """The host's bit is one above the guest's."""
    lab.csr("hvip", 1 << code)
    lab.csr("hideleg", 1 << code)
    lab.csr("hie", 1 << code)
    assert (lab.csr("hip"), lab.csr("hie"), lab.csr("mip")) == (1 << code, 1 << code, 1 << code)
    assert (lab.csr("vsip"), lab.csr("vsie")) == (1 << code - 1, 1 << code - 1)
    assert trapped(lab, NOP, Mode.VU).target is Mode.VS
    assert lab.csr("vscause") == INTERRUPT | code - 1
    lab.csr("hideleg", 0)
    assert (lab.csr("vsip"), lab.csr("vsie")) == (0, 0)
    assert trapped(lab, NOP, Mode.VU).target is Mode.HS
    assert lab.csr("scause") == INTERRUPT | code


@pytest.mark.rule("hgeie_img")
@pytest.mark.parametrize("number", [0, 1, 37, 63])
def test_bits_of_guest_external_interrupts(lab: Lab, number: int) -> None:
    lab.state.hgeip = 1 << number & ~1
    lab.csr("hgeie", 1 << number)
    assert lab.csr("hip") == (0 if number == 0 else 1 << 12)
    lab.csr("hgeie", ONES & ~(1 << number))
    assert lab.csr("hip") == 0


@pytest.mark.rule("mtvec_enc")
@pytest.mark.rule("stvec")
@pytest.mark.rule("stvec_img")
@pytest.mark.rule("vstvec_img")
@pytest.mark.parametrize("vectored", [0, 1])
@pytest.mark.parametrize(("name", "mode"), [("mtvec", Mode.M), ("stvec", Mode.HS), ("vstvec", Mode.VS)])
def test_bits_of_trap_vectors(lab: Lab, name: str, mode: Mode, vectored: int) -> None:
    base = 0x8123_4560
    lab.csr("medeleg", 0 if mode is Mode.M else ONES)
    lab.csr("hedeleg", ONES if mode is Mode.VS else 0)
    assert do(lab, f"csrrw x0, {name}, a1", Mode.M, a1=base | vectored) is None
    assert lab.csr(name) == base | vectored
    assert trapped(lab, "ebreak", Mode.VU).target is mode
    assert lab.state.pc == base
    lab.csr("mideleg", 0 if mode is Mode.M else ONES)
    lab.csr("hideleg", ONES)
    if mode is Mode.VS:
        lab.csr("hvip", 1 << 10)
    else:
        lab.csr("mip", 1 << 9)
    lab.csr("mie", ONES)
    assert trapped(lab, NOP, Mode.VU).target is mode
    assert lab.state.pc == base + vectored * 4 * 9


@pytest.mark.rule("mcounteren_enc_img")
@pytest.mark.rule("mcounteren_op")
@pytest.mark.parametrize("bit", [0, 1, 2, 3, 17, 31])
def test_bits_of_counter_enables(lab: Lab, bit: int) -> None:
    """Counter number 0xC00 + n is bit n's."""
    for name in ("mcounteren", "hcounteren", "scounteren"):
        for counter in (0, 1, 2, 3, 17, 31):
            for other in ("mcounteren", "hcounteren", "scounteren"):
                lab.csr(other, ONES)
            lab.csr(name, 1 << bit)
            assert (do(lab, f"csrrs a0, {0xC00 + counter:#x}, x0", Mode.VU) is None) == (counter == bit)


ENVCFG = [
    # register, bits that it has with these extensions, bits that it never has
    ("menvcfg", 1 << 63 | 1 << 61 | 0xF1, 0xE),
    ("henvcfg", 1 << 63 | 1 << 61 | 0xF1, 0xE),
    ("senvcfg", 0xF1, 1 << 63 | 1 << 61 | 0xE),
]


@pytest.mark.rule("menvcfg_enc_img")
@pytest.mark.rule("menvcfg_op")
@pytest.mark.rule("menvcfg_menvcfgh_no_U_mode")
@pytest.mark.rule("menvcfg_sse_rdonly0")
@pytest.mark.parametrize(("name", "present", "missing"), ENVCFG)
def test_bits_of_environment_configuration(lab: Lab, name: str, present: int, missing: int) -> None:
    """FIOM 0, CBIE 5:4, CBCFE 6, CBZE 7, ADUE 61, STCE 63; LPE 2 and SSE 3 are of extensions that are not there."""
    lab.csr("menvcfg", ONES)
    assert do(lab, f"csrrw x0, {name}, a1", Mode.M, a1=ONES) is None
    assert lab.csr(name) & (present | missing) == present
    lab.csr(name, ONES ^ 1 << 7)
    for mode in {"menvcfg": [Mode.HS, Mode.VS], "henvcfg": [Mode.VS], "senvcfg": [Mode.U]}[name]:
        trapped(lab, "cbo.zero (a1)", mode, a1=PAGE)
    assert do(lab, "cbo.zero (a1)", Mode.M, a1=PAGE) is None


@pytest.mark.rule("menvcfg_adue_rdonly0")
@pytest.mark.reference_only
def test_without_svadu_there_is_no_adue() -> None:
    lab = Lab(Config(memory=64 << 20, isa=parse_isa("default,-svadu")))
    for name in ("menvcfg", "henvcfg"):
        assert lab.csr(name, ONES) >> 61 & 1 == 0


@pytest.mark.rule("xret_enc_img")
@pytest.mark.rule("wfi_enc_img")
def test_words_of_returns_and_wfi(lab: Lab) -> None:
    lab.csr("mepc", PAGE)
    lab.csr("sepc", PAGE + 4)
    for word, mode, to in ((0x3020_0073, Mode.M, PAGE), (0x1020_0073, Mode.HS, PAGE + 4)):
        assert lab.execute(word, mode) is None
        assert lab.state.pc == to
    lab.csr("mie", 1 << 1)
    lab.csr("mip", 1 << 1)
    assert lab.execute(0x1050_0073, Mode.M) is None, "an interrupt is pending already"
    assert lab.state.pc == CODE + 4


@pytest.mark.rule("wfi_ill_exc")
@pytest.mark.parametrize("mode", [Mode.HS, Mode.VS, Mode.U])
def test_tw_refuses_wfi(lab: Lab, mode: Mode) -> None:
    lab.csr("mstatus", 1 << 21)
    assert mcause_of(lab, "wfi", mode) == 2
    assert lab.csr("mtval") == 0x1050_0073


@pytest.mark.rule("Zicsr_warl")
def test_no_value_of_a_register_traps() -> None:
    """Every register that can be written takes all ones and all zeros in M-mode without an exception.

    But those that stand for another one, mireg and its like: whether that other one exists is not their value.
    """
    present = registers(Lab().hart)
    numbers = [each.number for each in present if each.number >> 10 != 3 and "ireg" not in each.name]
    assert len(numbers) > 80
    for number in numbers:
        for value in (ONES, 0, 0x5555_5555_5555_5555):
            lab = Lab()
            lab.csr("mstatus", 3 << 13)
            assert do(lab, f"csrrw x0, {number:#x}, a1", Mode.M, a1=value) is None, hex(number)


@pytest.mark.rule("mtval_op")
@pytest.mark.rule("stval")
@pytest.mark.rule("sscratch")
@pytest.mark.rule("mscratch_enc_img")
@pytest.mark.rule("mepc_enc_img")
@pytest.mark.rule("mtval_enc_img")
@pytest.mark.parametrize("prefix", ["m", "s"])
def test_the_hart_writes_trap_registers_on_traps_alone(lab: Lab, prefix: str) -> None:
    lab.csr("medeleg", 0 if prefix == "m" else ONES)
    mode = Mode.M if prefix == "m" else Mode.HS
    names = [prefix + name for name in ("epc", "tval", "scratch", "cause")]
    for number, name in enumerate(names):
        lab.csr(name, 0x1234_5678_9ABC_DE00 + 16 * number)
    program = Program(lab, NOP, "ld a0, 0(a1)", "jal x0, 8", f"csrrs a0, {prefix}tval, x0", a1=PAGE)
    for number in range(4):
        assert program.run(number, mode) is None
    assert [lab.csr(name) for name in names] == [0x1234_5678_9ABC_DE00 + 16 * n for n in range(4)]
    trapped(lab, "ld a0, 8(a1)", mode, a1=0x4000_0000)
    assert [lab.csr(name) for name in names] == [CODE, 0x4000_0008, 0x1234_5678_9ABC_DE20, 5]
    trapped(lab, "ecall", mode)
    assert lab.csr(f"{prefix}tval") == 0
    assert lab.state.pc == HANDLERS["M" if prefix == "m" else "HS"]


@pytest.mark.rule("satp")
@pytest.mark.parametrize("name", [HS, VS])
def test_bits_of_satp(lab: Lab, name: str) -> None:
    """MODE 63:60, ASID 59:44, PPN 43:0, and what is translated is by the table at PPN · 4096."""
    table = lab.table(name, SV39, identifier=0xABCD)
    table.map(VA, PAGE)
    assert lab.csr(name) == 8 << 60 | 0xABCD << 44 | table.root >> 12
    lab.write(PAGE, 0x77)
    assert do(lab, "ld a0, 0(a1)", Mode.HS if name == HS else Mode.VS, a1=VA) is None
    assert lab.a0 == 0x77


@pytest.mark.rule("Sv39_sxlen")
@pytest.mark.rule("Sv48_sxlen")
@pytest.mark.rule("Sv57_sxlen")
@pytest.mark.rule("Sv39_pte_count")
@pytest.mark.rule("Sv39_pte_sz")
@pytest.mark.rule("Sv39_pt_sz")
@pytest.mark.rule("Sv39_pt_align")
@pytest.mark.parametrize("levels", [3, 4, 5])
@pytest.mark.parametrize("index", [0, 1, 256, 511])
def test_a_page_table_has_512_entries_of_8_bytes(lab: Lab, levels: int, index: int) -> None:
    """Entry ``index`` of a page of its own at every level; all other entries of these pages are not valid."""
    pages = [lab.page() for _ in range(levels)]
    lab.write(PAGE + 8, 0x99)
    for level, page in enumerate(pages):
        target, flags = (pages[level - 1], 1) if level else (PAGE, 0xCF)
        lab.write(page + 8 * index, target >> 12 << 10 | flags)
    address = sum(index << 12 + 9 * level for level in range(levels))
    if index & 256:
        address |= ONES << 12 + 9 * levels & ONES
    program = Program(lab, "csrrw x0, satp, a2", "ld a0, 8(a1)", a1=address, a2=levels + 5 << 60 | pages[-1] >> 12)
    assert program.run(0, Mode.M) is None
    lab.csr("mstatus", 1 << 17 | 1 << 11)  # MPRV with MPP=S: the code is not in these tables
    assert program.run(1, Mode.M) is None
    assert lab.a0 == 0x99
    lab.hart.x[11] = address ^ 1 << 12
    assert program.run(1, Mode.M) is not None


@pytest.mark.reference_only
@pytest.mark.rule("mseccfg_presence")
@pytest.mark.rule("mseccfg_useed_rdonly0")
@pytest.mark.rule("mseccfg_sseed_rdonly0")
@pytest.mark.parametrize("isa", ["rv64gch", "rv64gch_smepmp"])
def test_mseccfg_is_there_for_its_extensions(isa: str) -> None:
    """Without Zkr, SSEED 9 and USEED 8 are zero."""
    lab = Lab(Config(memory=64 << 20, isa=parse_isa(isa)))
    assert (do(lab, "csrrw a0, 0x747, a1", Mode.M, a1=3 << 8) is None) == isa.endswith("smepmp")
    if isa.endswith("smepmp"):
        assert lab.csr("mseccfg") == 0
