"""hv commands, $gva and $gpa, the prompt and the window, inside a stock gdb."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from gdbstub.cli.gdb_script import GDB_SCRIPT
from gdbstub.scripting import Gdb, GdbError, Prompt
from tests.debugger.conftest import Again
from tests.debugger.terminal import typed_at
from tests.tools import GDB, needed

ROOT = Path(__file__).parents[2]
RULE = "H_virtinst_vs_sret_vtsr1"


@pytest.fixture
def trapped(again: Again) -> Prompt:
    """A guest's SRET has just trapped into the hypervisor."""
    session = again("hypervisor", "--engine", "reference")
    session.command(f"source {GDB_SCRIPT}")
    session.command("tbreak vs_sret_vtsr")
    session.run("continue")
    session.run("stepi")
    return session


def test_the_commands_show_what_the_server_knows(trapped: Prompt) -> None:
    status = trapped.command("hv status").splitlines()
    assert status[0] == "hart 0 is in HS-mode: V=0"
    assert status[1].endswith(" <vm_exit>")
    assert status[-1].endswith(f"<vs_sret_vtsr> 'sret' tval 0x10200073 {RULE}")
    assert trapped.command("hv traps 2").splitlines()[-1] in status[-1]
    assert f"rule        {RULE}" in trapped.command("hv why")
    assert trapped.command("hv csr hgatp.VMID") == "  57:44  hgatp.VMID   0x7\n"
    assert trapped.command("hv csr").startswith("machine:")


def test_walk_takes_expressions_and_options(trapped: Prompt) -> None:
    walk = trapped.command("hv walk 0x40200000 + 8 --as VS --access w")
    assert walk.startswith("store as VS (SUM=1 MXR=0) at 0x40200008\n")
    assert walk == trapped.command("monitor walk 0x40200008 --as VS --access w")
    assert "G-stage" in trapped.command("hv walk 0x80200000 --guest-physical")
    assert "at 0x802015b4" in trapped.command("hv walk")


def test_a_csr_is_written_and_gdb_sees_it(trapped: Prompt) -> None:
    trapped.value("$hvip")
    assert trapped.command("hv csr hvip 2 + 2").startswith("hvip: 0x0 -> 0x4\n")
    assert "VSSIP" in trapped.value("$hvip")


def test_functions_translate(trapped: Prompt) -> None:
    """What the guest has at an address lies in memory where the function says."""
    assert trapped.value("/x $gva(0x40200000)") == "0x80600000"
    assert trapped.value("/x $gpa(0x80200000)") == "0x80600000"
    assert "sret" in trapped.command("x/i $gva(vs_sret_vtsr)")
    with pytest.raises(GdbError, match="0x1 leads nowhere: load-page-fault"):
        trapped.value("$gva(1)")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("hv csr hstatu", ["hv csr hstatus"]),
        ("hv csr hgatp.", ["hv csr hgatp.MODE", "hv csr hgatp.PPN", "hv csr hgatp.VMID"]),
        ("hv walk vs_sret_vt", ["hv walk vs_sret_vtsr"]),
        ("hv walk $pc --as V", ["hv walk $pc --as VS", "hv walk $pc --as VU"]),
        ("hv w", ["hv walk", "hv why"]),
    ],
)
def test_tab_completes(trapped: Prompt, typed: str, offered: list[str]) -> None:
    assert trapped.command(f"complete {typed}").splitlines() == offered


def test_wrong_input_gets_a_sentence(trapped: Prompt) -> None:
    wrong = {
        "hv status now": "hv status takes no arguments, and was given now",
        "hv walk nosymbol": 'No symbol "nosymbol" in current context',
        "hv csr hstaus": "did you mean 'hstatus'?",
        "hv walk 0 --as ME": "'ME' is not one of",
    }
    for line, sentence in wrong.items():
        with pytest.raises(GdbError) as error:
            trapped.command(line)
        assert sentence in str(error.value)
        assert "Traceback" not in str(error.value)


def test_the_prompt_shows_mode_and_guest(trapped: Prompt) -> None:
    shown = "python print(gdb.prompt_hook(gdb.prompt_hook('(gdb) ')).replace('\\x01', '').replace('\\x02', ''))"
    assert trapped.command(shown) == "[HS vmid 7] (gdb) \n"
    trapped.command("set hv-prompt off")
    assert trapped.command(shown) == "(gdb) \n"
    trapped.command("set hv-prompt on")


def test_each_hart_is_asked_for_itself(again: Again) -> None:
    """gdb's cached registers would leave the server with the hart of before."""
    session = again("two_harts", "--harts", "2", "--engine", "reference")
    session.command(f"source {GDB_SCRIPT}")
    for thread in (1, 2, 1):
        session.command(f"thread {thread}")
        assert session.command("hv status").startswith(f"hart {thread - 1} is in M-mode")


LOST = ("hv status", "hv walk 0", "hv why", "hv traps", "hv csr", "hv csr hgatp", "print $gva(0)", "print $gpa(0)")


def complaints(gdb: Gdb) -> set[str]:
    said = set()
    for line in LOST:
        with pytest.raises(GdbError) as error:
            gdb.command(line)
        said.add(error.value.message)
    assert gdb.command("python print(gdb.prompt_hook('(gdb) '))") == "(gdb) \n"
    assert gdb.command("complete hv csr hst") == ""
    return said


def test_without_a_connection_there_is_one_sentence() -> None:
    with Gdb(gdb=needed(GDB)) as gdb:
        gdb.command(f"source {GDB_SCRIPT}")
        assert complaints(gdb) == {
            "gdb is not connected to a machine; connect it to hartbreak: target remote HOST:PORT"
        }


def test_another_server_is_known_as_another() -> None:
    qemu = f"{needed('qemu-system-riscv64')} -M virt -display none -monitor none -serial none -bios none -S -gdb stdio"
    with Gdb(gdb=needed(GDB)) as gdb:
        gdb.command("set architecture riscv:rv64")
        gdb.command(f"target remote | {qemu}")
        gdb.command(f"source {GDB_SCRIPT}")
        said = "the server that gdb is connected to is not hartbreak, and has no answer to this"
        assert complaints(gdb) == {said}
        with suppress(GdbError):  # QEMU ends before it answers
            gdb.command("kill")


def test_the_window_and_the_prompt_on_a_terminal() -> None:
    """In the layout "hypervisor" a step into a trap shows what changed, in gdb's own text interface."""
    needed(GDB)
    guest = str(ROOT / "gdbstub" / "guests" / "hypervisor.elf")
    serve = [sys.executable, "-m", "gdbstub", "debug", "--engine", "reference", "--quiet", "--uart", "none", guest]
    lines = ["set pagination off", "tbreak vs_sret_vtsr", "continue", "layout hypervisor", "stepi"]
    screen = typed_at([*serve, "--", "-nx", *(word for line in lines for word in ("-ex", line))], until="[HS vmid 7]")
    assert re.search(r"hstatus 0x200700100 -> 0x200700180 +SPV 0x0 -> 0x1", screen)
    assert RULE[:20] in screen
    assert "no H or VS CSR changed" in screen  # when the window opened


def test_the_command_prints_the_path() -> None:
    done = subprocess.run([sys.executable, "-m", "gdbstub", "gdb-script"], capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == GDB_SCRIPT
    assert GDB_SCRIPT.exists()
