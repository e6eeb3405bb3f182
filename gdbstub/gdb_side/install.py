"""Gives gdb all that there is: commands, functions, prompt, window."""

from __future__ import annotations

from .commands import add_commands
from .functions import GuestPhysical, GuestVirtual
from .prompt import PromptSwitch, extend_prompt
from .window import add_window

__all__ = ["install"]


def install() -> None:
    """Once in a gdb."""
    add_commands()
    GuestVirtual()
    GuestPhysical()
    extend_prompt(PromptSwitch())
    add_window()
