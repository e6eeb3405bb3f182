"""``monitor csr``: control and status registers, taken apart and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from errno import EPERM

import click

from gdbstub.errors import TargetError
from gdbstub.monitor import Json, Report, command, number
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.decoded import Part, parts
from gdbstub.riscv.commands.parameters import suggestion
from gdbstub.riscv.commands.words import NO_FLUSH, WIDTH, labelled
from machine.csr.access import registers
from machine.csr.field import Field
from machine.csr.file import BY_NAME, BY_NUMBER
from machine.csr.register import Constant, Csr
from machine.hart.hart import Hart
from machine.observe.deciding import MEANINGS

__all__ = ["csr"]

GROUPS: dict[str, Callable[[Csr], bool]] = {
    "machine": lambda register: register.level == 3,
    "hypervisor": lambda register: register.level == 2 and not register.name.startswith("vs"),
    "virtual supervisor (the guest's)": lambda register: register.name.startswith("vs"),
    "supervisor": lambda register: register.level == 1,
    "user": lambda register: register.level == 0,
}
COLUMN = 33


@command(
    "csr",
    click.Argument(["name"], required=False),
    click.Argument(["value"], type=number, required=False),
)
def csr(context: MonitorContext, name: str | None, value: int | None) -> Report:
    """List CSRs, take one apart, or write one.

    Without a name, every register and its value. With a name (or number), the register's fields with what they mean.
    With a value, the register is written as csrw would write it, and what it made of the value is shown. A name with
    a field, such as hstatus.VTW, means that field alone.

    A name means that register in every mode: sepc is HS-mode's own, vsepc the guest's.

    Example: monitor csr hstatus

    Example: monitor csr hgatp 0x8000700000080200

    Example: monitor csr hstatus.VTSR 1
    """
    if name is None:
        return _all(context.hart)
    typed, _, field_name = name.partition(".")
    register = _named(context.hart, typed)
    field = _field_named(register, field_name) if field_name else None
    if value is None:
        return _one_field(context.hart, register, field) if field else _one(context.hart, register)
    return _write(context.hart, register, _inserted(context.hart, register, field, value) if field else value)


def _named(hart: Hart, name: str) -> Csr:
    """The register of a name or number. Raises click.BadParameter."""
    typed = name.lower().lstrip("$")
    found = BY_NAME.get(typed) or _numbered(typed)
    if found is None or not found.exists(hart):
        known = [register.name for register in registers(hart)]
        raise click.BadParameter(f"the machine has no CSR {name!r}{suggestion(typed, known)} 'monitor csr' lists them")
    return found


def _numbered(typed: str) -> Csr | None:
    try:
        return BY_NUMBER.get(int(typed, 0))
    except ValueError:
        return None


def _field_named(register: Csr, typed: str) -> Field:
    """Raises click.BadParameter for a field that the register lacks."""
    known = {field.name: field for field in register.fields}
    found = known.get(typed.upper())
    if found is None:
        guess = suggestion(typed.upper(), known)
        raise click.BadParameter(
            f"{register.name} has no field {typed!r}{guess} Its fields: {' '.join(known) or 'none'}"
        )
    return found


# --- all --------------------------------------------------------------------------------------------------------


def _all(hart: Hart) -> Report:
    present = registers(hart)
    lines: list[str] = []
    for title, belongs in GROUPS.items():
        lines += [f"{title}:", *_columns(hart, filter(belongs, present))]
    lines.append("'monitor csr NAME' takes one apart.")
    return Report({register.name: register.read(hart) for register in present}, "\n".join(lines))


def _columns(hart: Hart, group: Iterable[Csr]) -> list[str]:
    """Three registers to a line; those that are always 0 by name only, at the end."""
    group = list(group)
    zero = [register.name for register in group if _always_zero(register)]
    cells = [f"{r.name:13} {r.read(hart):#x}".ljust(COLUMN) for r in group if not _always_zero(r)]
    per_line = WIDTH // COLUMN
    lines = ["  " + "".join(cells[at : at + per_line]).rstrip() for at in range(0, len(cells), per_line)]
    return [*lines, *(labelled("  always 0", _ranges(zero), 13) if zero else [])]


def _always_zero(register: Csr) -> bool:
    return isinstance(register, Constant) and register.initial == 0


def _ranges(names: list[str]) -> str:
    """Names in a row, numbered families by their ends.

    >>> _ranges(["marchid", "hpmcounter3", "hpmcounter4", "hpmcounter5"])
    'marchid hpmcounter3-5'
    """
    families: dict[str, list[str]] = {}
    for name in names:
        stem = name.rstrip("0123456789")
        families.setdefault(stem, []).append(name.removeprefix(stem))
    return " ".join(stem + "-".join(dict.fromkeys((ends[0], ends[-1]))) for stem, ends in families.items())


# --- one --------------------------------------------------------------------------------------------------------


def _one(hart: Hart, register: Csr) -> Report:
    value = register.read(hart)
    return Report(_data(register, value), "\n".join(_text(register, value)))


def _data(register: Csr, value: int) -> dict[str, Json]:
    fields: list[Json] = [part.as_json() for part in parts(register, value)]
    return {"name": register.name, "number": register.number, "value": value, "fields": fields}


def _text(register: Csr, value: int) -> list[str]:
    about = (register.__doc__ or "").strip().partition("\n")[0]
    found = parts(register, value)
    shown = [part for part in found if part.value or part.meaning]
    rest = [part.field.name for part in found if part not in shown]
    lines = [
        f"{register.name} (CSR {register.number:#x}) = {value:#x}",
        f"  {about}",
        *(_field(register, part) for part in shown),
    ]
    return [*lines, *(labelled("  zero", " ".join(rest), 9) if rest else [])]


def _field(register: Csr, part: Part) -> str:
    kind = "" if part.field.writable else "  (read-only)"
    meaning = part.meaning or MEANINGS.get(f"{register.name}.{part.field.name}", "")
    return f"  {part.bits:>5}  {part.field.name:<24} {part.value:#x}  {meaning}".rstrip() + kind


def _one_field(hart: Hart, register: Csr, field: Field) -> Report:
    part = next(part for part in parts(register, register.read(hart)) if part.field is field)
    data: Json = {"register": register.name, **part.as_json()}
    return Report(data, f"{register.name}:\n{_field(register, part)}")


# --- writing ----------------------------------------------------------------------------------------------------


def _inserted(hart: Hart, register: Csr, field: Field, value: int) -> int:
    """The register's value with a field replaced. Raises click.BadParameter for a value that the field cannot hold."""
    if value >> field.width:
        raise click.BadParameter(f"{register.name}.{field.name} has {field.width} bits and cannot hold {value:#x}")
    return field.put(register.read_for_update(hart), value)


def _write(hart: Hart, register: Csr, value: int) -> Report:
    if register.read_only:
        at = f"{register.number:#x}"
        raise TargetError(
            EPERM, f"{register.name} is read-only: its number {at} has bits 11:10 set; it was not written"
        )
    before = register.read(hart)
    register.write(hart, value)
    after = register.read(hart)
    lines = [f"{register.name}: {before:#x} -> {after:#x}"]
    if after != value:
        refused = f"asked for {value:#x}; bits {after ^ value:#x} came out otherwise, as the register's fields allow"
        lines += labelled("", refused, 2)
    text = [*lines, *_text(register, after), NO_FLUSH]
    return Report({**_data(register, after), "before": before, "asked": value}, "\n".join(text))
