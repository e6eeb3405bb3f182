"""A translation drawn: both stages step by step, for ``walk`` and ``why``.

A line of a first-stage PTE is followed, further in, by the G-stage walk that its address needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from gdbstub.riscv.commands.parameters import ACCESS_NAMES
from gdbstub.riscv.commands.schemes import root, scheme
from gdbstub.riscv.worlds import vmid
from machine.hart.hart import Hart
from machine.memory.access import FETCH, Access
from machine.observe.deciding import PTE_BITS, PTE_FLAGS
from machine.observe.explain import failing_step
from machine.observe.look import reached
from machine.observe.probe import StageWalk, Step, Translation
from machine.observe.staircase import Rung, Staircase, is_leaf, memory_type, page_of, page_size, staircase
from machine.spec.causes import cause_name
from machine.spec.modes import Mode
from machine.spec.paging import Pte
from machine.spec.rules import Reason

__all__ = ["access_text", "clause", "draw", "leaves", "permissions", "region_name", "size_text"]

FLAGS_COLUMN = 54
UNITS = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def access_text(access: Access) -> str:
    """``"store as VS (SUM=0 MXR=0)"``."""
    mode = Mode.of(access.privilege, access.virtual)
    rights = f" (SUM={access.user_pages} MXR={access.readable_code})"
    plain = mode is Mode.M or access.kind == FETCH
    return f"{ACCESS_NAMES[access.kind]}{' by HLVX' if access.execute else ''} as {mode.label}{'' if plain else rights}"


def clause(reason: int) -> str:
    """A reason's sentence, with the manual's rule where it has a name."""
    known = Reason(reason)
    return known.text if known.rule == "none" else f"{known.text} (rule {known.rule})"


def size_text(size: int) -> str:
    """A page's size.

    >>> size_text(4096), size_text(1 << 39)
    ('4 KiB', '512 GiB')
    """
    unit, name = next((unit, name) for unit, name in UNITS if size >= unit)
    return f"{size // unit} {name}"


def permissions(pte: int) -> str:
    """The bits of a PTE by letter, a dash for 0.

    >>> permissions(0xCF)
    'V R W X - - A D'
    """
    return " ".join(letter if pte >> position & 1 else "-" for position, letter in enumerate(PTE_FLAGS))


def leaves(hart: Hart, translation: Translation) -> list[tuple[str, Step]]:
    """The PTEs that map the page, each with its stage: none where the stage is Bare."""
    placed = staircase(hart, translation)
    found = [(placed.first.stage, placed.rungs[-1].step)] if placed.first and placed.rungs else []
    if placed.last and placed.last.steps:
        found.append(("G", placed.last.steps[-1]))
    return [(stage, step) for stage, step in found if step is not None and is_leaf(step.pte)]


def region_name(hart: Hart, physical: int) -> str:
    """What answers at a physical address."""
    region = hart.bus.find(physical)
    if region is None:
        return "nothing there"
    return "main memory" if region.is_ram else f"device {region.target.name}"


def draw(hart: Hart, translation: Translation) -> list[str]:
    """The whole walk and what came of it, in lines."""
    placed = staircase(hart, translation)
    lines = [*_first(hart, placed, translation), *_last(hart, placed, translation)]
    return [*lines, *_outcome(hart, translation)]


# --- the first stage --------------------------------------------------------------------------------------------


def _first(hart: Hart, placed: Staircase, translation: Translation) -> Iterator[str]:
    if placed.first is None:
        yield "M-mode: addresses are physical"
        return
    name, register = ("VS", "vsatp") if translation.access.virtual else ("S", "satp")
    yield f"{name}-stage {_scheme_text(hart, register)}, virtual address {translation.address:#x}"
    for rung in placed.rungs:
        yield from _rung(rung, placed, translation)


def _scheme_text(hart: Hart, register: str) -> str:
    name = scheme(hart, register)
    return f"{name} ({register}), " + ("no table" if name == "Bare" else f"root table at {root(hart, register):#x}")


def _rung(rung: Rung, placed: Staircase, translation: Translation) -> Iterator[str]:
    two_stages = rung.served_by is not None
    if rung.step is None:
        yield f"  PTE at gpa {rung.slot:#x}: not reached, its address does not pass the G-stage"
    else:
        yield from _step(rung.step, "  ", "gpa" if two_stages else "pa", translation)
    if rung.served_by is not None:
        yield from _g_steps(rung.served_by, "      ", translation)
    if rung.update is not None:
        yield "      written back (A, D) through the G-stage:"
        yield from _g_steps(rung.update, "      ", translation)


# --- the G-stage ------------------------------------------------------------------------------------------------


def _last(hart: Hart, placed: Staircase, translation: Translation) -> Iterator[str]:
    if placed.last is None:
        return
    yield f"G-stage {_scheme_text(hart, 'hgatp')}, vmid {vmid(hart)}, guest physical address {placed.last.address:#x}"
    for step in placed.last.steps:
        yield from _step(step, "  ", "pa", translation)


def _g_steps(walk: StageWalk, indent: str, translation: Translation) -> Iterator[str]:
    for step in walk.steps:
        yield from _step(step, f"{indent}G ", "pa", translation)


# --- one PTE ----------------------------------------------------------------------------------------------------


def _step(step: Step, indent: str, space: str, translation: Translation) -> Iterator[str]:
    """One line, and a caret under the bit that failed."""
    where = f"{step.slot:#x}" if step.slot == step.where else f"{step.slot:#x} = pa {step.where:#x}"
    head = f"{indent}level {step.level}  PTE at {space} {where}: {step.pte:#x}  ".ljust(FLAGS_COLUMN)
    failed = failing_step(translation) is step
    yield f"{head}{permissions(step.pte)}  {'FAILS' if failed else _target(step, space)}{_updated(step)}"
    if failed and translation.trap is not None and translation.trap.reason in PTE_BITS:
        yield " " * (len(head) + 2 * PTE_BITS[Reason(translation.trap.reason)]) + "^"


def _target(step: Step, space: str) -> str:
    page = page_of(step.pte)
    if not is_leaf(step.pte):
        return f"-> {page:#x}"
    what = "NAPOT range" if step.pte >> Pte.N & 1 else "page"
    kind = memory_type(step.pte)
    return f"{size_text(page_size(step.pte, step.level))} {what} {space} {page:#x}{f', {kind}' if kind else ''}"


def _updated(step: Step) -> str:
    if step.updated is None:
        return ""
    added = "".join(letter for bit, letter in enumerate(PTE_FLAGS) if (step.updated & ~step.pte) >> bit & 1)
    return f", hardware sets {' and '.join(added)}"


# --- what came of it --------------------------------------------------------------------------------------------


def _outcome(hart: Hart, translation: Translation) -> Iterator[str]:
    trap = translation.trap
    if trap is None:
        assert translation.physical is not None
        yield f"=> pa {translation.physical:#x}, {region_name(hart, translation.physical)}"
        return
    where = reached(hart, translation)
    refused = f" at pa {where:#x}" if where is not None else ""
    gpa = f", gpa {trap.gpa:#x}" if trap.gpa else ""
    yield f"=> {cause_name(trap.cause)}{refused}{gpa}"
    yield f"   {clause(trap.reason)}"
