"""Typed sessions with a real gdb, and what they say when something breaks."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from gdbstub.scripting import DirectSession, GdbError, ScriptingError, Server, Session, SessionTimeout, StopKind
from tests.debugger.conftest import GUESTS
from tests.tools import GDB, needed


@pytest.fixture(scope="module")
def loop_session() -> Iterator[Session]:
    with Session(GUESTS / "loop.elf", gdb=needed(GDB), timeout=20) as session:
        yield session


@pytest.fixture
def loop(loop_session: Session) -> Session:
    """At `main`, without breakpoints."""
    loop_session.delete()
    loop_session.break_at("main")
    loop_session.run()
    loop_session.delete()
    return loop_session


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("engine", ["reference", "native"])
def test_a_guest_into_its_hypervisor(engine: str) -> None:
    with Session(GUESTS / "hypervisor.elf", engine=engine, gdb=needed(GDB), timeout=40) as session:
        stop = session.until("vs_sret_vtsr")
        assert (stop.kind, stop.location.symbol, stop.location.file) == (
            StopKind.BREAKPOINT,
            "vs_sret_vtsr",
            "hypervisor/guest/provoke_vs.S",
        )
        assert (session.mode, session.virt, session.csr("hstatus").VTSR) == ("VS", True, 1)
        stop = session.stepi()
        assert (stop.kind, stop.location.symbol, session.mode) == (StopKind.STEPPED, "vm_exit", "HS")
        assert session.traps(1)[0].rule == "H_virtinst_vs_sret_vtsr1"
        assert session.backtrace()[0].function == "vm_exit"
        stop = session.wait_for(trap="virtual-instruction", from_="VS")
        assert stop.trap is not None
        assert stop.trap.instruction == "sfence.vma zero,zero"
        session.wait_for(world="guest")
        assert session.virt
        assert session.monitor("mode")
        assert session.monitor("why", text=True).startswith("hart 0, trap")
        assert session.set_csr("hvip", (1 << 64) - 1) == 0x444, "what the register made of it"
        session.monitor("csr hvip 4")
        assert session.csr("hvip").fields == {"VSEIP": 0, "VSTIP": 0, "VSSIP": 1}
        assert session.cont().kind is StopKind.EXITED
        assert "checks passed" in session.console


def test_the_same_script_gives_the_same_with_and_without_gdb(loop: Session) -> None:
    def script(session: Session | DirectSession) -> list[object]:
        seen: list[object] = [session.where()]
        seen += [session.step().location for _ in range(6)]
        session.until("tick")
        seen.append([frame.function for frame in session.backtrace()][:2])
        seen += [session.finish().location, session.next().location, session.stepi(7).location]
        number = session.watch("counter")
        stop = session.cont()
        session.delete(number)
        seen += [stop.kind, stop.location, stop.detail]
        return [*seen, session.regs.a0, session.regs["x2"], session.memory.u64("counter"), session.mode]

    with DirectSession(GUESTS / "loop.elf") as direct:
        direct.until("main")
        assert script(loop) == script(direct)


def test_what_gdb_knows_of_the_program(loop: Session) -> None:
    assert loop.eval("counter + 1") == 1
    assert loop.eval("sizeof(counter)") == 8
    assert isinstance(loop.locals(), dict)
    stop = loop.until(f"loop.c:{loop.location(loop.address('tick')).line + 1}")
    assert stop.location.symbol == "tick"
    number = loop.break_at("tick", condition="counter == 3")
    assert loop.cont().breakpoint == number
    assert loop.memory.u64("counter") == 3
    loop.delete(number)


def test_registers_and_memory_can_be_written(loop: Session) -> None:
    loop.regs.a0 = -1
    assert loop.regs["x10"] == (1 << 64) - 1
    loop.memory.write("counter", bytes(range(8)))
    assert loop.memory.read("counter", 8) == bytes(range(8))
    assert {"a0", "pc", "hstatus"} <= set(loop.regs)
    assert loop.regs.fa0 == 0


def test_errors_say_what_was_sent_and_answered(loop: Session) -> None:
    with pytest.raises(GdbError, match=r'(?s)No symbol "nope" in current context.*sent: -data-evaluate-expression'):
        loop.eval("nope")
    with pytest.raises(GdbError, match="Unable to read memory"):
        loop.memory.read(0x10, 4)
    with pytest.raises(ScriptingError, match="there is no symbol 'nowhere'"):
        loop.break_at("nowhere")
    with pytest.raises(ScriptingError, match="there is no register 'nope'"):
        loop.read_register("nope")
    with pytest.raises(GdbError, match="There is no command 'nope'"):
        loop.monitor("nope")
    with pytest.raises(ScriptingError, match=r"there is no hart 4: gdb sees \[0\]"):
        loop.hart = 4


def test_a_guest_that_never_stops_is_halted_and_told(loop: Session) -> None:
    with pytest.raises(
        SessionTimeout, match=r"(?s)did not stop within 0\.3 seconds.*the server is alive.*hart 0 in M-mode"
    ):
        loop.cont(timeout=0.3)
    assert loop.stepi().kind is StopKind.STEPPED  # and the session goes on
    loop.resume()
    assert loop.interrupt().kind is StopKind.INTERRUPTED


def test_a_ctrl_c_right_behind_a_resume(loop: Session) -> None:
    for _ in range(10):
        loop.stepi()
        loop.resume()
        assert loop.interrupt().kind is StopKind.INTERRUPTED


def test_a_gdb_that_is_killed_is_named_and_nothing_stays() -> None:
    with Session(GUESTS / "loop.elf", server="process", gdb=needed(GDB), timeout=20) as session:
        pids = session.gdb.pid, session.server.pid  # type: ignore[union-attr]
        session.resume()
        os.kill(pids[0], signal.SIGKILL)
        with pytest.raises(GdbError, match=rf"gdb \(process {pids[0]}\) is gone: killed by SIGKILL"):
            session.wait()
        with pytest.raises(GdbError, match="is gone"):
            session.stepi()
    assert not any(map(alive, pids))


def test_a_server_that_is_killed_is_named_and_nothing_stays() -> None:
    with Session(GUESTS / "loop.elf", server="process", gdb=needed(GDB), timeout=5) as session:
        pids = session.gdb.pid, session.server.pid  # type: ignore[union-attr]
        session.resume()
        os.kill(pids[1], signal.SIGKILL)
        with pytest.raises(GdbError, match=r"(?s)gdb has lost the server.*has ended with status -9"):
            session.wait()
    assert not any(map(alive, pids))


def test_a_gdb_that_hangs_is_ended_by_force() -> None:
    with Session(GUESTS / "loop.elf", gdb=needed(GDB), timeout=0.5) as session:
        pid = session.gdb.pid
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(SessionTimeout, match="gdb did not answer '-data-list-register-names' within"):
            session.read_register("pc")
        began = time.monotonic()
    assert not alive(pid)
    assert time.monotonic() - began < 10


def test_a_server_that_hangs_is_told_and_nothing_stays() -> None:
    with Session(GUESTS / "loop.elf", server="process", gdb=needed(GDB), timeout=20) as session:
        pids = session.gdb.pid, session.server.pid
        session.resume()
        os.kill(pids[1], signal.SIGSTOP)
        told = (
            rf"(?s)did not stop within 0\.3 seconds.*gdb got no stop at Ctrl-C.*server \(process {pids[1]}\) is alive"
        )
        with pytest.raises(SessionTimeout, match=told):
            session.wait(timeout=0.3)
    assert not any(map(alive, pids))


def test_attaching_to_a_server_that_runs_already() -> None:
    with Server(GUESTS / "hello.elf") as server:
        symbols = [GUESTS / "hello.elf", (GUESTS / "loop.elf", 0x1000_0000)]
        with Session.attach(f"127.0.0.1:{server.port}", symbols=symbols, gdb=needed(GDB), timeout=20) as session:
            assert session.address("tick") == session.symbols.programs[1].image.symbols["tick"] + 0x1000_0000
            assert session.eval("(unsigned long) &tick") == session.address("tick")
            assert session.until("main").location.symbol == "main"
            assert session.cont().exit_code == 0
        assert server.uart == "hello from M-mode\n"


def test_nobody_listens_there() -> None:
    with pytest.raises(GdbError, match=r"Connection (refused|timed out)"):
        Session.attach("127.0.0.1:1", gdb=needed(GDB), timeout=20)


def test_harts_are_chosen_by_number() -> None:
    with Session(GUESTS / "two_harts.elf", harts=2, gdb=needed(GDB), timeout=20) as session:
        session.hart = 1
        assert session.csr("mhartid") == 1
        session.hart = 0
        assert session.csr("mhartid") == 0
