"""Memory: read, write, search, compare.

GDB manual, "Remote Protocol", "Packets" and "General Query Packets".
"""

from __future__ import annotations

from gdbstub.rsp.fields import binary, hex_bytes, number, size_of
from gdbstub.rsp.packet import Packet, packet

__all__ = [
    "ChecksumMemory",
    "ReadMemory",
    "ReadMemoryBinary",
    "SearchMemory",
    "WriteMemory",
    "WriteMemoryBinary",
]


@packet("m", address=number(until=b","), length=number())
class ReadMemory(Packet):
    """m addr,length — "What is in these bytes of memory?"

    >>> ReadMemory.parse(b"80000000,4")
    ReadMemory(address=2147483648, length=4)
    >>> ReadMemory(0x80000000, 4).build()
    b'm80000000,4'
    """

    address: int
    length: int


@packet("M", address=number(until=b","), length=size_of("data", until=b":"), data=hex_bytes(size="length"))
class WriteMemory(Packet):
    """M addr,length:XX… — "Put these bytes, in hexadecimal, into memory."

    >>> WriteMemory.parse(b"80000000,2:13ff")
    WriteMemory(address=2147483648, data=b'\\x13\\xff')
    >>> WriteMemory(0x80000000, b"\\x13\\xff").build()
    b'M80000000,2:13ff'
    """

    address: int
    data: bytes


@packet("X", address=number(until=b","), length=size_of("data", until=b":"), data=binary(size="length"))
class WriteMemoryBinary(Packet):
    """X addr,length:… — "Put these bytes into memory"; with no bytes, "Do you know this packet?"

    >>> WriteMemoryBinary.parse(b"80000000,2:#$")
    WriteMemoryBinary(address=2147483648, data=b'#$')
    >>> WriteMemoryBinary(0x80000000, b"").build()
    b'X80000000,0:'
    """

    address: int
    data: bytes


@packet("x", address=number(until=b","), length=number())
class ReadMemoryBinary(Packet):
    """x addr,length — "What is in these bytes of memory? Answer in binary."

    >>> ReadMemoryBinary.parse(b"80000000,4")
    ReadMemoryBinary(address=2147483648, length=4)
    >>> ReadMemoryBinary(0, 0).build()
    b'x0,0'
    """

    address: int
    length: int


@packet(
    "qSearch:memory",
    address=number(lead=b":", until=b";"),
    length=number(until=b";"),
    pattern=binary(),
)
class SearchMemory(Packet):
    """qSearch:memory:addr;length;pattern — "Where in these bytes of memory does the pattern first stand?"

    >>> SearchMemory.parse(b":80000000;100;\\x7fELF")
    SearchMemory(address=2147483648, length=256, pattern=b'\\x7fELF')
    >>> SearchMemory(0x80000000, 0x100, b";").build()
    b'qSearch:memory:80000000;100;;'
    """

    address: int
    length: int
    pattern: bytes


@packet("qCRC", address=number(lead=b":", until=b","), length=number())
class ChecksumMemory(Packet):
    """qCRC:addr,length — "What is the CRC-32 of these bytes of memory?"

    >>> ChecksumMemory.parse(b":80000000,1000")
    ChecksumMemory(address=2147483648, length=4096)
    >>> ChecksumMemory(0x80000000, 0x1000).build()
    b'qCRC:80000000,1000'
    """

    address: int
    length: int
