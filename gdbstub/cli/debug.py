"""``hartbreak debug``: serve on a free port and open gdb there, with the image's symbols."""

from __future__ import annotations

import shutil
import signal
import socket
from pathlib import Path

import click

from gdbstub.cli.computer import Computer, build, dump_tree
from gdbstub.cli.gdb_script import GDB_SCRIPT
from gdbstub.cli.line import Line, open_line, while_read
from gdbstub.cli.options import FILE, MachineOptions, machine_options
from gdbstub.cli.port import LOOPBACK, open_port

__all__ = ["debug_command"]

SIGNALLED = 128  # plus the number of the signal that ended gdb, as the shell reports it


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
        computer = build(options, while_read(line.write))
        with open_port(LOOPBACK, 0) as listener:
            command = _command(program, computer, options, listener.getsockname()[1])
            return _session(computer, line, listener, [*command, *gdb_arguments])


def _command(program: str, computer: Computer, options: MachineOptions, port: int) -> list[str]:
    """gdb with the image's symbols, and those of an ELF beside it, connected."""
    command = [program, "-q", "-iex", "set architecture riscv:rv64"]
    if options.load is None and options.image is not None:
        command.append(str(options.image))
    for other in (computer.boot.firmware, computer.boot.kernel):
        if other is not None and other.table:
            command += ["-ex", f"add-symbol-file {Path(other.name)}"]
    return [*command, "-ex", f"source {GDB_SCRIPT}", "-ex", f"target remote {LOOPBACK}:{port}"]


def _session(computer: Computer, line: Line, listener: socket.socket, command: list[str]) -> int:
    """Serve while gdb runs; gives gdb's exit status."""
    import trio

    from gdbstub.cli.serving import LineTarget
    from gdbstub.server import Server

    async def both() -> int:
        async with trio.open_nursery() as nursery:
            listening = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
            nursery.start_soon(Server(LineTarget(computer, line)).run, [listening])
            ended = await trio.run_process(command, stdin=None, check=False)
            nursery.cancel_scope.cancel()
        return ended.returncode

    before = signal.signal(signal.SIGINT, lambda number, frame: None)  # Ctrl-C is gdb's, which does not inherit this
    try:
        status = trio.run(both)
    finally:
        signal.signal(signal.SIGINT, before)
    return status if status >= 0 else SIGNALLED - status
