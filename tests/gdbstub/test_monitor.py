from __future__ import annotations

import json

import click
import pytest

from gdbstub.errors import TargetError
from gdbstub.monitor import Monitor, Report, command, number, table


@command(
    "walk", click.Argument(["address"], type=number), click.Option(["--as", "mode"], type=click.Choice(["M", "VS"]))
)
def walk(context: dict[str, int], address: int, mode: str | None) -> Report:
    """Translate a virtual address.

    And show each step.
    """
    if address == 0:
        raise TargetError(14, "nothing is mapped at 0x0")
    return Report(
        {"address": address, "mode": mode}, table(["step", "value"], [["1", "[red]x"], ["22", f"{address:#x}"]])
    )


@command("catch trap", click.Argument(["cause"]))
def catch_trap(context: dict[str, int], cause: str) -> Report:
    """Stop at a trap."""
    context["caught"] = context.get("caught", 0) + 1
    return Report(None, f"catching {cause} " + 40 * "and so on ")


@command("catch none")
def catch_none(context: dict[str, int]) -> Report:
    """Stop at no trap any more."""
    context.clear()
    return Report([], "catching nothing")


@pytest.fixture
def monitor() -> Monitor[dict[str, int]]:
    return Monitor([walk, catch_trap, catch_none])


def test_text_is_for_people_without_colour_or_markup(monitor: Monitor[dict[str, int]]) -> None:
    assert monitor.run({}, "walk 0x10").text == "step  value\n1     [red]x\n22    0x10\n"


def test_a_line_of_text_is_not_folded(monitor: Monitor[dict[str, int]]) -> None:
    assert monitor.run({}, "catch trap 22").text.count("\n") == 1


def test_json_is_for_programs(monitor: Monitor[dict[str, int]]) -> None:
    answer = monitor.run({}, "walk 0x10 --as VS --json")
    assert json.loads(answer.text) == {"address": 16, "mode": "VS"}
    assert json.loads(monitor.run({}, "help --json").text)["walk"] == "Translate a virtual address."


def test_the_context_reaches_the_command(monitor: Monitor[dict[str, int]]) -> None:
    context: dict[str, int] = {}
    monitor.run(context, "catch trap 22")
    assert context == {"caught": 1}
    monitor.run(context, "catch none")
    assert context == {}


@pytest.mark.parametrize("line", ["", "help", "  help "])
def test_help_lists_every_command(monitor: Monitor[dict[str, int]], line: str) -> None:
    text = monitor.run({}, line).text
    assert "walk ADDRESS      Translate a virtual address.\n" in text
    assert all(name in text for name in monitor.names())


@pytest.mark.parametrize("line", ["help walk", "walk --help", "walk --help 1 2 3"])
def test_help_of_one_command_has_usage_text_and_options(monitor: Monitor[dict[str, int]], line: str) -> None:
    text = monitor.run({}, line).text
    for part in ("Usage: monitor walk [OPTIONS] ADDRESS", "And show each step.", "--as [M|VS]", "--json"):
        assert part in text


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("wlk", "There is no command 'wlk'; did you mean 'walk'? 'monitor help' lists them all."),
        ("help wlk", "There is no command 'wlk'; did you mean 'walk'? 'monitor help' lists them all."),
        ("qqq", "There is no command 'qqq'. 'monitor help' lists them all."),
        ("catch", "'catch' needs one more word to say what is meant: catch none, catch trap."),
        ("catch trup 2", "'catch' needs one more word to say what is meant: catch none, catch trap."),
        ("walk", "Missing argument 'ADDRESS'. Usage: monitor walk [OPTIONS] ADDRESS"),
        ("walk 1 2", "Got unexpected extra argument (2). Usage: monitor walk [OPTIONS] ADDRESS"),
        ("walk 'x", "The command line cannot be split into words: no closing quotation."),
        ("walk 0", "nothing is mapped at 0x0"),
    ],
)
def test_a_mistake_is_one_clear_sentence(monitor: Monitor[dict[str, int]], line: str, sentence: str) -> None:
    answer = monitor.run({}, line)
    assert answer.failed
    assert answer.text == sentence + "\n"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("walk ten", "'ten' is not a number."),
        ("walk $a0", 'eval "monitor ... %#lx", $a0'),
        ("walk 0x10000000000000000", "is not between 0 and 2**64 - 1"),
        ("walk 1 --as Q", "'Q' is not one of 'M', 'VS'"),
        ("walk 1 --jsn", "'--json'"),
    ],
)
def test_a_wrong_argument_is_named(monitor: Monitor[dict[str, int]], line: str, part: str) -> None:
    answer = monitor.run({}, line)
    assert answer.failed
    assert part in answer.text
    assert answer.text.count("\n") == 1


def test_two_commands_of_one_name_are_our_mistake() -> None:
    with pytest.raises(ValueError, match="share a name"):
        Monitor([walk, walk])


def test_a_bug_in_a_command_is_not_dressed_up_as_a_users_mistake() -> None:
    @command("broken")
    def broken(context: None) -> Report:
        """Divides by zero."""
        return Report(1 // 0, "")

    with pytest.raises(ZeroDivisionError):
        Monitor([broken]).run(None, "broken")


def test_a_value_error_in_a_command_is_a_bug_too() -> None:
    @command("broken")
    def broken(context: None) -> Report:
        """Raises what a line that cannot be split raises."""
        raise ValueError("bug")

    with pytest.raises(ValueError, match="bug"):
        Monitor([broken]).run(None, "broken")
