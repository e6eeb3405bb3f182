"""``hartbreak debug``: serve on a free port and open gdb there, with the image's symbols."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Sequence
from pathlib import Path

import click

from gdbstub.cli.computer import Computer, build, dump_tree
from gdbstub.cli.line import open_line
from gdbstub.cli.options import FILE, MachineOptions, machine_options

__all__ = ["debug_command"]

LOOPBACK = "127.0.0.1"


@click.command("debug")
@click.argument("image", type=FILE)
@click.argument("gdb_arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- GDB-ARGUMENTS]")
@click.option("--gdb", default="gdb-multiarch", show_default=True, metavar="PATH", help="The debugger to open.")
@machine_options
def debug_command(options: MachineOptions, gdb: str, gdb_arguments: tuple[str, ...]) -> int:
    """Serve IMAGE on a free port and open gdb, connected, with its symbols. Ctrl-C is gdb's; the end of gdb is the end.

    \b
    hartbreak debug kernel.elf
    hartbreak debug kernel.elf -- -ex 'break main' -ex continue
    hartbreak debug --uart file:console.txt --gdb /opt/bin/gdb kernel.elf

    The exit status is gdb's.
    """
    if options.dump_dtb is not None:
        dump_tree(options)
        return 0
    program = shutil.which(gdb)
    if program is None:
        raise click.ClickException(f"there is no {gdb}; install it with: apt install gdb-multiarch, or give --gdb PATH")
    with open_line(options.uart, reads=False, stdout_taken=options.json, quiet=options.quiet) as line:
        from gdbstub.cli.serving import LineTarget

        computer = build(options, line.write)
        return _session(LineTarget(computer, line), _command(program, computer, options), gdb_arguments)


def _command(program: str, computer: Computer, options: MachineOptions) -> list[str]:
    """gdb with the image's symbols, and those of an ELF beside it."""
    command = [program, "-q", "-iex", "set architecture riscv:rv64"]
    if options.load is None and options.image is not None:
        command.append(str(options.image))
    for other in (computer.boot.firmware, computer.boot.kernel):
        if other is not None and other.table:
            command += ["-ex", f"add-symbol-file {Path(other.name)}"]
    return command


def _session(target: object, command: list[str], more: Sequence[str]) -> int:
    import trio

    from gdbstub.server import serve

    status = 0

    async def both() -> None:
        nonlocal status
        async with trio.open_nursery() as nursery:
            port = await nursery.start(_serve)
            connect = ["-ex", f"target remote {LOOPBACK}:{port}"]
            ended = await trio.run_process([*command, *connect, *more], stdin=None, check=False)
            status = ended.returncode
            nursery.cancel_scope.cancel()

    async def _serve(task_status: trio.TaskStatus[int]) -> None:
        await serve(target, host=LOOPBACK, port=0, on_listening=lambda host, port: task_status.started(port))  # type: ignore[arg-type]

    before = signal.signal(signal.SIGINT, lambda number, frame: None)  # gdb gets its own; not inherited by it
    try:
        trio.run(both)
    finally:
        signal.signal(signal.SIGINT, before)
    return status if status >= 0 else 128 - status
