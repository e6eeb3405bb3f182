"""The conversation itself: features, extended mode, documents, monitor commands, beginnings and ends."""

from __future__ import annotations

from collections.abc import Callable
from errno import EINVAL, ENOENT, EOPNOTSUPP, ESRCH

from gdbstub.errors import TargetError
from gdbstub.handlers.conversation import PACKET_SIZE, PROCESS, Conversation
from gdbstub.handlers.dispatch import handles
from gdbstub.handlers.features import offered
from gdbstub.handlers.outcome import Goodbye, Leaving, NoMoreAcks, Outcome, Said, Silence
from gdbstub.handlers.stops import stop_reply
from gdbstub.rsp.packets import general
from gdbstub.rsp.replies import Attached, Empty, Error, Ok, Reply, Supported, XferChunk
from gdbstub.target import Commanded, Mapped, Restartable
from gdbstub.xml import memory_map, threads

__all__: list[str] = []


@handles(general.ExchangeFeatures)
def exchange_features(talk: Conversation, packet: general.ExchangeFeatures) -> Reply:
    """“This is what I can do; what can you?”"""
    talk.client.features = frozenset(name.removesuffix("+") for name in packet.features if name.endswith("+"))
    return Supported(offered(talk))


@handles(general.StopAcks)
def stop_acks(talk: Conversation, packet: general.StopAcks) -> Outcome:
    """“Shall we stop acknowledging each other's packets?”"""
    return NoMoreAcks()


@handles(general.SetNonStop)
def set_non_stop(talk: Conversation, packet: general.SetNonStop) -> Reply:
    """“When one thread stops, do the others stop or run on?” They stop: harts share one clock."""
    if packet.enabled:
        raise TargetError(EOPNOTSUPP, "all threads stop together here: set non-stop off")
    return Ok()


@handles(general.QueryStopReason)
def query_stop_reason(talk: Conversation, packet: general.QueryStopReason) -> Reply:
    """“Why is the target stopped?”"""
    return stop_reply(talk, talk.stop)


@handles(general.EnableExtendedMode)
def enable_extended_mode(talk: Conversation, packet: general.EnableExtendedMode) -> Reply:
    """“Will you stay when the program has ended, so that I can start it again?”"""
    talk.extended = True
    return Ok()


@handles(general.QueryAttached)
def query_attached(talk: Conversation, packet: general.QueryAttached) -> Reply:
    """“Was the program there before you?” Yes; so that leaving means detach and not kill."""
    return Attached(True)


@handles(general.LookUpSymbol)
def look_up_symbol(talk: Conversation, packet: general.LookUpSymbol) -> Reply:
    """“I can look up symbols for you.” We need none."""
    return Ok()


@handles(general.Attach)
def attach(talk: Conversation, packet: general.Attach) -> Reply:
    """“I want to debug this process.” There is one, the machine, and it may have been left before."""
    if packet.process != PROCESS:
        raise TargetError(ESRCH, f"there is no process {packet.process}: the machine is process {PROCESS}")
    talk.halted(talk.target.halt_reason())
    return stop_reply(talk, talk.stop)


@handles(general.Detach)
def detach(talk: Conversation, packet: general.Detach) -> Outcome:
    """“I am leaving.” The machine stays halted where it is: its time is a count, nothing is lost by waiting."""
    if not talk.extended:
        return Goodbye(Leaving.DETACHED, Ok())
    talk.clear_breakpoints()
    talk.halted(None)
    return Ok()


@handles(general.Kill)
def kill(talk: Conversation, packet: general.Kill) -> Outcome:
    """“End it.” The next debugger finds the machine as new, if it can be restarted."""
    _restart_if_possible(talk)
    return Goodbye(Leaving.KILLED)


@handles(general.KillProcess)
def kill_process(talk: Conversation, packet: general.KillProcess) -> Reply:
    """“End this process.” As for `kill`, but the debugger stays and may start it again."""
    _restart_if_possible(talk)
    talk.halted(None)
    return Ok()


@handles(general.Restart, needs=Restartable)
def restart(talk: Conversation, packet: general.Restart, target: Restartable) -> Outcome:
    """“Start it again from the beginning.”"""
    target.restart()
    talk.begin_again()
    return Silence()


@handles(general.Run, needs=Restartable)
def run(talk: Conversation, packet: general.Run, target: Restartable) -> Reply:
    """“Start this program, or the one you have if it has no name.” We have one, and it takes no arguments."""
    if packet.program or packet.arguments:
        raise TargetError(
            EINVAL, "this server runs the image it was started with, without arguments: unset remote exec-file and args"
        )
    target.restart()
    talk.begin_again()
    return stop_reply(talk, talk.stop)


@handles(general.MonitorCommand, needs=Commanded)
def monitor_command(talk: Conversation, packet: general.MonitorCommand, target: Commanded) -> Outcome:
    """“The user typed this after 'monitor'.”

    gdb before 16 shows no text of an error but adds "Protocol error with Rcmd" to what was said before it, so that the
    user reads the reason and a script still sees the failure.
    """
    answer = target.run_command(packet.command, talk.access_thread)
    if not answer.failed:
        return Said(answer.text, Ok())
    if talk.client.reads_messages:
        return Error(EINVAL, " ".join(answer.text.split()))
    return Said(answer.text, Error(EINVAL))


@handles(general.ReadObject)
def read_object(talk: Conversation, packet: general.ReadObject) -> Reply:
    """“Show me a part of this document.” Built when its beginning is asked for: its parts must fit together."""
    build = DOCUMENTS.get(packet.object, _unknown)(talk, packet.annex)
    if build is None:
        return Empty()
    key = packet.object, packet.annex
    if packet.offset == 0 or key not in talk.documents:
        talk.documents[key] = build().encode()
    return XferChunk.of(talk.documents[key], offset=packet.offset, length=min(packet.length, PACKET_SIZE // 2))


Build = Callable[[], str]


def _features(talk: Conversation, annex: str) -> Build:
    if annex != "target.xml":
        raise TargetError(ENOENT, f"there is no description named {annex!r}: read target.xml")
    return talk.target.description


def _threads(talk: Conversation, annex: str) -> Build:
    _check_no_annex(annex)
    return lambda: threads.build(() if talk.over else talk.target.threads())


def _memory_map(talk: Conversation, annex: str) -> Build | None:
    if not isinstance(talk.target, Mapped):
        return None
    _check_no_annex(annex)
    regions = talk.target.memory_map
    return lambda: memory_map.build(regions())


def _unknown(talk: Conversation, annex: str) -> Build | None:
    return None


DOCUMENTS: dict[str, Callable[[Conversation, str], Build | None]] = {
    "features": _features,
    "threads": _threads,
    "memory-map": _memory_map,
}


def _check_no_annex(annex: str) -> None:
    if annex:
        raise TargetError(ENOENT, f"this document has no part named {annex!r}")


def _restart_if_possible(talk: Conversation) -> None:
    if isinstance(talk.target, Restartable):
        talk.target.restart()
    talk.begin_again()
