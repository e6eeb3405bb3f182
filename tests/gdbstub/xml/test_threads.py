from __future__ import annotations

from xml.etree import ElementTree as ET

from gdbstub.target import Thread
from gdbstub.xml import threads


def test_a_thread_has_a_hexadecimal_id_a_core_a_name_and_a_text() -> None:
    (thread,) = ET.fromstring(threads.build([Thread(17, "hart <16>", "VS & VU", 16)]))
    assert thread.attrib == {"id": "11", "core": "16", "name": "hart <16>"}
    assert thread.text == "VS & VU"
