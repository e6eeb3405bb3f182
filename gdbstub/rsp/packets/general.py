"""The conversation itself, what it is about (a process, attached, started, left), and what has no home of its own.

GDB manual, "Remote Protocol", "Packets" and "General Query Packets".
"""

from __future__ import annotations

from gdbstub.rsp.fields import binary, flag, hex_text, listing, number, number_or_nothing, optional, text
from gdbstub.rsp.packet import Packet, packet

__all__ = [
    "Attach",
    "Detach",
    "EnableExtendedMode",
    "ExchangeFeatures",
    "Kill",
    "KillProcess",
    "LookUpSymbol",
    "MonitorCommand",
    "MustReplyEmpty",
    "QueryAttached",
    "QueryStopReason",
    "QueryTraceStatus",
    "ReadObject",
    "Restart",
    "Run",
    "SetNonStop",
    "StopAcks",
    "WriteObject",
]

_OBJECT = {"object": text(lead=b":", without=b":")}


@packet("qSupported", features=optional(listing(text(without=b";"), separator=b";"), lead=b":", absent=()))
class ExchangeFeatures(Packet):
    """qSupported[:feature;…] — "This is what I can do; what can you?"

    >>> ExchangeFeatures.parse(b":multiprocess+;xmlRegisters=i386").features
    ('multiprocess+', 'xmlRegisters=i386')
    >>> ExchangeFeatures(("swbreak+",)).build()
    b'qSupported:swbreak+'
    """

    features: tuple[str, ...] = ()

    def offers(self, feature: str) -> bool:
        """Whether the client said ``feature+``.

        >>> ExchangeFeatures(("swbreak+", "hwbreak-")).offers("swbreak")
        True
        """
        return f"{feature}+" in self.features


@packet("vMustReplyEmpty")
class MustReplyEmpty(Packet):
    """vMustReplyEmpty — "How do you answer a packet that you do not know?"

    >>> MustReplyEmpty.parse(b"")
    MustReplyEmpty()
    >>> MustReplyEmpty().build()
    b'vMustReplyEmpty'
    """


@packet("QStartNoAckMode")
class StopAcks(Packet):
    """QStartNoAckMode — "Shall we stop acknowledging each other's packets?"

    >>> StopAcks.parse(b"")
    StopAcks()
    >>> StopAcks().build()
    b'QStartNoAckMode'
    """


@packet("QNonStop", enabled=flag(lead=b":"))
class SetNonStop(Packet):
    """QNonStop:0|1 — "When one thread stops, do the others stop (0) or run on (1)?"

    >>> SetNonStop.parse(b":0")
    SetNonStop(enabled=False)
    >>> SetNonStop(True).build()
    b'QNonStop:1'
    """

    enabled: bool


@packet("?")
class QueryStopReason(Packet):
    """? — "Why is the target stopped?"

    >>> QueryStopReason.parse(b"")
    QueryStopReason()
    >>> QueryStopReason().build()
    b'?'
    """


@packet("!")
class EnableExtendedMode(Packet):
    """! — "Will you stay when the program has ended, so that I can start it again?"

    >>> EnableExtendedMode.parse(b"")
    EnableExtendedMode()
    >>> EnableExtendedMode().build()
    b'!'
    """


@packet("qAttached", process=optional(number(), lead=b":"))
class QueryAttached(Packet):
    """qAttached[:pid] — "Was the program there before you, or did you start it?"

    >>> QueryAttached.parse(b":1")
    QueryAttached(process=1)
    >>> QueryAttached().build()
    b'qAttached'
    """

    process: int | None = None


@packet("vAttach", process=number(lead=b";"))
class Attach(Packet):
    """vAttach;pid — "I want to debug this process, too."

    >>> Attach.parse(b";8")
    Attach(process=8)
    >>> Attach(8).build()
    b'vAttach;8'
    """

    process: int


