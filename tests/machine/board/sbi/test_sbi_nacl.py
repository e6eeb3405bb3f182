from __future__ import annotations

import pytest

from machine.board.sbi.firmware import EXTENSIONS
from machine.board.sbi.nacl import NACL, index
from machine.config import Config
from machine.csr.access import named
from machine.isa.encode import encode
from machine.machine import Machine
from machine.proposals import parse
from machine.spec.modes import Mode
from machine.startup.boot import Boot
from machine.startup.placement import raw_image
from tests.machine.board.sbi.sbi_world import ALL, RAM, RAM_SIZE, World

EID = 0x4E41434C
SHMEM = RAM + 0x2000
OK = (0, 0)
INVALID_PARAM, INVALID_ADDRESS, NO_SHMEM = (-3, 0), (-5, 0), (-9, 0)
HVIP, HIP, HSTATUS, HGEIP = 0x645, 0x644, 0x600, 0xE12


@pytest.fixture
def nested(world: World) -> World:
    """A world whose hart 0 has set its shared memory."""
    assert world.call(EID, 1, SHMEM, 0, 0) == OK
    return world


def word(world: World, offset: int) -> int:
    return int.from_bytes(world.read_memory(SHMEM + offset, 8), "little")


def put(world: World, offset: int, value: int) -> None:
    world.write_memory(SHMEM + offset, value.to_bytes(8, "little"))


def put_csr(world: World, number: int, value: int) -> None:
    put(world, 0x1000 + 8 * index(number), value)
    where = 0xF80 + index(number) // 64 * 8
    put(world, where, word(world, where) | 1 << index(number) % 64)


def test_places_follow_the_specifications_table() -> None:
    rows = {0x200: 0, 0x2FF: 0xFF, 0x600: 0x100, 0x6BF: 0x1BF, 0xA00: 0x200, 0xAFF: 0x2FF, 0xE00: 0x300, 0xEFF: 0x3FF}
    assert {number: index(number) for number in rows} == rows


def test_every_feature_is_there_and_no_other(world: World) -> None:
    assert [world.call(EID, 0, feature) for feature in (0, 1, 2, 3, 4, 2**31)] == [(0, 1)] * 4 + [OK] * 2


@pytest.mark.parametrize(
    ("low", "high", "flags", "answer"),
    [
        (SHMEM, 0, 0, OK),
        (RAM + RAM_SIZE - 0x3000, 0, 0, OK),
        (SHMEM, 0, 1, INVALID_PARAM),
        (SHMEM + 8, 0, 0, INVALID_PARAM),
        (SHMEM, 1, 0, INVALID_ADDRESS),
        (RAM + RAM_SIZE - 0x2000, 0, 0, INVALID_ADDRESS),
        (RAM - 0x1000, 0, 0, INVALID_ADDRESS),
    ],
)
def test_set_shared_memory(world: World, low: int, high: int, flags: int, answer: tuple[int, int]) -> None:
    assert world.call(EID, 1, low, high, flags) == answer
    assert world.harts[0].nested_memory == (low if answer == OK else None)


@pytest.mark.parametrize("fid", [2, 3, 4])
def test_without_shared_memory_nothing_is_synchronised(nested: World, fid: int) -> None:
    assert nested.call(EID, 1, ALL, ALL, 0) == OK
    assert nested.call(EID, fid, ALL) == NO_SHMEM
    assert nested.call(EID, fid, ALL, hart=1) == NO_SHMEM  # memory is each hart's own


def test_setting_it_shows_the_registers(nested: World) -> None:
    assert word(nested, 0x1000 + 8 * index(HSTATUS)) == 2 << 32


def test_a_dirty_register_is_written_once_and_what_depends_on_it_follows(nested: World) -> None:
    put_csr(nested, HVIP, 0x444)
    assert nested.call(EID, 2, ALL) == OK
    assert nested.harts[0].done == [("write", HVIP, 0x444)]
    assert word(nested, 0x1000 + 8 * index(HIP)) == 0x444
    assert nested.call(EID, 2, ALL) == OK
    assert len(nested.harts[0].done) == 1


def test_one_register_alone(nested: World) -> None:
    put_csr(nested, HVIP, 4)
    put_csr(nested, HSTATUS, 7)
    assert nested.call(EID, 2, HSTATUS) == OK
    assert nested.harts[0].done == [("write", HSTATUS, 7)]


