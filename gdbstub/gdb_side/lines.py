"""The answers of ``hv status``, ``hv traps`` and ``hv csr`` as lines of text. Knows no gdb: symbols come by `Place`."""

from __future__ import annotations

from typing import Any, Protocol

from .colour import Paint

__all__ = ["Place", "csr_lines", "status_lines", "trap_line", "traps_lines", "written_lines"]

Answer = Any
"""What a monitor command gives as JSON."""


class Place(Protocol):
    """Gives the symbol at an address, ``<vm_exit+4>``, or nothing."""

    def __call__(self, address: int) -> str: ...


def status_lines(mode: Answer, harts: Answer, traps: Answer, place: Place, paint: Paint) -> list[str]:
    """The selected hart in some lines; the other harts in one each; the last trap.

    Args:
        mode, harts, traps: answers of the commands of these names.
    """
    others = [_hart(hart, place, paint) for hart in harts if hart["hart"] != mode["hart"]]
    last = [trap_line(trap, place, paint) for trap in traps[-1:]] or ["none yet"]
    return [*_selected(mode, place, paint), *others, _labelled("last trap", last[0], paint)]


def _selected(mode: Answer, place: Place, paint: Paint) -> list[str]:
    running = "running" if mode["virt"] else "not running"
    guest = "{}, vs_asid {}, {}".format(paint("vmid {}".format(mode["vmid"]), "guest"), mode["vs_asid"], running)
    return [
        "hart {} is in {}: V={}".format(mode["hart"], paint(mode["mode"] + "-mode", "mode"), mode["virt"]),
        _labelled("pc", _at(mode["pc"], place, paint), paint),
        _labelled("guest", guest, paint),
        _labelled("addresses", mode["translation"], paint),
        *([_labelled("loads as", mode["data_mode"], paint)] if mode["data_mode"] != mode["mode"] else []),
    ]


def _hart(hart: Answer, place: Place, paint: Paint) -> str:
    where = _at(hart["pc"], place, paint)
    return "hart {} {} at {}, {}".format(hart["hart"], paint(hart["mode"] + "-mode", "mode"), where, hart["state"])


def traps_lines(traps: Answer, place: Place, paint: Paint) -> list[str]:
    """One line for each trap, oldest first."""
    return [trap_line(trap, place, paint) for trap in traps] or ["no trap yet"]


def trap_line(trap: Answer, place: Place, paint: Paint) -> str:
    """A trap: its number, cause, way, place, instruction and rule."""
    way = "{} -> {}".format(trap["from"], trap["to"])
    words = ["#{}".format(trap["count"]), paint(trap["cause"], "changed"), paint(way, "mode")]
    words += ["at", _at(trap["pc"], place, paint)]
    words += ["'{}'".format(trap["instruction"])] if trap["instruction"] else []
    words += ["tval {:#x}".format(trap["tval"])] if trap["tval"] else []
    words += ["gpa {:#x}".format(trap["gpa"])] if trap["gpa"] else []
    words += [paint(trap["rule"], "name")] if trap["rule"] != "none" else []
    return " ".join(words)


def csr_lines(answer: Answer, paint: Paint) -> list[str]:
    """A register, or one field of it, taken apart; fields that are 0 in one line."""
    if "register" in answer:
        return [_field(answer, paint, answer["register"] + ".")]
    head = "{} (CSR {:#x}) = {}".format(paint(answer["name"], "name"), answer["number"], _hex(answer["value"], paint))
    shown = [field for field in answer["fields"] if field["value"] or field["meaning"]]
    zero = " ".join(field["name"] for field in answer["fields"] if field not in shown)
    rest = [paint("  zero   " + zero, "faint")] if zero else []
    return [head, *(_field(field, paint) for field in shown), *rest]


def written_lines(answer: Answer, paint: Paint) -> list[str]:
    """A register that was written: what became of the value, then what it holds."""
    change = "{}: {:#x} -> {}".format(
        answer["name"], answer["before"], paint("{:#x}".format(answer["value"]), "changed")
    )
    refused = "  asked for {:#x}; the register's fields allow no more".format(answer["asked"])
    return [change, *([refused] if answer["asked"] != answer["value"] else []), *csr_lines(answer, paint)]


def _field(field: Answer, paint: Paint, before: str = "") -> str:
    name = paint("{:<12}".format(before + field["name"]), "name")
    return "  {:>5}  {} {:#x}  {}".format(field["bits"], name, field["value"], field["meaning"]).rstrip()


def _at(address: int, place: Place, paint: Paint) -> str:
    return (_hex(address, paint) + " " + place(address)).rstrip()


def _hex(value: int, paint: Paint) -> str:
    return paint(f"{value:#x}", "address")


def _labelled(label: str, text: str, paint: Paint) -> str:
    return "  " + paint(f"{label:<11}", "faint") + text
