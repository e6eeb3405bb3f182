"""SBI served to running programs: calls, other harts, timers, interrupts and fences on the machine's own harts.

RISC-V SBI specification 2.0; each program ends by the finisher or by system reset.
"""

from __future__ import annotations

import pytest

from machine.config import Config, parse_isa
from machine.devices.finish import Finish
from machine.machine import Machine
from machine.run_exit import ExitReason, RunExit
from machine.spec.modes import Mode
from machine.startup.boot import Boot
from machine.startup.console import Console
from machine.startup.placement import raw_image
from tests.programs import PASS, S_BASE, code, fail, li, sbi

TIME, IPI, HSM, SRST, DBCN = 0x54494D45, 0x735049, 0x48534D, 0x53525354, 0x4442434E
OTHER = S_BASE + 0x800
"""Where the second program of a test lies."""
NO_SSTC = "rv64imafdch_zicsr_zifencei_zicntr"
STIE = "addi t0,zero,32"


class Board:
    """A machine with built-in firmware that runs ``first`` on hart 0 and holds ``other`` in memory."""

    def __init__(
        self, first: tuple[str, ...], other: tuple[str, ...] = (), harts: int = 1, isa: str | None = None
    ) -> None:
        self.output = b""
        config = Config(memory=16 << 20, harts=harts, **({"isa": parse_isa(isa)} if isa else {}))
        self.machine = Machine(config, self._show)
        text = code(first, S_BASE).ljust(OTHER - S_BASE, b"\0") + code(other, OTHER)
        self.console: Console = Boot(raw_image("test", S_BASE, text), builtin=True).install(self.machine)
        self.machine.reset()

    def _show(self, data: bytes) -> None:
        self.output += data

    def run(self, budget: int = 50_000) -> RunExit:
        return self.machine.run(budget)

    def finish(self, budget: int = 50_000) -> Finish:
        ended = self.run(budget)
        assert ended.reason is ExitReason.SHUTDOWN, ended
        assert isinstance(ended.detail, Finish)
        return ended.detail


def test_debug_console_and_system_reset() -> None:
    board = Board((*sbi(DBCN, 2, ord("k")), *sbi(SRST, 0, 0, 1)))
    assert board.finish().exit_status == 1
    assert board.output == b"k"


def test_an_unknown_call_is_refused_and_the_program_goes_on() -> None:
    board = Board((*sbi(0x7777, 0), "sub s0,zero,a0", "addi s0,s0,-2", *PASS))
    assert board.finish().exit_status == 0
    assert board.machine.harts[0].x[8] == 0  # a0 was NOT_SUPPORTED, −2


def test_typed_bytes_reach_the_debug_console() -> None:
    buffer = S_BASE + 0xF00
    board = Board((*sbi(DBCN, 1, 8, buffer, 0), *li("s1", buffer), "lb s2,1(s1)", *PASS))
    board.console.receive(b"xyz")
    board.finish()
    hart = board.machine.harts[0]
    assert (hart.x[10], hart.x[11], hart.x[18]) == (0, 3, ord("y"))


def test_a_stopped_hart_starts_where_it_is_told() -> None:
    start = sbi(HSM, 0, 1, OTHER, 0x55)
    board = Board((*start, "jal zero,."), ("addi s0,a0,0", "addi s1,a1,0", *PASS), harts=2)
    board.finish()
    hart = board.machine.harts[1]
    assert (hart.x[8], hart.x[9], hart.mode, hart.state.satp) == (1, 0x55, Mode.HS, 0)
    assert board.machine.harts[0].x[10] == 0


def test_a_hart_that_stops_itself_executes_nothing_more() -> None:
    stop = (*sbi(HSM, 1), "addi s0,zero,1", *PASS)
    board = Board((*sbi(HSM, 0, 1, OTHER, 0), *stop), ("wfi", *fail(1)), harts=2)
    ended = board.run()
    assert ended.reason is ExitReason.IDLE
    first = board.machine.harts[0]
    assert (first.state.stopped, first.x[8]) == (1, 0)


@pytest.mark.parametrize("isa", [None, NO_SSTC])
def test_the_timer_wakes_a_hart_with_and_without_sstc(isa: str | None) -> None:
    """WFI ends when STIP is pending and enabled in sie, whatever sstatus.SIE says; setting it anew clears it."""
    wait = (*sbi(TIME, 0, 1000), STIE, "csrrw zero,sie,t0", "wfi", "csrrs s0,sip,zero", "csrrs s1,time,zero")
    clear = (*sbi(TIME, 0, 2000), "csrrs s2,sip,zero", *PASS)
    board = Board((*wait, *clear), isa=isa)
    assert board.finish().exit_status == 0
    hart = board.machine.harts[0]
    assert (hart.x[8] & 32, hart.x[18] & 32) == (32, 0)
    assert 1000 <= hart.x[9] < 1010


@pytest.mark.parametrize("isa", [None, NO_SSTC])
def test_the_timer_interrupt_is_taken_in_hs_mode(isa: str | None) -> None:
    setup = (*li("t1", OTHER), "csrrw zero,stvec,t1", *sbi(TIME, 0, 50), STIE, "csrrw zero,sie,t0")
    board = Board((*setup, "csrrsi zero,sstatus,2", "jal zero,."), ("csrrs s0,scause,zero", *PASS), isa=isa)
    board.finish()
    assert board.machine.harts[0].x[8] == 1 << 63 | 5


def test_an_interrupt_to_another_hart() -> None:
    """The second hart waits for SSIP; the first sends it once the second waits."""
    spin = (*sbi(HSM, 0, 1, OTHER, 0), "addi s0,zero,1", "slli s0,s0,12", "addi s0,s0,-1")
    loop = f"bne s0,zero,{S_BASE + 4 * (len(spin) - 1):#x}"
    board = Board(
        (*spin, loop, *sbi(IPI, 0, 1, 1), "jal zero,."),
        ("addi t0,zero,2", "csrrw zero,sie,t0", "wfi", "csrrs s1,sip,zero", *PASS),
        harts=2,
    )
    board.finish()
    assert board.machine.harts[1].x[9] & 2


def test_suspend_waits_and_resumes_elsewhere() -> None:
    suspend = (*sbi(TIME, 0, 500), STIE, "csrrw zero,sie,t0", *sbi(HSM, 3, 1 << 31, OTHER, 0x66), *fail(3))
    board = Board(suspend, ("csrrs s0,time,zero", "addi s1,a1,0", *PASS))
    assert board.finish().exit_status == 0
    hart = board.machine.harts[0]
    assert 500 <= hart.x[8] < 510
    assert hart.x[9] == 0x66


def test_a_trap_that_reaches_m_mode_ends_the_run_with_words() -> None:
    """Nothing can, unless someone from outside puts a hart into M-mode."""
    board = Board(("addi zero,zero,0", "jal zero,."))
    hart = board.machine.harts[0]
    hart.state.priv, hart.state.pc = Mode.M, 0x1000
    hart.context_changed()
    assert board.finish().exit_status == 1
    assert b"trapped to M-mode (fetch-access at pc 0x1000" in board.output


def test_remote_fences_return() -> None:
    fences = tuple(line for function in range(7) for line in (*sbi(0x52464E43, function, 1, 0), "or s0,s0,a0"))
    board = Board((*fences, *PASS))
    board.finish()
    assert board.machine.harts[0].x[8] == 0
