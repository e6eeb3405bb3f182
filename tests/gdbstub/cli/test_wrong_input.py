"""What the user got wrong: one sentence that names the value and the remedy, status 2, no traceback."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from gdbstub.__main__ import status_of
from tests.machine.board.test_elf import Elf
from tests.programs import M_BASE, PASS, elf

CASES = [
    ("run", "give an IMAGE to start, or --kernel"),
    ("run absent.elf", "cannot read absent.elf: No such file or directory"),
    ("run .", "cannot read .: Is a directory"),
    ("run text", "text is not an ELF; give --load ADDR"),
    ("run empty", "empty is empty; give an ELF64 RISC-V executable"),
    ("run rv32.elf", "rv32.elf is a 32-bit ELF (RV32); this machine is RV64"),
    ("run x86.elf", "x86.elf is an ELF for EM_X86_64, not for RISC-V"),
    ("run outside.elf", "outside.elf needs memory at 0x10000 to 0x10010"),
    ("run overlap.elf", "overlap.elf has overlapping segments"),
    ("run cut.elf", "truncated"),
    ("run ok.elf --load 0x80000000", "is an ELF and says itself where it loads; leave --load 0x80000000 out"),
    ("run text --load 0x1000", "text needs memory at 0x1000"),
    ("run text --load here", "'here' is no address; write it like 0x80200000"),
    ("run text --load -1", "'-1' is not an address of 64 bits"),
    ("run ok.elf --memory 12Q", "'12Q' is no size; write it like 256M"),
    ("run ok.elf --memory 1K", "--memory 1024: give at least 1M"),
    ("run ok.elf --memory 90000000000G", "the host cannot provide"),
    ("run ok.elf --harts 0", "--harts 0 is outside 1–8"),
    ("run ok.elf --harts 9", "--harts 9 is outside 1–8"),
    ("run ok.elf --harts two", "'two' is not a valid integer"),
    ("run ok.elf --isa rv32gc", "--isa 'rv32gc' is not an RV64 ISA string"),
    ("run ok.elf --isa rv64gc", "omits H"),
    ("run ok.elf --firmware absent.elf", "cannot read absent.elf"),
    ("run ok.elf --firmware ok.elf", "overlaps"),
    ("run ok.elf --kernel ok.elf", "overlaps"),
    ("run ok.elf --initrd absent", "cannot read absent"),
    ("run ok.elf --dtb text", "text is not a flattened device tree"),
    ("run ok.elf --append \u00e9", "not printable ASCII"),
    ("run ok.elf --dump-dtb none/tree", "cannot write none/tree: No such file or directory; choose another"),
    ("run ok.elf --uart serial", "'serial' is none of stdio, none, file:PATH, tcp:PORT"),
    ("run ok.elf --uart tcp:70000", "'tcp:70000' is none of"),
    ("run ok.elf --uart file:none/console", "cannot write none/console"),
    ("run ok.elf --engine fast", "'fast' is not one of 'auto', 'reference', 'native'"),
    ("run ok.elf --max-instructions -1", "-1 is not in the range x>=0"),
    ("run ok.elf --max-instructions many", "'many' is not a valid integer"),
    ("run ok.elf --signature s", "ok.elf has no symbol 'begin_signature'"),
    ("run backwards.elf --signature s", "begin_signature must come before end_signature"),
    ("run ok.elf --signature s --signature-granularity 5", "'5' is not one of '4', '8', '16'"),
    ("run ok.elf --trace none/trace", "cannot write none/trace"),
    ("run half_htif.elf", "has the symbol tohost but not fromhost"),
    ("run ok.elf --initrd text --dtb tree.dtb", "with --dtb, put them there"),
    ("run ok.elf more", "Got unexpected extra argument (more)"),
    ("run ok.elf --frobnicate", "No such option '--frobnicate'"),
    ("frobnicate", "No such command 'frobnicate'"),
    ("serve ok.elf --port 70000", "70000 is not in the range 0<=x<=65535"),
    ("serve ok.elf --port http", "'http' is not a valid integer"),
    ("serve ok.elf --host 203.0.113.1 --port 0", "this computer has no such address; 127.0.0.1 always exists"),
    ("serve ok.elf --host no.such.host.invalid --port 0", "cannot listen on port 0 of no.such.host.invalid"),
    ("serve", "give an IMAGE to start"),
    ("debug ok.elf --gdb absent-gdb", "there is no absent-gdb; install it with: apt install gdb-multiarch"),
    ("debug", "Missing argument 'IMAGE'"),
]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    good = elf(Path("ok.elf"), PASS).read_bytes()
    Path("text").write_text("hello")
    Path("empty").touch()
    Path("rv32.elf").write_bytes(good[:4] + b"\x01" + good[5:])
    Path("x86.elf").write_bytes(Elf(machine=62).build())
    Path("outside.elf").write_bytes(Elf([(0x1_0000, 0x1_0000, b"code", 16)]).build())
    Path("overlap.elf").write_bytes(Elf([(M_BASE, M_BASE, b"code", 16), (M_BASE + 8, M_BASE + 8, b"x", 1)]).build())
    Path("cut.elf").write_bytes(good[: len(good) // 2])
    elf(Path("half_htif.elf"), PASS, symbols={"tohost": M_BASE + 0x100})
    elf(Path("backwards.elf"), PASS, symbols={"begin_signature": M_BASE + 64, "end_signature": M_BASE})
    assert status_of(["run", "--dump-dtb", "tree.dtb"]) == 0
    return tmp_path


@pytest.mark.parametrize(("line", "sentence"), CASES)
@pytest.mark.usefixtures("files")
def test_one_sentence_and_status_2(line: str, sentence: str, capfd: pytest.CaptureFixture[str]) -> None:
    status = status_of(line.split())
    out, err = capfd.readouterr()
    complaint = err.splitlines()[-1]
    assert status == 2
    assert complaint.startswith("hartbreak: ")
    assert sentence in complaint
    assert "Traceback" not in err
    assert out == ""


@pytest.mark.usefixtures("files")
def test_a_busy_port(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert status_of(["serve", "ok.elf", "-q", "--port", str(port)]) == 2
        assert status_of(["run", "ok.elf", "-q", "--uart", f"tcp:{port}"]) == 2
    first, second = capfd.readouterr().err.splitlines()
    assert first.endswith(
        f"cannot listen on port {port} of 127.0.0.1: it is in use; choose another one, or 0 for any that is free"
    )
    assert second.startswith(f"hartbreak: --uart tcp:{port}: cannot listen there")


def test_help_teaches(capfd: pytest.CaptureFixture[str]) -> None:
    for command in ("run", "serve", "debug"):
        assert status_of([command, "--help"]) == 0
        text = capfd.readouterr().out
        assert f"hartbreak {command} kernel.elf" in text
        assert "--memory SIZE" in text
    assert status_of([]) == 0
    assert "hartbreak run kernel.elf" in capfd.readouterr().out
