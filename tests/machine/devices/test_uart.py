from __future__ import annotations

import pytest

from machine.devices.uart import Uart

RBR = THR = DLL = 0
IER = DLM = 1
IIR = FCR = 2
LCR, MCR, LSR, MSR, SCR = 3, 4, 5, 6, 7
NO_INTERRUPT, MODEM, TRANSMIT, RECEIVED, LINE, TIMEOUT = 0x1, 0x0, 0x2, 0x4, 0x6, 0xC


class Port:
    """A UART with its line and its sink."""

    def __init__(self) -> None:
        self.sent = b""
        self.line = False
        self.uart = Uart(self.set_line, self.output)

    def set_line(self, level: bool) -> None:
        assert level != self.line, "the line is reported only when it changes"
        self.line = level

    def output(self, data: bytes) -> None:
        self.sent += data

    def read(self, register: int) -> int:
        return self.uart.read(register, 1)

    def write(self, register: int, value: int) -> None:
        self.uart.write(register, 1, value)


@pytest.fixture
def port() -> Port:
    return Port()


def test_power_on(port: Port) -> None:
    assert [port.read(register) for register in (IER, IIR, LCR, MCR, LSR, MSR, SCR)] == [0, 1, 0, 8, 0x60, 0xB0, 0]
    assert not port.line


def test_transmits_at_once(port: Port) -> None:
    for byte in b"ok\n":
        assert port.read(LSR) & 0x20
        port.write(THR, byte)
    assert port.sent == b"ok\n"


def test_wide_accesses_move_one_byte(port: Port) -> None:
    port.uart.write(THR, 4, 0x1234_5641)
    assert port.sent == b"A"
    port.uart.receive(b"\xff\xfe")
    assert port.uart.read(RBR, 4) == 0xFF


def test_the_divisor_hides_behind_dlab(port: Port) -> None:
    port.write(LCR, 0x83)
    port.write(DLL, 0x34)
    port.write(DLM, 0x12)
    assert (port.read(DLL), port.read(DLM), port.uart.divisor) == (0x34, 0x12, 0x1234)
    port.write(LCR, 0x03)
    assert (port.read(LCR), port.read(IER), port.sent) == (3, 0, b"")
    port.uart.receive(b"x")
    port.write(LCR, 0x80)
    port.read(DLL)
    port.write(LCR, 0)
    assert port.read(RBR) == ord("x")


def test_received_bytes_in_order_with_data_ready(port: Port) -> None:
    port.uart.receive(b"abc")
    assert port.read(LSR) & 1
    assert bytes(port.read(RBR) for _ in range(3)) == b"abc"
    assert not port.read(LSR) & 1
    assert port.read(RBR) == 0


def test_nothing_of_the_hosts_is_lost(port: Port) -> None:
    port.write(FCR, 1)
    sent = bytes(range(256)) * 2
    port.uart.receive(sent)
    received = bytearray()
    while port.read(LSR) & 1:
        received.append(port.read(RBR))
    assert bytes(received) == sent
    assert not port.read(LSR) & 2


def test_receive_interrupt_by_trigger_level_then_timeout(port: Port) -> None:
    port.write(FCR, 0x41)  # FIFO on, trigger at 4
    port.write(IER, 1)
    port.uart.receive(b"abc")
    assert (port.line, port.read(IIR)) == (True, 0xC0 | TIMEOUT)
    port.uart.receive(b"d")
    assert port.read(IIR) == 0xC0 | RECEIVED
    for _ in range(4):
        assert port.line
        port.read(RBR)
    assert (port.line, port.read(IIR)) == (False, 0xC0 | NO_INTERRUPT)


def test_transmit_interrupt_on_enabling_and_after_each_byte(port: Port) -> None:
    port.write(IER, 2)
    assert port.line
    assert port.read(IIR) == TRANSMIT
    assert not port.line, "reading IIR acknowledges it"
    port.write(IER, 2)
    assert not port.line, "it was enabled before"
    port.write(THR, 65)
    assert port.line
    port.write(IER, 0)
    assert not port.line


def test_a_higher_cause_keeps_the_transmit_cause_pending(port: Port) -> None:
    port.write(IER, 3)
    port.uart.receive(b"a")
    assert port.read(IIR) == RECEIVED
    assert port.line
    port.read(RBR)
    assert port.read(IIR) == TRANSMIT
    assert not port.line


def test_fifo_control(port: Port) -> None:
    assert port.read(IIR) & 0xC0 == 0
    port.write(FCR, 0x81)
    assert port.read(IIR) & 0xC0 == 0xC0
    port.uart.receive(b"abc")
    port.write(FCR, 0x83)
    assert not port.read(LSR) & 1, "the receiver was cleared"
    port.write(FCR, 0xC0)
    assert port.read(IIR) & 0xC0 == 0, "without bit 0 the others are not programmed"


def test_loopback_turns_bytes_round_and_overruns(port: Port) -> None:
    port.write(MCR, 0x10)
    port.write(IER, 4)
    port.uart.receive(b"outside")
    port.write(THR, 0x55)
    port.write(THR, 0x66)
    assert port.sent == b""
    assert (port.line, port.read(IIR)) == (True, LINE)
    assert port.read(LSR) & 3 == 3
    assert not port.line, "reading LSR clears the overrun"
    assert port.read(RBR) == 0x55
    assert not port.read(LSR) & 1
    port.write(MCR, 0)
    assert port.read(RBR) == ord("o")


def test_modem_lines_in_loopback_and_their_changes(port: Port) -> None:
    port.write(IER, 8)
    port.write(MCR, 0x10)
    assert (port.line, port.read(IIR)) == (True, MODEM)
    assert port.read(MSR) == 0x0B, "DCD, DSR and CTS fell"
    assert not port.line
    port.write(MCR, 0x1F)
    assert port.read(MSR) == 0xFB
    port.write(MCR, 0x1B)
    assert port.read(MSR) == 0xB4, "trailing edge of the ring indicator"


def test_status_registers_ignore_writes_and_scratch_keeps(port: Port) -> None:
    port.write(LSR, 0)
    port.write(MSR, 0)
    port.write(SCR, 0xA5)
    port.write(8, 0xFF)
    assert [port.read(register) for register in (LSR, MSR, SCR, 8, 0xFF)] == [0x60, 0xB0, 0xA5, 0, 0]


def test_peek_has_no_side_effect(port: Port) -> None:
    port.write(IER, 3)
    port.uart.receive(b"z")
    peeked = [port.uart.peek(register, 1) for register in range(8)]
    assert peeked == [port.uart.peek(register, 1) for register in range(8)]
    assert peeked[RBR] == ord("z")
    assert port.line
    assert port.read(RBR) == ord("z")
    assert port.uart.peek(IIR, 1) == port.uart.peek(IIR, 1) == TRANSMIT
    assert port.line


def test_reset_drops_input_and_lowers_the_line(port: Port) -> None:
    port.write(IER, 1)
    port.uart.receive(b"abcdefgh")
    assert port.line
    port.uart.reset()
    assert not port.line
    assert port.read(LSR) == 0x60
    port.write(IER, 1)
    assert not port.line
