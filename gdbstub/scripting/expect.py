"""What a test expects of a hypervisor, in sentences; what does not come explains itself.

expect.steps(["vm_enter", "guest_main", "vm_exit"])
expect.trap("virtual-instruction", from_="VS", rule="H_virtinst_vs_sret_vtsr1")
expect.csr(hstatus__SPV=1, hgatp__VMID=7)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from gdbstub.scripting.errors import ScriptingError, SessionTimeout
from gdbstub.scripting.report import trap_text
from gdbstub.scripting.symbols import Where
from gdbstub.scripting.values import CsrValue, Stop, StopKind, Trap
from gdbstub.scripting.verbs import Debugger

__all__ = ["Expect", "Unexpected"]

__tracebackhide__ = True
"""pytest shows the test's line, not ours."""

LOG = 1000
"""Traps that a machine remembers."""
FEWEST = 8
"""Traps that are asked for at first; LOG is a multiple by a power of the factor in `_since`."""
SHOWN = 5
SEPARATOR = "__"
"""Between a CSR and its field in a keyword."""

_Mark = tuple[int, set[tuple[int, int]]]
"""The last trap's cycle, and the traps (hart, ordinal) at that cycle."""


class Unexpected(AssertionError):
    """Something else came; the message says what was expected, what came, where and why."""


