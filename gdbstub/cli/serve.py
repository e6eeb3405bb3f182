"""``hartbreak serve``: a machine behind gdb's ``target remote``."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import click

from gdbstub.cli.computer import Computer, build, dump_tree
from gdbstub.cli.line import Line, open_line, while_read
from gdbstub.cli.options import FILE, MachineOptions, machine_options
from gdbstub.cli.port import LOOPBACK, open_port

__all__ = ["serve_command"]


@click.command("serve")
@click.argument("image", required=False, type=FILE)
@click.option("--port", type=click.IntRange(0, 65535), default=1234, show_default=True, help="0 takes a free one.")
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen at.")
@click.option("--once", is_flag=True, help="End when the first debugger has left.")
@machine_options
def serve_command(options: MachineOptions, port: int, host: str, once: bool) -> int:
    """Serve gdb (or LLDB): the machine stands at its first instruction until a debugger runs it.

    A debugger that leaves, leaves the machine halted; the next one finds it so. Ctrl-C ends the server (status 130).

    \b
    hartbreak serve kernel.elf
    hartbreak serve --port 0 --once --json kernel.elf
    hartbreak serve --harts 2 --firmware fw_jump.elf --uart tcp:4000 kernel.elf

    \b
    (gdb) file kernel.elf
    (gdb) target remote :1234
    """
    if options.dump_dtb is not None:
        dump_tree(options)
        return 0
    with open_line(options.uart, reads=False, stdout_taken=options.json, quiet=options.quiet) as line:
        computer = build(options, while_read(line.write))
        with open_port(host, port) as listener:
            click.echo(_announcement(options, *listener.getsockname()[:2]))
            return _serve(computer, line, listener, once)


def _serve(computer: Computer, line: Line, listener: socket.socket, once: bool) -> int:
    import trio

    from gdbstub.cli.serving import LineTarget, until_signalled
    from gdbstub.server import Server

    async def work() -> int:
        listening = trio.SocketListener(trio.socket.from_stdlib_socket(listener))
        await Server(LineTarget(computer, line), once=once).run([listening])
        return 0

    return trio.run(until_signalled, work, (signal.SIGINT, signal.SIGTERM))


def _announcement(options: MachineOptions, address: str, port: int) -> str:
    program = options.image or options.kernel or Path("IMAGE")
    if options.json:
        return json.dumps({"host": address, "port": port, "image": str(program)})
    where = f":{port}" if address == LOOPBACK else f"{address}:{port}"
    return f"listening on {address}:{port}; connect with: gdb-multiarch {program} -ex 'target remote {where}'"
