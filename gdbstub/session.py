"""One debugger's conversation with one target: bytes in, bytes out, and no I/O.

Rules of this file:

* A packet that arrives while the target is halted gets exactly one reply (none only where the protocol wants none).
* While the target runs only Ctrl-C acts. A packet that arrives then waits for the stop, and no more than `PATIENCE` of
  them do: a client that sends more does not speak the protocol, and its conversation ends.
* Here, and only here, a `ProtocolError` or a `TargetError` becomes an error reply. What else is raised is a bug.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from errno import EINVAL

from gdbstub.errors import ProtocolError, TargetError
from gdbstub.handlers import (
    WAITING,
    Conversation,
    Goodbye,
    Leaving,
    NoMoreAcks,
    Outcome,
    Resume,
    Run,
    Said,
    Silence,
    answer,
    stop_reply,
)
from gdbstub.rsp import catalogue
from gdbstub.rsp.connection import Connection, Damaged, Event, Interrupt, PacketReceived
from gdbstub.rsp.packets.lldb import EnableThreadSuffix, split_thread_suffix
from gdbstub.rsp.replies import ConsoleOutput, Empty, Error, Ok, Reply
from gdbstub.target import Stop, Target

__all__ = ["Session"]

PATIENCE = 64  # packets that may wait for a running target
CONSOLE_CHUNK = 2000  # characters of console text in one packet


class Session:
    """What a server holds for each client.

    Its methods are called by one Python thread, but for `run_slice`, which another may call while `running`; meanwhile
    only `receive` and `interrupt` may be called.
    """

    def __init__(self, target: Target) -> None:
        """The target is halted, and nobody else talks to it until `close`."""
        self._connection = Connection()
        self._talk = Conversation(target)
        self._waiting: deque[Event] = deque()
        self._run: Run | None = None
        self._leaving: Leaving | None = None

    @property
    def running(self) -> bool:
        """Whether `run_slice` is to be called, and then `stopped`, as soon as it returns a stop."""
        return self._run is not None

    @property
    def leaving(self) -> Leaving | None:
        """How the client left, once it has; the connection is to be closed then."""
        return self._leaving

    def receive(self, data: bytes) -> bytes:
        """The next bytes from the client; what to send back now."""
        events = self._connection.receive(data)
        sent = bytearray(self._connection.bytes_to_send())
        for event in events:
            if isinstance(event, Interrupt):
                self.interrupt()
            else:
                self._waiting.append(event)
                sent += self._catch_up()
        return bytes(sent)

    def run_slice(self) -> Stop | None:
        """Run the target for some tens of milliseconds, at first for about one; its stop, if that happened."""
        if self._run is None:
            raise RuntimeError("the target is not running")
        return self._run.slice()

    def stopped(self, stop: Stop) -> bytes:
        """The target stopped; what to send, including replies to packets that waited for it."""
        self._run = None
        self._talk.halted(stop)
        told = self._say(stop.note) if stop.note else b""
        return told + self._send(stop_reply(self._talk, stop)) + self._catch_up()

    def interrupt(self) -> None:
        """The user pressed Ctrl-C, or has vanished; a halted target takes no notice."""
        if self._run is not None:
            self._run.interrupt()

    def close(self) -> None:
        """The client is gone. The target stays where it stands, without anything that the client put into it."""
        self._run = None
        self._talk.clear_breakpoints()

    def _catch_up(self) -> bytes:
        """Answer what waits, until the target runs again or the client is gone."""
        sent = bytearray()
        while self._waiting and self._run is None and self._leaving is None:
            sent += self._react(self._waiting.popleft())
        if len(self._waiting) > PATIENCE:
            self._leaving = Leaving.DETACHED
        return bytes(sent)

    def _react(self, event: Event) -> bytes:
        match event:
            case PacketReceived(payload):
                return self._perform(self._outcome(payload))
            case Damaged(reason, refused=False):
                return self._send(self._error(EINVAL, reason))
            case _:  # the client is asked for the frame again by the connection
                return b""

    def _outcome(self, payload: bytes) -> Outcome:
        """What is to happen for a payload; every way in which that can fail ends here."""
        packet = None
        try:
            packet = catalogue.parse(self._without_suffix(payload))
            outcome = Empty() if packet is None else answer(self._talk, packet)
            if isinstance(outcome, Resume):
                self._run = Run(self._talk.target, outcome.plan)
        except ProtocolError as error:
            return self._error(EINVAL, str(error))
        except TargetError as error:
            refusal = self._error(error.errno, error.message)
            told_otherwise = isinstance(packet, WAITING) and not self._talk.client.reads_messages
            return Said(f"{error.message}\n", refusal) if told_otherwise else refusal
        return outcome

    def _without_suffix(self, payload: bytes) -> bytes:
        """A payload without the thread that LLDB may name at its end, which becomes the selected one."""
        if EnableThreadSuffix not in self._talk.client.agreed:
            return payload
        payload, thread = split_thread_suffix(payload)
        if thread is not None:
            self._talk.access_thread = self._talk.thread_of(thread)
        return payload

    def _perform(self, outcome: Outcome) -> bytes:
        match outcome:
            case Resume() | Silence():
                return b""
            case Said(text, reply):
                return self._say(text) + self._send(reply)
            case Goodbye(leaving, reply):
                self._leaving = leaving
                return b"" if reply is None else self._send(reply)
            case NoMoreAcks():
                sent = self._send(Ok())
                self._connection.stop_acks()
                return sent
            case _:
                return self._send(outcome)

    def _send(self, reply: Reply) -> bytes:
        return self._connection.send(reply.build())

    def _say(self, text: str) -> bytes:
        return b"".join(self._send(ConsoleOutput(part)) for part in _parts(text))

    def _error(self, number: int, text: str) -> Error:
        return Error(number, " ".join(text.split()) if self._talk.client.reads_messages else None)


def _parts(text: str) -> Iterator[str]:
    for start in range(0, len(text), CONSOLE_CHUNK):
        yield text[start : start + CONSOLE_CHUNK]
