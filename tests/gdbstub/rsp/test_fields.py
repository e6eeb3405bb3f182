"""Values that cannot travel are our own mistakes, and are told when a packet is built."""

from __future__ import annotations

import pytest

from gdbstub.rsp import fields
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets.general import ExchangeFeatures
from gdbstub.rsp.packets.memory import ReadMemory
from gdbstub.rsp.packets.registers import ReadRegister
from gdbstub.rsp.packets.resume import ContinueWithSignal


@pytest.mark.parametrize(
    "packet",
    [
        ReadMemory(-1, 4),
        ReadMemory(2**64, 4),
        ReadRegister(2**32),
        ContinueWithSignal(256),
        ExchangeFeatures(("ä",)),
    ],
)
def test_a_value_that_cannot_travel_is_refused_when_building(packet: Packet) -> None:
    with pytest.raises(ValueError, match=r"is no unsigned number of \d+ bits|can't encode"):
        packet.build()


def test_a_layout_may_be_used_without_a_packet() -> None:
    pair = fields.layout({"low": fields.number(until=b"-"), "high": fields.number()})
    assert pair.build({"low": 0x10, "high": 0x20}) == b"10-20"
    assert (pair.parse(b"1-f").low, pair.parse(b"1-f").high) == (1, 15)
