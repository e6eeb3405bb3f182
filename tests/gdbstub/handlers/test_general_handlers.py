from __future__ import annotations

import pytest

from gdbstub.rsp import framing
from gdbstub.session import Session
from gdbstub.target import BreakpointKind, Target
from tests.gdbstub.debugger import Debugger, payloads
from tests.gdbstub.fake_target import A0, COUNTER, EXIT, FakeTarget

GDB_13 = (
    "multiprocess+;swbreak+;hwbreak+;qRelocInsn+;fork-events+;vfork-events+;exec-events+;vContSupported+;no-resumed+"
)


def hexed(text: str) -> str:
    return text.encode().hex()


def test_features_are_those_that_the_target_has(target: FakeTarget) -> None:
    assert set(Debugger(target, GDB_13).features) == {
        "PacketSize=100000",
        "QStartNoAckMode+",
        "vContSupported+",
        "qXfer:features:read+",
        "qXfer:threads:read+",
        "qXfer:memory-map:read+",
        "binary-upload+",
        "swbreak+",
        "hwbreak+",
    }


def test_a_feature_that_describes_replies_is_only_promised_to_a_client_that_named_it(target: FakeTarget) -> None:
    features = Debugger(target, "error-message+;swbreak-").features
    assert "error-message+" in features
    assert not [name for name in features if "break" in name]


class Bare:
    """A target with nothing that is optional: delegates by a closed list of names."""

    NAMES = frozenset(name for name in dir(Target) if not name.startswith("_"))

    def __init__(self, target: FakeTarget) -> None:
        for name in self.NAMES:
            setattr(self, name, getattr(target, name))


def test_what_a_target_lacks_is_neither_promised_nor_answered(target: FakeTarget) -> None:
    gdb = Debugger(Bare(target))  # type: ignore[arg-type]  # complete, but only at run time
    assert {name for name in gdb.features if "map" in name or "break" in name} == set()
    for payload in ("Z0,1000,4", "z2,1000,4", "qRcmd,68", "R0", "vRun;", "qXfer:memory-map:read::0,100", "qHostInfo"):
        assert gdb.ask(payload) == b"", payload
    assert gdb.ask("m1000,4") == b"13000000"


def test_a_kind_of_breakpoint_that_the_target_lacks_is_not_promised(target: FakeTarget) -> None:
    target.breakpoint_kinds = (BreakpointKind.HARDWARE,)
    gdb = Debugger(target)
    assert [name for name in gdb.features if "break" in name] == ["hwbreak+"]
    assert gdb.ask("Z0,1000,4") == b""


def test_acks_stop_after_the_ok_that_ends_them(target: FakeTarget) -> None:
    session = Session(target)
    assert session.receive(framing.encode(b"QStartNoAckMode")) == b"+$OK#9a"
    assert session.receive(framing.encode(b"?") + b"+")[:1] == b"$"


@pytest.mark.parametrize(
    ("payload", "reply"),
    [
        ("vMustReplyEmpty", b""),
        ("vMoon", b""),
        ("qTStatus", b""),
        ("QNonStop:0", b"OK"),
        ("QNonStop:1", b"E5f"),
        ("qAttached", b"1"),
        ("qAttached:1", b"1"),
        ("qSymbol::", b"OK"),
        ("!", b"OK"),
        ("?", b"T05thread:1;20:0010000000000000;"),
        ("vAttach;1", b"T05thread:1;20:0010000000000000;"),
        ("vAttach;8", b"E03"),
        ("vKill;a410", b"OK"),  # the number that gdb makes up
        ("vRun;" + hexed("other.elf"), b"E16"),
        ("vRun;;" + hexed("-v"), b"E16"),
        ("qXfer:features:read:other.xml:0,100", b"E02"),
        ("qXfer:threads:read:x:0,100", b"E02"),
        ("qXfer:moon:read::0,100", b""),
        ("qXfer:features:read:target.xml:ffffff,100", b"l"),
    ],
)
def test_general_packets(gdb: Debugger, payload: str, reply: bytes) -> None:
    assert gdb.ask(payload) == reply


def test_a_document_can_be_read_in_small_parts(gdb: Debugger, target: FakeTarget) -> None:
    document, offset, part = b"", 0, b"m"
    while part[:1] == b"m":
        part = gdb.ask(f"qXfer:features:read:target.xml:{offset:x},64")
        assert len(part) <= 0x65
        document += part[1:]
        offset += len(part) - 1
    assert document.decode() == target.description()


