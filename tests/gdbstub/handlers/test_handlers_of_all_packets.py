"""The table of handlers against the table of packets."""

from __future__ import annotations

from gdbstub.handlers import FAMILIES, HANDLED
from gdbstub.rsp.catalogue import PACKETS
from gdbstub.rsp.packets import general, lldb, resume

UNANSWERED = {
    general.MustReplyEmpty,  # its whole point
    general.QueryTraceStatus,  # no trace experiments
    general.WriteObject,  # no document can be written
    resume.ReverseContinue,
    resume.ReverseStep,
    lldb.EnableErrorStrings,
    lldb.QueryAttachOrWait,
    lldb.QueryStructuredDataPlugins,
    lldb.DescribeRegister,
    lldb.ListThreadsAsJson,
}


def test_every_packet_is_handled_or_deliberately_left_unsupported() -> None:
    assert set(PACKETS) == set(HANDLED) | UNANSWERED
    assert not set(HANDLED) & UNANSWERED


def test_a_packet_is_handled_in_the_file_of_its_family() -> None:
    homes = {family.__name__.rpartition(".")[2]: family.__name__ for family in FAMILIES}
    for packet, handler in HANDLED.items():
        assert handler.function.__module__ == homes[packet.__module__.rpartition(".")[2]], packet.__name__
