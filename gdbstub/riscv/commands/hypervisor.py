"""``monitor hypervisor``: the whole state of the hypervisor extension on one screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gdbstub.monitor import Json, Report, command
from gdbstub.riscv.commands.context import MonitorContext
from gdbstub.riscv.commands.decoded import flags, summary
from gdbstub.riscv.commands.schemes import translation
from gdbstub.riscv.commands.words import labelled
from gdbstub.riscv.worlds import describe
from machine.csr.access import named, registers
from machine.csr.register import Csr
from machine.hart.hart import Hart
from machine.spec.causes import cause_name
from machine.spec.modes import Mode

__all__ = ["hypervisor"]

LABEL = 12
Show = Callable[[Csr, int], str]


def _plain(csr: Csr, value: int) -> str:
    return f"{value:#x}"


def _fields(csr: Csr, value: int) -> str:
    return f"{value:#x}  {summary(csr, value)}"


def _names(csr: Csr, value: int) -> str:
    return " ".join(flags(csr, value)) or "none"


def _exceptions(csr: Csr, value: int) -> str:
    """As ``monitor catch trap`` has them."""
    return " ".join(name.lower().replace("_", "-") for name in flags(csr, value)) or "none"


def _lines_of_guests(csr: Csr, value: int) -> str:
    return " ".join(str(line) for line in range(1, 64) if value >> line & 1) or "none"


def _cause(csr: Csr, value: int) -> str:
    return f"{value:#x} ({cause_name(value)})"


def _guest_physical(csr: Csr, value: int) -> str:
    return f"{value:#x} (gpa {value << 2:#x})"


SECTIONS: Sequence[tuple[str, Sequence[tuple[tuple[str, ...], Show]]]] = (
    (
        "hypervisor",
        (
            (("hstatus",), _fields),
            (("hgatp",), _fields),
            (("hedeleg",), _exceptions),
            (("hideleg",), _names),
            (("hcounteren",), _names),
            (("henvcfg",), _names),
            (("htval",), _guest_physical),
            (("htinst",), _plain),
        ),
    ),
    (
        "interrupts",
        (
            (("hvip", "hip", "hie"), _names),
            (("vsip", "vsie"), _names),
            (("hgeip", "hgeie"), _lines_of_guests),
        ),
    ),
    (
        "the guest",
        (
            (("vsstatus",), _fields),
            (("vsatp",), _fields),
            (("vstvec", "vsepc", "vsscratch"), _plain),
            (("vscause",), _cause),
            (("vstval",), _plain),
        ),
    ),
    ("time", ((("htimedelta", "vstimecmp", "stimecmp"), _plain),)),
)
"""What is shown, by section and line."""


@command("hypervisor")
def hypervisor(context: MonitorContext) -> Report:
    """The whole hypervisor state at a glance.

    hstatus and hgatp taken apart, delegation and counters by name, virtual interrupts, the guest's CSRs and time.
    Fields that are 0 are left out; 'monitor csr NAME' shows every field of one register.

    Example: monitor hypervisor
    """
    hart = context.hart
    return Report(_data(hart), "\n".join(_text(hart)))


def _text(hart: Hart) -> Iterator[str]:
    yield f"hart {hart.number}: {describe(hart)}; a guest's addresses go through {translation(hart, Mode.VS)}"
    present = {register.name for register in registers(hart)}
    for title, lines in SECTIONS:
        yield f"{title}:"
        for names, show in lines:
            yield from _line(hart, [name for name in names if name in present], show)


def _line(hart: Hart, names: Sequence[str], show: Show) -> list[str]:
    """One register, or several that are short."""
    texts = [show(named(hart, name), named(hart, name).read(hart)) for name in names]
    if not texts:
        return []
    more = [f"{name} {text}" for name, text in zip(names[1:], texts[1:], strict=True)]
    return labelled(f"  {names[0]}", "   ".join([texts[0], *more]), LABEL + 2)


def _data(hart: Hart) -> Json:
    present = {register.name: register for register in registers(hart)}
    names = [name for _, lines in SECTIONS for group, _ in lines for name in group if name in present]
    values: dict[str, Json] = {name: _register(hart, present[name]) for name in names}
    return {"hart": hart.number, "mode": hart.mode.label, "registers": values}


def _register(hart: Hart, csr: Csr) -> Json:
    value = csr.read(hart)
    return {"value": value, "fields": {field.name: field.get(value) for field in csr.fields}}
