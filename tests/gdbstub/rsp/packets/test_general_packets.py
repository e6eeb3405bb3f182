"""The conversation, the process, monitor commands, documents, symbols."""

from __future__ import annotations

import pytest

from gdbstub.errors import ProtocolError
from gdbstub.rsp import catalogue
from gdbstub.rsp.packet import Packet
from gdbstub.rsp.packets import general as g

PACKETS = [
    (b"qSupported", g.ExchangeFeatures()),
    (b"qSupported:a+;b-;c?;d=1,2", g.ExchangeFeatures(("a+", "b-", "c?", "d=1,2"))),
    (b"vMustReplyEmpty", g.MustReplyEmpty()),
    (b"QStartNoAckMode", g.StopAcks()),
    (b"QNonStop:0", g.SetNonStop(False)),
    (b"QNonStop:1", g.SetNonStop(True)),
    (b"?", g.QueryStopReason()),
    (b"!", g.EnableExtendedMode()),
    (b"qAttached", g.QueryAttached()),
    (b"qAttached:1", g.QueryAttached(1)),
    (b"vAttach;8", g.Attach(8)),
    (b"D", g.Detach()),
    (b"D;1", g.Detach(1)),
    (b"k", g.Kill()),
    (b"vKill;1", g.KillProcess(1)),
    (b"R", g.Restart()),
    (b"R0", g.Restart(0)),
    (b"vRun;", g.Run("")),
    (b"vRun;;", g.Run("", ("",))),
    (b"vRun;61;6263;", g.Run("a", ("bc", ""))),
    (b"qRcmd,", g.MonitorCommand("")),
    (b"qRcmd,6d6f6465", g.MonitorCommand("mode")),
    (b"qRcmd,c3a4", g.MonitorCommand("ä")),
    (b"qRcmd,ff", g.MonitorCommand("\udcff")),
    (b"qXfer:features:read:target.xml:0,ffb", g.ReadObject("features", "target.xml", 0, 0xFFB)),
    (b"qXfer:memory-map:read::ffb,ffb", g.ReadObject("memory-map", "", 0xFFB, 0xFFB)),
    (b"qXfer:siginfo:write::0:a:b", g.WriteObject("siginfo", "", 0, b"a:b")),
    (b"qSymbol::", g.LookUpSymbol(None, "")),
    (b"qSymbol::61", g.LookUpSymbol(None, "a")),
    (b"qSymbol:10:61", g.LookUpSymbol(0x10, "a")),
    (b"qTStatus", g.QueryTraceStatus()),
]
MALFORMED = [
    (b"qSupported;a+", "qSupported: ';a+' is left over at the end"),
    (b"qSupported:\xff", "qSupported: '\\xff' is left over at the end"),
    (b"QNonStop:2", "QNonStop: enabled: expected 0 or 1, found '2'"),
    (b"QNonStop", "QNonStop: enabled: expected ':', found the end of the packet"),
    (b"!zzz", "!: 'zzz' is left over at the end"),
    (b"?5", "?: '5' is left over at the end"),
    (b"k1", "k: '1' is left over at the end"),
    (b"D1", "D: '1' is left over at the end"),
    (b"vKill", "vKill: process: expected ';', found the end of the packet"),
    (b"vRun", "vRun: program: expected ';', found the end of the packet"),
    (b"vRun;6", "vRun: program: '6' is not a sequence of pairs of hexadecimal digits"),
    (b"qRcmd", "qRcmd: command: expected ',', found the end of the packet"),
    (b"qRcmd,6", "qRcmd: command: '6' is not a sequence of pairs of hexadecimal digits"),
    (b"qXfer:features:read:target.xml:0", "qXfer: offset: expected ',', found the end of the packet"),
    (b"qXfer:features:read:target.xml", "qXfer: annex: expected ':', found the end of the packet"),
    (b"qXfer:features:read::-1,4", "qXfer: offset: a hexadecimal number is missing"),
    (b"qSymbol:", "qSymbol: name: expected ':', found the end of the packet"),
]


@pytest.mark.parametrize("payload", [b"vMoon", b"vKillAll", b"qCfoo", b"qXfer", b"qXfer:features:erase:", b"QNonStopX"])
def test_a_word_that_only_begins_like_a_packet_is_unknown(payload: bytes) -> None:
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
