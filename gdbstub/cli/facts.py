"""The machine's own tables as reports: extensions, instructions, registers, traps, choices."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import click

from gdbstub.monitor import Json, Report, table
from machine.choices import CHOICES
from machine.config import Config, Isa
from machine.csr.field import Field
from machine.csr.file import BY_NAME
from machine.csr.register import Csr
from machine.isa.decode import BY_NAME as INSTRUCTIONS
from machine.isa.rvc import FORMS
from machine.spec.causes import Cause, cause_name
from machine.spec.extensions import EXTENSIONS, KNOWN, canonical
from machine.spec.rules import Reason
from machine.trap.interrupts import PRIORITY

__all__ = ["choices", "csrs", "extensions", "instructions", "traps"]

LEVELS = ("U", "S", "H", "M")


def _find(name: str, known: dict[str, str], what: str) -> str:
    """The name as it is declared, whatever its case. Raises ClickException with the nearest one."""
    if name.lower() not in known:
        near = get_close_matches(name.lower(), known, 1)
        hint = f"; did you mean {known[near[0]]}?" if near else ""
        raise click.ClickException(f"the machine has no {what} {name!r}{hint}")
    return known[name.lower()]


def extensions(isa: Isa) -> Report:
    """Every extension that the machine can have, and whether ``isa`` has it."""
    ordered = sorted(EXTENSIONS, key=lambda extension: canonical(extension.name))
    data: list[Json] = [
        {
            "name": e.name,
            "present": isa.has(e.name),
            "always": e.always,
            "default": e.default,
            "needs": list(e.needs),
            "implies": list(e.implies),
            "summary": e.summary,
        }
        for e in ordered
    ]
    rows = [[e.name, "yes" if isa.has(e.name) else "no", ", ".join(e.needs), e.summary] for e in ordered]
    return Report({"isa": isa.string, "extensions": data}, table(["extension", "present", "needs", "brings"], rows))


def instructions(names: Sequence[str]) -> Report:
    """The instructions, 16-bit forms included, of some extensions. Raises ClickException."""
    known = {name.lower(): name for name in KNOWN}
    wanted = {_find(name, known, "extension") for name in names}
    whole = [(i.name, i.syntax, i.extension, i.pattern, i.summary) for i in INSTRUCTIONS.values()]
    short = [(f.name, f.syntax, f.extension, f.pattern, f"Short for {f.base}.") for f in FORMS]
    found = [row for row in (*whole, *short) if wanted.intersection(row[2].split("+"))]
    data: list[Json] = [
        {"name": n, "operands": o, "extension": e, "match": f"{p.match:#x}", "mask": f"{p.mask:#x}", "does": does}
        for n, o, e, p, does in found
    ]
    rows = [[name, operands, extension, does] for name, operands, extension, _, does in found]
    return Report({"instructions": data}, table(["instruction", "operands", "extension", "meaning"], rows))


def csrs(names: Sequence[str], isa: Isa) -> Report:
    """The registers that a machine of ``isa`` has, or the fields of some. Raises ClickException."""
    present = [register for register in BY_NAME.values() if register.brought(isa)]
    known = {register.name: register.name for register in present}
    chosen = [BY_NAME[_find(name, known, "CSR")] for name in names]
    data: list[Json] = [
        _register(register) for register in sorted(chosen or present, key=lambda register: register.number)
    ]
    if chosen:
        rows = [[r.name, f.name, _place(f), _holds(f)] for r in chosen for f in r.fields]
        return Report({"csrs": data}, table(["register", "field", "bits", "holds"], rows))
    listed = [
        [f"{r.number:#05x}", r.name, LEVELS[r.level], "read-only" if r.read_only else "", r.guest, _summary(r)]
        for r in sorted(present, key=lambda register: register.number)
    ]
    return Report({"csrs": data}, table(["number", "register", "level", "", "with V=1", "is"], listed))


def _register(register: Csr) -> Json:
    return {
        "name": register.name,
        "number": register.number,
        "level": LEVELS[register.level],
        "read_only": register.read_only,
        "virtual": register.guest,
        "extension": register.extension,
        "reset": register.initial,
        "is": _summary(register),
        "fields": [{"name": f.name, "high": f.high, "low": f.low, "holds": _holds(f)} for f in register.fields],
    }


def _summary(register: Csr) -> str:
    return (type(register).__doc__ or "").strip().partition("\n")[0]


def _place(field: Field) -> str:
    return f"{field.high}:{field.low}" if field.width > 1 else str(field.low)


def _holds(field: Field) -> str:
    if not field.writable:
        return "read-only"
    names = ", ".join(f"{value}={name}" for name, value in field.values)
    kind = "any value" if field.legal is None else "legal values only (WARL)"
    return f"{kind}: {names}" if names else kind


def traps() -> Report:
    """Causes, the order of interrupts, and the reasons that the machine gives."""
    exceptions: list[Json] = [{"code": int(cause), "name": cause_name(cause)} for cause in Cause]
    interrupts: list[Json] = [{"code": int(one), "name": one.name, "priority": at} for at, one in enumerate(PRIORITY)]
    reasons: list[Json] = [
        {"name": reason.name, "rule": reason.rule, "text": reason.text} for reason in Reason if reason
    ]
    rows = [["exception", str(int(cause)), cause_name(cause), ""] for cause in Cause]
    rows += [["interrupt", str(int(one)), one.name, str(at + 1)] for at, one in enumerate(PRIORITY)]
    data: Json = {"exceptions": exceptions, "interrupts": interrupts, "reasons": reasons}
    return Report(data, table(["kind", "code", "name", "priority"], rows))


def choices() -> Report:
    """Each choice with its value on a machine that was not told otherwise."""
    config = Config()
    rows = [[choice.name, choice.value(config), choice.source, choice.why] for choice in CHOICES]
    data: list[Json] = [dict(zip(("choice", "value", "source", "why"), row, strict=True)) for row in rows]
    return Report({"choices": data}, table(["choice", "here", "manual", "note"], rows))
