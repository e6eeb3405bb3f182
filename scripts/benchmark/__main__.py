"""The command line of `scripts/bench`."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from rich.console import Console

from scripts.benchmark.contestants import ENGINES, Contestant, Hartbreak, rival
from scripts.benchmark.parts import PARTS, Plan
from scripts.benchmark.report import Report
from scripts.benchmark.workloads import BY_NAME, WORKLOADS

QUICK_SECONDS = 0.1


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--part", "parts", multiple=True, type=click.Choice(list(PARTS)), help="Only this one. Repeatable.")
@click.option("--workload", "names", multiple=True, type=click.Choice(list(BY_NAME)), help="Only this one. Repeatable.")
@click.option("--engine", type=click.Choice(ENGINES), default="native", show_default=True, help="hartbreak's engine.")
@click.option("--alone", is_flag=True, help="Measure hartbreak without QEMU.")
@click.option("--seconds", type=click.FloatRange(0.01, 60), default=0.5, show_default=True, help="Length of one run.")
@click.option("--runs", type=click.IntRange(1, 99), default=3, show_default=True, help="Runs of each figure.")
@click.option("--quick", is_flag=True, help=f"One run of {QUICK_SECONDS} s each: shows that all works, no more.")
@click.option("--profile", is_flag=True, help="Also say where hartbreak's time goes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def main(
    parts: Sequence[str],
    names: Sequence[str],
    engine: str,
    alone: bool,
    seconds: float,
    runs: int,
    quick: bool,
    profile: bool,
    as_json: bool,
) -> None:
    """Compare hartbreak with the distribution's QEMU, in turns in one run: programs, and a debugger's requests.

    A figure is the median of its runs; a score is hartbreak's figure divided by QEMU's, or what the target bounds.
    """
    contestants: list[Contestant] = [Hartbreak(engine), *([] if alone else [rival()])]
    if quick:
        seconds, runs = QUICK_SECONDS, 1
    plan = Plan(contestants, [BY_NAME[name] for name in names] or WORKLOADS, seconds, runs, profile)
    report = Report([each.name for each in contestants], Console(), quiet=as_json)
    for part in parts or PARTS:
        PARTS[part](plan, report)
    if as_json:
        click.echo(json.dumps(report.collected))


if __name__ == "__main__":
    main(prog_name="scripts/bench")
