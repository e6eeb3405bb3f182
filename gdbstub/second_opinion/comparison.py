"""Two machines side by side: step both, compare, stop where they first differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gdbstub.scripting.errors import ScriptingError
from gdbstub.second_opinion.here import Did, Here
from gdbstub.second_opinion.ignored import Ignored
from gdbstub.second_opinion.peer import Peer
from gdbstub.second_opinion.shared import FLOATS, INTEGERS, SHADOWED, shared_names
from gdbstub.target import StopReason

__all__ = ["Change", "Comparison", "Difference", "Result"]

PRIVILEGE = 3
SYSTEM = 0x73
"""The opcode of CSR accesses, returns, fences and guest accesses."""


@dataclass(frozen=True)
class Change:
    """One register, or a piece of memory, that is not the same; None where a side has no value."""

    name: str
    ours: int | None
    theirs: int | None


@dataclass(frozen=True)
class Difference:
    """The first step behind which the machines differ.

    Attributes:
        number: of the step, from 1.
        since: the step behind which everything was last compared and equal: it may have been one from there on.
        did: the step, as this machine made it.
        changes: what differs.
        ours, theirs: every register that was compared.
    """

    number: int
    since: int
    did: Did
    changes: tuple[Change, ...]
    ours: dict[str, int]
    theirs: dict[str, int]


@dataclass
class Result:
    """What came of it.

    Attributes:
        steps: instructions and interrupts' entries that were compared.
        full: how often every register was.
        taken: results that are each machine's own affair (counters, devices), taken over from the other one.
        excused: how often a known difference of one instruction was seen, by register.
        apart: registers that could not be made equal at the start, with the bits; left out until they agree.
        ending: why there is no more.
    """

    steps: int = 0
    full: int = 0
    taken: int = 0
    excused: dict[str, int] = field(default_factory=dict)
    apart: dict[str, int] = field(default_factory=dict)
    ending: str = ""
    difference: Difference | None = None


class Comparison:
    """Steps two machines that stand at the same instruction.

    Args:
        every: full comparisons are made behind so many steps, and behind every trap and system instruction;
            in between x, pc, what was stored, and the registers that this machine has changed.

    Raises ScriptingError when they do not stand at the same place in the same mode.
    """

    def __init__(self, here: Here, peer: Peer, ignored: Ignored, every: int = 100) -> None:
        self._here, self._peer, self._ignored, self._every = here, peer, ignored, every
        theirs = peer.register_names()
        self._csrs = shared_names(here.session.register_names(), theirs, here.firmware)
        self._floats = [name for name in FLOATS if name in theirs]
        self._fixed_names = "virt" in theirs
        self._last = here.values(self._csrs)
        self._compared_at = self._limit = 0
        self.result = Result()
        self._begin()

    # --- the same start -----------------------------------------------------------------------------------------

    def _begin(self) -> None:
        ours, theirs = self._here.general(), self._peer.general()
        self._require_same("pc", ours[-1], theirs[-1])
        there = self._peer.values(self._state_names)
        if "priv" in there:
            self._require_same("priv", self._here.hart.state.priv, there["priv"] & PRIVILEGE)
        self._here.take(dict(zip(INTEGERS[1:-1], theirs[1:-1], strict=True)))
        self._here.take({name: there[name] for name in self._settable(there)})
        here = self._here.values(there)
        self.result.apart = {name: here[name] ^ there[name] for name in there if here[name] != there[name]}
        self._last = self._here.values(self._csrs)

    def _require_same(self, name: str, ours: int, theirs: int) -> None:
        if ours != theirs:
            raise ScriptingError(
                f"the machines do not begin together: {name} is {ours:#x} here, {theirs:#x} there; --from PLACE brings "
                "both to one place"
            )

    def _settable(self, there: Mapping[str, int]) -> list[str]:
        here = self._here.values(there)
        return [name for name in there if name not in ("priv", "virt") and here[name] != there[name]]

    @property
    def _state_names(self) -> list[str]:
        """The registers that mean the same on both sides now."""
        virtual = self._here.hart.state.virt and not self._fixed_names
        return [name for name in (*self._csrs, *self._floats) if not (virtual and name in SHADOWED)]

    # --- stepping -----------------------------------------------------------------------------------------------

    def run(self, limit: int) -> Result:
        """Up to ``limit`` steps. Raises RemoteError when the other machine fails, SessionTimeout when it hangs."""
        self._limit = limit
        while not self.result.ending and self.result.difference is None:
            if self.result.steps >= limit:
                self.result.ending = "the instructions asked for are done"
            else:
                self._step()
        return self.result

    def _step(self) -> None:
        did = self._here.advance()
        if did.over:
            self.result.ending = did.over
            return
        stop = (
            self._peer.pass_call(self._here.hart.state.pc) if self._here.called_firmware(did) else self._peer.advance()
        )
        self.result.steps += 1
        if stop.reason is StopReason.EXITED:
            self.result.ending = "the other machine has ended its run"
            return
        changes = [*self._integers(did), *self._memory(did), *self._registers(did)]
        if changes:
            self._differ(did, changes)

    def _differ(self, did: Did, changes: list[Change]) -> None:
        names = self._state_names
        ours = dict(zip(INTEGERS, self._here.general(), strict=True)) | self._here.values(names)
        theirs = dict(zip(INTEGERS, self._peer.general(), strict=True)) | self._peer.values(names)
        listed = {change.name for change in changes}
        more = self._different(names, did, theirs)
        changes += [change for change in more if change.name not in listed]
        since = self._compared_at if any(change.name in names for change in changes) else self.result.steps - 1
        self.result.difference = Difference(self.result.steps, since, did, tuple(changes), ours, theirs)

    # --- comparing ----------------------------------------------------------------------------------------------

    def _integers(self, did: Did) -> Iterator[Change]:
        ours, theirs = self._here.general(), self._peer.general()
        if ours == theirs:
            return
        different = [name for name, one, two in zip(INTEGERS, ours, theirs, strict=True) if one != two]
        there = dict(zip(INTEGERS, theirs, strict=True))
        if len(different) == 1 and different != ["pc"] and self._here.reads_another_world(did):
            self._here.take({different[0]: there[different[0]]})
            self.result.taken += 1
            return
        yield from self._different(different, did, there)

    def _memory(self, did: Did) -> Iterator[Change]:
        stores = [] if self._ignored.memory or did.traps else did.stores
        if not stores:
            return
        for (address, length), theirs in zip(stores, self._peer.pieces(stores), strict=True):
            ours = self._here.piece(address, length)
            if theirs is not None and ours is not None and ours != theirs:
                numbers = (int.from_bytes(data, "little") for data in (ours, theirs))
                yield Change(f"{length} bytes at {address:#x}", *numbers)

    def _registers(self, did: Did) -> list[Change]:
        names = self._asked(did)
        return list(self._different(names, did, self._peer.values(names))) if names else []

    def _asked(self, did: Did) -> list[str]:
        """What to compare behind a step."""
        system = did.word is not None and did.word & 0x7F == SYSTEM
        due = self.result.steps - self._compared_at >= self._every or self.result.steps == self._limit
        if did.traps or system or due:
            self.result.full += 1
            self._last = self._here.values(self._csrs)
            return self._state_names
        floating = [FLOATS[n] for n in did.floating if FLOATS[n] in self._floats]
        return [*floating, *self._changed()] if did.registers else floating

    def _changed(self) -> list[str]:
        now = self._here.values(self._csrs)
        changed = {name for name in now if now[name] != self._last[name]}
        self._last = now
        return [name for name in self._state_names if name in changed]

    def _different(self, names: list[str], did: Did, theirs: Mapping[str, int]) -> Iterator[Change]:
        ours = self._here.values(name for name in names if name in theirs)
        found = [change for name, value in ours.items() if (change := self._change(name, value, theirs[name], did))]
        if not found and len(names) == len(self._state_names):
            self._compared_at = self.result.steps
        yield from found

    def _change(self, name: str, ours: int, theirs: int, did: Did) -> Change | None:
        bits = ours ^ theirs
        if name in self.result.apart:
            self._come_together(name, bits)
            bits &= ~self.result.apart.get(name, 0)
        if not bits:
            return None
        known = self._ignored.mask(name, did.name)
        if bits & known and self._ignored.once(name, did.name):
            self.result.excused[name] = self.result.excused.get(name, 0) + 1
            self._here.take({name: theirs})
        return Change(name, ours, theirs) if bits & ~known else None

    def _come_together(self, name: str, bits: int) -> None:
        self.result.apart[name] &= bits
        if not self.result.apart[name]:
            del self.result.apart[name]
