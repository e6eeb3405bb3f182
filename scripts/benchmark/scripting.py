"""Steps per second of scripted sessions beside a loop in gdb's own Python, in turns in one run.

Both gdbs step the same guest on a server of their own. Besides the clock, which other work on the computer disturbs,
the processor time of all processes that take part is given: per step of a session its own, gdb's and the server's.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click

from gdbstub.scripting import Debugger, DirectSession, RspSession, Server, Session, find_gdb

GUEST = Path(__file__).parents[2] / "gdbstub" / "guests" / "loop.elf"
WARM = 50
TICKS = os.sysconf("SC_CLK_TCK")
TARGET = 0.7
LOOP = """
python
import time
for _ in range({warm}): gdb.execute("stepi", to_string=True)
began, used = time.monotonic(), time.process_time()
for _ in range({steps}): gdb.execute("stepi", to_string=True)
print("LOOP", time.monotonic() - began, time.process_time() - used)
end
"""


@dataclass(frozen=True)
class Round:
    """One measurement: seconds by the clock, and of processors, per step."""

    wall: float
    cpu: float


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measured(step: Callable[[], object], steps: int, *pids: int) -> Round:
    """``steps`` steps; ``pids`` are the other processes that work on them."""
    for _ in range(WARM):
        step()
    others, own, began = sum(map(cpu, pids)), time.process_time(), time.monotonic()
    for _ in range(steps):
        step()
    wall, mine = time.monotonic() - began, time.process_time() - own
    return Round(wall / steps, (mine + sum(map(cpu, pids)) - others) / steps)


def gdb_loop(server: Server, steps: int) -> Round:
    """The same steps in gdb's Python. Raises ClickException when gdb did not do them."""
    before = cpu(server.pid)
    with tempfile.NamedTemporaryFile("w", suffix=".gdb") as script:
        script.write(LOOP.format(warm=WARM, steps=steps))
        script.flush()
        arguments = ["--nx", "--batch", "-ex", f"target remote :{server.port}", "-x", script.name, str(GUEST)]
        done = subprocess.run([find_gdb(), *arguments], capture_output=True, text=True, check=False)
    found = re.search(r"LOOP (\S+) (\S+)", done.stdout)
    if found is None:
        raise click.ClickException(f"gdb did not step: {done.stderr.strip()[-300:]}")
    served = (cpu(server.pid) - before) * steps / (steps + WARM)
    return Round(float(found[1]) / steps, (float(found[2]) + served) / steps)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--steps", type=click.IntRange(10), default=1000, show_default=True, help="Steps of one run.")
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="Runs of each, in turns.")
@click.option("--engine", default="reference", show_default=True, help="hartbreak's engine.")
def main(steps: int, runs: int, engine: str) -> None:
    """Print steps per second of `Session.stepi`, of gdb's own loop, and of sessions without gdb."""
    options = ("--engine", engine)
    with Server(GUEST, *options) as first, Server(GUEST, *options) as second, Server(GUEST, *options) as third:
        address = f"127.0.0.1:{first.port}"
        with (
            Session.attach(address, symbols=[GUEST]) as session,
            RspSession(f"127.0.0.1:{third.port}", symbols=[GUEST]) as remote,
            DirectSession(GUEST, engine=engine) as direct,
        ):
            at_main: tuple[Debugger, ...] = (session, remote, direct)
            for each in at_main:
                each.until("main")
            contestants: dict[str, Callable[[], Round]] = {
                "gdb's Python": lambda: gdb_loop(second, steps),
                "Session": lambda: measured(session.stepi, steps, session.gdb.pid, first.pid),
                "RspSession": lambda: measured(remote.stepi, steps, third.pid),
                "DirectSession": lambda: measured(direct.stepi, steps),
            }
            rounds = {name: [] for name in contestants}  # type: dict[str, list[Round]]
            for _ in range(runs):
                for name, run in contestants.items():
                    rounds[name].append(run())
    report(rounds)


def report(rounds: dict[str, list[Round]]) -> None:
    """Medians, and the score."""
    for name, found in rounds.items():
        wall, used = median(each.wall for each in found), median(each.cpu for each in found)
        click.echo(f"{name:14} {1 / wall:8.0f} steps/s   {used * 1e6:6.0f} us of processor time per step")
    pairs = list(zip(rounds["gdb's Python"], rounds["Session"], strict=True))
    wall, used = (median(getattr(a, kind) / getattr(b, kind) for a, b in pairs) for kind in ("wall", "cpu"))
    click.echo(f"Session / gdb's Python: {wall:.2f} by the clock, {used:.2f} by processor time (wanted: {TARGET})")


if __name__ == "__main__":
    main(prog_name="scripts/bench_scripting")
