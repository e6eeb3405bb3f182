"""Parameters that several commands share, and what to say about a misspelt name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import click

from gdbstub.monitor import number
from machine.hart.hart import Hart
from machine.memory.access import FETCH, LOAD, STORE, Access, as_mode, data_access, fetch_access, masked
from machine.observe.guest_physical import without_vs_stage
from machine.spec import status
from machine.spec.modes import Mode

__all__ = [
    "ACCESS_NAMES",
    "access_option",
    "address_argument",
    "count_argument",
    "guest_physical_option",
    "mode_option",
    "seen",
    "suggestion",
    "tried",
]

KINDS = {"r": LOAD, "w": STORE, "x": FETCH}
ACCESS_NAMES = {LOAD: "load", STORE: "store", FETCH: "fetch"}
MODES = ("M", "HS", "U", "VS", "VU")


def suggestion(typed: str, names: Iterable[str]) -> str:
    """``"; did you mean 'hstatus'?"`` for a name close to what was typed, else a full stop.

    >>> suggestion("hstaus", ["hstatus", "mstatus"]), suggestion("quux", ["hstatus"])
    ("; did you mean 'hstatus'?", '.')
    """
    close = difflib.get_close_matches(typed, list(names), n=1)
    return f"; did you mean '{close[0]}'?" if close else "."


def address_argument() -> click.Argument:
    """ADDR, below 2**64."""
    return click.Argument(["address"], type=number, metavar="ADDR")


def mode_option() -> click.Option:
    """``--as MODE``: whose access it is."""
    text = "The mode that makes the access; without it the hart as it is now, mstatus.MPRV included."
    return click.Option(["--as", "mode"], type=click.Choice(MODES, case_sensitive=False), help=text)


def access_option() -> click.Option:
    """``--access r|w|x``."""
    return click.Option(
        ["--access"], type=click.Choice(list(KINDS)), default="r", help="Load, store or fetch; r is usual."
    )


def guest_physical_option() -> click.Option:
    """``--guest-physical``: the G-stage alone."""
    text = "ADDR is a guest physical address: the G-stage alone translates it, as for VS-mode."
    return click.Option(["--guest-physical"], is_flag=True, help=text)


def count_argument(name: str, default: int) -> click.Argument:
    """N, from 1."""
    return click.Argument([name], type=click.IntRange(1), default=default, required=False, metavar="[N]")


def tried(hart: Hart, mode: str | None, access: str) -> Access:
    """The access that the options name."""
    kind = KINDS[access]
    if mode is None:
        return fetch_access(hart) if kind == FETCH else data_access(hart, kind)
    chosen = Mode[mode.upper()]
    made = as_mode(hart, kind, chosen.privilege, chosen.virtual)
    return made if kind == FETCH else masked(hart, made)


def seen(hart: Hart, mode: str | None, access: str, guest_physical: bool) -> tuple[Hart, Access]:
    """The hart as the options would have it looked at, and the access. Raises click.BadParameter for HS, U and M."""
    if not guest_physical:
        return hart, tried(hart, mode, access)
    chosen = Mode[(mode or "VS").upper()]
    if not chosen.virtual:
        raise click.BadParameter(
            f"{chosen.label}-mode has no guest physical addresses; leave --as out, or name VS or VU"
        )
    no_pointer = tried(hart, chosen.name, access)._replace(masking=status.PMM_OFF)
    return without_vs_stage(hart), no_pointer
