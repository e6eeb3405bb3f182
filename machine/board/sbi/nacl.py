"""Nested acceleration (SBI, "Nested Acceleration Extension"): batches of hypervisor CSRs and HFENCEs, and SRET.

A supervisor gives each hart a page of scratch space with 1024 words of CSRs behind it. The SBI advises firmware not to
offer this where the hart has the H extension itself, so it is offered only on demand: it lets a hypervisor that knows
the interface be measured without a host below it. The CSR space is brought up to date when the memory is set, by each
synchronisation, and when a guest traps to HS-mode; what HS-mode writes by CSR instructions shows after the next one.
"""

from __future__ import annotations

from machine.bits import bit, bits
from machine.board.sbi.abi import Call, Extension, SbiError, SbiFailure, SbiHart, SbiPlatform

__all__ = ["NACL", "index", "leave_guest"]

NACL = Extension(0x4E41434C, "NACL")

ALL = (1 << 64) - 1
WORD, PAGE = 8, 4096
SIZE = PAGE + 1024 * WORD
FEATURES = range(4)
"""SYNC_CSR, SYNC_HFENCE, SYNC_SRET, AUTOSWAP_CSR: all that are defined."""

SRET_CONTEXT, AUTOSWAP, HFENCES, DIRTY, CSR_SPACE = 0x000, 0x200, 0x800, 0xF80, 0x1000
ENTRY, ENTRIES = 4 * WORD, 60
PENDING = 63
GVMA_TYPES = range(4)
HSTATUS = 0x600


def index(number: int) -> int:
    """The place of CSR ``number`` in the CSR space.

    >>> hex(index(0x645)), hex(index(0xE12))
    ('0x145', '0x312')
    """
    return (number & 0xC00) >> 2 | number & 0xFF


class SharedMemory:
    """The memory that a hart's supervisor has set. Raises SbiFailure(NO_SHMEM) when it has set none."""

    def __init__(self, hart: SbiHart, platform: SbiPlatform) -> None:
        if hart.nested_memory is None:
            raise SbiFailure(SbiError.NO_SHMEM)
        self._hart, self._platform, self._base = hart, platform, hart.nested_memory

    def read(self, offset: int) -> int:
        """A word."""
        return int.from_bytes(self._platform.read_memory(self._base + offset, WORD), "little")

    def write(self, offset: int, value: int) -> None:
        """Store a word."""
        self._platform.write_memory(self._base + offset, value.to_bytes(WORD, "little"))

    def show(self, number: int) -> None:
        """Bring a CSR's word up to date."""
        self.write(CSR_SPACE + index(number) * WORD, self._hart.read_csr(number))

    def show_all(self) -> None:
        """Bring the CSR space up to date."""
        for number in self._hart.hypervisor_csrs:
            self.show(number)

    def synchronize(self, numbers: tuple[int, ...]) -> None:
        """Write the CSRs that are marked dirty, in order; only then do all of them show what they have become."""
        for number in numbers:
            where, place = DIRTY + index(number) // 64 * WORD, index(number) % 64
            dirty = self.read(where)
            if bit(dirty, place):
                self._hart.write_csr(number, self.read(CSR_SPACE + index(number) * WORD))
                self.write(where, dirty & ~(1 << place))
        for number in numbers:
            self.show(number)

    def fence(self, entry: int) -> None:
        """Execute an HFENCE that is pending; of all addresses, as the manual allows for any."""
        where = HFENCES + entry * ENTRY
        config = self.read(where)
        if not bit(config, PENDING):
            return
        if bits(config, 59, 56) in GVMA_TYPES:
            self._hart.hfence_gvma()
        else:
            self._hart.hfence_vvma()
        self.write(where, config & ~(1 << PENDING))

    def swap(self) -> None:
        """Exchange hstatus with the swap value, where the supervisor asks for that."""
        if bit(self.read(AUTOSWAP), 0):
            swapped = self.read(AUTOSWAP + WORD)
            self.write(AUTOSWAP + WORD, self._hart.read_csr(HSTATUS))
            self._hart.write_csr(HSTATUS, swapped)


def leave_guest(hart: SbiHart, platform: SbiPlatform) -> None:
    """A guest of ``hart`` has trapped to HS-mode: hstatus is swapped back and the CSR space made current."""
    if hart.nested_memory is not None:
        memory = SharedMemory(hart, platform)
        memory.swap()
        memory.show_all()


@NACL.function(0)
def probe_feature(call: Call) -> int:
    """Whether a feature is there; the ID is 32 bits wide."""
    return int(bits(call.arguments[0], 31, 0) in FEATURES)


@NACL.function(1)
def set_shmem(call: Call) -> int:
    """Set the calling hart's shared memory, or take it away with an address of all ones."""
    low, high, flags = call.arguments[:3]
    if flags:
        raise SbiFailure(SbiError.INVALID_PARAM)
    if low == high == ALL:
        call.hart.nested_memory = None
        return 0
    if low % PAGE:
        raise SbiFailure(SbiError.INVALID_PARAM)
    if high or not call.platform.has_memory(low, SIZE):
        raise SbiFailure(SbiError.INVALID_ADDRESS)
    call.hart.nested_memory = low
    SharedMemory(call.hart, call.platform).show_all()
    return 0


@NACL.function(2)
def sync_csr(call: Call) -> int:
    """Synchronise one CSR or, for all ones, every one that the hart has."""
    memory, number = SharedMemory(call.hart, call.platform), call.arguments[0]
    if number != ALL and number not in call.hart.hypervisor_csrs:
        raise SbiFailure(SbiError.INVALID_PARAM)
    memory.synchronize(call.hart.hypervisor_csrs if number == ALL else (number,))
    return 0


@NACL.function(3)
def sync_hfence(call: Call) -> int:
    """Execute one entry or, for all ones, every one that is pending."""
    memory, entry = SharedMemory(call.hart, call.platform), call.arguments[0]
    if entry != ALL and entry >= ENTRIES:
        raise SbiFailure(SbiError.INVALID_PARAM)
    for each in range(ENTRIES) if entry == ALL else (entry,):
        memory.fence(each)
    return 0


@NACL.function(4)
def sync_sret(call: Call) -> None:
    """Synchronise all, restore x1 to x31, and do what SRET does."""
    memory = SharedMemory(call.hart, call.platform)
    memory.synchronize(call.hart.hypervisor_csrs)
    for entry in range(ENTRIES):
        memory.fence(entry)
    memory.swap()
    for number in range(1, 32):
        call.hart.x[number] = memory.read(SRET_CONTEXT + number * WORD)
    call.hart.return_from_trap()
