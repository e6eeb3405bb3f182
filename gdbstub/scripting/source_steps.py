"""Steps over source lines and function calls, and the calls under way, by line tables and call frame information."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from gdbstub.scripting.errors import ScriptingError
from gdbstub.scripting.symbols import Symbols
from gdbstub.scripting.values import Frame, Location, Stop, StopKind
from gdbstub.scripting.verbs import Debugger

__all__ = ["SourceSteps"]

RA, SP, FP, S1 = 1, 2, 8, 9
NAMES = {RA: "ra", SP: "sp", FP: "fp", S1: "s1"}
"""The registers that frames are found by, as debuggers name them."""
DEEPEST = 64
"""Frames of a backtrace; a stack that is broken could go on for ever."""
CALL_LENGTHS = (2, 4)
WORD = 8


@dataclass(frozen=True)
class Caller:
    """Where a function returns to, and with which stack pointer; its registers as far as they are known."""

    pc: int
    registers: dict[int, int]


class SourceSteps(Debugger):
    """The verbs `step`, `next`, `finish` and `backtrace`, made of single instructions and breakpoints."""

    symbols: Symbols

    @abstractmethod
    def _stopping_at(self, address: int) -> AbstractContextManager[None]:
        """A breakpoint for one run."""

    # --- steps --------------------------------------------------------------------------------------------------

    def step(self) -> Stop:
        return self._to_another_line(self._enter)

    def next(self) -> Stop:
        return self._to_another_line(self._return)

    def _to_another_line(self, called: Callable[[], Stop | None]) -> Stop:
        """One instruction after the other; ``called`` deals with a call, and gives the stop that ends the step."""
        began = self.where()
        if not began.line:
            return self.finish()  # as gdb does in a function without lines
        while True:
            before = self.pc
            stop = self.stepi()
            if stop.kind is not StopKind.STEPPED:
                return stop
            if self._was_called(before):
                ended = called()
                if ended is not None:
                    return ended
            here = self.where()
            if self._begins_line(here) and (here.file, here.line) != (began.file, began.line):
                return Stop(StopKind.STEPPED, self.hart, here)
            if here.line and here.symbol != began.symbol:
                return Stop(StopKind.STEPPED, self.hart, here)  # back in the middle of the caller's line, as gdb stops

    def _was_called(self, before: int) -> bool:
        """Whether the instruction at ``before`` was a call: it has left its return address in ra."""
        behind = [before + length for length in CALL_LENGTHS]
        return self.pc not in behind and self.read_register("ra") in behind

    def _enter(self) -> Stop | None:
        """A call, for `step`: stop behind the prologue of a function with lines; else run until it returns."""
        if not self.where().line:
            return self._return()
        body = self.symbols.body(self.pc)
        stop = self._run_to(body) if body != self.pc else None
        if stop is None or (stop.kind is StopKind.BREAKPOINT and stop.pc == body):
            return Stop(StopKind.STEPPED, self.hart, self.where())
        return stop

    def _return(self) -> Stop | None:
        """A call, for `next`: run until it returns to this frame."""
        stack = self.read_register("sp")
        back = self.read_register("ra")
        return self._until_back(back, stack)

    def _until_back(self, back: int, stack: int) -> Stop | None:
        """Run to ``back`` with a stack no deeper than ``stack``: a recursive call comes by there too."""
        while True:
            stop = self._run_to(back)
            if stop.kind is not StopKind.BREAKPOINT or stop.pc != back:
                return stop
            if self.read_register("sp") >= stack:
                return None

    def _run_to(self, address: int) -> Stop:
        with self._stopping_at(address):
            return self.cont()

    def _begins_line(self, here: Location) -> bool:
        return bool(here.line) and self.symbols.begins_line(here.address)

    def finish(self) -> Stop:
        callers = self._callers()
        caller = next(callers, None)
        if caller is None:
            raise ScriptingError("no caller is known here: there is nothing to finish", stands=self.stands())
        stop = self._until_back(caller.pc, caller.registers.get(SP, 0))
        return stop or Stop(StopKind.STEPPED, self.hart, self.where())

    # --- frames -------------------------------------------------------------------------------------------------

    def backtrace(self) -> list[Frame]:
        places = [self.where(), *(self.symbols.location(caller.pc) for caller in self._callers())]
        return [Frame(level, place, place.symbol) for level, place in enumerate(places)]

    def _callers(self) -> Iterator[Caller]:
        """The callers, innermost first, as far as call frame information and readable memory reach."""
        registers = {number: self.read_register(name) for number, name in NAMES.items()}
        pc, look = self.pc, self.pc
        for level in range(DEEPEST):
            caller = self._caller(look, registers, innermost=level == 0)
            if caller is None or caller.pc in (0, pc):
                return
            yield caller
            pc, registers = caller.pc, caller.registers
            look = pc - 1  # inside the call: what follows may be another function's

    def _caller(self, pc: int, registers: dict[int, int], *, innermost: bool) -> Caller | None:
        rule = self.symbols.frame_rule(pc)
        if rule is None:  # a function without a frame of its own, if anything
            return Caller(registers[RA], registers) if innermost and registers[RA] else None
        if rule.outermost or rule.register not in registers:
            return None
        frame = registers[rule.register] + rule.offset
        try:
            saved = {number: self._word(frame + place) for number, place in rule.saved.items()}
        except ScriptingError:  # at a handler's first instruction the registers are still another world's
            return None
        outer = {**registers, **saved, SP: frame}
        return Caller(outer[RA], outer)

    def _word(self, address: int) -> int:
        return int.from_bytes(self.read_memory(address, WORD), "little")
