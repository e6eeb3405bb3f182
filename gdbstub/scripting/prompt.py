"""A machine of our own and a real gdb in front of it, to be typed at as a person would."""

from __future__ import annotations

import os

from gdbstub.scripting.gdb import Gdb
from gdbstub.scripting.server import Server

__all__ = ["Prompt"]


class Prompt(Gdb):
    """A gdb that is connected to a machine of its own; a context manager that ends both.

    A `Session` has typed verbs; this one takes and gives text, for whatever is about gdb itself.

    Args:
        image: what the machine starts, and whose symbols gdb loads.
        options: of ``hartbreak serve``, like ``"--harts", "2"``.
        gdb: the executable; by default gdb-multiarch.
        timeout: seconds that a command may take, or the guest may run before `wait` gives up.
        extended: connect by ``target extended-remote``: a guest that has ended can be started again by ``run``.

    Attributes:
        server: the machine's process, with the guest's ``uart``.

    Raises GdbError when there is no gdb, or when it cannot connect; ServerError when the image is refused.
    """

    def __init__(
        self,
        image: str | os.PathLike[str],
        *options: str,
        gdb: str | None = None,
        timeout: float = 30,
        extended: bool = False,
    ) -> None:
        self.server = Server(image, *options)
        self._remote = "extended-remote" if extended else "remote"
        try:
            super().__init__(os.fspath(image), gdb, timeout)
            try:
                self.connect()
            except BaseException:
                super().close()
                raise
        except BaseException:
            self.server.close()
            raise

    def connect(self) -> str:
        """Connect, at first or again after ``detach``; gives what gdb prints."""
        return self.command(f"target {self._remote} 127.0.0.1:{self.server.port}")

    def close(self) -> None:
        """End gdb, and then the machine."""
        try:
            super().close()
        finally:
            self.server.close()
