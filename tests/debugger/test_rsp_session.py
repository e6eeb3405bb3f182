"""The same script with the protocol alone: on our server, and on QEMU's."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from gdbstub.scripting import DirectSession, RemoteError, RspSession, Server, SessionTimeout, StopKind
from gdbstub.scripting.verbs import Debugger
from tests.debugger.conftest import GUESTS
from tests.tools import needed

LOOP, HYPERVISOR = GUESTS / "loop.elf", GUESTS / "hypervisor.elf"


@pytest.fixture
def loop() -> Iterator[RspSession]:
    server = Server(LOOP, "--engine", "reference")
    with server, RspSession(f"127.0.0.1:{server.port}", symbols=[LOOP], timeout=20) as session:
        yield session


def script(session: Debugger) -> list[object]:
    """What any session can do."""
    session.until("main")
    seen: list[object] = [session.where()]
    seen += [session.step().location for _ in range(6)]
    session.until("tick")
    seen.append([frame.function for frame in session.backtrace()][:2])
    seen += [session.finish().location, session.next().location, session.stepi(7).location]
    number = session.watch("counter")
    stop = session.cont()
    session.delete(number)
    seen += [stop.kind, stop.location, stop.detail, session.regs.a0, session.memory.u64("counter")]
    session.memory.write("counter", (100).to_bytes(8, "little"))
    session.regs.a0 = 77
    return [*seen, session.memory.u64("counter"), session.regs["x10"]]


@pytest.fixture
def expected() -> list[object]:
    with DirectSession(LOOP, engine="reference") as direct:
        return script(direct)


def test_our_server_is_driven_as_the_machine_is(loop: RspSession, expected: list[object]) -> None:
    assert script(loop) == expected
    assert loop.mode == "M"
    loop.resume()
    assert loop.interrupt().kind is StopKind.INTERRUPTED
    loop.break_at("main")
    assert loop.run().location.symbol == "main"


def test_qemu_is_driven_by_the_same_script(expected: list[object]) -> None:
    program = needed("qemu-system-riscv64")
    assert shutil.which(program)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    machine = ["-M", "virt", "-nographic", "-serial", "null", "-monitor", "none", "-bios", str(LOOP)]
    qemu = subprocess.Popen([program, *machine, "-S", "-gdb", f"tcp:127.0.0.1:{port}"], stdin=subprocess.DEVNULL)
    try:
        with _connected(port) as session:
            seen = script(session)
            assert "pc" in str(session.monitor("info registers"))
        assert seen == expected
    finally:
        qemu.kill()
        qemu.wait()


def _connected(port: int) -> RspSession:
    deadline = time.monotonic() + 20
    while True:
        try:
            return RspSession(f"127.0.0.1:{port}", symbols=[LOOP], timeout=20)
        except RemoteError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_a_hypervisor_and_its_guest() -> None:
    with Server(HYPERVISOR) as server, RspSession(f"127.0.0.1:{server.port}", symbols=[HYPERVISOR]) as session:
        session.until("vs_sret_vtsr")
        assert (session.mode, session.csr("hstatus").VTSR) == ("VS", 1)
        stop = session.wait_for(trap="virtual-instruction", from_="VS")
        assert stop.trap is not None
        assert (stop.trap.instruction, session.mode, stop.location.symbol) == ("sret", "HS", "vm_exit")
        session.wait_for(world="guest")
        assert session.virt
        stop = session.cont()
        assert (stop.kind, stop.exit_code) == (StopKind.EXITED, 0)


def test_errors_say_what_was_sent_and_answered(loop: RspSession) -> None:
    with pytest.raises(RemoteError, match=r"(?s)the server refused.*sent: m10,4.*answer: E"):
        loop.memory.read(0x10, 4)
    with pytest.raises(RemoteError, match="There is no command 'nope'"):
        loop.monitor("nope")
    with pytest.raises(SessionTimeout, match=r"(?s)did not stop in its time.*at Ctrl-C it stopped: hart 0 in M-mode"):
        loop.cont(timeout=0.3)
    assert loop.stepi().kind is StopKind.STEPPED


def test_a_server_that_goes_or_never_was() -> None:
    with Server(LOOP) as server:
        session = RspSession(f"127.0.0.1:{server.port}", timeout=5)
        server.close()
        with pytest.raises(RemoteError, match=r"the connection is lost|has closed the connection"):
            session.memory.read(0x8000_0000, 4)
        session.close()
        with pytest.raises(RemoteError, match=r"cannot connect to 127\.0\.0\.1:1"):
            RspSession("127.0.0.1:1", timeout=2)
