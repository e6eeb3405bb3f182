"""``monitor timer``: every clock and alarm that a hypervisor juggles."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Group
from rich.text import Text

from gdbstub.monitor import Json, Report, command, table
from gdbstub.riscv.commands.context import MonitorContext
from machine.bits import s, u
from machine.board.virt import TIMEBASE
from machine.hart.hart import Hart
from machine.machine import Machine
from machine.spec import status

__all__ = ["timer"]

NEVER = (1 << 64) - 1
HEADERS = ["timer", "compares", "raises", "enabled by", "due"]


@dataclass(frozen=True)
class Alarm:
    """One comparator: it raises its interrupt while ``now`` is at or past ``compare``, if it is enabled."""

    name: str
    raises: str
    compare: int
    now: int
    enabled_by: str
    enabled: bool

    @property
    def ticks(self) -> int:
        """Ticks from now; 0 or less when due."""
        return self.compare - self.now

    @property
    def never(self) -> bool:
        """Whether software has put it where it cannot ring."""
        return self.compare == NEVER


@command("timer")
def timer(context: MonitorContext) -> Report:
    """The time, the guest's time, and when each timer is due.

    One tick is 100 ns of the 10 MHz timebase. Time is a count of cycles: every instruction that a hart tries takes
    one. A timer that is not enabled raises nothing, whatever it holds.

    Example: monitor timer
    """
    machine, hart = context.machine, context.hart
    alarms = _alarms(machine, hart)
    delta = hart.state.htimedelta
    now = machine.board.aclint.mtime
    title = [
        Text(f"mtime       {now:#x} ({now / TIMEBASE:.6f} s)"),
        Text(f"guest time  {u(now + delta):#x} (htimedelta {delta:#x}, {s(delta):+d} ticks)"),
    ]
    body = table(HEADERS, [_row(machine, alarm) for alarm in alarms])
    data: Json = {
        "mtime": now,
        "htimedelta": delta,
        "guest_time": u(now + delta),
        "timebase": TIMEBASE,
        "timers": [_facts(machine, alarm) for alarm in alarms],
    }
    return Report(data, Group(*title, body))


def _alarms(machine: Machine, hart: Hart) -> list[Alarm]:
    state, now = hart.state, machine.board.aclint.mtime
    stce = state.menvcfg >> status.ENVCFG_STCE & 1
    guest_stce = state.henvcfg >> status.ENVCFG_STCE & 1
    guest = u(now + state.htimedelta)
    alarms = [Alarm("mtimecmp", "MTI", machine.board.aclint.mtimecmp[hart.number], now, "always", True)]
    if hart.config.isa.has("Sstc"):
        alarms.append(Alarm("stimecmp", "STI", state.stimecmp, now, f"menvcfg.STCE={stce}", bool(stce)))
        enabled_by = f"henvcfg.STCE={guest_stce}"
        alarms.append(Alarm("vstimecmp", "VSTI", state.vstimecmp, guest, enabled_by, bool(guest_stce)))
    return alarms


def _cycles(machine: Machine, alarm: Alarm) -> int:
    """Cycles of all harts until it rings."""
    return machine.clock.cycles_until(machine.clock.now() + alarm.ticks)


def _due(machine: Machine, alarm: Alarm) -> str:
    if not alarm.enabled:
        return "disabled"
    if alarm.never:
        return "never"
    if alarm.ticks <= 0:
        return f"now, for {-alarm.ticks} ticks"
    cycles = _cycles(machine, alarm)
    return f"in {alarm.ticks} ticks, {cycles // len(machine.harts)} instructions of each hart"


def _row(machine: Machine, alarm: Alarm) -> list[str]:
    against = "guest time" if alarm.name == "vstimecmp" else "mtime"
    compares = f"{alarm.compare:#x} with {against}"
    return [alarm.name, compares, alarm.raises, alarm.enabled_by, _due(machine, alarm)]


def _facts(machine: Machine, alarm: Alarm) -> Json:
    waits = alarm.enabled and not alarm.never
    return {
        "name": alarm.name,
        "interrupt": alarm.raises,
        "compare": alarm.compare,
        "now": alarm.now,
        "enabled": alarm.enabled,
        "pending": alarm.enabled and alarm.ticks <= 0,
        "ticks": alarm.ticks if waits else None,
        "cycles": _cycles(machine, alarm) if waits else None,
    }
