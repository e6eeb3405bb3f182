"""``hartbreak run``: exit statuses, the report, the files it writes, and input on the serial line."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gdbstub.__main__ import status_of
from machine.config import Config
from machine.engine.engine import Halt
from machine.engine.lockstep import LockstepEngine
from machine.engine.reference import ReferenceEngine
from machine.engines import make_engine
from machine.hart.hart import Hart
from machine.isa.decode import Decoder
from tests.programs import M_BASE, PASS, S_BASE, elf, fail, li, sbi
from tests.tools import OPENSBI, needed_file

GUESTS = Path(__file__).parents[3] / "gdbstub" / "guests"
UART = ("lui s0,0x10000",)
ECHO = (
    *UART,
    "lb s1,5(s0)",  # LSR
    "andi s1,s1,1",
    f"beq s1,zero,{M_BASE + 4:#x}",
    "lb s2,0(s0)",
    "sb s2,0(s0)",
    "addi s3,zero,0x71",  # q
    f"bne s2,s3,{M_BASE + 4:#x}",
)


def hartbreak(*arguments: object, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gdbstub", *map(str, arguments)]
    return subprocess.run(command, text=True, capture_output=True, timeout=60, **more)  # type: ignore[call-overload, no-any-return]


def test_pass_and_what_it_says(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    image = elf(tmp_path / "p.elf", PASS)
    assert status_of(["run", str(image)]) == 0
    out, err = capfd.readouterr()
    assert out == ""
    first, last = err.splitlines()
    assert first == f"hartbreak: {image} starts at 0x80000000 in M-mode, no firmware; --firmware chooses otherwise"
    assert last.startswith("hartbreak: pass; 4 instructions in ")


@pytest.mark.parametrize(("asked", "status"), [(7, 7), (255, 255), (256, 1), (2, 2)])
def test_a_failure_has_the_guests_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], asked: int, status: int
) -> None:
    image = elf(tmp_path / "f.elf", fail(asked))
    assert status_of(["run", "--json", "-q", str(image)]) == status
    report = json.loads(capfd.readouterr().out)
    assert (report["result"], report["status"], report["code"]) == ("fail", status, asked)


@pytest.mark.parametrize(
    ("guest", "arguments", "status", "text"),
    [
        ("hello", [], 0, "hello"),
        ("fail", [], 7, "code 7"),
        ("htif", [], 3, "htif console speaking\nwritten by the host's write call"),
        ("two_harts", ["--harts", "2"], 0, "two harts"),
    ],
)
def test_the_guests_that_we_ship(
    capfd: pytest.CaptureFixture[str], guest: str, arguments: list[str], status: int, text: str
) -> None:
    assert status_of(["run", "-q", *arguments, str(GUESTS / f"{guest}.elf")]) == status
    assert text in capfd.readouterr().out.replace("\r", "")


def test_too_many_instructions(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    image = elf(tmp_path / "loop.elf", ["jal zero,."])
    assert status_of(["run", "-q", "--max-instructions", "1234", str(image)]) == 3
    assert "did not end within --max-instructions (1234 cycles); 1,234 instructions" in capfd.readouterr().err


def test_the_limit_is_not_exceeded_by_ending_with_it(tmp_path: Path) -> None:
    image = elf(tmp_path / "p.elf", PASS)
    assert status_of(["run", "-q", "--max-instructions", "4", str(image)]) == 0
    assert status_of(["run", "-q", "--max-instructions", "3", str(image)]) == 3


def test_nothing_will_wake_the_harts(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    image = elf(tmp_path / "wfi.elf", ["wfi", "jal zero,."])
    assert status_of(["run", "-q", "--json", str(image)]) == 4
    out, err = capfd.readouterr()
    assert json.loads(out)["result"] == "idle"
    assert "every hart waits for an interrupt that nothing will raise" in err


def test_a_reset_starts_again(tmp_path: Path) -> None:
    """The finisher's 0x7777 reboots; RAM is as it was at first, so this ends only by the limit."""
    again = ("lui t0,0x100", "lui t1,0x7", "addi t1,t1,0x777", "sw t1,0(t0)")
    assert status_of(["run", "-q", "--max-instructions", "1000", str(elf(tmp_path / "r.elf", again))]) == 3


