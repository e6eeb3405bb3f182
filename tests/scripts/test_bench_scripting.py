"""The measurement of scripted sessions, in its shortest form."""

from __future__ import annotations

import re

from click.testing import CliRunner

from scripts.benchmark.scripting import main
from tests.tools import GDB, needed


def test_it_measures_every_session_beside_gdbs_own_loop() -> None:
    needed(GDB)
    done = CliRunner().invoke(main, ["--steps", "20", "--runs", "1"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    rates = dict(re.findall(r"^(.+?) +(\d+) steps/s", done.output, re.MULTILINE))
    assert set(rates) == {"gdb's Python", "Session", "RspSession", "DirectSession"}
    assert all(int(rate) > 0 for rate in rates.values())
    assert re.search(r"Session / gdb's Python: \d+\.\d+ by the clock", done.output)
