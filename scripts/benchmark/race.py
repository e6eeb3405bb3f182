"""One workload on every contestant, in turns, so that a busy machine is busy for all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click

from scripts.benchmark.contestants import Contestant
from scripts.benchmark.images import image, sized
from scripts.benchmark.stopwatch import Sample, calibrate, measure
from scripts.benchmark.workloads import Workload

__all__ = ["Result", "race"]


@dataclass(frozen=True)
class Result:
    """A contestant's rates for one workload, per second: instructions or events."""

    contestant: str
    units: int
    median: float
    best: float


def race(workload: Workload, contestants: Sequence[Contestant], seconds: float, runs: int) -> list[Result]:
    """Compare a short run's checksums, then measure ``runs`` runs of about ``seconds`` each, interleaved.

    Raises ClickException when a run fails or the contestants compute different things.
    """
    elf = image(workload)
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        agree(workload, [run(contestant, elf, workload.check, Path(place)) for contestant in contestants], contestants)
        lengths = [length(workload, contestant, elf, seconds, Path(place)) for contestant in contestants]
        turns = [
            [run(each, elf, units, Path(place)) for each, units in zip(contestants, lengths, strict=True)]
            for _ in range(runs)
        ]
    return [
        _result(workload, contestant, samples)
        for contestant, samples in zip(contestants, zip(*turns, strict=True), strict=True)
    ]


def length(workload: Workload, contestant: Contestant, elf: Path, seconds: float, place: Path) -> int:
    """Units for a run of about ``seconds``."""

    def seconds_for(units: int) -> float:
        return run(contestant, elf, units, place).seconds

    return calibrate(seconds_for, workload.check, seconds, workload.most)


def run(contestant: Contestant, elf: Path, units: int, place: Path) -> Sample:
    """One run of ``units``."""
    sample = measure(contestant.run(sized(elf, units, place)))
    if sample.units != units:
        raise click.ClickException(f"{contestant.name}: {elf.stem} did {sample.units} units of {units}")
    return sample


def agree(workload: Workload, samples: Sequence[Sample], contestants: Sequence[Contestant]) -> None:
    """Raises ClickException when the same work gave different checksums."""
    if len({sample.checksum for sample in samples}) > 1:
        said = ", ".join(f"{c.name} {s.checksum:#x}" for c, s in zip(contestants, samples, strict=True))
        raise click.ClickException(f"{workload.name}: the checksums differ: {said}")


def _result(workload: Workload, contestant: Contestant, samples: Sequence[Sample]) -> Result:
    rates = [workload.rate(sample.units, sample.seconds) for sample in samples]
    return Result(contestant.name, samples[0].units, median(rates), max(rates))
