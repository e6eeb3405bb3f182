"""The document for ``qXfer:threads:read`` (GDB manual, "Thread List Format")."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from gdbstub.target import Thread

__all__ = ["build"]


def build(threads: Iterable[Thread]) -> str:
    """Threads as XML; gdb shows the name in quotes and the text in parentheses.

    >>> print(build([Thread(1, "hart 0", "VS-mode")]))
    <?xml version="1.0"?>
    <threads>
      <thread id="1" core="0" name="hart 0">VS-mode</thread>
    </threads>
    """
    root = ET.Element("threads")
    for thread in threads:
        # The id is hexadecimal, as everywhere in the protocol.
        element = ET.SubElement(root, "thread", id=f"{thread.id:x}", core=str(thread.core), name=thread.name)
        element.text = thread.text or None
    ET.indent(root)
    return '<?xml version="1.0"?>\n' + ET.tostring(root, encoding="unicode")