@packet("D", process=optional(number(), lead=b";"))
class Detach(Packet):
    """D[;pid] — "I am leaving; let it run."

    >>> Detach.parse(b"")
    Detach(process=None)
    >>> Detach(1).build()
    b'D;1'
    """

    process: int | None = None


@packet("k")
class Kill(Packet):
    """k — "End it." No reply is expected.

    >>> Kill.parse(b"")
    Kill()
    >>> Kill().build()
    b'k'
    """


@packet("vKill", process=number(lead=b";"))
class KillProcess(Packet):
    """vKill;pid — "End this process."

    >>> KillProcess.parse(b";1")
    KillProcess(process=1)
    >>> KillProcess(0x2A).build()
    b'vKill;2a'
    """

    process: int


@packet("R", unused=optional(number(bits=8)))
class Restart(Packet):
    """R XX — "Start it again from the beginning." The number means nothing, and no reply is expected.

    >>> Restart.parse(b"00")
    Restart(unused=0)
    >>> Restart(0).build()
    b'R0'
    """

    unused: int | None = None


@packet(
    "vRun", program=hex_text(lead=b";"), arguments=optional(listing(hex_text(), separator=b";"), lead=b";", absent=())
)
class Run(Packet):
    """vRun;program[;argument]… — "Start this program, or the one you have if it has no name."

    >>> Run.parse(b";612e656c66;2d78")
    Run(program='a.elf', arguments=('-x',))
    >>> Run("").build()
    b'vRun;'
    """

    program: str
    arguments: tuple[str, ...] = ()


@packet("qRcmd", command=hex_text(lead=b","))
class MonitorCommand(Packet):
    """qRcmd,XX… — "The user typed this after 'monitor'."

    >>> MonitorCommand.parse(b",6d6f6465")
    MonitorCommand(command='mode')
    >>> MonitorCommand("traps 5").build()
    b'qRcmd,74726170732035'
    """

    command: str


@packet(
    "qXfer",
    followed_by=rb"(?=:[^:]*:read:)",
    **_OBJECT,
    annex=text(lead=b":read:", until=b":"),
    offset=number(until=b","),
    length=number(),
)
class ReadObject(Packet):
    """qXfer:object:read:annex:offset,length — "Show me a part of this document."

    >>> ReadObject.parse(b":features:read:target.xml:0,ffb")
    ReadObject(object='features', annex='target.xml', offset=0, length=4091)
    >>> ReadObject("threads", "", 0, 0x1000).build()
    b'qXfer:threads:read::0,1000'
    """

    object: str
    annex: str
    offset: int
    length: int


@packet(
    "qXfer",
    followed_by=rb"(?=:[^:]*:write:)",
    **_OBJECT,
    annex=text(lead=b":write:", until=b":"),
    offset=number(until=b":"),
    data=binary(),
)
class WriteObject(Packet):
    """qXfer:object:write:annex:offset:… — "Put this into a part of this document."

    >>> WriteObject.parse(b":siginfo:write::8:\\x00\\x01")
    WriteObject(object='siginfo', annex='', offset=8, data=b'\\x00\\x01')
    >>> WriteObject("siginfo", "", 0, b"\\xff").build()
    b'qXfer:siginfo:write::0:\\xff'
    """

    object: str
    annex: str
    offset: int
    data: bytes


@packet("qSymbol", value=number_or_nothing(lead=b":"), name=hex_text(lead=b":"))
class LookUpSymbol(Packet):
    """qSymbol:[value]:[name] — "I can look up symbols for you; here is the one you asked for."

    >>> LookUpSymbol.parse(b"::")
    LookUpSymbol(value=None, name='')
    >>> LookUpSymbol(0x80000000, "tohost").build()
    b'qSymbol:80000000:746f686f7374'
    """

    value: int | None
    name: str


@packet("qTStatus")
class QueryTraceStatus(Packet):
    """qTStatus — "Is a trace experiment running?"

    >>> QueryTraceStatus.parse(b"")
    QueryTraceStatus()
    >>> QueryTraceStatus().build()
    b'qTStatus'
    """
