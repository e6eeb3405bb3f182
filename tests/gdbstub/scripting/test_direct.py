"""Sessions with the machine itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gdbstub.scripting import DirectSession, ScriptingError, SessionTimeout, StopKind, Unsupported

GUESTS = Path(__file__).parents[3] / "gdbstub" / "guests"
ENGINES = ("reference", "native")


@pytest.fixture(params=ENGINES)
def hypervisor(request: pytest.FixtureRequest) -> Iterator[DirectSession]:
    with DirectSession(GUESTS / "hypervisor.elf", engine=request.param) as session:
        yield session


@pytest.fixture
def loop() -> Iterator[DirectSession]:
    with DirectSession(GUESTS / "loop.elf") as session:
        session.until("main")
        yield session


def test_until_a_guests_instruction_and_into_the_trap(hypervisor: DirectSession) -> None:
    stop = hypervisor.until("vs_sret_vtsr")
    assert (stop.kind, stop.location.symbol, stop.location.offset) == (StopKind.BREAKPOINT, "vs_sret_vtsr", 0)
    assert (hypervisor.mode, hypervisor.virt, hypervisor.csr("hstatus").VTSR) == ("VS", True, 1)
    stop = hypervisor.stepi()
    assert (stop.kind, stop.location.symbol, hypervisor.mode) == (StopKind.STEPPED, "vm_exit", "HS")
    trap = hypervisor.traps(1)[0]
    assert (trap.cause, trap.from_, trap.to) == ("virtual-instruction", "VS", "HS")
    assert trap.rule == "H_virtinst_vs_sret_vtsr1"


def test_waiting_for_a_trap_and_for_a_world(hypervisor: DirectSession) -> None:
    hypervisor.monitor("catch trap ecall-u")
    stop = hypervisor.wait_for(trap="virtual-instruction", from_="VS")
    assert stop.trap is not None
    assert (stop.kind, stop.trap.cause, hypervisor.mode) == (StopKind.CAUGHT, "virtual-instruction", "HS")
    hypervisor.wait_for(world="guest")
    assert hypervisor.virt
    hypervisor.wait_for(world=9)
    assert hypervisor.csr("hgatp").VMID == 9
    assert hypervisor.monitor("catch")["causes"] == ["ecall-u"]


def test_a_snapshot_leads_to_the_same_run_again(hypervisor: DirectSession) -> None:
    hypervisor.until("vs_sret_vtsr")
    snapshot = hypervisor.snapshot()
    ends = []
    for _ in range(2):
        assert hypervisor.cont().exit_code == 0
        ends.append((hypervisor.cycles, hypervisor.console, hypervisor.traps(1000)))
        hypervisor.restore(snapshot)
        assert hypervisor.where().symbol == "vs_sret_vtsr"
    assert ends[0] == ends[1]
    assert "155 checks passed" in ends[0][1]


def test_registers_and_memory(loop: DirectSession) -> None:
    loop.regs.a0 = 5
    loop.regs["x11"] = -1
    assert (loop.regs["x10"], loop.regs.a1) == (5, (1 << 64) - 1)
    assert {"a0", "pc", "hstatus", "hart_mode"} <= set(loop.regs)
    loop.memory.write("counter", (7).to_bytes(8, "little"))
    assert loop.memory.u64("counter") == 7
    assert loop.set_csr("hstatus", VTSR=1, VTVM=1) & 0x500000 == 0x500000
    with pytest.raises(ScriptingError, match="hstatus has no field 'NO'; it has"):
        loop.set_csr("hstatus", NO=1)
    with pytest.raises(ScriptingError, match="there is no register 'nope'"):
        loop.read_register("nope")
    with pytest.raises(ScriptingError, match="no memory or device answers"):
        loop.memory.read(0x10, 4)


def test_a_watchpoint_stops_behind_the_write_that_changes(loop: DirectSession) -> None:
    number = loop.watch("counter")
    stop = loop.cont()
    assert (stop.kind, stop.breakpoint, stop.detail) == (StopKind.WATCHPOINT, number, "old value 0x0, new value 0x1")
    assert loop.memory.u64("counter") == 1
    loop.delete(number)


def test_lines_and_calls(loop: DirectSession) -> None:
    lines = [loop.step().location for _ in range(4)]
    assert "tick" in [place.symbol for place in lines]
    loop.delete()
    loop.until("tick")
    assert [frame.function for frame in loop.backtrace()][:2] == ["tick", "main"]
    assert loop.finish().location.symbol == "main"
    assert {loop.next().location.symbol for _ in range(3)} == {"main"}


def test_places_by_line_and_offset(loop: DirectSession) -> None:
    line = loop.location(loop.address("tick")).line
    assert loop.address(f"loop.c:{line}") == loop.address("tick")
    assert loop.address("tick+0x4") == loop.address("tick") + 4
    with pytest.raises(ScriptingError, match=r"there is no symbol 'nowhere' in the images \(loop\.elf\)"):
        loop.break_at("nowhere")


def test_a_temporary_breakpoint_goes_away(loop: DirectSession) -> None:
    number = loop.break_at("tick", temporary=True)
    assert loop.cont().breakpoint == number
    with pytest.raises(ScriptingError, match=f"there is no breakpoint {number}"):
        loop.delete(number)


def test_a_guest_that_never_stops_says_where_it_stands(loop: DirectSession) -> None:
    with pytest.raises(SessionTimeout, match=r"(?s)did not stop.*hart 0 in M-mode at 0x8"):
        loop.cont(timeout=0.05)
    loop.limit = 1000
    began = loop.cycles
    with pytest.raises(SessionTimeout, match="did not stop within 1000 cycles"):
        loop.cont()
    assert loop.cycles == began + 1000


def test_a_limit_cuts_a_run_exactly_and_changes_nothing(loop: DirectSession) -> None:
    began = loop.memory.u64("counter")
    stop = loop.stepi(100)
    assert stop.kind is StopKind.STEPPED
    with DirectSession(GUESTS / "loop.elf") as other:
        other.until("main")
        for _ in range(100):
            other.stepi()
        assert (other.pc, other.cycles) == (loop.pc, loop.cycles)
        assert other.memory.u64("counter") >= began


def test_what_only_gdb_knows_is_said(loop: DirectSession) -> None:
    assert loop.eval("$pc") == loop.pc
    assert loop.eval("&counter") == loop.address("counter")
    for attempt in (loop.locals, lambda: loop.eval("counter + 1"), lambda: loop.break_at("tick", condition="1")):
        with pytest.raises(Unsupported, match="gdb"):
            attempt()


def test_the_end_of_a_run() -> None:
    with DirectSession(GUESTS / "hello.elf") as session:
        stop = session.cont()
        assert (stop.kind, stop.exit_code) == (StopKind.EXITED, 0)
        assert session.console == "hello from M-mode\n"
        with pytest.raises(ScriptingError, match="the guest has ended its run"):
            session.cont()
        assert session.run().kind is StopKind.EXITED
        assert session.console == "hello from M-mode\n"


def test_an_image_that_does_not_exist_is_one_sentence() -> None:
    with pytest.raises(ScriptingError, match=r"cannot read no\.elf: No such file"):
        DirectSession("no.elf")


def test_harts_are_chosen_by_number() -> None:
    with DirectSession(GUESTS / "two_harts.elf", harts=2) as session:
        session.hart = 1
        assert session.csr("mhartid") == 1
        with pytest.raises(ScriptingError, match="there is no hart 2: the machine has 2"):
            session.hart = 2
