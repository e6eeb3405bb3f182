"""The demonstration, played to its end with a real gdb."""

from __future__ import annotations

import subprocess
import sys

from gdbstub.demo.story import STORY


def test_the_story_is_played_to_its_end() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gdbstub", "demo"], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    for scene in STORY:
        assert scene.title in done.stdout
    for shown in (
        "= [ SPVP=S VGEIN=0 VTVM VTW VTSR VSXL=RV64 HUPMM=Off ]",
        "= H_virtinst_vs_sret_vtsr1",
        "SRET in VS-mode while hstatus.VTSR=1",
        "caught load-guest-page-fault: VS (vmid 9) -> HS",
        "exited normally",
        "155 checks passed, 0 failed",
    ):
        assert shown in done.stdout


def test_a_missing_gdb_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gdbstub", "demo", "--gdb", "no-such-gdb"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "no-such-gdb" in done.stderr
