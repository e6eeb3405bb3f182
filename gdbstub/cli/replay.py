"""``hartbreak replay``: a bundle, opened at the moment at which it was made."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gdbstub.cli.options import FILE
from gdbstub.cli.outcome import Ending, Outcome
from gdbstub.cli.port import LOOPBACK, open_port
from gdbstub.scripting.errors import ScriptingError
from machine.engines import CHOICES
from machine.run_exit import ExitReason

if TYPE_CHECKING:
    import socket

    from gdbstub.scripting.bundle import Bundle
    from gdbstub.scripting.direct import DirectSession
    from machine.machine import Machine

__all__ = ["replay_command"]

DEFAULT_LIMIT = 100_000_000


@click.command("replay")
@click.argument("bundle", type=FILE)
@click.option("--status", is_flag=True, help="Only say where the machine stands.")
@click.option("--run", "run_on", is_flag=True, help="Run on from there, without a debugger; the guest's exit status.")
@click.option("--max-instructions", type=click.IntRange(min=1), default=DEFAULT_LIMIT, metavar="N", help="With --run.")
@click.option("--port", type=click.IntRange(0, 65535), default=1234, show_default=True, help="0 takes a free one.")
@click.option("--once", is_flag=True, help="End when the first debugger has left.")
@click.option("--engine", type=click.Choice(CHOICES), help="What executes; by default as then.")
def replay_command(
    bundle: Path, status: bool, run_on: bool, max_instructions: int, port: int, once: bool, engine: str | None
) -> int:
    """Do the run of BUNDLE again, up to the moment at which a failed test wrote it, and serve gdb there.

    Says first where the machine stands: mode, place, the last traps and why, the guest's console. The run is proved to
    be the same by a fingerprint of the machine's state.

    \b
    hartbreak replay bundles/test_guest.zip
    hartbreak replay --status bundles/test_guest.zip
    hartbreak replay --run --max-instructions 1000000 bundles/test_guest.zip
    """
    try:
        return _replay(bundle, status, run_on, max_instructions, port, once, engine)
    except ScriptingError as error:
        raise click.ClickException(error.message) from error


def _replay(path: Path, status: bool, run_on: bool, limit: int, port: int, once: bool, engine: str | None) -> int:
    from gdbstub.scripting.bundle import read_bundle
    from gdbstub.scripting.report import standing

    with read_bundle(path) as bundle:
        session, said = _opened(bundle, engine)
        about = standing(session, "".join(said), len(session.machine.harts))
        click.echo(f"{_headline(bundle)}\n{about}")
        if status:
            return 0
        said.on = True
        if run_on:
            return _run_on(session.machine, limit)
        with open_port(LOOPBACK, port) as listener:
            where = listener.getsockname()[1]
            image = bundle.setup.image
            click.echo(f"listening; connect with: gdb-multiarch {image} -ex 'target remote :{where}'")
            return _serve(session.machine, listener, once)


class Transcript(list[str]):
    """What the guest writes: kept, and shown once it is switched on."""

    on = False

    def write(self, data: bytes) -> None:
        """The machine's console."""
        self.append(data.decode(errors="replace"))
        if self.on:
            sys.stdout.write(self[-1])
            sys.stdout.flush()


def _opened(bundle: Bundle, engine: str | None) -> tuple[DirectSession, Transcript]:
    from gdbstub.scripting.direct import DirectSession
    from gdbstub.scripting.symbols import Symbols

    said = Transcript()
    started = bundle.open(said.write, engine)
    files = [bundle.setup.image, bundle.setup.kernel, bundle.setup.firmware]
    symbols = Symbols.of([file for file in files if isinstance(file, Path)])
    session = DirectSession.of(started.machine, symbols, started.console)
    session.hart = bundle.hart
    return session, said


def _headline(bundle: Bundle) -> str:
    name = Path(bundle.setup.image).name.removeprefix("image-")
    return f"{name} after {bundle.cycle} cycles, as recorded" + (f": {bundle.why}\n" if bundle.why else "")


def _run_on(machine: Machine, limit: int) -> int:
    began = machine.clock.cycles
    ended = machine.run(limit)
    ending = {ExitReason.SHUTDOWN: Ending.FINISHED, ExitReason.IDLE: Ending.IDLE}.get(ended.reason, Ending.LIMIT)
    outcome = Outcome(ending, machine.finish, 0, machine.clock.cycles - began, 0)
    click.echo(f"hartbreak: {outcome.result} after {outcome.cycles} more cycles", err=True)
    return outcome.status


def _serve(machine: Machine, listener: socket.socket, once: bool) -> int:
    import trio

    from gdbstub.cli.serving import until_signalled
    from gdbstub.riscv.target import RiscvTarget
    from gdbstub.server import Server

    async def work() -> int:
        listening = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
        await Server(RiscvTarget(machine), once=once).run([listening])
        return 0

    return trio.run(until_signalled, work, (signal.SIGINT, signal.SIGTERM))
