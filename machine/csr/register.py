"""The shapes of a register: plain storage, a view of another, a constant.

A register is a class; its instance is a description without state. The value lives in the hart's flat block under
`Csr.storage`. `read` and `write` are meanings: staged-able, with the hart as first argument. They do not ask who
accesses: `machine.csr.access` decides that, and a debugger reads the same registers in every mode.
"""

from __future__ import annotations

from typing import Any, ClassVar

from machine.csr.field import Field

__all__ = ["Constant", "Csr", "View"]


class Csr:
    """One control and status register.

    Class attributes:
        number: the CSR's address; `level` (0 U, 1 S, 2 H and VS, 3 M) and `read_only` follow from it.
        name: the manual's name.
        storage: the field of the hart's state that holds the value; by default the name.
        guest: the name of the register that V=1 substitutes, or "".
        initial: the value after reset.
        extension: the extension that adds the register, or several, each of which does, joined by "|"; or "" for one
            that every hart has.
        proposal: the proposal that adds it, or "".
        more_fields: fields that a class builds from a table instead of naming them one by one.
        fields: the declared fields, most significant first.
    """

    number: ClassVar[int]
    name: ClassVar[str]
    storage: ClassVar[str]
    guest: ClassVar[str] = ""
    initial: ClassVar[int] = 0
    extension: ClassVar[str] = ""
    proposal: ClassVar[str] = ""
    more_fields: ClassVar[tuple[Field, ...]] = ()
    fields: ClassVar[tuple[Field, ...]] = ()
    plain_mask: ClassVar[int]
    legal_fields: ClassVar[tuple[Field, ...]]

    def __init_subclass__(cls, number: int | None = None, name: str = "", guest: str = "", **rest: Any) -> None:
        super().__init_subclass__(**rest)
        if number is not None:
            cls.number = number
        cls.name = name or cls.__name__.lower()
        if "storage" not in cls.__dict__:
            cls.storage = cls.name
        cls.guest = guest
        declared = {n: f for base in reversed(cls.__mro__) for n, f in vars(base).items() if isinstance(f, Field)}
        cls.fields = tuple(sorted((*declared.values(), *cls.more_fields), key=lambda f: -f.low))
        writable = [f for f in cls.fields if f.writable]
        cls.plain_mask = sum(f.mask for f in writable if f.legal is None)
        cls.legal_fields = tuple(f for f in writable if f.legal is not None)

    @property
    def level(self) -> int:
        """Lowest privilege that may access it: 0 U, 1 S, 2 H and VS registers, 3 M."""
        return self.number >> 8 & 3

    @property
    def read_only(self) -> bool:
        """Whether the number says read-only."""
        return self.number >> 10 == 3

    def exists(self, h: Any) -> bool:
        """Whether the hart has the register: static, a matter of its extensions and proposals."""
        if self.proposal and h.config.proposed(self.proposal) is None:
            return False
        return self.brought(h.config.isa)

    def brought(self, isa: Any) -> bool:
        """Whether a `machine.config.Isa` has what adds the register."""
        return not self.extension or any(isa.has(name) for name in self.extension.split("|"))

    def gate(self, h: Any, write: bool) -> None:
        """Raise illegal-instruction when a bit forbids the access in every mode, M included. Default: nothing."""

    def gate_below_m(self, h: Any, write: bool) -> None:
        """Raise illegal-instruction when even HS-mode (with TVM=0) would not be allowed. Default: nothing."""

    def gate_native(self, h: Any, write: bool) -> None:
        """Raise when V=0 and a bit (TVM, scounteren …) forbids the access. Default: nothing."""

    def gate_virtual(self, h: Any, write: bool) -> None:
        """Raise virtual-instruction when V=1 and a bit forbids what HS-mode may do. Default: nothing."""

    def read(self, h: Any) -> int:
        """The register's value; no side effect."""
        value: int = getattr(h.state, self.storage)
        return value

    def read_for_update(self, h: Any) -> int:
        """What CSRRS and CSRRC modify and write back; differs from `read` only for mip (rule mip_seip_wrcsr)."""
        return self.read(h)

    def legalise(self, h: Any, old: int, new: int) -> int:
        """What the register holds after ``new`` was written over ``old``: field by field; the rest keeps ``old``."""
        value = old & ~self.plain_mask | new & self.plain_mask
        for field in self.legal_fields:
            assert field.legal is not None
            value = field.put(value, field.legal(h, field.get(old), field.get(new)))
        return value

    def write(self, h: Any, value: int) -> None:
        """Legalise and store, then `written`."""
        setattr(h.state, self.storage, self.legalise(h, getattr(h.state, self.storage), value))
        self.written(h)

    def instruction_write(self, h: Any, value: int) -> None:
        """`write` on behalf of the current instruction; differs only for a counter that counts the instruction."""
        self.write(h, value)

    def written(self, h: Any) -> None:
        """Tell the hart what the change concerns (`context_changed`, `reconsider_interrupts`). Default: nothing."""

    def reset(self, h: Any) -> None:
        """Store the value after reset, past any lock."""
        setattr(h.state, self.storage, self.initial)


class View(Csr):
    """A register without storage: some bits of another, perhaps at another place.

    Class attributes:
        base: the register that holds the bits and legalises them.
        mask: the bits of ``base`` that can show.
        shift: how far below their place in ``base`` the bits show.
    """

    base: ClassVar[Csr]
    mask: ClassVar[int]
    shift: ClassVar[int] = 0

    def shown(self, h: Any) -> int:
        """Bits of ``base`` that show now; the others read 0."""
        return self.mask

    def writable(self, h: Any) -> int:
        """Bits of ``base`` that a write passes on now."""
        return self.shown(h)

    def read(self, h: Any) -> int:
        return (self.base.read(h) & self.shown(h)) >> self.shift

    def read_for_update(self, h: Any) -> int:
        return (self.base.read_for_update(h) & self.shown(h)) >> self.shift

    def write(self, h: Any, value: int) -> None:
        passed = self.writable(h)
        self.base.write(h, self.base.read_for_update(h) & ~passed | value << self.shift & passed)

    def reset(self, h: Any) -> None:
        """Nothing: ``base`` is reset."""


class Constant(Csr):
    """A register that always reads ``initial`` and ignores writes."""

    def read(self, h: Any) -> int:
        return self.initial

    def write(self, h: Any, value: int) -> None:
        """Ignored."""

    def reset(self, h: Any) -> None:
        """Nothing: there is no state."""
