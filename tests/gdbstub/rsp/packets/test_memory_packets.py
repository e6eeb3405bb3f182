"""m M X x qSearch:memory qCRC."""

from __future__ import annotations

import pytest

from gdbstub.errors import ProtocolError
from gdbstub.rsp import catalogue
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets.memory import (
    ChecksumMemory,
    ReadMemory,
    ReadMemoryBinary,
    SearchMemory,
    WriteMemory,
    WriteMemoryBinary,
)

PACKETS = [
    (b"m0,0", ReadMemory(0, 0)),
    (b"mffffffffffffffff,ffffffffffffffff", ReadMemory(2**64 - 1, 2**64 - 1)),
    (b"M10,0:", WriteMemory(0x10, b"")),
    (b"M10,3:00ff7f", WriteMemory(0x10, b"\x00\xff\x7f")),
    (b"X10,0:", WriteMemoryBinary(0x10, b"")),
    (b"X10,4:;:,#", WriteMemoryBinary(0x10, b";:,#")),
    (b"x10,4", ReadMemoryBinary(0x10, 4)),
    (b"qSearch:memory:10;20;", SearchMemory(0x10, 0x20, b"")),
    (b"qSearch:memory:10;20;\x00;\n", SearchMemory(0x10, 0x20, b"\x00;\n")),
    (b"qCRC:10,20", ChecksumMemory(0x10, 0x20)),
]
MALFORMED = [
    (b"m", "m: address: a hexadecimal number is missing"),
    (b"mg", "m: address: a hexadecimal number is missing"),
    (b"m80000000", "m: address: expected ',', found the end of the packet"),
    (b"m80000000,", "m: length: a hexadecimal number is missing"),
    (b"m80000000,4 ", "m: ' ' is left over at the end"),
    (b"m-1,4", "m: address: a hexadecimal number is missing"),
    (b"m0x10,4", "m: address: expected ',', found 'x10,4'"),
    (b"m1_0,4", "m: address: expected ',', found '_0,4'"),
    (b"m10000000000000000,4", "m: address: '10000000000000000' has more than 64 bits"),
    (b"m" + b"f" * 100 + b",4", "m: address: 'ffffffffffffffffffffffff'... (100 bytes) has more than 64 bits"),
    (b"M10,2:00", "M: data: 2 bytes are announced and 1 came"),
    (b"M10,1:0000", "M: data: 1 bytes are announced and 2 came"),
    (b"M10,1:0", "M: data: '0' is not a sequence of pairs of hexadecimal digits"),
    (b"M10,1:zz", "M: data: 'zz' is not a sequence of pairs of hexadecimal digits"),
    (b"M10,1: 0", "M: data: ' 0' is not a sequence of pairs of hexadecimal digits"),
    (b"M10,1:00;", "M: ';' is left over at the end"),
    (b"M10,1", "M: length: expected ':', found the end of the packet"),
    (b"X10,2:a", "X: data: 2 bytes are announced and 1 came"),
    (b"X10,ffffffffffffffff:a", "X: data: 18446744073709551615 bytes are announced and 1 came"),
    (b"x10,", "x: length: a hexadecimal number is missing"),
    (b"qSearch:memory", "qSearch:memory: address: expected ':', found the end of the packet"),
    (b"qSearch:memory:10;20", "qSearch:memory: length: expected ';', found the end of the packet"),
    (b"qCRC:10", "qCRC: address: expected ',', found the end of the packet"),
]


@pytest.mark.parametrize(("payload", "packet"), PACKETS)
def test_parses_and_builds(payload: bytes, packet: Packet) -> None:
    assert catalogue.parse(payload) == packet
    assert packet.build() == payload


@pytest.mark.parametrize(("payload", "message"), MALFORMED)
def test_malformed_is_an_error_that_names_the_field(payload: bytes, message: str) -> None:
    with pytest.raises(ProtocolError) as error:
        catalogue.parse(payload)
    assert str(error.value) == message
