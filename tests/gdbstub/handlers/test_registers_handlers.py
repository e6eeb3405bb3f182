from __future__ import annotations

import pytest

from tests.gdbstub.debugger import Debugger
from tests.gdbstub.fake_target import FakeTarget


def test_all_general_registers_come_in_order(gdb: Debugger) -> None:
    reply = gdb.ask("g")
    assert len(reply) == 2 * 8 * 33
    assert reply.endswith(b"0010000000000000")


def test_all_general_registers_can_be_written(gdb: Debugger, target: FakeTarget) -> None:
    values = b"".join(number.to_bytes(8, "little") for number in range(33))
    assert gdb.ask("G" + values.hex()) == b"OK"
    assert gdb.ask("g") == values.hex().encode()
    assert target.registers[2][10] == 0


def test_one_register_is_written_and_read(gdb: Debugger) -> None:
    assert gdb.ask("Pa=efcdab8967452301") == b"OK"
    assert gdb.ask("pa") == b"efcdab8967452301"
    assert gdb.ask("p41") == b"0000000000000000"


@pytest.mark.parametrize(
    "payload", ["p42", "pffffffff", "P42=00", "Pa=00", "Pa=" + "00" * 9, "Pa=", "G00", "G" + "00" * 265]
)
def test_a_register_that_is_not_there_and_a_wrong_number_of_bytes_are_errors(
    gdb: Debugger, target: FakeTarget, payload: str
) -> None:
    before = {thread: dict(registers) for thread, registers in target.registers.items()}
    assert gdb.ask(payload) == b"E16"
    assert target.registers == before


def test_lldb_may_name_the_thread_in_a_register_packet(target: FakeTarget) -> None:
    lldb = Debugger(target)
    assert lldb.ask("p20;thread:2;") == b"E16"
    assert lldb.ask("QThreadSuffixSupported") == b"OK"
    assert lldb.ask("p20;thread:0002;") == b"0011000000000000"
    assert lldb.ask("p20;thread:0001;") == b"0010000000000000"
    assert lldb.ask("P1=0100000000000000;thread:2;") == b"OK"
    assert target.registers[2][1] == 1
    assert lldb.ask("p20;thread:9;") == b"E03"
    assert lldb.ask("p20;thread:;") == b"E16"
