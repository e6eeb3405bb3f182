"""What two engines made of one state: where, and each register, CSR field, byte of memory and trap that differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from machine.csr.file import BY_NUMBER
from machine.engine.engine import Halt
from machine.engine.lockstep.image import Pages
from machine.hart.state import FIELDS, State
from machine.hart.trapping import TrapRecord
from machine.isa.disassemble import disassemble
from machine.spec.modes import Mode
from machine.spec.registers import F_NAMES, X_NAMES

__all__ = ["Change", "Divergence", "Outcome", "changes"]

BYTES_SHOWN = 64


@dataclass(frozen=True)
class Outcome:
    """What one engine made of a slice.

    Attributes:
        halt, used: what `Engine.run` returned.
        reason: `Hart.stop_reason` behind it.
        state: the flat block, as bytes.
        cycles: of the machine's clock.
        traps: taken, oldest first.
        pages: content of the pages of memory that were written, by RAM offset.
    """

    halt: Halt
    used: int
    reason: object
    state: bytes
    cycles: int
    traps: list[TrapRecord]
    pages: Pages


@dataclass(frozen=True)
class Change:
    """One thing that differs.

    Attributes:
        name: a register as the manual calls it, a CSR's field as ``mstatus.MPP``, ``[0x80001000]`` for a byte of
            memory, ``trap 3: cause`` for what was recorded of a trap, ``end`` for why the engine came back.
        before: its value before the instruction; None where it had none.
        reference, subject: what each engine made of it; None for nothing.
    """

    name: str
    before: int | str | None
    reference: int | str | None
    subject: int | str | None


@dataclass(frozen=True)
class Divergence:
    """The first difference between the engines. The machine stands before it.

    Attributes:
        hart: its number.
        subject: the name of the engine on trial.
        pc, mode: where the hart stands.
        cycle: of the machine, there.
        word: the instruction; 0 where it cannot be fetched, or an interrupt is taken instead.
        length: cycles to the difference: 1 where it was narrowed to an instruction.
        cached: it does not show when both engines begin with no cached translations: the guest lacks a fence there,
            or the subject's translations are wrong. Then ``length`` may be more than 1.
        changes: what differs.
    """

    hart: int
    subject: str
    pc: int
    mode: Mode
    cycle: int
    word: int
    length: int
    cached: bool
    changes: tuple[Change, ...]

    @property
    def instruction(self) -> str:
        """The instruction as text."""
        return disassemble(self.word, self.pc, _csr_name) if self.word else "(no instruction)"


def _csr_name(number: int) -> str | None:
    return BY_NUMBER[number].name if number in BY_NUMBER else None


def changes(before: bytes, old: Pages, base: int, reference: Outcome, subject: Outcome) -> tuple[Change, ...]:
    """What differs between two outcomes.

    Args:
        before: the flat block that both began with.
        old: pages of memory as both found them; those that they have written, at least.
        base: physical address of main memory.
    """
    states = [State.from_buffer_copy(block) for block in (before, reference.state, subject.state)]
    found = [*_ends(reference, subject), *_registers(*states), *_fields(*states)]
    found += _traps(reference.traps, subject.traps)
    found += _memory(old, base, reference.pages, subject.pages)
    return tuple(found)


def _ends(reference: Outcome, subject: Outcome) -> Iterator[Change]:
    pairs = (
        ("end", reference.halt.value, subject.halt.value),
        ("cycles", reference.used, subject.used),
        ("stop", str(reference.reason), str(subject.reason)),
        ("clock", reference.cycles, subject.cycles),
    )
    yield from (Change(name, None, one, other) for name, one, other in pairs if one != other)


def _registers(before: Any, one: Any, other: Any) -> Iterator[Change]:
    for file, names in (("x", X_NAMES), ("f", F_NAMES)):
        columns = (getattr(state, file) for state in (before, one, other))
        yield from (Change(*row) for row in zip(names, *columns, strict=True) if row[2] != row[3])


def _fields(before: Any, one: Any, other: Any) -> Iterator[Change]:
    for name in FIELDS:
        values = [getattr(state, name) for state in (before, one, other)]
        if values[1] != values[2]:
            yield from _parts(name, *values)


def _parts(name: str, *values: int) -> Iterator[Change]:
    """A field of the block; of a CSR that has fields, those that differ."""
    register = next((csr for csr in BY_NUMBER.values() if csr.name == name), None)
    declared = register.fields if register is not None else ()
    shown = [Change(f"{name}.{f.name}", *map(f.get, values)) for f in declared if f.get(values[1]) != f.get(values[2])]
    if len(declared) < 2 or not shown:
        yield Change(name, *values)
    yield from shown if len(declared) > 1 else ()


def _traps(reference: list[TrapRecord], subject: list[TrapRecord]) -> Iterator[Change]:
    for one, other in _paired(reference, subject):
        if one is None or other is None:
            yield Change(f"trap {(one or other).count}", None, _told(one), _told(other))  # type: ignore[union-attr]
            continue
        for name, value in vars(one).items():
            if value != (found := getattr(other, name)):
                yield Change(f"trap {one.count}: {name}", None, value, found)


def _paired(
    reference: list[TrapRecord], subject: list[TrapRecord]
) -> Iterable[tuple[TrapRecord | None, TrapRecord | None]]:
    by_count = [{record.count: record for record in records} for records in (reference, subject)]
    return [(by_count[0].get(count), by_count[1].get(count)) for count in sorted({*by_count[0], *by_count[1]})]


def _told(record: TrapRecord | None) -> str | None:
    if record is None:
        return None
    return f"cause {record.cause:#x} at {record.pc:#x}, {record.source.label} to {record.target.label}"


def _memory(old: Pages, base: int, reference: Pages, subject: Pages) -> Iterator[Change]:
    left = BYTES_SHOWN
    for offset in sorted({*reference, *subject}):
        before = old[offset]
        one, other = reference.get(offset, before), subject.get(offset, before)
        for place in (n for n in range(len(before)) if one[n] != other[n]):
            if left == 0:
                return
            left -= 1
            yield Change(f"[{base + offset + place:#x}]", before[place], one[place], other[place])
