"""Z0 to Z4 and z0 to z4, with conditions and commands for the target."""

from __future__ import annotations

import pytest

from gdbstub.errors import ProtocolError
from gdbstub.rsp import catalogue
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets.breakpoints import AgentCommands, BreakpointKind, InsertBreakpoint, RemoveBreakpoint

PACKETS = [
    (b"Z0,10,2", InsertBreakpoint(BreakpointKind.SOFTWARE, 0x10, 2)),
    (b"Z1,10,4", InsertBreakpoint(BreakpointKind.HARDWARE, 0x10, 4)),
    (b"Z4,10,8", InsertBreakpoint(BreakpointKind.ACCESS, 0x10, 8)),
    (b"Z0,10,2;X0,", InsertBreakpoint(BreakpointKind.SOFTWARE, 0x10, 2, conditions=(b"",))),
    (
        b"Z0,10,2;X3,220027X2,2227",
        InsertBreakpoint(BreakpointKind.SOFTWARE, 0x10, 2, conditions=(b"\x22\x00\x27", b"\x22\x27")),
    ),
    (
        b"Z0,10,2;cmds:1,X1,27",
        InsertBreakpoint(BreakpointKind.SOFTWARE, 0x10, 2, commands=AgentCommands(True, (b"\x27",))),
    ),
    (
        b"Z1,10,2;X1,27;cmds:0,X1,34X1,27",
        InsertBreakpoint(BreakpointKind.HARDWARE, 0x10, 2, (b"\x27",), AgentCommands(False, (b"\x34", b"\x27"))),
    ),
    (b"z2,10,8", RemoveBreakpoint(BreakpointKind.WRITE, 0x10, 8)),
]
MALFORMED = [
    (b"Z0", "Z: kind: expected ',', found the end of the packet"),
    (b"Z00,10,2", "Z: kind: expected ',', found '0,10,2'"),
    (b"Z0,10", "Z: address: expected ',', found the end of the packet"),
    (b"Z0,10,2;", "Z: ';' is left over at the end"),
    (b"Z0,10,2;X", "Z: conditions: a hexadecimal number is missing"),
    (b"Z0,10,2;X2,27", "Z: conditions: 2 bytes are announced and 1 came"),
    (b"Z0,10,2;X1,27X", "Z: conditions: a hexadecimal number is missing"),
    (b"Z0,10,2;cmds:2,X1,27", "Z: commands: expected 0 or 1, found '2'"),
    (b"Z0,10,2;cmds:0", "Z: commands: expected ',X', found the end of the packet"),
    (b"Z0,10,2;cmds:0,X1,27;X1,27", "Z: ';X1,27' is left over at the end"),
    (b"z0,10,2;X1,27", "z: ';X1,27' is left over at the end"),
]


@pytest.mark.parametrize("payload", [b"Z", b"Z5,10,2", b"z9,10,2", b"Zx"])
def test_a_kind_that_we_do_not_know_is_no_packet_of_ours(payload: bytes) -> None:
    assert catalogue.parse(payload) is None


@pytest.mark.parametrize(("payload", "packet"), PACKETS)
def test_parses_and_builds(payload: bytes, packet: Packet) -> None:
    assert catalogue.parse(payload) == packet
    assert packet.build() == payload


@pytest.mark.parametrize(("payload", "message"), MALFORMED)
def test_malformed_is_an_error_that_names_the_field(payload: bytes, message: str) -> None:
    with pytest.raises(ProtocolError) as error:
        catalogue.parse(payload)
    assert str(error.value) == message
