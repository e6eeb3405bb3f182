"""What was recorded of a run, as text and back: one JSON object per entry, with its kind.

>>> encode(Typed(7, b"ls"))
{'kind': 'Typed', 'cycle': 7, 'data': 'bHM='}
>>> decode(encode(Stepped(7, 1, 3)))
Stepped(cycle=7, hart=1, cycles=3)
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from machine.errors import MachineError
from machine.hart.pending import Taken
from machine.inputs import Altered, Fence, Input, Recorded, Stepped, Typed

__all__ = ["decode", "encode"]

Json = dict[str, Any]


def encode(entry: Recorded) -> Json:
    """An entry's JSON object."""
    plain = {name: _plain(value) for name, value in vars(entry).items()}
    return {"kind": type(entry).__name__, **plain}


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return b64encode(value).decode()
        case Taken():
            return {name: _plain(inner) for name, inner in vars(value).items()}
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
    return value


def decode(data: Json) -> Recorded:
    """The entry of a JSON object. Raises MachineError for what is none."""
    try:
        return _entry(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MachineError(f"{str(data)[:80]!r} is no entry of a recorded run ({error!r})") from error


def _entry(data: Json) -> Recorded:
    cycle = int(data["cycle"])
    match data["kind"]:
        case "Input":
            return Input(cycle, int(data["hart"]), _taken(data["taken"]))
        case "Typed":
            return Typed(cycle, b64decode(data["data"]))
        case "Stepped":
            return Stepped(cycle, int(data["hart"]), int(data["cycles"]))
        case "Fence":
            return Fence(cycle)
        case "Altered":
            return Altered(cycle, _bytes(data["blocks"]), _bytes(data["pages"]))
    raise ValueError(f"kind {data['kind']!r}")


def _taken(data: Json) -> Taken:
    authors, withdrawn = ({int(bit): str(who) for bit, who in data[name].items()} for name in ("authors", "withdrawn"))
    return Taken(str(data["register"]), int(data["mask"]), int(data["value"]), authors, withdrawn)


def _bytes(data: Json) -> dict[int, bytes]:
    return {int(key): b64decode(value) for key, value in data.items()}
