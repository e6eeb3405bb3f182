"""Registers and memory of a session, as a script likes to write them."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Protocol

from gdbstub.scripting.symbols import Where

__all__ = ["Memory", "Registers"]


class Registers(MutableMapping[str, int]):
    """Every register of the selected hart by name, unsigned: ``regs["a0"]``, ``regs.a0``, ``regs.a0 = 5``.

    CSRs are among them where the other side has them. A name that there is not raises what the session raises.
    """

    _session: Readable

    def __init__(self, session: Readable) -> None:
        object.__setattr__(self, "_session", session)

    def __getitem__(self, name: str) -> int:
        return self._session.read_register(name)

    def __setitem__(self, name: str, value: int) -> None:
        self._session.write_register(name, value)

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"a register cannot be deleted: {name}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._session.register_names())

    def __len__(self) -> int:
        return len(self._session.register_names())

    def __getattr__(self, name: str) -> int:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name: str, value: int) -> None:
        self[name] = value


class Memory:
    """Memory as the selected hart's mode sees it now, at an address or a symbol."""

    def __init__(self, session: Readable) -> None:
        self._session = session

    def read(self, where: Where, length: int) -> bytes:
        """``length`` bytes. Raises the session's error when one of them cannot be read."""
        return self._session.read_memory(self._session.address(where), length)

    def write(self, where: Where, data: bytes) -> None:
        """Write all of ``data``."""
        self._session.write_memory(self._session.address(where), data)

    def number(self, where: Where, size: int) -> int:
        """``size`` bytes as an unsigned little-endian number."""
        return int.from_bytes(self.read(where, size), "little")

    def u8(self, where: Where) -> int:
        """One byte."""
        return self.number(where, 1)

    def u16(self, where: Where) -> int:
        """Two bytes."""
        return self.number(where, 2)

    def u32(self, where: Where) -> int:
        """Four bytes."""
        return self.number(where, 4)

    def u64(self, where: Where) -> int:
        """Eight bytes."""
        return self.number(where, 8)

    def string(self, where: Where, limit: int = 4096) -> str:
        """The text up to the zero byte, of at most ``limit`` bytes."""
        address, found = self._session.address(where), bytearray()
        while len(found) < limit and 0 not in found:
            found += self._session.read_memory(address + len(found), min(16, limit - len(found)))
        return bytes(found).partition(b"\0")[0].decode(errors="replace")


class Readable(Protocol):
    """What these views need of a session."""

    def address(self, where: Where) -> int: ...

    def read_register(self, name: str) -> int: ...

    def write_register(self, name: str, value: int) -> None: ...

    def register_names(self) -> list[str]: ...

    def read_memory(self, address: int, length: int) -> bytes: ...

    def write_memory(self, address: int, data: bytes) -> None: ...
