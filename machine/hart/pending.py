"""Interrupts asserted from outside the thread that runs the hart: two bitmaps, any number of producers, one consumer.

The scheme is the one that hypervisors use for a vCPU's pending interrupts. `pending` says which interrupts producers
want asserted, `changed` (the mask) which of them the hart has not heard of yet.

- set: the bit of `pending`, then the bit of `changed`; unset: clear `pending`, then set `changed`. In this order, who
  finds a bit in `changed` finds what it announces in `pending`.
- flush (the consumer, between two instructions): take each bit of `changed`, then read `pending`, merge.
- sync (the consumer): what the hart's own software did to its bits since flows back into `pending`.

**What is atomic.** Python's integers and lists have no atomic test-and-set: ``word |= bit`` is a load, an operation and
a store, between which another thread may run. One operation of a dict on a key whose hash and comparison run no Python
code (an int) is indivisible: with the GIL because it is one call into C, and without it (free threading) because dicts
take their own lock for its duration, which also orders memory. So a bitmap is a dict from bit number to `Request`:
assignment sets a bit, `pop` tests and clears it, `setdefault` tests and sets it. No lock of ours is held anywhere: a
producer that is suspended between any two steps delays nobody else.

The usual sync clears a bit of `pending` that the guest has cleared. A producer that has set the same bit again and not
yet announced it then loses its interrupt (`tests/machine/hart/test_pending.py` shows the interleaving). Here the
consumer never clears `pending`: it marks the very request that it has taken as done, and a newer one is another object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from machine.errors import MachineError
from machine.spec.causes import Interrupt

__all__ = ["Bitmap", "PendingInterrupts", "Request", "Taken", "Want"]


class Want(Enum):
    """What a request is."""

    SET = "set"
    UNSET = "unset"
    OWN = "own"
    """The hart's software set the bit itself."""


class Request:
    """One bit of a bitmap, and who set it. `done` is written by the consumer alone.

    Attributes:
        undoes: the request that an unset removed, or None.
    """

    __slots__ = ("author", "done", "undoes", "want")

    def __init__(self, author: str, want: Want, undoes: Request | None = None) -> None:
        self.author, self.want, self.undoes = author, want, undoes
        self.done = False


class Bitmap:
    """Bits that are set, read, and tested and set or cleared in one step each (see above)."""

    def __init__(self) -> None:
        self._cells: dict[int, Request] = {}

    def put(self, bit: int, request: Request) -> None:
        """Set the bit."""
        self._cells[bit] = request

    def get(self, bit: int) -> Request | None:
        """Who set the bit, or None."""
        return self._cells.get(bit)

    def take(self, bit: int) -> Request | None:
        """Test and clear."""
        return self._cells.pop(bit, None)

    def offer(self, bit: int, request: Request) -> Request:
        """Test and set: gives who had set the bit before, or ``request``."""
        return self._cells.setdefault(bit, request)

    def __bool__(self) -> bool:
        return bool(self._cells)


@dataclass(frozen=True)
class Taken:
    """What one flush has found: ``register = register & ~mask | value``.

    Attributes:
        register: the field of the hart's state that was merged into.
        authors: by bit, who asked.
        withdrawn: by bit, the author of a set that an unset overtook before any flush saw it.
    """

    register: str
    mask: int
    value: int
    authors: dict[int, str]
    withdrawn: dict[int, str]

    def merged(self, held: int) -> int:
        """The register's new value."""
        return held & ~self.mask | self.value


