"""The command ``hartbreak``: parse, run the command, and turn what the user got wrong into one sentence."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from machine.errors import MachineError

__all__ = ["cli", "main", "status_of"]

WRONG_INPUT = 2
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
BROKEN_PIPE = 128 + 13  # as the shell reports a process that SIGPIPE ended

COMMANDS = {
    "run": "gdbstub.cli.run:run_command",
    "serve": "gdbstub.cli.serve:serve_command",
    "debug": "gdbstub.cli.debug:debug_command",
    "gdb-script": "gdbstub.cli.gdb_script:gdb_script_command",
    "demo": "gdbstub.cli.demo:demo_command",
    "compare-proposals": "gdbstub.cli.compare:compare_command",
    "info": "gdbstub.cli.info:info_command",
    "replay": "gdbstub.cli.replay:replay_command",
    "trace": "gdbstub.cli.trace:trace_command",
    "lockstep": "gdbstub.cli.lockstep:lockstep_command",
}
"""Name → module:attribute, imported when the command is used."""


class LazyGroup(click.Group):
    """A group whose commands are imported on use: starting one does not pay for the others."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BrokenPipeError:  # whoever read our output has enough; click would call it a failure
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return BROKEN_PIPE
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise click.ClickException(f"cannot write: {error.strerror}; make room or write elsewhere") from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="hartbreak", prog_name="hartbreak")
def cli() -> None:
    """A RISC-V computer with the hypervisor extension, for a stock gdb.

    \b
    hartbreak run kernel.elf              run to the end, without a debugger
    hartbreak serve kernel.elf            serve gdb at 127.0.0.1:1234
    hartbreak debug kernel.elf            the same, and open gdb
    hartbreak gdb-script                  the file that "source" loads into a gdb of your own
    hartbreak demo                        a guided session with our own guest
    hartbreak compare-proposals FILE      what an unratified proposal changes for a guest
    hartbreak info isa                    what the machine implements; also csr, traps, choices
    hartbreak replay BUNDLE               a failed test's machine, at the moment of failure
    hartbreak trace FILE -o LOG           each step of a guest; trace diff compares two logs
    hartbreak lockstep FILE --against tcp:HOST:PORT   step for step beside another machine
    """


def status_of(arguments: Sequence[str]) -> int:
    """Run the command line ``arguments``; gives the process's exit status."""
    try:
        return cli.main(list(arguments) or ["--help"], prog_name="hartbreak", standalone_mode=False) or 0
    except click.UsageError as error:
        _complain(f"{_sentence(error)}; see {error.ctx.command_path if error.ctx else 'hartbreak'} --help")
    except click.ClickException as error:
        _complain(_sentence(error))
    except MachineError as error:
        _complain(str(error))
    return WRONG_INPUT


def _sentence(error: click.ClickException) -> str:
    return " ".join(error.format_message().split()).rstrip(".")


def _complain(sentence: str) -> None:
    click.echo(f"hartbreak: {sentence}", err=True)


def main() -> None:
    """Entry point of the console script."""
    try:
        status = status_of(sys.argv[1:])
    except (KeyboardInterrupt, click.Abort):
        status = 130
    sys.exit(status)


if __name__ == "__main__":
    main()