def test_a_raw_binary(tmp_path: Path) -> None:
    from tests.programs import code

    raw = tmp_path / "raw.bin"
    raw.write_bytes(code(fail(9), S_BASE))
    assert status_of(["run", "-q", "--load", hex(S_BASE), str(raw)]) == 9
    assert status_of(["run", "-q", "--firmware", "none", "--kernel", str(raw)]) == 9


@pytest.mark.parametrize(("granularity", "digits"), [(4, 8), (8, 16), (16, 32)])
def test_signature(tmp_path: Path, granularity: int, digits: int) -> None:
    at = M_BASE + 0x400
    store = (*li("s0", at), "addi s1,zero,-2", "sw s1,0(s0)", "addi s1,zero,7", "sd s1,8(s0)")
    image = elf(tmp_path / "s.elf", (*store, *PASS), symbols={"begin_signature": at, "end_signature": at + 16})
    file = tmp_path / "signature"
    arguments = ["--signature", str(file), "--signature-granularity", str(granularity)]
    assert status_of(["run", "-q", *arguments, str(image)]) == 0
    lines = file.read_text().splitlines()
    assert [len(line) for line in lines] == [digits] * (16 // granularity)
    words = "".join(reversed([f"{part:08x}" for part in (0xFFFFFFFE, 0, 7, 0)]))
    assert "".join(reversed(lines)) == words


def test_trace_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    image = elf(tmp_path / "t.elf", ["csrrs a0,mhartid,zero", "addi a0,a0,1", *PASS])
    assert status_of(["run", "-q", "--trace", str(file), str(image)]) == 0
    first, second, *_ = file.read_text().splitlines()
    assert first.split(maxsplit=5) == ["1", "0", "M", "0000000080000000", "f1402573", "csrrs a0,mhartid,zero"]
    assert second.split()[-2:] == ["addi", "a0,a0,1"]


def test_builtin_firmware_is_chosen_for_an_s_mode_image(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    image = elf(tmp_path / "s.elf", sbi(0x53525354, 0, 0, 0), base=S_BASE)
    assert status_of(["run", str(image)]) == 0
    assert "starts at 0x80200000 in HS-mode, built-in firmware serves SBI" in capfd.readouterr().err


def test_input_by_a_pipe(tmp_path: Path) -> None:
    done = hartbreak("run", "-q", elf(tmp_path / "echo.elf", (*ECHO, *PASS)), input="abcq")
    assert (done.returncode, done.stdout, done.stderr) == (0, "abcq", "")


def test_input_wakes_a_guest_that_waits_for_it(tmp_path: Path) -> None:
    """The UART's interrupt goes through the PLIC to M-mode; until something is typed the machine is idle."""
    plic = ("lui s1,0xc000", "addi s2,zero,1", "sw s2,40(s1)", "lui s3,0xc002", "addi s2,zero,0x400", "sw s2,0(s3)")
    enable = (*UART, "addi s2,zero,1", "sb s2,1(s0)", *plic, *li("s2", 0x800), "csrrw zero,mie,s2", "wfi")
    image = elf(tmp_path / "wait.elf", (*enable, "lb s2,0(s0)", "sb s2,0(s0)", *PASS))
    assert hartbreak("run", "-q", image, input="!").stdout == "!"
    assert hartbreak("run", "-q", image, stdin=subprocess.DEVNULL).returncode == 4


def test_the_line_on_tcp(tmp_path: Path) -> None:
    image = elf(tmp_path / "echo.elf", (*ECHO, *PASS))
    command = [sys.executable, "-m", "gdbstub", "run", "--uart", "tcp:0", str(image)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as running:
        assert running.stderr is not None
        said = running.stderr.readline()
        assert said.startswith("hartbreak: the serial line is at 127.0.0.1:")
        with socket.create_connection(("127.0.0.1", int(said.rsplit(":", 1)[1]))) as line:
            line.sendall(b"hi q")
            received = b""
            while data := line.recv(100):
                received += data
        assert running.wait(30) == 0
    assert received == b"hi q"


def test_the_line_to_a_file_and_to_nowhere(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "console"
    image = str(GUESTS / "hello.elf")
    assert status_of(["run", "-q", "--uart", f"file:{file}", image]) == 0
    assert "hello" in file.read_text()
    assert status_of(["run", "-q", "--uart", "none", image]) == 0
    assert capfd.readouterr().out == ""


def test_ctrl_c(tmp_path: Path) -> None:
    image = elf(tmp_path / "loop.elf", ["jal zero,."])
    command = [sys.executable, "-m", "gdbstub", "run", "--json", str(image)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stderr is not None
        running.stderr.readline()  # what starts where: the machine is built
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert json.loads(out)["result"] == "interrupted"
    assert "interrupted by Ctrl-C" in err
    assert "Traceback" not in err


def test_a_reader_that_has_enough(tmp_path: Path) -> None:
    image = elf(tmp_path / "loop.elf", ["jal zero,."])
    reading, writing = os.pipe()
    command = [sys.executable, "-m", "gdbstub", "run", "-q", "--trace", "-", str(image)]
    with subprocess.Popen(command, stdout=writing, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as running:
        os.close(writing)
        os.read(reading, 100)
        os.close(reading)
        _, err = running.communicate(timeout=30)
    assert (running.returncode, err) == (141, b"")


@pytest.mark.parametrize("option", ["--uart file:/dev/full", "--trace /dev/full", "--signature /dev/full"])
def test_a_full_disk(capfd: pytest.CaptureFixture[str], tmp_path: Path, option: str) -> None:
    show = (*UART, "addi s1,zero,0x21", "sb s1,0(s0)", *PASS)
    image = elf(tmp_path / "p.elf", show, symbols={"begin_signature": M_BASE, "end_signature": M_BASE + 16})
    assert status_of(["run", "-q", *option.split(), str(image)]) == 2
    complaint = "hartbreak: cannot write: No space left on device; make room or write elsewhere\n"
    assert capfd.readouterr().err == complaint


@pytest.mark.timeout(300)
def test_opensbi_starts_the_hypervisor(capfd: pytest.CaptureFixture[str]) -> None:
    """Debian's firmware in M-mode from a file; our hypervisor finds itself in HS-mode and all its checks pass."""
    firmware = needed_file(OPENSBI)
    image = GUESTS / "hypervisor.elf"
    assert status_of(["run", "--firmware", str(firmware), "--max-instructions", "20000000", str(image)]) == 0
    out, err = capfd.readouterr()
    assert "OpenSBI v1" in out
    assert "Boot HART Base ISA        : rv64imafdc" in out
    assert "0 failed" in out
    assert "starts at 0x80000000 in M-mode" in err


class Wrong(ReferenceEngine):
    """Leaves 1 in t6 wherever it goes."""

    name = "wrong"

    def run(self, hart: Hart, budget: int) -> tuple[Halt, int]:
        ended = super().run(hart, budget)
        hart.x[31] = 1
        return ended


def test_lockstep(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    image = elf(tmp_path / "p.elf", PASS)
    assert status_of(["run", "-q", "--engine", "lockstep", str(image)]) == 0

    def planted(name: str, config: Config, progress: object) -> LockstepEngine:
        return LockstepEngine(make_engine("reference", config), Wrong(Decoder(config.isa.extensions)))

    monkeypatch.setattr("gdbstub.cli.computer.make_engine", planted)
    capfd.readouterr()
    assert status_of(["run", "--json", "--engine", "lockstep", str(image)]) == 5
    out, err = capfd.readouterr()
    report = json.loads(out)
    assert (report["result"], report["divergence"]["pc"]) == ("diverged", 0x80000000)
    assert report["divergence"]["changes"] == [{"name": "t6", "before": 0, "reference": 0, "subject": 1}]
    assert "wrong and reference differ: hart 0, cycle 0, M-mode (V=0)" in err
    assert "hartbreak: the engines differ (above); 0 instructions" in err
