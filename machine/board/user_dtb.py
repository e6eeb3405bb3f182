"""A device tree blob that our user brings in place of the generated one."""

from __future__ import annotations

import struct

import fdt

from machine.errors import MachineError

__all__ = ["check_dtb"]

HEADER_BYTES = 40
MAGIC = 0xD00DFEED


def check_dtb(blob: bytes, name: str = "--dtb") -> bytes:
    """``blob`` itself, cut to the length that its header states, once it parses as a device tree.

    Raises MachineError with what is wrong: not a device tree, truncated, or malformed inside. ``name`` is how the
    message calls it.
    """
    if len(blob) < HEADER_BYTES or struct.unpack_from(">I", blob)[0] != MAGIC:
        raise MachineError(f"{name} is not a flattened device tree; compile it with dtc -O dtb")
    (total,) = struct.unpack_from(">I", blob, 4)
    if total > len(blob):
        raise MachineError(f"{name} is truncated: its header says {total} bytes, there are {len(blob)}; copy it again")
    root = _parse(blob[:total], name).root
    if root is None or root.name != "/":
        raise MachineError(f"{name} has no root node; compile it again with dtc -O dtb")
    return blob[:total]


def _parse(blob: bytes, name: str) -> fdt.FDT:
    try:
        return fdt.parse_dtb(blob)
    # The library raises a plain Exception for a bad tag, and whatever its slicing meets for the rest. Nothing but its
    # parsing happens here, so nothing of ours is swallowed.
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise MachineError(f"{name} is a malformed device tree ({reason}); compile it again with dtc -O dtb") from error
