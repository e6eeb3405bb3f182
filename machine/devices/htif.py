"""The host-target interface: two 64-bit words in main memory, the symbols ``tohost`` and ``fromhost``.

A request is device (bits 63:56), command (55:48) and payload (47:0), as riscv-isa-sim defines them. Device 0 ends the
run (odd payload: exit code · 2 + 1) or passes a system call (even payload: the address of eight words); device 1 is
a console whose command 0 reads and 1 writes a byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple, Protocol

from machine.bits import bits, u
from machine.devices.finish import Finish
from machine.errors import MachineError

__all__ = ["Console", "Htif", "Memory"]

SYS_WRITE, SYS_EXIT = 64, 93
EBADF, EFAULT, ENOSYS = 9, 14, 38
SYSCALL_DONE = 1
CONSOLE_REPLY = 0x100
MAGIC_WORDS = 8


class Memory(Protocol):
    """Main memory as one range."""

    data: memoryview
    base: int

    def read(self, offset: int, size: int, /) -> int:
        """``size`` bytes at ``offset`` from the base, little-endian."""

    def write(self, offset: int, size: int, value: int, /) -> None:
        """Store ``size`` bytes at ``offset`` from the base."""

    def contains(self, address: int, size: int, /) -> bool:
        """Whether the physical range is inside."""


class Console(Protocol):
    """The terminal behind device 1 and SYS_write."""

    def write(self, data: bytes, /) -> None:
        """Show ``data``."""

    def read(self) -> int | None:
        """The next byte typed, or None when there is none yet."""


class Request(NamedTuple):
    """One value of tohost."""

    device: int
    command: int
    payload: int

    @classmethod
    def of(cls, word: int) -> Request:
        """Split a word of tohost.

        >>> Request.of(0x0101_0000_0000_0041)
        Request(device=1, command=1, payload=65)
        """
        return cls(bits(word, 63, 56), bits(word, 55, 48), bits(word, 47, 0))

    def answer(self, payload: int) -> int:
        """The word of fromhost that answers this request."""
        return self.device << 56 | self.command << 48 | u(payload, 48)


class Htif:
    """Serves requests when the machine says that the guest stored to one of the two words.

    Args:
        memory: main memory that holds both words.
        tohost, fromhost: their physical addresses.
        console: receives and supplies the console's bytes.

    Raises MachineError when a word lies outside ``memory``.
    """

    STATE = ("_answers", "_reads")

    def __init__(self, memory: Memory, tohost: int, fromhost: int, console: Console) -> None:
        for name, address in (("tohost", tohost), ("fromhost", fromhost)):
            if not memory.contains(address, 8):
                raise MachineError(f"symbol {name} at {address:#x} is outside the memory; link it into main memory")
        self._memory = memory
        self.tohost = tohost
        self.fromhost = fromhost
        self._console = console
        self._answers: deque[int] = deque()
        self._reads: deque[Request] = deque()

    def written(self) -> Finish | None:
        """The guest stored to tohost or fromhost: serve what it asks; the run's end when it asks for that."""
        word = self._load(self.tohost)
        finish = None
        if word:
            self._store(self.tohost, 0)
            finish = self._serve(Request.of(word))
        self.poll()
        return finish

    def poll(self) -> None:
        """Answer a console read for which a byte has come, and hand over the next answer when fromhost is free."""
        while self._reads:
            byte = self._console.read()
            if byte is None:
                break
            self._answers.append(self._reads.popleft().answer(CONSOLE_REPLY | byte))
        if self._answers and self._load(self.fromhost) == 0:
            self._store(self.fromhost, self._answers.popleft())

    def reset(self) -> None:
        """Forget requests under way."""
        self._answers.clear()
        self._reads.clear()

    def _serve(self, request: Request) -> Finish | None:
        """Requests of devices and commands that do not exist are ignored, as riscv-isa-sim does."""
        handlers: dict[tuple[int, int], Callable[[Request], Finish | None]] = {
            (0, 0): self._exit_or_syscall,
            (1, 0): self._console_read,
            (1, 1): self._console_write,
        }
        handler = handlers.get((request.device, request.command))
        return handler(request) if handler is not None else None

    def _console_read(self, request: Request) -> None:
        self._reads.append(request)

    def _console_write(self, request: Request) -> None:
        self._console.write(bytes([bits(request.payload, 7, 0)]))

    def _exit_or_syscall(self, request: Request) -> Finish | None:
        if request.payload & 1:
            return Finish.exit(request.payload >> 1)
        return self._syscall(request)

    def _syscall(self, request: Request) -> Finish | None:
        """Number and arguments in eight words; the result replaces the first. A block outside memory gets none."""
        if self._memory.contains(request.payload, 8 * MAGIC_WORDS):
            number, *arguments = (self._load(request.payload + 8 * n) for n in range(MAGIC_WORDS))
            if number == SYS_EXIT:
                return Finish.exit(bits(arguments[0], 31, 0))
            result = self._sys_write(*arguments[:3]) if number == SYS_WRITE else -ENOSYS
            self._store(request.payload, result)
        self._answers.append(request.answer(SYSCALL_DONE))
        return None

    def _sys_write(self, descriptor: int, address: int, length: int) -> int:
        """write(2) to standard output or error: the length, or a negative errno."""
        if descriptor not in (1, 2):
            return -EBADF
        if not self._memory.contains(address, length):
            return -EFAULT
        start = address - self._memory.base
        self._console.write(bytes(self._memory.data[start : start + length]))
        return length

    def _load(self, address: int) -> int:
        return self._memory.read(address - self._memory.base, 8)

    def _store(self, address: int, value: int) -> None:
        self._memory.write(address - self._memory.base, 8, value)
