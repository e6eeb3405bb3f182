"""The pytest plugin as its users meet it: their tests, in a pytest of their own."""

from __future__ import annotations

import json
import os
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from gdbstub.__main__ import status_of
from tests.tools import GDB, needed

pytest_plugins = ["pytester"]

ROOT = Path(__file__).resolve().parents[3]
INSTALLED = any(entry.name == "hartbreak" for entry in metadata.entry_points(group="pytest11"))
QUIET = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
LOAD = () if INSTALLED else ("-p", "gdbstub.scripting.plugin")
ENGINES = ("reference", "native")


@pytest.fixture
def users(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty directory of a user's."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("COLUMNS", "200")
    pytester.makeini("[pytest]\n")  # the root directory
    return pytester


def run(users: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return users.runpytest_inprocess(*QUIET, *LOAD, *arguments)


GOOD = """
import pytest

pytestmark = [pytest.mark.hypervisor(image="hypervisor.elf"), pytest.mark.until("vm_enter")]


def test_it_starts_at_the_place(hypervisor, hart_machine, expect):
    expect.at("vm_enter")
    expect.mode("HS")
    assert hart_machine is hypervisor.machine
    assert hypervisor.console.startswith("hypervisor")
    hypervisor.memory.write("_start", bytes(64))
    hypervisor.break_at("vm_exit")
    hypervisor.monitor("catch world-switch")
    hypervisor.monitor("ledger on")
    hypervisor.cont()


@pytest.mark.parametrize("turn", range(3))
def test_every_test_starts_there(hypervisor, expect, turn):
    expect.at("vm_enter")
    assert hypervisor.memory.u64("_start") != 0
    assert hypervisor.monitor("catch")["causes"] == []
    stop = hypervisor.until("vm_exit")
    assert stop.location.symbol == "vm_exit"
    hypervisor.stepi(20)


@pytest.mark.until("vm_exit", count=3)
def test_of_another_place(hypervisor, expect):
    expect.at("vm_exit")
    expect.csr(hgatp__VMID=7, hstatus__SPV=1)


@pytest.mark.until("vs_sret_vtsr")
def test_expectations_that_hold(hypervisor, expect):
    trap = expect.trap("virtual-instruction", from_="VS", to="HS", rule="H_virtinst_vs_sret_vtsr1", at="vs_sret_vtsr")
    assert trap.instruction == "sret"
    expect.at("vm_exit")
    expect.steps(["vm_enter", "vm_exit", "vm_enter"])
    expect.no_trap("load-page-fault", until="vm_enter")
    expect.reaches("handle_hypercall")
    assert hypervisor.where().file.endswith("hypercall.c")


@pytest.mark.hypervisor(image="hello.elf")
@pytest.mark.until("main")
def test_an_end(expect):
    expect.ends()


@pytest.mark.hypervisor(image="two_harts.elf", harts=2)
@pytest.mark.until("main")
def test_of_another_machine(hypervisor):
    assert len(hypervisor.machine.harts) == 2
    hypervisor.hart = 1


@pytest.mark.hypervisor(image="two_harts.elf", harts=2)
@pytest.mark.until("main")
def test_hart_0_is_chosen_again(hypervisor):
    assert hypervisor.hart == 0
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_the_fixtures_serve_users_tests(users: pytest.Pytester, engine: str) -> None:
    users.makepyfile(test_good=GOOD)
    run(users, "--strict-markers", f"--hartbreak-engine={engine}").assert_outcomes(passed=9)


def test_they_serve_under_xdist(users: pytest.Pytester) -> None:
    users.makepyfile(test_good=GOOD)
    users.makepyfile(test_bad="def test_bad(hypervisor, expect):\n    expect.mode('VS')\n")
    users.makeini("[pytest]\nhartbreak_image = hypervisor.elf\n")
    found = users.runpytest_subprocess(*QUIET, *LOAD, "-n", "2", "--hartbreak-bundles=left", timeout=120)
    found.assert_outcomes(passed=9, failed=1)
    found.stdout.fnmatch_lines(
        ["*hartbreak: the machine*", "hart 0 in HS-mode, V=0, at *", "hartbreak replay *test_bad*"]
    )
    assert [path.name for path in (users.path / "left").iterdir()] == ["test_bad.py_test_bad.zip"]


BAD = """
import pytest

pytestmark = [pytest.mark.hypervisor("hypervisor.elf"), pytest.mark.until("vs_sret_vtsr")]


def test_trap(expect, hypervisor):
    expect.trap("virtual-instruction", rule="H_virtinst_vs_wfi", from_="VS")

def test_no_such_trap(expect, hypervisor):
    hypervisor.limit = 3000
    expect.trap("load-page-fault")

def test_no_trap(expect):
    expect.no_trap(until="vm_exit", from_="VS")

def test_csr(expect):
    expect.csr(hgatp__VMID=2, vsatp__MODE=8)

def test_steps(expect):
    expect.steps(["vm_exit", "handle_hypercall", "handle_virtual_instruction"])

def test_mode(expect):
    expect.mode("HS")

def test_at(expect):
    expect.at("vm_exit")

def test_registers(expect, hypervisor):
    hypervisor.regs.a0 = 4
    expect.registers(a0=5)

@pytest.mark.hypervisor("fail.elf")
@pytest.mark.until("main")
def test_end(expect):
    expect.ends(3)

@pytest.mark.hypervisor("hello.elf")
@pytest.mark.until("main")
def test_reaches(expect):
    expect.reaches("_start")

def test_plain(hypervisor):
    assert hypervisor.csr("hgatp").VMID == 9
"""

MESSAGES = {
    "trap": [
        "expected  virtual-instruction from VS by rule H_virtinst_vs_wfi",
        "came      cycle *, hart 0: virtual-instruction, VS to HS, at *<vs_sret_vtsr> at *provoke_vs.S:6 'sret', rule "
        "H_virtinst_vs_sret_vtsr1",
        "where     hart 0 in HS-mode at * <vm_exit> at *trap.S:*",
        "*rule        H_virtinst_vs_sret_vtsr1: SRET in VS-mode while hstatus.VTSR=1",
    ],
    "no_such_trap": ["came      it did not come: *within 3000 cycles", "traps     cycle *"],
    "no_trap": ["expected  no trap from VS until vm_exit", "came      *virtual-instruction, VS to HS, at *"],
    "csr": ["expected  hgatp.VMID=0x2, vsatp.MODE=0x8", "came      hgatp.VMID is 0x7 in hgatp=0x8*"],
    "steps": [
        "expected  vm_exit -> handle_hypercall -> handle_virtual_instruction",
        "came      step 2 of 3 is *<handle_virtual_instruction> at *, not handle_hypercall",
        "why       hart 0, trap *: 'sret' at *",
    ],
    "mode": ["expected  HS-mode", "came      VS-mode"],
    "at": ["expected  to be at vm_exit", "came      *<vs_sret_vtsr> at *provoke_vs.S:6"],
    "registers": ["expected  a0=0x5", "came      a0 is 0x4"],
    "end": ["expected  the guest to end with code 3", "came      exited with code 7: *"],
    "reaches": ["expected  to come to _start", "came      the guest ended its run: exited with code 0: *"],
    "plain": ["*assert 7 == 9*"],
}


def test_failures_explain_themselves(users: pytest.Pytester) -> None:
    users.makepyfile(test_bad=BAD)
    found = run(users, "--hartbreak-bundles=left")
    found.assert_outcomes(failed=len(MESSAGES))
    text = found.stdout.str()
    for name, lines in MESSAGES.items():
        part = text.split(f"_ test_{name} _")[1].split("\n____")[0]
        assert "gdbstub/scripting/expect.py" not in part, "the user's line is what is shown"
        matcher = pytest.LineMatcher([line.removeprefix("E").strip() for line in part.splitlines()])
        matcher.fnmatch_lines(lines)
        matcher.fnmatch_lines(["*hartbreak: the machine*", "hart 0 in *-mode, V=[01]*, at *<*> at *"])
        matcher.fnmatch_lines(["the guest*", f"hartbreak replay left/test_bad.py_test_{name}.zip"])
        if name not in ("end", "reaches"):
            matcher.fnmatch_lines(["the last traps:", "why the last one happened:"])


def test_a_bundle_opens_at_the_failure(users: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    users.makepyfile(test_bad=BAD)
    run(users, "--hartbreak-bundles=left", "-k", "registers or steps").assert_outcomes(failed=2)
    capsys.readouterr()
    for name, place in (("registers", "<vs_sret_vtsr>"), ("steps", "<handle_virtual_instruction>")):
        path = users.path / "left" / f"test_bad.py_test_{name}.zip"
        assert status_of(["replay", "--status", str(path)]) == 0
        out = capsys.readouterr().out
        assert place in out.splitlines()[-1] or place in out
        assert f"test_bad.py::test_{name}: " in out
    with zipfile.ZipFile(users.path / "left" / "test_bad.py_test_registers.zip") as archive:
        recorded = json.loads(archive.read("bundle.json"))["recorded"]
    assert [entry["kind"] for entry in recorded].count("Altered") == 1, "what the test wrote by hand"


WRONG = {
    "image": ("hypervisor('nowhere.elf')", "there is no file nowhere.elf"),
    "none": ("until('main')", "which image? Mark the test"),
    "word": ("hypervisor('hello.elf', hart=2)", "mark hypervisor has no word 'hart'; it has image, harts, memory"),
    "harts": ("hypervisor('hello.elf', harts=9)", "--harts 9 is outside 1–8"),
    "engine": ("hypervisor('hello.elf', engine='fast')", "there is no engine 'fast'"),
    "until": ("hypervisor('hello.elf'), pytest.mark.until('nowhere')", "there is no symbol 'nowhere'"),
    "never": ("hypervisor('hello.elf'), pytest.mark.until('main', count=2)", "the guest did not come to main"),
    "how": ("hypervisor('hello.elf'), pytest.mark.until()", "write it like until(place, count=1)"),
}


def test_what_is_wrong_with_a_mark_is_one_sentence(users: pytest.Pytester) -> None:
    marks = {
        name: "\n@".join(f"pytest.mark.{each}" for each in mark.split(", pytest.mark."))
        for name, (mark, _) in WRONG.items()
    }
    tests = [f"@{mark}\ndef test_{name}(hypervisor): pass\n" for name, mark in marks.items()]
    users.makepyfile(test_wrong="\n".join(["import pytest", *tests]))
    found = run(users)
    found.assert_outcomes(errors=len(WRONG))
    text = found.stdout.str()
    for name, (_, sentence) in WRONG.items():
        part = text.split(f"ERROR at setup of test_{name} ")[1].split("\n____")[0]
        assert sentence in part
        assert "Traceback" not in part
        assert "plugin.py" not in part


def test_the_readme_shows_what_happens(users: pytest.Pytester) -> None:
    section = (ROOT / "README.md").read_text().partition("## Tests of a hypervisor")[2].partition("\n## ")[0]
    test, shown = (block for block in section.split("\n\n") if block.startswith("    ")), list[str]()
    code: list[str] = []
    for block in test:
        lines = [line.removeprefix("    ") for line in block.splitlines()]
        (shown if lines[0].startswith("E ") else code).extend([*lines, ""])
    users.makepyfile(test_switch="\n".join(code))
    found = run(users, "--hartbreak-bundles", "failed", "--hartbreak-engine", "reference")
    found.assert_outcomes(failed=1, passed=1)
    found.stdout.fnmatch_lines([line.replace("[", "[[]") for line in shown if line])
    assert len(shown) > 3


def test_a_limit_ends_what_never_ends(users: pytest.Pytester) -> None:
    users.makepyfile("def test_it(expect):\n    expect.ends()\n")
    users.makeini("[pytest]\nhartbreak_image = loop.elf\nhartbreak_limit = 20_000\n")
    found = run(users)
    found.assert_outcomes(failed=1)
    found.stdout.fnmatch_lines(["*came      the machine did not stop within 20000 cycles"])
    users.makeini("[pytest]\nhartbreak_image = loop.elf\nhartbreak_limit = many\n")
    run(users).stdout.fnmatch_lines(["*hartbreak_limit = many: give a number of cycles"])


def test_nothing_is_loaded_before_it_is_used(users: pytest.Pytester) -> None:
    users.makepyfile(
        """
        import sys

        def test_it():
            assert not {"machine.machine", "pygdbmi", "trio", "rich"} & set(sys.modules)
        """
    )
    users.runpytest_subprocess(*QUIET, *LOAD, "-p", "no:xdist", timeout=60).assert_outcomes(passed=1)


def test_gdb_stands_at_the_place_too(users: pytest.Pytester, capsys: pytest.CaptureFixture[str]) -> None:
    needed(GDB)
    users.makepyfile(
        """
        import pytest

        pytestmark = [pytest.mark.hypervisor("switch_wrong_vmid.elf"), pytest.mark.until("world_switch")]

        def test_fails(gdb, expect):
            expect.at("world_switch")
            expect.steps(["world_switch", "vm_enter"])
            expect.csr(hgatp__VMID=2)

        def test_locals(gdb):
            assert "vm" in gdb.locals()
        """
    )
    found = run(users, "--hartbreak-bundles=left")
    found.assert_outcomes(failed=1, passed=1)
    found.stdout.fnmatch_lines(["*came      hgatp.VMID is 0x1 in *", "*hartbreak: the machine behind gdb*"])
    found.stdout.fnmatch_lines(["hart 0 in HS-mode, V=0, at *<vm_enter>*", "*ecall-vs, VS to HS, at *"])
    found.stdout.fnmatch_lines(["hartbreak replay left/*_test_fails.zip"])
    capsys.readouterr()
    assert status_of(["replay", "--status", *map(str, (users.path / "left").iterdir())]) == 0
    assert "<vm_enter>" in capsys.readouterr().out


def test_a_golden_trace_is_stored_and_compared(users: pytest.Pytester) -> None:
    users.makepyfile(
        test_trace="""
        import pytest

        @pytest.mark.until("world_switch")
        def test_steps(golden_trace, hypervisor):
            golden_trace("vm_enter")
            assert hypervisor.where().symbol == "vm_enter"
        """
    )
    image = "--hartbreak-image=switch.elf"
    run(users, image).assert_outcomes(failed=1)
    run(users, image, "--hartbreak-update-traces").assert_outcomes(passed=1)
    assert (users.path / "test_steps.trace").exists()
    run(users, image).assert_outcomes(passed=1)
    other = run(users, "--hartbreak-image=switch_wrong_vmid.elf")
    other.assert_outcomes(failed=1)
    other.stdout.fnmatch_lines(["*csr*hgatp*"])
