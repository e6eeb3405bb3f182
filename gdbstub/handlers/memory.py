"""Memory: read, write, search, compare."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterator
from errno import EFAULT, EINVAL

from gdbstub.errors import TargetError
from gdbstub.handlers.conversation import PACKET_SIZE, Conversation
from gdbstub.handlers.dispatch import handles
from gdbstub.rsp.packets import memory
from gdbstub.rsp.replies import BinaryData, Crc, Found, HexData, Ok, Reply

__all__ = ["gdb_crc"]

TOP = 1 << 64  # one past the last address
CHUNK = 1 << 20  # bytes read at once for a search or a checksum
REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@handles(memory.ReadMemory)
def read_memory(talk: Conversation, packet: memory.ReadMemory) -> Reply:
    """“What is in these bytes of memory?” As many as are readable and fit; gdb asks again for the rest."""
    if packet.length == 0:
        raise TargetError(EINVAL, "no bytes are asked for: the length must be at least 1")
    return HexData(_read(talk, packet.address, packet.length))


@handles(memory.ReadMemoryBinary)
def read_memory_binary(talk: Conversation, packet: memory.ReadMemoryBinary) -> Reply:
    """The same, in binary. No bytes at all is a client's way to ask whether we know the packet."""
    return BinaryData(_read(talk, packet.address, packet.length) if packet.length else b"")


@handles(memory.WriteMemory, memory.WriteMemoryBinary)
def write_memory(talk: Conversation, packet: memory.WriteMemory | memory.WriteMemoryBinary) -> Reply:
    """“Put these bytes into memory.” No bytes at all is a client's way to ask whether we know the packet."""
    if packet.address + len(packet.data) > TOP:
        raise TargetError(EFAULT, f"{len(packet.data)} bytes at {packet.address:#x} would pass the last address")
    if packet.data:
        talk.target.write_memory(talk.access_thread, packet.address, packet.data)
    return Ok()


@handles(memory.SearchMemory)
def search_memory(talk: Conversation, packet: memory.SearchMemory) -> Reply:
    """“Where in these bytes of memory does the pattern first stand?”"""
    if not packet.pattern:
        raise TargetError(EINVAL, "the pattern to search for is empty")
    kept = b""  # the end of what has been searched, where a match may begin
    for address, chunk in _chunks(talk, packet.address, packet.length):
        window = kept + chunk
        found = window.find(packet.pattern)
        if found >= 0:
            return Found(address - len(kept) + found)
        kept = window[max(0, len(window) - len(packet.pattern) + 1) :]
    return Found(None)


@handles(memory.ChecksumMemory)
def checksum_memory(talk: Conversation, packet: memory.ChecksumMemory) -> Reply:
    """“What is the CRC-32 of these bytes of memory?”"""
    checksum = 0xFFFF_FFFF
    for _, chunk in _chunks(talk, packet.address, packet.length):
        checksum = gdb_crc(chunk, checksum)
    return Crc(checksum)


def gdb_crc(data: bytes, checksum: int = 0xFFFF_FFFF) -> int:
    """GDB's CRC-32: the usual polynomial, most significant bit first, not inverted at the end.

    The library's CRC takes the least significant bit first; it gives the same result on mirrored bytes.

    >>> f"{gdb_crc(b'123456789'):x}"
    '376e6e7'
    """
    mirrored = crc32(data.translate(REVERSED_BITS), _mirror(checksum) ^ 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return _mirror(mirrored)


def _mirror(word: int) -> int:
    return int(f"{word:032b}"[::-1], 2)


def _read(talk: Conversation, address: int, length: int) -> bytes:
    most = min(length, PACKET_SIZE // 2 - 1, TOP - address)
    return talk.target.read_memory(talk.access_thread, address, most)


def _chunks(talk: Conversation, address: int, length: int) -> Iterator[tuple[int, bytes]]:
    """All of a range, with the address of each part. Raises TargetError at the first unreadable byte."""
    end = address + length
    if end > TOP:
        raise TargetError(EFAULT, f"{length:#x} bytes at {address:#x} would pass the last address")
    while address < end:
        chunk = talk.target.read_memory(talk.access_thread, address, min(CHUNK, end - address))
        yield address, chunk
        address += len(chunk)