def test_the_parts_of_the_thread_list_fit_together_even_if_it_changes_between(
    gdb: Debugger, target: FakeTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = gdb.ask("qXfer:threads:read::0,20")[1:]
    monkeypatch.setattr(target, "threads", list)
    whole = first + gdb.ask("qXfer:threads:read::20,1000")[1:]
    assert whole.decode().count("<thread ") == 2


def test_monitor_output_comes_before_ok(gdb: Debugger) -> None:
    assert gdb.ask("qRcmd," + hexed("count")) == b"OK"
    assert gdb.console == "the count is 0\n"


def test_long_monitor_output_comes_in_several_packets(gdb: Debugger, target: FakeTarget) -> None:
    target.registers[1][A0] = 10**4200
    *output, last = gdb.exchange("qRcmd," + hexed("count"))
    assert last == b"OK"
    assert len(output) == 3
    assert bytes.fromhex(b"".join(said[1:] for said in output).decode()) == b"the count is 1" + b"0" * 4200 + b"\n"


def test_an_old_gdb_reads_a_failed_command_before_the_error(gdb: Debugger) -> None:
    assert gdb.ask("qRcmd," + hexed("cuont")) == b"E16"
    assert gdb.console == "There is no command 'cuont'; did you mean 'count'? 'monitor help' lists them all.\n"


def test_a_new_gdb_reads_a_failed_command_in_the_error(new_gdb: Debugger) -> None:
    reply = new_gdb.ask("qRcmd," + hexed("cuont"))
    assert reply.startswith(b"E.There is no command 'cuont'; did you mean 'count'?")
    assert new_gdb.console == ""


@pytest.mark.parametrize("payload", ["D", "D;1"])
def test_detaching_ends_the_conversation_and_leaves_the_machine_halted_there(
    gdb: Debugger, target: FakeTarget, payload: str
) -> None:
    gdb.ask("s")
    assert gdb.ask(payload) == b"OK"
    assert gdb.session.leaving is not None
    assert Debugger(target).pc() == 0x1004


def test_killing_has_no_reply_and_leaves_a_fresh_machine(gdb: Debugger, target: FakeTarget) -> None:
    gdb.ask("Z0,1008,4")
    gdb.ask("s")
    assert gdb.exchange("k") == []
    assert gdb.session.leaving is not None
    assert not target.breakpoints
    assert Debugger(target).pc() == 0x1000


def test_extended_mode_lives_through_exit_kill_detach_and_starts_again(gdb: Debugger, target: FakeTarget) -> None:
    gdb.ask("!")
    gdb.ask("Z0,1008,4")
    target.registers[1][A0] = 7
    assert gdb.ask(f"c{EXIT:x}") == b"W07"
    assert gdb.ask("?") == b"W07"
    assert gdb.ask("vCont;c") == b"E03"
    assert gdb.console.startswith("the program is over: ")
    assert gdb.ask("qfThreadInfo") == b"l"
    assert b"hart" not in gdb.ask("qXfer:threads:read::0,1000")
    assert (gdb.ask("T1"), gdb.ask("qThreadExtraInfo,-1"), gdb.ask("Hc-1")) == (b"E03", b"E03", b"OK")
    assert gdb.ask("vRun;").startswith(b"T05thread:1;")
    assert not target.breakpoints
    assert gdb.ask("vKill;1") == b"OK"
    assert gdb.ask("?") == b"W00"
    assert gdb.ask("s") == b"E03"
    assert gdb.exchange("R00") == []
    assert gdb.ask("s").startswith(b"T05")
    assert gdb.ask("D;1") == b"OK"
    assert gdb.session.leaving is None
    assert gdb.ask("c") == b"E03"
    assert gdb.ask("vAttach;1").startswith(b"T05")
    assert gdb.pc() == 0x1004


def test_a_target_that_has_ended_can_still_be_looked_at_by_the_next_debugger(gdb: Debugger, target: FakeTarget) -> None:
    assert gdb.ask(f"c{EXIT:x}") == b"W00"
    gdb.session.close()
    after = Debugger(target)
    assert after.ask("?").startswith(b"T05")
    assert after.pc() == EXIT
    assert after.ask(f"m{COUNTER:x},1") == b"00"
    assert after.ask("c") == b"E03"


def test_a_frame_that_arrives_damaged_is_answered_when_nobody_can_ask_for_it_again(new_gdb: Debugger) -> None:
    (reply,) = payloads(new_gdb.session.receive(b"$m1000,4#00"))
    assert reply.startswith(b"E.the checksum is 00")
