"""A machine behind the protocol in this very process: the server runs in a thread of its own."""

from __future__ import annotations

import threading

import trio

from gdbstub.riscv.target import RiscvTarget
from gdbstub.scripting.boot import Setup
from gdbstub.scripting.errors import ScriptingError
from gdbstub.server import LOOPBACK, Server, listen
from machine.machine import Machine

__all__ = ["LocalServer"]

PATIENCE = 10  # seconds for the thread to begin, and to end


class LocalServer:
    """Serves on a free port of the loopback interface; a context manager is not needed: `close` ends it.

    Attributes:
        port: where it listens.
        machine: to look at while no debugger runs it.

    Raises ScriptingError for an image or option that does not fit.
    """

    def __init__(self, setup: Setup) -> None:
        self._written = bytearray()
        self.machine: Machine = setup.start(self._written.extend).machine
        self.port = 0
        self._ready = threading.Event()
        self._scope = trio.CancelScope()
        self._token: trio.lowlevel.TrioToken | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="hartbreak server", daemon=True)
        self._thread.start()
        self._ready.wait(PATIENCE)
        if self._token is None:
            raise ScriptingError(f"the server did not start; {self.state}")

    def _work(self) -> None:
        try:
            trio.run(self._serve)
        except BaseException as error:  # what ends the thread is told to whoever asks
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        listeners = await listen(LOOPBACK, 0)
        self.port = listeners[0].socket.getsockname()[1]
        self._token = trio.lowlevel.current_trio_token()
        self._ready.set()
        with self._scope:
            await Server(RiscvTarget(self.machine)).run(listeners)

    @property
    def state(self) -> str:
        """Whether it still runs, in a sentence."""
        if self._failure is not None:
            return f"the server's thread has ended: {self._failure!r}"
        return "the server's thread is alive" if self._thread.is_alive() else "the server's thread has ended"

    @property
    def uart(self) -> str:
        """What the guest has written to its terminal so far."""
        return self._written.decode(errors="replace")

    def close(self) -> None:
        """End it, at the next boundary between two slices of a run."""
        if self._token is not None and self._thread.is_alive():
            self.machine.interrupt()
            self._token.run_sync_soon(self._scope.cancel)
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            raise ScriptingError("the server's thread did not end: the machine hangs inside an instruction")
