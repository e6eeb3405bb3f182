"""The parts of a benchmark: each measures, and puts its tables into the report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.benchmark.contestants import Contestant, Hartbreak
from scripts.benchmark.debugging import (
    ACTIONS,
    Answer,
    Patient,
    measure_actions,
    measure_slowdowns,
    measure_starts,
    program,
    rate,
)
from scripts.benchmark.engines import measure_all
from scripts.benchmark.exits import count_all
from scripts.benchmark.images import image, sized, symbols
from scripts.benchmark.profiling import shares
from scripts.benchmark.race import Result, race
from scripts.benchmark.report import Report, Row
from scripts.benchmark.servers import connected
from scripts.benchmark.stopwatch import calibrate, measure
from scripts.benchmark.workloads import Workload

__all__ = ["PARTS", "Plan"]

SLOWDOWN_TARGETS = (1.05, 3.0)
START_TARGET = 0.5  # seconds
REFERENCE = "reference"
MOST_EXITS = 4  # shown of each guest


@dataclass(frozen=True)
class Plan:
    """What to measure, and how long.

    Attributes:
        contestants: hartbreak first.
        workloads: for the part of that name.
        seconds: of one run.
        runs: of each figure.
        profile: also say where hartbreak's time goes.
    """

    contestants: Sequence[Contestant]
    workloads: Sequence[Workload]
    seconds: float
    runs: int
    profile: bool

    @property
    def hartbreak(self) -> Hartbreak:
        """The one whose time is explained."""
        first = self.contestants[0]
        assert isinstance(first, Hartbreak)
        return first


def workloads(plan: Plan, report: Report) -> None:
    """Programs, from the first instruction of the work to the last."""
    rows = [_raced(workload, race(workload, plan.contestants, plan.seconds, plan.runs)) for workload in plan.workloads]
    report.table("workloads", rows)
    if plan.profile:
        report.shares("profile of workloads", {each.title: _profiled(plan, each) for each in plan.workloads})


def _raced(workload: Workload, results: list[Result]) -> Row:
    shown = [workload.show(result.median) for result in results]
    score = results[0].median / results[1].median if len(results) > 1 else None
    return Row(workload.title, shown, [asdict(result) for result in results], score, workload.target)


def _profiled(plan: Plan, workload: Workload) -> dict[str, float]:
    elf = image(workload)
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        at, statistics = Path(place), Path(place) / "profile"

        def seconds_for(units: int) -> float:
            return measure(plan.hartbreak.run(sized(elf, units, at))).seconds

        units = calibrate(seconds_for, workload.check, plan.seconds, workload.most)
        measure(plan.hartbreak.run(sized(elf, units, at), statistics))
        return shares(statistics)


def debugging(plan: Plan, report: Report) -> None:
    """Requests of a debugger, from the socket."""
    rows = []
    for action, answer in measure_actions(plan.contestants, plan.seconds, plan.runs):
        shown = [action.show(figure.median) for figure in answer.figures]
        rows.append(Row(answer.title, shown, _values(answer), _ratio(answer), action.target))
    for answer, target in zip(
        measure_slowdowns(plan.contestants, plan.seconds, plan.runs), SLOWDOWN_TARGETS, strict=True
    ):
        rows.append(_absolute(answer, "{:.2f} ×", target))
    rows.append(_absolute(measure_starts(plan.contestants, max(plan.runs, 3)), "{:.3f} s", START_TARGET))
    report.table("debugging", rows)
    if plan.profile:
        report.shares("profile of the server", {a.title: _served(plan, a.do) for a in ACTIONS})


def _values(answer: Answer) -> list[dict[str, object]]:
    return [asdict(figure) for figure in answer.figures]


def _ratio(answer: Answer) -> float | None:
    """None also where QEMU does not offer the packet."""
    if len(answer.figures) < 2 or not answer.figures[1].median:
        return None
    return answer.figures[0].median / answer.figures[1].median


def _absolute(answer: Answer, form: str, target: float) -> Row:
    shown = [form.format(figure.median) for figure in answer.figures]
    return Row(answer.title, shown, _values(answer), answer.figures[0].median, target, at_most=True)


def _served(plan: Plan, action: Callable[[Patient], int]) -> dict[str, float]:
    elf = program()
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        statistics = Path(place) / "profile"
        with connected(plan.hartbreak, elf, statistics) as client:
            rate(action, Patient(client, symbols(elf)), plan.seconds)
        return shares(statistics)


def engines(plan: Plan, report: Report) -> None:
    """The engine by itself."""
    figures = measure_all(plan.seconds, plan.hartbreak.engine)
    rows = [[figure.workload, figure.engine, f"{figure.mips:.2f} MIPS"] for figure in figures]
    report.plain("engine in this process", ["engine", "rate"], rows, [asdict(figure) for figure in figures])


def exits(plan: Plan, report: Report) -> None:
    """Why the shipped guests leave compiled code, with the native engine."""
    if plan.hartbreak.engine == REFERENCE:
        return
    counted = count_all()
    rows = [
        [each.guest if n == 0 else "", *what, f"{times:,}"]
        for each in counted
        for n, (what, times) in enumerate(each.stepped.most_common(MOST_EXITS))
    ]
    headings = ["exit", "mode", "instruction", "", "times"]
    values = [{"guest": each.guest, "cycles": each.cycles, "exits": each.by_reason} for each in counted]
    report.plain("instructions that leave compiled code", headings, rows, values)


PARTS: dict[str, Callable[[Plan, Report], None]] = {
    "workloads": workloads,
    "debugging": debugging,
    "engines": engines,
    "exits": exits,
}
