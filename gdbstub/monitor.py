"""Commands that a user types after gdb's ``monitor``: declared one by one, parsed by click, rendered by rich.

A command is a function from a context (whatever the target gives its commands) and its parameters to a `Report`:

    @command("walk", click.Argument(["address"], type=number))
    def walk(context: Context, address: int) -> Report:
        '''Translate a virtual address and show each step.'''

The docstring is its help, ``--json`` is added to each, and a `Monitor` is made from a list of them.
"""

from __future__ import annotations

import difflib
import io
import json
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from gdbstub.errors import TargetError
from gdbstub.target import Answer

__all__ = ["Command", "Json", "Monitor", "Report", "command", "number", "table"]

Context = TypeVar("Context")
Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
WIDTH = 120  # columns; gdb folds longer lines itself, tables are better narrowed by rich


@dataclass(frozen=True)
class Report:
    """What a command found: `data` for programs, `text` for people. Anything rich prints will do; colour is dropped."""

    data: Json
    text: RenderableType

    def render(self) -> str:
        """The text, ending in one newline.

        >>> Report({"hart": 0}, "hart 0 is in VS-mode").render()
        'hart 0 is in VS-mode\\n'
        """
        sink = io.StringIO()
        console = Console(file=sink, width=WIDTH, color_system=None, highlight=False, markup=False, emoji=False)
        # A plain string is printed as it is: folding would cut addresses and lists in two.
        console.print(self.text, soft_wrap=isinstance(self.text, str))
        return "\n".join(line.rstrip() for line in sink.getvalue().rstrip().split("\n")) + "\n"

    def as_json(self) -> str:
        """The data on one line."""
        return json.dumps(self.data, ensure_ascii=False) + "\n"


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> Table:
    """A plain table: no borders, columns as wide as their text."""
    made = Table(*headers, title=title or None, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        made.add_row(*(Text(cell) for cell in row))
    return made


def number(value: str) -> int:
    """A parameter's type: an integer below 2**64, written as in C (``0x80000000``, ``0b101``, ``12``).

    Raises click.BadParameter.
    """
    try:
        parsed = int(value, 0)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a number{_dollar_hint(value)}.") from error
    if not 0 <= parsed < 1 << 64:
        raise click.BadParameter(f"{value} is not between 0 and 2**64 - 1.")
    return parsed


def _dollar_hint(value: str) -> str:
    """gdb hands over what stands after ``monitor`` untouched, which surprises whoever writes ``$a0`` there."""
    return f'; gdb does not expand {value} here, but it does in: eval "monitor ... %#lx", {value}' * ("$" in value)


@dataclass(frozen=True)
class Command(Generic[Context]):
    """A declared command; `name` may be several words, such as ``catch trap``."""

    name: str
    parser: click.Command
    function: Callable[..., Report]

    @property
    def summary(self) -> str:
        """The first line of its help."""
        return (self.parser.help or "").strip().partition("\n")[0]

    @property
    def usage(self) -> str:
        """How to type it, in one line."""
        with click.Context(self.parser, info_name=self.name) as context:
            return " ".join([self.name, *self.parser.collect_usage_pieces(context)])

    def help(self) -> str:
        """Usage, what it does, its arguments and options."""
        with click.Context(self.parser, info_name=f"monitor {self.name}", max_content_width=WIDTH) as context:
            return self.parser.get_help(context)

    def run(self, context: Context, arguments: list[str]) -> Answer:
        """Parse and carry out. Raises click.UsageError for wrong arguments."""
        if "--help" in arguments:
            return Answer(self.help() + "\n")
        with self.parser.make_context(self.name, arguments) as parsed:
            parameters = dict(parsed.params)
            as_json = parameters.pop("as_json")
            report = self.function(context, **parameters)
        return Answer(report.as_json() if as_json else report.render())


def command(name: str, *parameters: click.Parameter) -> Callable[[Callable[..., Report]], Command[Any]]:
    """Make a function a command; its parameters after the context are named as click names `parameters`."""

    def declare(function: Callable[..., Report]) -> Command[Any]:
        as_json = click.Option(["--json", "as_json"], is_flag=True, help="Print JSON for programs.")
        parser = click.Command(name, params=[*parameters, as_json], help=function.__doc__, add_help_option=False)
        return Command(name, parser, function)

    return declare


class UnknownCommand(click.UsageError):
    """No command has the name that was typed."""


class Monitor(Generic[Context]):
    """A set of commands, with ``help`` added to them.

    >>> @command("double", click.Argument(["number"], type=number))
    ... def double(context: object, number: int) -> Report:
    ...     '''Twice a number.'''
    ...     return Report({"double": 2 * number}, f"{2 * number:#x}")
    >>> monitor = Monitor([double])
    >>> monitor.run(None, "double 0x10 --json").text
    '{"double": 32}\\n'
    >>> monitor.run(None, "duble 1").text
    "There is no command 'duble'; did you mean 'double'? 'monitor help' lists them all.\\n"
    """

    def __init__(self, commands: Iterable[Command[Context]]) -> None:
        """Raises ValueError when two commands share a name."""
        listed = [*commands, self._help_command()]
        self._commands = {entry.name: entry for entry in sorted(listed, key=lambda entry: entry.name)}
        if len(self._commands) != len(listed):
            raise ValueError("two monitor commands share a name")

    def run(self, context: Context, line: str) -> Answer:
        """Carry out one line as the user typed it. What is wrong with it becomes a failed answer of one sentence."""
        try:
            words = _split(line) or ["help"]
            found = self._find(words)
            return self._run(found, context, words[len(found.name.split()) :])
        except click.UsageError as error:
            return Answer(f"{error.format_message()}\n", failed=True)
        except TargetError as error:
            return Answer(f"{error.message}\n", failed=True)

    def names(self) -> list[str]:
        """All names, ``help`` included, in alphabetical order."""
        return list(self._commands)

    def _find(self, words: Sequence[str]) -> Command[Context]:
        """The command with the longest name that `words` begin with. Raises UnknownCommand."""
        for length in range(len(words), 0, -1):
            if found := self._commands.get(" ".join(words[:length])):
                return found
        raise UnknownCommand(self._unknown(words))

    def _unknown(self, words: Sequence[str]) -> str:
        family = [name for name in self._commands if name.split()[0] == words[0]]
        if family:
            return f"'{words[0]}' needs one more word to say what is meant: {', '.join(family)}."
        typed = " ".join(words)
        close = difflib.get_close_matches(typed, self._commands, n=1) or difflib.get_close_matches(
            words[0], self._commands, n=1
        )
        guess = f"; did you mean '{close[0]}'?" if close else "."
        return f"There is no command '{words[0]}'{guess} 'monitor help' lists them all."

    @staticmethod
    def _run(found: Command[Context], context: Context, arguments: list[str]) -> Answer:
        try:
            return found.run(context, arguments)
        except UnknownCommand:  # from help: the usage to show is not that of help
            raise
        except click.UsageError as error:
            said = error.format_message().rstrip(".")
            raise click.UsageError(f"{said}. Usage: monitor {found.usage}") from error

    def _help_command(self) -> Command[Context]:
        @command("help", click.Argument(["name"], nargs=-1, metavar="[COMMAND]"))
        def help_(context: Context, name: tuple[str, ...]) -> Report:
            """What can be typed after monitor, or all about one command."""
            return self._help_one(name) if name else self._help_all()

        return help_

    def _help_all(self) -> Report:
        summaries = {entry.name: entry.summary for entry in self._commands.values()}
        rows = [(entry.usage.replace(" [OPTIONS]", ""), entry.summary) for entry in self._commands.values()]
        return Report(summaries, table(["monitor ...", ""], rows))

    def _help_one(self, name: Sequence[str]) -> Report:
        found = self._find(name)
        return Report({"name": found.name, "usage": found.usage, "help": found.help()}, found.help())


def _split(line: str) -> list[str]:
    """Words as a shell would have them, quotes included. Raises click.UsageError."""
    try:
        return shlex.split(line)
    except ValueError as error:
        raise click.UsageError(f"The command line cannot be split into words: {str(error).lower()}.") from error
