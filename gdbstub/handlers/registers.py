"""Registers: all general ones, or one by its number in the target description."""

from __future__ import annotations

from errno import EINVAL

from gdbstub.errors import TargetError
from gdbstub.handlers.conversation import Conversation
from gdbstub.handlers.dispatch import handles
from gdbstub.rsp.packets import registers
from gdbstub.rsp.replies import HexData, Ok, Reply

__all__: list[str] = []


@handles(registers.ReadRegisters)
def read_registers(talk: Conversation, packet: registers.ReadRegisters) -> Reply:
    """“What do the general registers hold?”"""
    return HexData(talk.target.read_general_registers(talk.access_thread))


@handles(registers.WriteRegisters)
def write_registers(talk: Conversation, packet: registers.WriteRegisters) -> Reply:
    """“Let the general registers hold this.” Exactly as many bytes as there are, or none is written."""
    target, thread = talk.target, talk.access_thread
    sizes = {number: target.register_size(number) for number in target.general_registers}
    _check_size("the general registers", sum(sizes.values()), packet.data)
    offset = 0
    for number, size in sizes.items():
        target.write_register(thread, number, packet.data[offset : offset + size])
        offset += size
    return Ok()


@handles(registers.ReadRegister)
def read_register(talk: Conversation, packet: registers.ReadRegister) -> Reply:
    """“What does register n hold?”"""
    talk.target.register_size(packet.register)  # refuses a register that does not exist
    return HexData(talk.target.read_register(talk.access_thread, packet.register))


@handles(registers.WriteRegister)
def write_register(talk: Conversation, packet: registers.WriteRegister) -> Reply:
    """“Let register n hold this.”"""
    _check_size(f"register {packet.register}", talk.target.register_size(packet.register), packet.data)
    talk.target.write_register(talk.access_thread, packet.register, packet.data)
    return Ok()


def _check_size(what: str, size: int, data: bytes) -> None:
    if len(data) != size:
        raise TargetError(EINVAL, f"{len(data)} bytes came for {what}: {size} are needed")
