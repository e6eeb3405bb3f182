"""``hartbreak lockstep --against``: our own server, planted differences, QEMU, and targets that are none."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from gdbstub.__main__ import status_of
from gdbstub.scripting.boot import Setup
from gdbstub.scripting.local_server import LocalServer
from tests.lockstep.qemu import CPU, ISA
from tests.lockstep.worlds import corpus
from tests.machine.board.test_elf import Elf
from tests.programs import M_BASE, elf, li

GUESTS = Path(__file__).parents[3] / "gdbstub" / "guests"
WORLDS, HYPERVISOR = GUESTS / "worlds.elf", GUESTS / "hypervisor.elf"
QEMU = shutil.which("qemu-system-riscv64")
KNOWN = Path(__file__).parents[2] / "lockstep" / "qemu_7_2.txt"
DIFFERENT = 5

Captured = pytest.CaptureFixture[str]


@contextmanager
def served(image: Path) -> Iterator[int]:
    """The port of our own server with an image."""
    with closing(LocalServer(Setup(image, engine="reference"))) as server:
        yield server.port


@contextmanager
def emulated(image: Path, firmware: str = "none", cpu: str = "rv64,h=true,sstc=true") -> Iterator[int]:
    """The port of QEMU's."""
    assert QEMU, "qemu-system-riscv64 is not installed: apt-get install -y qemu-system-misc"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    machine = ["-M", "virt", "-cpu", cpu, "-m", "256M", "-bios", firmware, "-kernel", str(image)]
    quiet = ["-nographic", "-serial", "null", "-monitor", "none", "-S", "-gdb", f"tcp:127.0.0.1:{port}"]
    process = subprocess.Popen([QEMU, *machine, *quiet], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await_listener(port)
        yield port
    finally:
        process.kill()
        process.wait()


def await_listener(port: int) -> None:
    """QEMU's stub takes one connection after another: one that says nothing does no harm."""
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "QEMU did not listen"
            time.sleep(0.05)
        else:
            return


def lockstep(image: Path, port: int, *options: str) -> int:
    return status_of(["lockstep", str(image), "--against", f"tcp:127.0.0.1:{port}", "--uart", "none", "-q", *options])


def reported(capfd: Captured) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


# --- the same -------------------------------------------------------------------------------------------------------


def test_our_own_server_agrees(capfd: Captured) -> None:
    with served(HYPERVISOR) as port:
        assert lockstep(HYPERVISOR, port, "--from", "gstage_new", "--max-instructions", "300", "--json") == 0
    found = reported(capfd)
    assert (found["instructions"], found["difference"], found["apart"]) == (300, None, {})


def test_every_register_of_a_world_switch_is_compared(capfd: Captured) -> None:
    with served(WORLDS) as port:
        assert lockstep(WORLDS, port, "--max-instructions", "400", "--every", "20") == 0
    assert capfd.readouterr().out.startswith("no difference in 400 instructions: the instructions asked for are done")


@pytest.mark.parametrize(("image", "firmware"), [(WORLDS, "none"), (HYPERVISOR, "default")])
def test_qemu_agrees_about_a_guest(image: Path, firmware: str, capfd: Captured) -> None:
    with emulated(image, firmware) as port:
        assert lockstep(image, port, "--max-instructions", "1200", "--every", "40", "--json") == 0
    found = reported(capfd)
    assert found["instructions"] == 1200
    assert found["full_comparisons"] >= 30
    assert "mstatus" not in found["apart"]
    assert "hstatus" not in found["apart"]


def test_qemu_agrees_about_a_random_hypervisor(tmp_path: Path, capfd: Captured) -> None:
    """Step for step through both stages, refused instructions and interrupts, but for what is known of QEMU 7.2."""
    image = corpus(seed=2, count=2).image
    path = tmp_path / "worlds.elf"
    path.write_bytes(Elf([(M_BASE, M_BASE, image, len(image))], {}, M_BASE).build())
    with emulated(path, cpu=CPU) as port:
        status = lockstep(path, port, "--isa", ISA, "--ignore", f"@{KNOWN}", "--max-instructions", "1500", "--json")
    found = reported(capfd)
    assert (status, found["difference"], found["instructions"]) == (0, None, 1500)
    assert found["full_comparisons"] > 300


# --- planted differences --------------------------------------------------------------------------------------------

START = ("addi t0,zero,1", "addi t1,zero,2", *li("t2", 0x8000_0800))
PLANTED = [
    ("add t0,t0,t1", "sub t0,t0,t1", "t0", (3, (1 << 64) - 1), "add"),
    ("sd t1,0(t2)", "sd t0,0(t2)", "8 bytes at 0x80000800", (2, 1), "sd"),
    ("csrrw zero,mscratch,t1", "csrrw zero,mscratch,t0", "mscratch", (2, 1), "mscratch"),
    ("csrrs zero,hstatus,t3", "csrrs zero,hstatus,zero", "hstatus", (0x2_0000_0080, 0x2_0000_0000), "hstatus"),
]


@pytest.mark.parametrize(("ours", "theirs", "name", "values", "touched"), PLANTED)
def test_the_first_difference_is_told(
    ours: str, theirs: str, name: str, values: tuple[int, int], touched: str, tmp_path: Path, capfd: Captured
) -> None:
    first, second = (
        elf(tmp_path / file, [*START, "addi t3,zero,128", line, "addi t4,zero,1", "jal zero,."])
        for file, line in (("ours.elf", ours), ("theirs.elf", theirs))
    )
    with served(second) as port:
        assert lockstep(first, port, "--max-instructions", "50", "--json") == DIFFERENT
    found = reported(capfd)["difference"]
    assert found["instruction"].startswith(ours.split()[0])
    assert found["number"] == len(START) + 2
    assert [(c["name"], c["here"], c["there"]) for c in found["changes"]] == [(name, *values)]
    assert touched in [each["name"] for each in found["touched"]]
    assert found["here"]["t1"] == found["there"]["t1"] == 2


def test_a_persons_report(tmp_path: Path, capfd: Captured) -> None:
    lines = [*START, "addi t3,zero,128", "csrrs zero,hstatus,t3", "jal zero,."]
    mine, other = elf(tmp_path / "a.elf", lines), elf(tmp_path / "b.elf", [*lines[:-2], "addi zero,zero,0", lines[-1]])
    with served(other) as port:
        assert lockstep(mine, port) == DIFFERENT
    said = capfd.readouterr().out
    assert f"the machines differ behind instruction {len(lines) - 1}, in M-mode" in said
    assert "hstatus (SPV)  0x200000080  0x200000000" in said


def test_what_is_ignored_does_not_stop(tmp_path: Path, capfd: Captured) -> None:
    lines = [*START, "addi t3,zero,128", "csrrs zero,hstatus,t3", "csrrw zero,mscratch,t1", "jal zero,."]
    mine = elf(tmp_path / "a.elf", lines)
    other = elf(tmp_path / "b.elf", [line.replace("hstatus,t3", "hstatus,zero") for line in lines])
    known = tmp_path / "known.txt"
    known.write_text("# why\nhstatus.SPV at csrrs csrrc   # planted\n\n")
    for ignore in ("hstatus", "hstatus.SPV", f"@{known}"):
        with served(other) as port:
            assert lockstep(mine, port, "--ignore", ignore, "--max-instructions", "20") == 0
    assert "hstatus differed 1 times as --ignore says" in capfd.readouterr().out
    with served(other) as port:
        assert lockstep(mine, port, "--ignore", "hstatus.SPVP", "--max-instructions", "20") == DIFFERENT


@pytest.mark.rule("H_virtinst_vs_sret_vtsr1")
def test_a_traps_rule_is_told(tmp_path: Path, capfd: Captured) -> None:
    """VTSR makes VS-mode's SRET a virtual instruction; the other machine's program leaves VTSR alone."""
    handler, guest = 0x8000_0000 + 4 * 40, 0x8000_0000 + 4 * 36
    enter = [*li("t0", handler), "csrrw zero,mtvec,t0", *li("t0", guest), "csrrw zero,mepc,t0"]
    enter += ["addi t0,zero,-1", "csrrw zero,pmpaddr0,t0", "csrrwi zero,pmpcfg0,31"]
    enter += ["addi t0,zero,1", "slli t1,t0,39", "csrrs zero,mstatus,t1", "slli t1,t0,11", "csrrs zero,mstatus,t1"]
    enter += ["slli t1,t0,22", "csrrs zero,hstatus,t1", "mret"]
    lines = [*enter, *["addi zero,zero,0"] * (36 - len(enter)), *["sret"] * 4, "jal zero,."]
    mine = elf(tmp_path / "a.elf", lines)
    other = elf(tmp_path / "b.elf", [line.replace("hstatus,t1", "hstatus,zero") for line in lines])
    with served(other) as port:
        assert lockstep(mine, port, "--ignore", "hstatus", "--max-instructions", "80", "--json") == DIFFERENT
    found = reported(capfd)["difference"]
    assert (found["instruction"], found["mode"]) == ("sret", "VS")
    assert found["traps"][0]["rule"] == "H_virtinst_vs_sret_vtsr1"
    assert found["touched"][0]["name"] == "H_virtinst_vs_sret_vtsr1"


# --- what is no second opinion --------------------------------------------------------------------------------------

WRONG = [
    (["--against", "localhost"], "'localhost' is no target; write it like tcp:localhost:1234"),
    (["--against", "tcp:localhost:99999"], "'tcp:localhost:99999' is no target"),
    (["--against", "tcp:127.0.0.1:1", "--timeout", "2"], "cannot connect to 127.0.0.1:1"),
    (["--against", "tcp:127.0.0.1:1", "--harts", "2"], "lockstep steps one hart with the reference engine"),
    (["--against", "tcp:127.0.0.1:1", "--ignore", "hstatus.SPX"], "hstatus has no field 'SPX'; it has"),
    (["--against", "tcp:127.0.0.1:1", "--ignore", "nonsense"], "there is no register 'nonsense'"),
    (["--against", "tcp:127.0.0.1:1", "--ignore", "a0 at fly"], "there is no instruction 'fly'"),
    (["--against", "tcp:127.0.0.1:1", "--ignore", "@absent"], "cannot read the list of differences absent"),
    (["--against", "tcp:127.0.0.1:1", "--from", "nowhere"], "there is no symbol 'nowhere'"),
    ([], "Missing option '--against'"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG)
def test_wrong_input(options: list[str], sentence: str, capfd: Captured) -> None:
    assert status_of(["lockstep", str(WORLDS), "-q", "--uart", "none", *options]) == 2
    out, err = capfd.readouterr()
    assert sentence in err
    assert "Traceback" not in err
    assert out == ""


def test_another_place(tmp_path: Path, capfd: Captured) -> None:
    image, elsewhere = elf(tmp_path / "a.elf", ["jal zero,."]), elf(tmp_path / "b.elf", ["jal zero,."], 0x8000_1000)
    with served(elsewhere) as port:
        assert lockstep(image, port, "--timeout", "1") == 2
    assert "the machine did not stop in its time" in capfd.readouterr().err


REGISTERS = "".join(f'<reg name="x{n}" bitsize="64" regnum="{n}"/>' for n in range(32))
DESCRIPTION = f'<target><feature>{REGISTERS}<reg name="pc" bitsize="64" regnum="32"/></feature></target>'


@contextmanager
def canned(description: str) -> Iterator[int]:
    """A target that stands at 0x80000000 and can do nothing."""
    answers = {
        b"qXfer:features": f"l{description}",
        b"?": "S05",
        b"qSupported": "PacketSize=400",
        b"g": "0" * 512 + "0000008000000000",
    }
    answers[b"p20"] = "0000008000000000"

    def answer(connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(4096):
                for packet in data.split(b"$")[1:]:
                    known = (said for start, said in answers.items() if packet.startswith(start))
                    payload = next(known, "").encode()
                    connection.sendall(b"+$%s#%02x" % (payload, sum(payload) & 255))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = threading.Thread(target=lambda: answer(listener.accept()[0]), daemon=True)
        worker.start()
        yield listener.getsockname()[1]
        worker.join(10)


def test_a_target_that_cannot_step(tmp_path: Path, capfd: Captured) -> None:
    with canned(DESCRIPTION) as port:
        assert lockstep(elf(tmp_path / "a.elf", ["jal zero,."]), port, "--timeout", "5") == 2
    assert f"the target at 127.0.0.1:{port} cannot step" in capfd.readouterr().err


def test_a_target_of_another_architecture(tmp_path: Path, capfd: Captured) -> None:
    with canned('<target><feature><reg name="eax" bitsize="32"/></feature></target>') as port:
        assert lockstep(elf(tmp_path / "a.elf", ["jal zero,."]), port, "--timeout", "5") == 2
    assert f"the target at 127.0.0.1:{port} does not describe the registers of an RV64 hart" in capfd.readouterr().err
