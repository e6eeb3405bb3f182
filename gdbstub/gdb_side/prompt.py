"""The prompt shows the hart's mode and guest: ``[VS vmid 7] (gdb)``. ``set hv-prompt off`` makes it gdb's own again."""

from __future__ import annotations

from collections.abc import Callable

import gdb

from .colour import STYLES
from .values import colours, register

__all__ = ["PromptSwitch", "extend_prompt"]


class PromptSwitch(gdb.Parameter):
    """Whether the prompt shows the hart's mode and the VMID in hgatp."""

    set_doc = "Set whether the prompt shows the hart's mode and guest."
    show_doc = "Show whether the prompt shows the hart's mode and guest."

    def __init__(self) -> None:
        super().__init__("hv-prompt", gdb.COMMAND_STATUS, gdb.PARAM_BOOLEAN)
        self.value = True

    def get_set_string(self) -> str:
        """Says nothing."""
        return ""

    def get_show_string(self, value: str) -> str:
        """What ``show hv-prompt`` prints."""
        return "The prompt shows the hart's mode and guest: " + value + "."


def extend_prompt(switch: PromptSwitch) -> None:
    """Hook in; a hook that is there already goes on doing what it does."""
    earlier: Callable[[str], str | None] | None = gdb.prompt_hook

    def hook(current: str) -> str | None:
        shown = earlier(current) if earlier else None
        base = _without(current if shown is None else shown)
        return (_world() if switch.value else "") + base

    gdb.prompt_hook = hook


def _without(prompt: str) -> str:
    """gdb hands over the prompt that it was given last: ours would grow."""
    return prompt.rpartition(END)[2]


def _world() -> str:
    """``[VS vmid 7] ``; nothing without a connection, or with a server that has no such registers."""
    mode, vmid = register("hart_mode"), register("vmid")
    if mode is None or vmid is None:
        return ""
    return _styled("[" + mode + " vmid " + vmid + "]") + " " + END


END = "\x01\x02"
"""Tells where our part ends; a terminal shows nothing of it (readline's marks of an empty invisible stretch)."""


def _styled(text: str) -> str:
    """In colour, its escapes marked as invisible for readline."""
    if not colours():
        return text
    return "\x01\x1b[" + STYLES["mode"] + "m\x02" + text + "\x01\x1b[m\x02"
