"""g G p P."""

from __future__ import annotations

import pytest

from gdbstub.errors import ProtocolError
from gdbstub.rsp import catalogue
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets.registers import ReadRegister, ReadRegisters, WriteRegister, WriteRegisters

PACKETS = [
    (b"g", ReadRegisters()),
    (b"G", WriteRegisters(b"")),
    (b"G" + b"00" * 264, WriteRegisters(bytes(264))),
    (b"p0", ReadRegister(0)),
    (b"p1041", ReadRegister(0x1041)),
    (b"P20=", WriteRegister(0x20, b"")),
    (b"P20=0010000000000000", WriteRegister(0x20, b"\x00\x10" + bytes(6))),
]
MALFORMED = [
    (b"g0", "g: '0' is left over at the end"),
    (b"G0", "G: data: '0' is not a sequence of pairs of hexadecimal digits"),
    (b"Gxx", "G: data: 'xx' is not a sequence of pairs of hexadecimal digits"),
    (b"G00:00", "G: ':00' is left over at the end"),
    (b"p", "p: register: a hexadecimal number is missing"),
    (b"p100000000", "p: register: '100000000' has more than 32 bits"),
    (b"p20;thread:1;", "p: ';thread:1;' is left over at the end"),
    (b"P20", "P: register: expected '=', found the end of the packet"),
    (b"P20=001", "P: data: '001' is not a sequence of pairs of hexadecimal digits"),
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
