"""What our user got wrong."""

from __future__ import annotations

__all__ = ["MachineError"]


class MachineError(Exception):
    """The configuration or an image is wrong. The message is one sentence for our user: the value and the remedy.

    Never raised for what a guest does: that is a trap, or a device's answer.
    """
