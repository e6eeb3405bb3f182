"""What a comparison found, as text for a person and as a value for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gdbstub.scripting.symbols import Symbols
from gdbstub.second_opinion.comparison import Change, Difference, Result
from machine.csr.file import BY_NAME, BY_NUMBER
from machine.isa.decode import decode
from machine.isa.disassemble import disassemble
from machine.spec.causes import cause_name
from machine.spec.rules import Reason

__all__ = ["result_json", "result_text", "touched"]


def touched(difference: Difference) -> list[tuple[str, str]]:
    """What the manual has to say about it: (rule, sentence) of each trap; then (name, sentence) of the instruction, of
    the CSR that it names, and of each register that differs."""
    did = difference.did
    found = [(r.reason.rule, r.reason.text) for r in did.traps if r.reason != Reason.NONE]
    decoded = decode(did.word) if did.word is not None and not did.interrupted else None
    names = [change.name for change in difference.changes]
    if decoded is not None:
        found.append((decoded.instruction.name, decoded.instruction.summary))
        if decoded.instruction.name.startswith("csr") and decoded.operands.csr in BY_NUMBER:
            names.insert(0, BY_NUMBER[decoded.operands.csr].name)
    registers = [BY_NAME[name] for name in dict.fromkeys(names) if name in BY_NAME]
    return [*found, *((csr.name, (type(csr).__doc__ or "").strip().partition("\n")[0]) for csr in registers)]


def instruction(difference: Difference) -> str:
    """The assembler text."""
    did = difference.did
    if did.interrupted:
        return "(an interrupt is taken here)"
    return "(no instruction can be fetched)" if did.word is None else disassemble(did.word, did.pc, _csr)


def _csr(number: int) -> str | None:
    return BY_NUMBER[number].name if number in BY_NUMBER else None


# --- for a person ---------------------------------------------------------------------------------------------------


def result_text(result: Result, symbols: Symbols) -> str:
    """Several lines."""
    return "".join(f"{line}\n" for line in _lines(result, symbols))


def _lines(result: Result, symbols: Symbols) -> Iterator[str]:
    if result.difference is None:
        yield f"no difference in {result.steps:,} instructions: {result.ending}"
    else:
        yield from _difference(result.difference, symbols)
    if result.taken:
        yield f"{result.taken:,} results of counters and devices were taken over"
    for name, times in result.excused.items():
        yield f"{name} differed {times:,} times as --ignore says"
    if result.apart:
        apart = ", ".join(f"{name} ({bits:#x})" for name, bits in result.apart.items())
        yield f"not compared, because different from the start: {apart}"


def _difference(found: Difference, symbols: Symbols) -> Iterator[str]:
    did = found.did
    bits = f"  ({did.word:#x})" if did.word is not None else ""
    yield f"the machines differ behind instruction {found.number:,}, in {did.mode}-mode"
    yield f"  {symbols.location(did.pc)}: {instruction(found)}{bits}"
    if found.since < found.number - 1:
        yield f"  or at one of the {found.number - found.since - 1} before it: --every 1 finds the one"
    for record in did.traps:
        yield f"  here: {cause_name(record.cause)}, {record.source.label} to {record.target.label}"
    rows = [("", "here", "there"), *(_row(change) for change in found.changes)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield from ("  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    yield from (f"  {name}: {sentence}" for name, sentence in touched(found))


def _row(change: Change) -> tuple[str, str, str]:
    return _named(change), _shown(change.ours), _shown(change.theirs)


def _named(change: Change) -> str:
    fields = _fields(change)
    return f"{change.name} ({' '.join(fields)})" if fields else change.name


def _fields(change: Change) -> list[str]:
    """The fields of a CSR that are not the same."""
    if change.name not in BY_NAME or change.ours is None or change.theirs is None:
        return []
    bits = change.ours ^ change.theirs
    fields = [field for field in BY_NAME[change.name].fields if bits & field.mask]
    return [field.name for field in fields] if len(BY_NAME[change.name].fields) > 1 else []


def _shown(value: int | None) -> str:
    return "-" if value is None else f"{value:#x}"


# --- for programs ---------------------------------------------------------------------------------------------------


def result_json(result: Result, symbols: Symbols) -> dict[str, Any]:
    """The same, with both machines' registers at the difference."""
    return {
        "instructions": result.steps,
        "full_comparisons": result.full,
        "taken_over": result.taken,
        "excused": result.excused,
        "apart": result.apart,
        "ending": result.ending or None,
        "difference": _json(result.difference, symbols) if result.difference else None,
    }


def _json(found: Difference, symbols: Symbols) -> dict[str, Any]:
    did = found.did
    return {
        "number": found.number,
        "equal_until": found.since,
        "pc": did.pc,
        "where": str(symbols.location(did.pc)),
        "mode": did.mode,
        "instruction": instruction(found),
        "word": did.word,
        "traps": [
            {"cause": cause_name(r.cause), "from": r.source.label, "to": r.target.label, "rule": r.reason.rule}
            for r in did.traps
        ],
        "touched": [{"name": name, "says": sentence} for name, sentence in touched(found)],
        "changes": [{"name": c.name, "fields": _fields(c), "here": c.ours, "there": c.theirs} for c in found.changes],
        "here": found.ours,
        "there": found.theirs,
    }
