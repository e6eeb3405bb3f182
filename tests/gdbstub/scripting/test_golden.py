"""Stepping traces: recorded, stored, compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from gdbstub.__main__ import status_of
from gdbstub.scripting import DirectSession, ScriptingError, SessionTimeout
from gdbstub.scripting.golden import Trace, TraceDifference, check_trace, compare, record

GUESTS = Path(__file__).parents[3] / "gdbstub" / "guests"
HYPERVISOR = GUESTS / "hypervisor.elf"
ENGINES = ("reference", "native")


def steps_from(place: str, until: str, engine: str = "reference") -> Trace:
    with DirectSession(HYPERVISOR, engine=engine) as session:
        session.until(place)
        session.delete()
        return record(session, until)


def test_a_trap_with_what_it_changed() -> None:
    trace = steps_from("vs_sret_vtsr", "vm_exit")
    instruction, trap = trace.steps
    assert instruction.startswith("0 VS 0000000040000dcc 10200073 sret | ")
    assert {"sepc=40000dcc", "scause=16", "stval=10200073"} <= set(instruction.split())
    assert "VS to HS: virtual-instruction, pc 0x40000dcc" in trap
    assert trace.header[1].startswith("# image hypervisor.elf sha256 ")
    assert trace.header[3].startswith("# from 0x40000dcc <vs_sret_vtsr> at hypervisor/guest/provoke_vs.S:6, cycle ")
    assert trace.header[4] == "# until vm_exit"


def test_both_engines_record_the_same() -> None:
    traces = [steps_from("vs_sret_vtsr", "vs_sfence_vtvm", engine) for engine in ENGINES]
    assert len(traces[0].steps) > 100
    assert traces[0] == traces[1]
    assert Trace.parse(traces[0].text) == traces[0]


def test_the_first_difference_is_shown_with_its_line() -> None:
    one = steps_from("vs_sret_vtsr", "vs_sfence_vtvm")
    changed = Trace(one.header, (*one.steps[:20], one.steps[20] + " a0=1", *one.steps[21:]))
    with DirectSession(HYPERVISOR) as session:
        said = compare(one, changed, session.symbols).splitlines()
    assert said[0] == "the first difference is in step 21"
    assert said[1:6] == [f"    {line}" for line in one.steps[15:20]]
    assert said[6].startswith(f"  - {one.steps[20]}")
    assert " at hypervisor/trap.S:" in said[6]
    assert said[11].startswith(f"  + {one.steps[20]} a0=1")
    assert compare(one, one) == ""
    assert "+ (the trace ends here)" in compare(one, Trace(one.header, one.steps[:30]))


def test_a_stored_trace_is_compared_and_updated_on_request(tmp_path: Path) -> None:
    path = tmp_path / "exit.trace"
    with DirectSession(HYPERVISOR) as session:
        session.until("vs_sret_vtsr")
        snapshot = session.snapshot()
        with pytest.raises(TraceDifference, match=r"there is no stored trace .*--hartbreak-update-traces"):
            check_trace(session, "vm_exit", path)
        for update in (True, False):
            session.restore(snapshot)
            check_trace(session, "vm_exit", path, update)
        session.restore(snapshot)
        session.set_csr("hstatus", VTSR=0)
        with pytest.raises(TraceDifference, match=r"(?s)exit\.trace: the first difference is in step 1\n.*is stored"):
            check_trace(session, "vm_exit", path)


def test_what_cannot_be_recorded_is_said() -> None:
    with DirectSession(GUESTS / "loop.elf") as session:
        with pytest.raises(SessionTimeout, match="did not come in 100 cycles"):
            record(session, "0x10", limit=100)
        session.break_at("tick")
        with pytest.raises(ScriptingError, match="without breakpoints"):
            record(session, "tick")
    with DirectSession(GUESTS / "hello.elf") as session:
        with pytest.raises(ScriptingError, match="the trace has no end: shutdown came first"):
            record(session, "0x10")
        session.machine.reset()
        assert record(session).header[4] == "# until the end"
    with pytest.raises(ScriptingError, match="this is no trace"):
        Trace.parse("nothing")


def test_the_command_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    image, first, second = str(GUESTS / "loop.elf"), str(tmp_path / "first"), str(tmp_path / "second")
    quiet = ("--quiet", "--engine", "reference", "--uart", "none")
    assert status_of(["trace", image, "--until", "tick", "-o", first, *quiet]) == 0
    assert status_of(["trace", image, "--until", "tick", *quiet]) == 0
    assert capfd.readouterr().out == Path(first).read_text()
    assert status_of(["trace", "diff", first, first]) == 0
    Path(second).write_text(Path(first).read_text().replace("auipc", "lui"))
    assert status_of(["trace", "diff", first, second, "--symbols", image]) == 1
    out = capfd.readouterr().out
    assert "the first difference is in step 1" in out
    assert "<_start>" in out
    assert status_of(["trace", "diff", first, str(tmp_path / "none")]) == 2
    assert status_of(["trace", image, "--until", "nowhere", *quiet]) == 2
    assert "there is no symbol 'nowhere'" in capfd.readouterr().err
