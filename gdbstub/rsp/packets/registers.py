"""Registers: all of them, or one by its number in the target description.

GDB manual, "Remote Protocol", "Packets". Values travel in target byte order and are bytes here.
"""

from __future__ import annotations

from gdbstub.rsp.fields import hex_bytes, number
from gdbstub.rsp.packet import Packet, packet

__all__ = ["ReadRegister", "ReadRegisters", "WriteRegister", "WriteRegisters"]


@packet("g")
class ReadRegisters(Packet):
    """g — "What do the general registers hold?"

    >>> ReadRegisters.parse(b"")
    ReadRegisters()
    >>> ReadRegisters().build()
    b'g'
    """


@packet("G", data=hex_bytes())
class WriteRegisters(Packet):
    """G XX… — "Let the general registers hold this."

    >>> WriteRegisters.parse(b"0100000000000000")
    WriteRegisters(data=b'\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00')
    >>> WriteRegisters(b"\\xff\\x00").build()
    b'Gff00'
    """

    data: bytes


@packet("p", register=number(bits=32))
class ReadRegister(Packet):
    """p n — "What does register n hold?"

    >>> ReadRegister.parse(b"1041")
    ReadRegister(register=4161)
    >>> ReadRegister(32).build()
    b'p20'
    """

    register: int


@packet("P", register=number(bits=32, until=b"="), data=hex_bytes())
class WriteRegister(Packet):
    """P n=XX… — "Let register n hold this."

    >>> WriteRegister.parse(b"20=0000008000000000")
    WriteRegister(register=32, data=b'\\x00\\x00\\x00\\x80\\x00\\x00\\x00\\x00')
    >>> WriteRegister(1, b"\\xff").build()
    b'P1=ff'
    """

    register: int
    data: bytes