class PendingInterrupts:
    """The two bitmaps of one hart for one set of interrupts.

    `set` and `unset` may be called from any thread. `flush`, `sync` and `clear` belong to the thread that runs the
    hart.

    Args:
        register: the field of the hart's state that flush merges into: ``hvip`` or ``lines``.
        interrupts: those that may be asserted here.
        elsewhere: what an error says about the others.

    Attributes:
        ring: called by a producer behind each change, in its thread: tells the consumer that there is one.
    """

    STATE = ("_pending", "_changed", "_taken", "_left")

    def __init__(self, register: str, interrupts: Iterable[Interrupt], elsewhere: str) -> None:
        self.register, self._elsewhere = register, elsewhere
        self.bits = tuple(sorted(int(interrupt) for interrupt in interrupts))
        self._mask = sum(1 << bit for bit in self.bits)
        self.ring: Callable[[], None] = lambda: None
        self._pending, self._changed = Bitmap(), Bitmap()
        self._taken: dict[int, Request] = {}
        self._left = 0

    # --- producers ----------------------------------------------------------------------------------------------

    def set(self, irq: int, author: str = "script") -> None:
        """Assert an interrupt. Raises MachineError for a number that is not one of `bits`."""
        bit = self._checked(irq)
        request = Request(author, Want.SET)
        self._pending.put(bit, request)
        self._changed.put(bit, request)
        self.ring()

    def unset(self, irq: int, author: str = "script") -> None:
        """Withdraw an interrupt. Raises MachineError as `set` does."""
        bit = self._checked(irq)
        undone = self._pending.take(bit)
        self._changed.put(bit, Request(author, Want.UNSET, undone))
        self.ring()

    def _checked(self, irq: int) -> int:
        if irq not in self.bits:
            known = ", ".join(f"{Interrupt(bit).name} ({bit})" for bit in self.bits) or "none"
            raise MachineError(
                f"interrupt {irq} cannot be asserted in {self.register}: choose {known}{self._elsewhere}"
            )
        return int(irq)

    # --- the consumer -------------------------------------------------------------------------------------------

    def flush(self, held: int) -> Taken:
        """Take what has changed. ``held`` is the register's present value; the hart stands between instructions."""
        mask = value = 0
        authors, withdrawn = {}, {}
        for bit in self.bits:
            asked = self._changed.take(bit)
            self._sync(bit, held, announced=asked is not None)
            if asked is None:
                continue
            request = self._pending.get(bit)
            mask |= 1 << bit
            value |= self._level(request, asked) << bit
            authors[bit] = asked.author
            if asked.undoes is not None and asked.undoes is not self._taken.get(bit):
                withdrawn[bit] = asked.undoes.author
            if request is not None:
                self._taken[bit] = request
        taken = Taken(self.register, mask, value, authors, withdrawn)
        self._left = taken.merged(held)
        return taken

    @staticmethod
    def _level(request: Request | None, asked: Request) -> int:
        """An unset wins over what the hart's software set by itself before the unset was announced."""
        if request is None or request.done:
            return 0
        return int(not (request.want is Want.OWN and asked.want is Want.UNSET))

    def sync(self, held: int) -> None:
        """Let flow back what the hart's software did; what a producer has announced since goes before it."""
        if not (held ^ self._left) & self._mask:
            return
        for bit in self.bits:
            self._sync(bit, held, announced=self._changed.get(bit) is not None)

    def _sync(self, bit: int, held: int, *, announced: bool) -> None:
        if not (held ^ self._left) >> bit & 1:
            return
        self._left ^= 1 << bit
        if not held >> bit & 1:
            self._fell(self._taken.get(bit))
        elif not announced:
            self._rose(bit)

    @staticmethod
    def _fell(taken: Request | None) -> None:
        """The request that had raised the bit is dealt with; a newer one is another object and stays."""
        if taken is not None:
            taken.done = True

    def _rose(self, bit: int) -> None:
        own = Request("the hart's software", Want.OWN)
        there = self._pending.offer(bit, own)
        if there is own:
            self._taken[bit] = own
        elif there is self._taken.get(bit):
            there.done = False

    def clear(self) -> None:
        """Power-on: forget everything."""
        self._pending, self._changed = Bitmap(), Bitmap()
        self._taken, self._left = {}, 0

    # --- to look at ---------------------------------------------------------------------------------------------

    @property
    def pending(self) -> int:
        """The first bitmap as a number: bit n is interrupt n."""
        found = ((bit, self._pending.get(bit)) for bit in self.bits)
        return sum(1 << bit for bit, request in found if request is not None and not request.done)

    @property
    def changed(self) -> int:
        """The second bitmap, the mask."""
        return sum(1 << bit for bit in self.bits if self._changed.get(bit) is not None)

    def preview(self, held: int) -> int:
        """What the next flush would make of the register, as far as producers have come."""
        changed = self.changed
        return held & ~changed | self.pending & changed
