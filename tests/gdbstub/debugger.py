"""The other end of a conversation, for tests: asks a `Session` and reads what it says, without a socket."""

from __future__ import annotations

import re

from gdbstub.rsp import framing
from gdbstub.session import Session
from gdbstub.target import Target

FRAME = re.compile(rb"\$([^#]*)#([0-9a-f]{2})", re.DOTALL)
SLICES = 50  # more than any stop in a test needs


def payloads(data: bytes) -> list[bytes]:
    """What the frames in `data` say; their checksums are checked, acks are skipped."""
    found = FRAME.findall(data)
    assert all(framing.checksum(body) == int(digits, 16) for body, digits in found)
    assert FRAME.sub(b"", data).strip(b"+-") == b""
    return [framing.decode(body) for body, _ in found]


class Debugger:
    """Talks to a target like gdb does."""

    def __init__(self, target: Target, features: str = "swbreak+;hwbreak+") -> None:
        self.session = Session(target)
        self.features = self.ask(f"qSupported:{features}").decode().split(";")
        assert self.ask("QStartNoAckMode") == b"OK"
        self.console = ""

    def exchange(self, payload: str | bytes, then: bytes = b"") -> list[bytes]:
        """All that a packet is answered with, until the target stands still; `then` is sent while it runs."""
        wire = framing.encode(payload.encode() if isinstance(payload, str) else payload)
        said = self.session.receive(wire + then)
        for _ in range(SLICES):
            if not self.session.running:
                break
            if stop := self.session.run_slice():
                said += self.session.stopped(stop)
        return payloads(said)

    def ask(self, payload: str | bytes, then: bytes = b"") -> bytes:
        """The one reply to a packet; console text before it is collected in `console`."""
        *before, reply = self.exchange(payload, then)
        self.console = "".join(bytes.fromhex(said[1:].decode()).decode() for said in before)
        assert all(said.startswith(b"O") for said in before)
        return reply

    def pc(self) -> int:
        """The selected thread's program counter."""
        return int.from_bytes(bytes.fromhex(self.ask("p20").decode()), "little")
