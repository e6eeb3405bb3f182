"""``monitor walk``: every step of an address's translation."""

from __future__ import annotations

from gdbstub.monitor import Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.parameters import access_option, address_argument, guest_physical_option, mode_option, seen
from gdbstub.riscv.commands.walks import access_text, draw
from gdbstub.riscv.commands.walks_json import walk_json
from machine.observe.look import look

__all__ = ["walk"]


@command("walk", address_argument(), mode_option(), access_option(), guest_physical_option())
def walk(context: MonitorContext, address: int, mode: str | None, access: str, guest_physical: bool) -> Report:
    """Translate an address step by step, through both stages.

    Each page-table entry is shown with its address and bits; further in stand the G-stage entries that led to it. A
    caret marks the bit that makes the access fail. Nothing in the machine changes, A and D bits included.

    Example: monitor walk 0x80001000 --as VS --access w
    """
    hart, access_tried = seen(context.hart, mode, access, guest_physical)
    translation = look(hart, address, access_tried)
    lines = [f"{access_text(translation.access)} at {address:#x}"]
    if translation.address != address:
        lines.append(f"pointer masking leaves {translation.address:#x}")
    lines += draw(hart, translation)
    return Report(walk_json(hart, translation), "\n".join(lines))
