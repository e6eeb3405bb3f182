"""A translation for programs: all that `gdbstub.riscv.commands.walks` draws; addresses are integers."""

from __future__ import annotations

from gdbstub.monitor import Json
from gdbstub.riscv.commands.parameters import ACCESS_NAMES
from gdbstub.riscv.commands.schemes import scheme
from machine.hart.hart import Hart
from machine.observe.deciding import PTE_FLAGS
from machine.observe.explain import failing_step
from machine.observe.look import reached
from machine.observe.probe import StageWalk, Step, Translation
from machine.observe.staircase import is_leaf, memory_type, page_of, page_size, staircase
from machine.spec.causes import cause_name
from machine.spec.modes import Mode
from machine.spec.paging import Pte
from machine.spec.rules import Reason

__all__ = ["fault_json", "walk_json"]


def fault_json(hart: Hart, translation: Translation) -> Json:
    """The exception that a translation would raise, if any; "at" is the physical address that refuses the access."""
    trap = translation.trap
    if trap is None:
        return None
    reason, at = Reason(trap.reason), reached(hart, translation)
    return {"cause": cause_name(trap.cause), "gpa": trap.gpa, "at": at, "rule": reason.rule, "reason": reason.text}


def walk_json(hart: Hart, translation: Translation) -> dict[str, Json]:
    """All that `draw` draws, for programs; addresses are integers."""
    placed = staircase(hart, translation)
    failing = failing_step(translation)
    first: list[Json] = [
        {
            "slot": rung.slot,
            "pte": _step_json(rung.step, failing),
            "g_stage": _walk_json(rung.served_by, failing),
            "update": _walk_json(rung.update, failing),
        }
        for rung in placed.rungs
    ]
    return {
        "address": translation.address,
        "access": ACCESS_NAMES[translation.access.kind],
        "as": Mode.of(translation.access.privilege, translation.access.virtual).label,
        "schemes": {register: scheme(hart, register) for register in _registers(translation)},
        "physical": translation.physical,
        "fault": fault_json(hart, translation),
        "first_stage": first,
        "g_stage": _walk_json(placed.last, failing),
    }


def _registers(translation: Translation) -> tuple[str, ...]:
    """The registers that a translation goes by."""
    if not translation.walks:
        return ()
    return ("vsatp", "hgatp") if translation.access.virtual else ("satp",)


def _walk_json(walk: StageWalk | None, failing: Step | None) -> Json:
    if walk is None:
        return None
    return {"address": walk.address, "ptes": [_step_json(step, failing) for step in walk.steps]}


def _step_json(step: Step | None, failing: Step | None) -> Json:
    if step is None:
        return None
    leaf = is_leaf(step.pte) and step.pte >> Pte.V & 1 == 1
    return {
        "level": step.level,
        "address": step.where,
        "value": step.pte,
        "flags": [letter for position, letter in enumerate(PTE_FLAGS) if step.pte >> position & 1],
        "leaf": leaf,
        "size": page_size(step.pte, step.level) if leaf else None,
        "memory_type": memory_type(step.pte),
        "target": page_of(step.pte),
        "failed": step is failing,
    }
