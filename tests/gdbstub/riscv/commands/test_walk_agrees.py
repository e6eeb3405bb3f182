"""Whatever is in the tables, ``walk`` foretells what the access does, and ``why`` can explain it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from machine.spec.causes import cause_name
from machine.spec.modes import Mode
from machine.spec.status import MXR, SUM
from tests.gdbstub.riscv.commands.conftest import GUEST_PAGE, GUEST_PHYSICAL, Guest, Terminal
from tests.lab import ADUE, RWX, URWX, V

FLAGS = st.sampled_from((RWX, URWX, V, 0)) | st.integers(0, 255)
PAGES = st.sampled_from((0x8020_0000, 0x8020_1000, 0x7000, GUEST_PHYSICAL, 1 << 41))
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        **{("vs", level): st.tuples(PAGES, FLAGS) for level in range(3)},
        **{("g", level): st.tuples(PAGES, FLAGS) for level in range(3)},
    },
)


def prepare(lab: Guest, entries: dict[tuple[str, int], tuple[int, int]], bits: int, update: int) -> None:
    """Overwrite the entries of some levels, lower ones first: their tables must still be found."""
    for (stage, level), (page, flags) in sorted(entries.items(), key=lambda item: item[0][1]):
        table, address = (lab.vs, GUEST_PAGE) if stage == "vs" else (lab.g, GUEST_PHYSICAL)
        lab.write(table.slot(address, level), page >> 12 << 10 | flags)
    lab.csr("vsstatus", bits & 1 << SUM | bits & 1 << MXR)
    lab.csr("menvcfg", update)
    lab.csr("henvcfg", update)


@settings(max_examples=60, deadline=None)
@given(
    entries=ENTRIES,
    access=st.sampled_from("rwx"),
    bits=st.sampled_from((0, 1 << SUM, 1 << MXR, 1 << SUM | 1 << MXR)),
    update=st.sampled_from((0, ADUE)),
)
@pytest.mark.rule("H_vm_gpapriv")
def test_walk_foretells_and_why_explains(
    entries: dict[tuple[str, int], tuple[int, int]], access: str, bits: int, update: int
) -> None:
    lab = Guest()
    monitor = Terminal(lab.machine)
    prepare(lab, entries, bits, update)
    line = f"walk {GUEST_PAGE:#x} --as VS --access {access}"
    foretold = monitor.json(line)
    assert monitor.text(line)
    assert monitor.text(f"translate {GUEST_PAGE:#x} --as VS --access {access}")
    action = {"r": lab.load, "w": lab.store, "x": lab.fetch}[access]
    record = action(GUEST_PAGE, Mode.VS)
    if foretold["fault"] is None:
        # What is fetched is whatever the page holds, and may well be illegal.
        assert record is None or record.instruction or record.cause == 2
        return
    assert record is not None
    assert (cause_name(record.cause), record.gpa) == (foretold["fault"]["cause"], foretold["fault"]["gpa"])
    explained = monitor.json("why")
    assert not explained["changed"]
    assert explained["walk"]["fault"] == foretold["fault"]
    if not update:  # else the VS-stage's A may have been set before the G-stage refused
        assert explained["walk"] == foretold
    assert monitor.text("why")
