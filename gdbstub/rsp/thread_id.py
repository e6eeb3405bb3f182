"""Which thread, or which threads, a packet speaks of.

GDB manual, "Remote Protocol", "Packets", thread-id syntax.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ALL", "ANY", "ThreadId"]

ALL = -1  # every thread, or every process
ANY = 0  # whichever the target likes

_ID = rb"-1|[0-9a-fA-F]{1,16}"
_THREAD = re.compile(rb"p(%b)(?:\.(%b))?|(%b)" % (_ID, _ID, _ID))


@dataclass(frozen=True)
class ThreadId:
    """A thread as the protocol names it; `ALL` and `ANY` are allowed for either number.

    ``process`` is None where the ``multiprocess`` feature is not in use.

    >>> ThreadId(2).build(), ThreadId(2, process=1).build(), ThreadId(ALL, process=1).build()
    (b'2', b'p1.2', b'p1.-1')
    """

    thread: int
    process: int | None = None

    @classmethod
    def parse(cls, text: bytes) -> ThreadId:
        """Read ``[-]hex`` or ``p[-]hex[.[-]hex]``. Raises ValueError if it is neither.

        >>> ThreadId.parse(b"p1.2"), ThreadId.parse(b"p1")
        (ThreadId(thread=2, process=1), ThreadId(thread=-1, process=1))
        """
        found = _THREAD.fullmatch(text)
        if found is None:
            raise ValueError(
                f"{text.decode('latin-1')!r} is no thread-id: it is a hexadecimal number, -1, or p<process>.<thread>"
            )
        process, process_thread, thread = found.groups()
        if process is None:
            return cls(int(thread, 16))
        return cls(int(process_thread or b"-1", 16), int(process, 16))

    def build(self) -> bytes:
        """The id as it travels."""
        return b"%x" % self.thread if self.process is None else b"p%x.%x" % (self.process, self.thread)