@pytest.mark.parametrize("number", [0x100, 0x345, 0x1600, 0x6FF, ALL - 1])
def test_what_is_no_hypervisor_register_is_refused(nested: World, number: int) -> None:
    assert nested.call(EID, 2, number) == INVALID_PARAM


@pytest.mark.parametrize(
    ("kind", "fence"), [(0, "hfence.gvma"), (3, "hfence.gvma"), (4, "hfence.vvma"), (7, "hfence.vvma")]
)
def test_a_pending_fence_is_executed_once(nested: World, kind: int, fence: str) -> None:
    put(nested, 0x800 + 59 * 32, 1 << 63 | kind << 56)
    assert nested.call(EID, 3, 58) == OK
    assert nested.harts[0].done == []
    assert nested.call(EID, 3, 59) == OK
    assert nested.call(EID, 3, ALL) == OK
    assert nested.harts[0].done == [(fence,)]
    assert word(nested, 0x800 + 59 * 32) == kind << 56


def test_there_are_sixty_entries(nested: World) -> None:
    assert nested.call(EID, 3, 60) == INVALID_PARAM


def test_synchronised_sret_restores_registers_and_swaps_hstatus(nested: World) -> None:
    hart = nested.harts[0]
    for number in range(1, 32):
        put(nested, 8 * number, 0x100 + number)
    put_csr(nested, HVIP, 4)
    put(nested, 0x200, 1)
    put(nested, 0x208, 0x80)
    hart.x[16], hart.x[17] = 4, EID
    nested.firmware.call(hart)
    assert hart.x[1:] == [0x100 + number for number in range(1, 32)]
    assert hart.done == [("write", HVIP, 4), ("write", HSTATUS, 0x80), ("sret",)]
    assert word(nested, 0x208) == 2 << 32


def test_it_is_offered_only_on_demand() -> None:
    assert NACL.eid not in EXTENSIONS


ENTRY, GUEST, MEMORY = 0x8020_0000, 0x8020_1000, 0x8021_0000


def boot(*proposals: str) -> Machine:
    """HS-mode makes two ecalls, the guest one."""
    ecall = encode("ecall").to_bytes(4, "little")
    text = (ecall * 2).ljust(GUEST - ENTRY, b"\0") + ecall
    machine = Machine(Config(memory=16 << 20, proposals=tuple(map(parse, proposals))))
    Boot(raw_image("test", ENTRY, text), builtin=True).install(machine)
    machine.reset()
    return machine


def test_without_the_proposal_the_firmware_has_no_such_extension() -> None:
    machine = boot()
    hart = machine.harts[0]
    hart.x[16], hart.x[17] = 0, EID
    machine.step(0)
    assert hart.x[10] == 2**64 - 2


def test_on_a_hart_it_enters_the_guest_and_shows_its_trap() -> None:
    machine = boot("sbi-nacl")
    hart = machine.harts[0]

    def memory(offset: int, value: int | None = None) -> int:
        if value is not None:
            machine.ram.load(MEMORY + offset, value.to_bytes(8, "little"))
        return machine.ram.read(MEMORY + offset - machine.ram.base, 8)

    def csr(number: int, value: int | None = None) -> int:
        if value is not None:
            where = 0xF80 + index(number) // 64 * 8
            memory(where, memory(where) | 1 << index(number) % 64)
        return memory(0x1000 + 8 * index(number), value)

    hart.x[10], hart.x[11], hart.x[12], hart.x[16], hart.x[17] = MEMORY, 0, 0, 1, EID
    machine.step(0)
    assert hart.x[10] == 0
    assert csr(HSTATUS) == named(hart, "hstatus").read(hart)
    csr(0x280, 0)
    csr(0x240, 0x5555)
    memory(0x200, 1)
    memory(0x208, 2 << 32 | 1 << 7)
    memory(8 * 9, 99)
    named(hart, "sepc").write(hart, GUEST)
    named(hart, "sstatus").write(hart, 1 << 8)
    named(hart, "stvec").write(hart, ENTRY)
    hart.x[16], hart.x[17] = 4, EID
    machine.step(0)
    assert (hart.mode, hart.state.pc, hart.x[9]) == (Mode.VS, GUEST, 99)
    assert hart.state.vsscratch == 0x5555
    machine.step(0)
    assert (hart.mode, hart.state.pc) == (Mode.HS, ENTRY)
    assert memory(0x208) >> 7 & 1 == 1  # SPV, as the trap left it, went into the swap value
    assert hart.state.hstatus >> 7 & 1 == 0
    assert csr(0x240) == 0x5555
