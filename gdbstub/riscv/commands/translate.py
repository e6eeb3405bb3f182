"""``monitor translate``: where an address leads, in one line."""

from __future__ import annotations

from gdbstub.monitor import Json, Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.parameters import (
    ACCESS_NAMES,
    access_option,
    address_argument,
    guest_physical_option,
    mode_option,
    seen,
)
from gdbstub.riscv.commands.walks import clause, leaves, region_name, size_text
from gdbstub.riscv.commands.walks_json import fault_json
from machine.hart.hart import Hart
from machine.observe.deciding import PTE_FLAGS
from machine.observe.look import look, reached
from machine.observe.probe import Step, Translation
from machine.observe.staircase import page_size, staircase
from machine.spec.causes import cause_name
from machine.spec.modes import Mode

__all__ = ["translate"]

SHOWN = "RWXU"


@command("translate", address_argument(), mode_option(), access_option(), guest_physical_option())
def translate(context: MonitorContext, address: int, mode: str | None, access: str, guest_physical: bool) -> Report:
    """Where an address leads: virtual, guest physical, physical.

    Shows the size and permissions of the page at each stage, or the exception that the access would raise;
    'monitor walk' shows every step.

    Example: monitor translate 0x80001000 --as VS

    With gdb's own values: eval "monitor translate %#lx", $pc
    """
    hart, access_tried = seen(context.hart, mode, access, guest_physical)
    translation = look(hart, address, access_tried)
    return Report(_data(hart, translation), _text(hart, translation))


def _guest_physical(hart: Hart, translation: Translation) -> int | None:
    """What the VS-stage made of the address, if it came to its end."""
    last = staircase(hart, translation).last
    return last.address if last else None


def _pages(hart: Hart, translation: Translation) -> dict[str, Step]:
    return dict(leaves(hart, translation))


def _permissions(step: Step) -> str:
    return "".join(c.lower() if step.pte >> PTE_FLAGS.index(c) & 1 else "-" for c in SHOWN)


def _page_text(step: Step | None) -> str:
    return f" ({size_text(page_size(step.pte, step.level))}, {_permissions(step)})" if step else " (Bare)"


def _text(hart: Hart, translation: Translation) -> str:
    pages, gpa = _pages(hart, translation), _guest_physical(hart, translation)
    access = translation.access
    who = f"{ACCESS_NAMES[access.kind]} as {Mode.of(access.privilege, access.virtual).label}"
    words = [f"{who}: {translation.address:#x}"]
    if gpa is not None:
        words.append(f"-> gpa {gpa:#x}{_page_text(pages.get('VS'))}")
    if translation.trap is not None:
        where = reached(hart, translation)
        words += [f"-> pa {where:#x}"] if where is not None else []
        words.append(f"-> {cause_name(translation.trap.cause)}: {clause(translation.trap.reason)}")
        return " ".join(words)
    assert translation.physical is not None
    last = pages.get("G" if translation.access.virtual else "S")
    page = _page_text(last) if translation.walks else ""
    words.append(f"-> pa {translation.physical:#x}{page}, {region_name(hart, translation.physical)}")
    return " ".join(words)


def _data(hart: Hart, translation: Translation) -> Json:
    pages: dict[str, Json] = {
        stage: {"size": page_size(step.pte, step.level), "permissions": _permissions(step)}
        for stage, step in leaves(hart, translation)
    }
    return {
        "virtual": translation.address,
        "guest_physical": _guest_physical(hart, translation),
        "physical": translation.physical,
        "pages": pages,
        "fault": fault_json(hart, translation),
    }
