"""Times a workload from its "begin" to its "end", as both arrive on the UART; start-up and set-up do not count."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import click

from scripts.benchmark.contestants import environment

__all__ = ["Sample", "calibrate", "measure"]

PATIENCE = 120  # seconds
LEAST = 1e-6  # seconds: both lines can arrive at once
GROWTH = 16


@dataclass(frozen=True)
class Sample:
    """One run.

    Attributes:
        units: what it did.
        checksum: of what it computed.
        seconds: between the two lines.
    """

    units: int
    checksum: int
    seconds: float


def measure(command: Sequence[str]) -> Sample:
    """Run ``command`` to its end. Raises ClickException with what was printed when the workload did not report."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environment()) as process:
        try:
            began, ended, output = _read(process)
        finally:
            process.kill()
    words = output.split()
    if ended is None or began is None:
        raise click.ClickException(f"{' '.join(command)}: the workload did not end as it should: {output!r}")
    at = words.index(b"end")
    return Sample(int(words[at + 1], 16), int(words[at + 2], 16), max(ended - began, LEAST))


def _read(process: subprocess.Popen[bytes]) -> tuple[float | None, float | None, bytes]:
    """When "begin" and the end's whole line came, and all that was printed (with stderr, when the end did not come)."""
    assert process.stdout is not None
    assert process.stderr is not None
    output, began, deadline = b"", None, time.perf_counter() + PATIENCE
    while data := _next(process.stdout.fileno(), deadline):
        now = time.perf_counter()
        output += data
        if began is None and b"begin\n" in output:
            began = now
        if b"end " in output and output.endswith(b"\n"):
            process.wait(PATIENCE)  # its profile is written behind the guest's end
            return began, now, output
    process.kill()
    return began, None, output + process.stderr.read()


def _next(descriptor: int, deadline: float) -> bytes:
    """The next bytes; none at the end of the stream or at the deadline."""
    ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.perf_counter()))
    return os.read(descriptor, 4096) if ready else b""


def calibrate(seconds_for: Callable[[int], float], smallest: int, seconds: float, most: int | None = None) -> int:
    """How many units take about ``seconds``, found by running more and more of them."""
    units = smallest
    while (spent := seconds_for(units)) < seconds / 4:
        if most is not None and units >= most:
            return most
        units *= GROWTH if spent < seconds / GROWTH else 4
    found = max(smallest, round(units * seconds / spent))
    return found if most is None else min(found, most)
