from __future__ import annotations

from tests.gdbstub.debugger import Debugger


def test_lldb_is_told_about_the_machine(gdb: Debugger) -> None:
    triple = b"riscv64-unknown-unknown".hex()
    host = f"triple:{triple};endian:little;ptrsize:8;watchpoint_exceptions_received:before;"
    assert gdb.ask("qHostInfo").decode() == host
    assert gdb.ask("qProcessInfo").decode() == "pid:1;" + host


def test_threads_are_listed_in_stop_replies_once_agreed(gdb: Debugger) -> None:
    assert b"threads:" not in gdb.ask("?")
    assert gdb.ask("QListThreadsInStopReply") == b"OK"
    assert b"threads:1,2;" in gdb.ask("?")


def test_each_thread_has_a_stop_reason(gdb: Debugger) -> None:
    assert gdb.ask("qThreadStopInfo1").startswith(b"T05thread:1;")
    assert gdb.ask("qThreadStopInfo2") == b"T00thread:2;20:0011000000000000;"
    assert gdb.ask("qThreadStopInfo9") == b"E03"


def test_optional_questions_are_unsupported(gdb: Debugger) -> None:
    for question in ("qStructuredDataPlugins", "qVAttachOrWaitSupported", "QEnableErrorStrings", "jThreadsInfo"):
        assert gdb.ask(question) == b"", question


def test_memory_is_described_with_its_gaps(gdb: Debugger) -> None:
    assert gdb.ask("qMemoryRegionInfo:0") == b"start:0;size:1000;"
    assert gdb.ask("qMemoryRegionInfo:1fff") == b"start:1000;size:4000;permissions:rwx;"
    assert gdb.ask("qMemoryRegionInfo:5000") == b"start:5000;size:ffffffffffffb000;"
