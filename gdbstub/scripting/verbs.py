"""The verbs that every session has, so that one script drives a gdb, a socket or the machine itself.

What differs is abstract here; what follows from it is written once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Literal, Self

from gdbstub.scripting.errors import ScriptingError
from gdbstub.scripting.symbols import Where
from gdbstub.scripting.values import CsrValue, Frame, Location, Stop, Trap
from gdbstub.scripting.views import Memory, Registers
from gdbstub.scripting.waiting import Awaited
from machine.spec.modes import Mode

__all__ = ["Access", "Debugger"]

Access = Literal["write", "read", "access"]
V_OF_PRIV = 2
"""The bit of ``priv`` that newer servers show V in, as the debug specification's dcsr has it."""


class Debugger(ABC):
    """A machine under a debugger; a context manager that ends the session.

    Every method blocks until what it asks for is done. A verb that runs the machine gives the `Stop`, and raises
    `SessionTimeout` when none comes within ``timeout`` seconds (the session's own where none is given); the machine
    then stands again where a debugger's Ctrl-C has halted it. Everything else that fails raises a `ScriptingError`.
    """

    timeout: float

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """End the session, and whatever it has started."""

    # --- where to stop ------------------------------------------------------------------------------------------

    @abstractmethod
    def break_at(self, where: Where, *, temporary: bool = False, condition: str = "") -> int:
        """Stop before the instruction at a place; gives the breakpoint's number.

        A temporary one goes away when it is met. ``condition`` is an expression that must not be 0; only gdb knows
        expressions.
        """

    @abstractmethod
    def watch(self, where: Where, length: int = 8, access: Access = "write") -> int:
        """Stop at an access to ``length`` bytes; gives the watchpoint's number."""

    @abstractmethod
    def delete(self, number: int | None = None) -> None:
        """Remove a breakpoint or watchpoint; without a number all of them."""

    # --- running ------------------------------------------------------------------------------------------------

    @abstractmethod
    def run(self, timeout: float | None = None) -> Stop:
        """From the machine's reset on, until it stops."""

    @abstractmethod
    def resume(self) -> None:
        """Let it run and do not wait: `wait` or `interrupt` comes next."""

    @abstractmethod
    def wait(self, timeout: float | None = None) -> Stop:
        """Until the machine that `resume` has started stops."""

    @abstractmethod
    def interrupt(self) -> Stop:
        """Halt a running machine, as Ctrl-C does."""

    @abstractmethod
    def stepi(self, count: int = 1) -> Stop:
        """``count`` instructions; one that traps ends at the handler's first."""

    @abstractmethod
    def step(self) -> Stop:
        """To the beginning of another source line, into functions that have lines."""

    @abstractmethod
    def next(self) -> Stop:
        """To the beginning of another source line, over calls."""

    @abstractmethod
    def finish(self) -> Stop:
        """Until the function has returned to its caller."""

    def cont(self, timeout: float | None = None) -> Stop:
        """Until the machine stops."""
        self.resume()
        return self.wait(timeout)

    def until(self, where: Where, timeout: float | None = None) -> Stop:
        """To a place. A stop for another reason before it is given as it is: `Stop.location` tells."""
        with self._temporary(where):
            return self.cont(timeout)

    @contextmanager
    def _temporary(self, where: Where) -> Iterator[int]:
        """A breakpoint for one run."""
        number = self.break_at(where)
        try:
            yield number
        finally:
            self.delete(number)

    def wait_for(
        self,
        *,
        trap: str | int | Literal[True] | None = None,
        world: str | int | None = None,
        from_: str = "",
        to: str = "",
        timeout: float | None = None,
    ) -> Stop:
        """Run until a trap is taken or a world is entered; breakpoints on the way do not end it.

        Args:
            trap: a cause's name (``"virtual-instruction"``, ``"interrupt vsti"``), its number, or True for any.
            from_, to: with ``trap``: labels of the modes that it must lead from and to, such as ``"VS"``.
            world: ``"guest"`` or ``"host"``, a mode's label, or a VMID: where the hart must be after V has changed.

        Raises SessionTimeout, and ScriptingError when the guest ends its run before.
        """
        return Awaited(trap, world, from_, to).reach(self, timeout)

    # --- looking and changing -----------------------------------------------------------------------------------

    @abstractmethod
    def address(self, where: Where) -> int:
        """The address of a place."""

    @abstractmethod
    def location(self, address: int) -> Location:
        """What symbols and line tables say of an address."""

    @abstractmethod
    def register_names(self) -> list[str]:
        """The registers that can be read by name."""

    @abstractmethod
    def read_register(self, name: str) -> int:
        """A register's value, unsigned."""

    @abstractmethod
    def write_register(self, name: str, value: int) -> None:
        """Write a register; a CSR legalises what it is given."""

    @abstractmethod
    def read_memory(self, address: int, length: int) -> bytes:
        """All ``length`` bytes at a virtual address as the hart sees them now."""

    @abstractmethod
    def write_memory(self, address: int, data: bytes) -> None:
        """Write all of ``data``."""

    @abstractmethod
    def backtrace(self) -> list[Frame]:
        """The calls under way, innermost first."""

    @abstractmethod
    def locals(self) -> dict[str, str]:
        """The innermost function's arguments and variables, as gdb prints them."""

    @abstractmethod
    def eval(self, expression: str) -> int | str:
        """An expression's value: a number where it is one."""

    @abstractmethod
    def monitor(self, command: str, *, text: bool = False) -> Any:
        """A command of the server's: what its ``--json`` says, parsed; or with ``text`` what it prints for people.

        A command, or a server, that has no ``--json`` gives its text.
        """

    @property
    @abstractmethod
    def hart(self) -> int:
        """Number of the hart that steps, registers and memory are about. Can be set."""

    @hart.setter
    @abstractmethod
    def hart(self, number: int) -> None: ...

    @property
    def regs(self) -> Registers:
        """The hart's registers by name."""
        return Registers(self)

    @property
    def memory(self) -> Memory:
        """Memory as the hart sees it."""
        return Memory(self)

    @property
    def pc(self) -> int:
        """Address of the next instruction."""
        return self.read_register("pc")

    def where(self) -> Location:
        """The place of the next instruction."""
        return self.location(self.pc)

    @property
    def mode(self) -> str:
        """The mode's label: M, HS, U, VS or VU.

        A server without ``hart_mode`` is asked for ``priv``; one that does not show V there (QEMU before 10) makes VS
        look like HS.
        """
        if "hart_mode" in self.register_names():
            return Mode(self.read_register("hart_mode")).label
        privilege = self.read_register("priv")
        return Mode.of(privilege & 3, privilege >> V_OF_PRIV & 1).label

    @property
    def virt(self) -> bool:
        """The V bit: whether a guest runs."""
        return Mode[self.mode].virtual == 1

    def csr(self, name: str) -> CsrValue:
        """A CSR, with the manual's fields as attributes. The name means that register in every mode."""
        return CsrValue(name, self.read_register(name))

    def set_csr(self, name: str, value: int | None = None, **fields: int) -> CsrValue:
        """Write a CSR, or some of its fields; gives what it made of the value."""
        old = CsrValue(name, self.csr(name) if value is None else value)
        try:
            self.write_register(name, old.replaced(**fields))
        except (AttributeError, ValueError) as error:
            raise ScriptingError(str(error)) from error
        return self.csr(name)

    def traps(self, count: int = 10) -> list[Trap]:
        """The last traps of all harts, oldest first."""
        return [Trap.of(record) for record in self.monitor(f"traps {count}")]

    def stands(self) -> str:
        """Where the machine stands, in one line, for messages; never raises."""
        try:
            return f"hart {self.hart} in {self.mode}-mode at {self.where()}"
        except ScriptingError as error:
            return f"not known ({error.message})"

    def ended(self, stop: Stop) -> ScriptingError:
        """The error for a guest that has ended its run where it should not have."""
        return ScriptingError(f"the guest ended its run: {stop}", stands=self.stands())