class Expect:
    """Expectations of one session, of whatever kind. What runs the machine ends where the session's own limits do."""

    def __init__(self, session: Debugger) -> None:
        self._session = session

    # --- what runs the machine ----------------------------------------------------------------------------------

    def trap(self, cause: str | int, *, rule: str = "", from_: str = "", to: str = "", at: Where | None = None) -> Trap:
        """The next trap of a cause comes, and is of this kind; the machine stops at its handler's first instruction.

        Args:
            cause: as `monitor traps` calls it (``"virtual-instruction"``, ``"interrupt vsti"``), or the cause's number.
            rule: the manual's name of the rule that made it.
            from_, to: labels of the modes.
            at: where the instruction is that trapped.
        """
        wanted = _kind(cause, rule, from_, to, at)
        before = self._mark()
        try:
            stop = self._session.wait_for(trap=cause)
        except ScriptingError as error:
            if error.sent:
                raise  # the machine does not know such a cause
            raise self._unexpected(wanted, f"it did not come: {error.message}", self._since(before)) from error
        came = stop.trap
        assert came is not None
        fits = (not rule or came.rule == rule) and (not from_ or came.from_ == from_) and (not to or came.to == to)
        if not fits or (at is not None and came.pc != self._session.address(at)):
            raise self._unexpected(wanted, trap_text(self._session, came), why=True)
        return came

    def no_trap(self, cause: str = "", *, until: Where, from_: str = "", to: str = "") -> Stop:
        """The machine comes to a place without a trap, or without one of a kind; gives the stop there."""
        wanted = f"no {_kind(cause or 'trap', '', from_, to, None)} until {until}"
        before = self._mark()
        stop = self._until(until, wanted)
        since = self._since(before)
        found = [trap for trap in since if _is(trap, cause, from_, to)]
        if found:
            raise self._unexpected(wanted, trap_text(self._session, found[0]), found[1:], why=found[0] is since[-1])
        if len(since) >= LOG:
            raise self._unexpected(wanted, f"more than {LOG} traps, of which only the last are known")
        return stop

    def steps(self, places: Sequence[Where]) -> Stop:
        """These places are met in this order; of all of them no other is met in between. Gives the last stop.

        Where the machine stands is the first of them if it is that place.
        """
        session, wanted = self._session, " -> ".join(map(str, places))
        addresses = [session.address(place) for place in places]
        stop = Stop(StopKind.HALTED, session.hart, session.where())
        with ExitStack() as stack:
            for address in dict.fromkeys(addresses):
                stack.callback(session.delete, session.break_at(address))
            for number, (place, address) in enumerate(zip(places, addresses, strict=True), 1):
                if number > 1 or stop.pc != address:
                    stop = self._met(addresses, f"{wanted}, where step {number} is {place}")
                if stop.pc != address:
                    told = f"step {number} of {len(places)} is {stop.location}, not {place}"
                    raise self._unexpected(wanted, told, why=True)
        return stop

    def _met(self, addresses: Iterable[int], wanted: str) -> Stop:
        """The next stop at one of these places."""
        while True:
            stop = self._go(wanted)
            if stop.kind is StopKind.BREAKPOINT and stop.pc in addresses:
                return stop
            self._refuse_end(stop, wanted)

    def reaches(self, place: Where) -> Stop:
        """The machine comes to a place, whatever happens on the way."""
        return self._until(place, f"to come to {place}")

    def ends(self, code: int = 0) -> Stop:
        """The guest ends its run, with this code."""
        wanted = f"the guest to end with code {code}"
        while (stop := self._go(wanted)).kind is not StopKind.EXITED:
            pass
        if stop.exit_code != code:
            raise self._unexpected(wanted, str(stop))
        return stop

    def _until(self, place: Where, wanted: str) -> Stop:
        address = self._session.address(place)
        number = self._session.break_at(address)
        try:
            return self._met((address,), wanted)
        finally:
            self._session.delete(number)

    def _go(self, wanted: str) -> Stop:
        try:
            return self._session.cont()
        except SessionTimeout as error:
            raise self._unexpected(wanted, error.message, self._session.traps(SHOWN)) from error

    def _refuse_end(self, stop: Stop, wanted: str) -> None:
        if stop.kind is StopKind.EXITED:
            raise self._unexpected(wanted, f"the guest ended its run: {stop}", self._session.traps(SHOWN))

    # --- what only looks ----------------------------------------------------------------------------------------

    def csr(self, **values: int) -> None:
        """CSRs, or fields of them (``hgatp__VMID=2``), have these values now."""
        wrong = [told for name, value in values.items() if (told := self._differs(name, value))]
        if wrong:
            wanted = ", ".join(f"{name.replace(SEPARATOR, '.')}={value:#x}" for name, value in values.items())
            raise self._unexpected(wanted, "; ".join(wrong))

    def _differs(self, name: str, value: int) -> str:
        register, _, field = name.partition(SEPARATOR)
        found: CsrValue = self._session.csr(register)
        try:
            held = getattr(found, field) if field else int(found)
        except AttributeError as error:
            raise ScriptingError(str(error)) from error
        return (
            ""
            if held == value
            else f"{name.replace(SEPARATOR, '.')} is {held:#x}" + (f" in {found!r}" if field else "")
        )

    def mode(self, label: str) -> None:
        """The hart is in this mode: M, HS, U, VS or VU."""
        if self._session.mode != label:
            raise self._unexpected(f"{label}-mode", f"{self._session.mode}-mode", why=True)

    def at(self, place: Where) -> None:
        """The next instruction is there; anywhere in a function for its name."""
        here = self._session.where()
        if here.address != self._session.address(place) and here.symbol != place:
            raise self._unexpected(f"to be at {place}", str(here), why=True)

    def registers(self, **values: int) -> None:
        """Registers of the hart have these values now."""
        held = {name: self._session.regs[name] for name in values}
        wrong = [f"{name} is {held[name]:#x}" for name, value in values.items() if held[name] != value & (1 << 64) - 1]
        if wrong:
            wanted = ", ".join(f"{name}={value:#x}" for name, value in values.items())
            raise self._unexpected(wanted, "; ".join(wrong))

    # --- explaining ---------------------------------------------------------------------------------------------

    def _mark(self) -> _Mark:
        """The traps so far."""
        last = self._session.traps(FEWEST)
        cycle = last[-1].cycle if last else -1
        return cycle, {(trap.hart, trap.count) for trap in last if trap.cycle == cycle}

    def _since(self, mark: _Mark) -> list[Trap]:
        """The traps behind a mark, as far as the machine remembers them. No more are asked for than needed."""
        cycle, there = mark
        asked, new = FEWEST, list[Trap]()
        while asked <= LOG:
            found = self._session.traps(asked)
            new = [t for t in found if t.cycle > cycle or (t.cycle == cycle and (t.hart, t.count) not in there)]
            if len(new) < len(found) or len(found) < asked:
                break
            asked *= 5
        return new

    def _unexpected(self, wanted: str, came: str, traps: Sequence[Trap] = (), *, why: bool = False) -> Unexpected:
        session = self._session
        lines = ["something else came", f"expected  {wanted}", f"came      {came}"]
        lines += [f"{'traps' if not n else '':10}{trap_text(session, trap)}" for n, trap in enumerate(traps[-SHOWN:])]
        lines.append(f"where     {session.stands()}")
        if why:
            lines += [f"{'why' if not n else '':10}{line}" for n, line in enumerate(self._why())]
        return Unexpected("\n".join(lines))

    def _why(self) -> list[str]:
        """The machine's own explanation of the hart's last trap."""
        try:
            told: str = self._session.monitor("why", text=True)
        except ScriptingError as error:
            return [error.message]
        return told.rstrip().splitlines()


def _kind(cause: str | int, rule: str, from_: str, to: str, at: Where | None) -> str:
    """A kind of trap, in words."""
    parts = [str(cause), from_ and f"from {from_}", to and f"to {to}", rule and f"by rule {rule}"]
    return " ".join([part for part in parts if part] + ([f"at {at}"] if at is not None else []))


def _is(trap: Trap, cause: str, from_: str, to: str) -> bool:
    named = not cause or cause.lower() in (trap.cause.lower(), trap.cause.lower().removeprefix("interrupt "))
    return named and (not from_ or trap.from_ == from_) and (not to or trap.to == to)
