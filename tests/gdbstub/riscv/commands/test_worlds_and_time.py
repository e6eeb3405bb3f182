"""``monitor mode``, ``harts``, ``timer``, ``reset``."""

from __future__ import annotations

from machine.isa.encode import encode
from machine.spec import status
from machine.spec.modes import Mode
from tests.gdbstub.riscv.commands.conftest import ASID, VMID, Guest, Terminal
from tests.lab import CODE, NOP, STCE

NEVER = (1 << 64) - 1


def test_mode_of_a_guest(lab: Guest, monitor: Terminal) -> None:
    lab.mode(Mode.VU)
    found = monitor.json("mode")
    expected = {"mode": "VU", "virt": 1, "privilege": 0, "vmid": VMID, "vs_asid": ASID, "pc": lab.state.pc}
    assert expected.items() <= found.items()
    assert (found["vsatp"], found["hgatp"], found["satp"]) == ("Sv39", "Sv39x4", "Bare")
    text = monitor.text("mode")
    assert text.startswith("hart 0 is in VU-mode: V=1, privilege 0\n")
    assert f"vmid {VMID} (hgatp), vs_asid {ASID} (vsatp), running; G-stage root {lab.g.root:#x}" in text
    assert "Sv39 (vsatp), then Sv39x4 (hgatp)" in text


def test_mode_tells_of_mprv(lab: Guest, monitor: Terminal) -> None:
    assert monitor.json("mode")["data_mode"] == "M"
    assert "MPRV" not in monitor.text("mode")
    lab.set("mstatus", 1 << status.MPRV | 1 << status.MPV)
    assert monitor.json("mode")["data_mode"] == "VU"
    assert "as VU-mode because mstatus.MPRV=1" in monitor.text("mode")
    lab.mode(Mode.HS)
    lab.csr("mstatus", 0)
    assert "Bare (satp)" in monitor.text("mode")


def test_harts(pair: Terminal) -> None:
    first, second = pair.machine.harts
    first.state.stopped, second.state.waiting = 1, 1
    second.state.minstret = 1234
    found = pair.json("harts")
    assert [hart["state"] for hart in found] == ["stopped (HSM)", "waiting (WFI)"]
    assert [hart["instructions"] for hart in found] == [0, 1234]
    lines = pair.text("harts").splitlines()
    assert lines[0].split() == ["hart", "mode", "pc", "vmid", "state", "instructions", "traps"]
    assert lines[1].startswith("  0 ")
    assert lines[2].startswith("* 1     M     0x80000000  -     waiting (WFI)  1234")


def test_harts_shows_the_guest_of_each(lab: Guest, monitor: Terminal) -> None:
    lab.mode(Mode.VS)
    assert monitor.text("harts").splitlines()[1].split()[2:5] == ["VS", f"{lab.state.pc:#x}", str(VMID)]


def test_timers_that_are_not_set(monitor: Terminal) -> None:
    found = {entry["name"]: entry for entry in monitor.json("timer")["timers"]}
    assert (found["mtimecmp"]["enabled"], found["mtimecmp"]["compare"], found["mtimecmp"]["ticks"]) == (
        True,
        NEVER,
        None,
    )
    assert not found["stimecmp"]["enabled"]
    assert not found["vstimecmp"]["enabled"]
    text = monitor.text("timer")
    assert "menvcfg.STCE=0" in text
    assert text.count("disabled") == 2


def test_timers_that_are_set(lab: Guest, monitor: Terminal) -> None:
    lab.csr("menvcfg", STCE)
    lab.csr("henvcfg", STCE)
    for _ in range(25):
        lab.execute(NOP, Mode.M)
    now = lab.machine.board.aclint.mtime
    assert now == 2
    lab.csr("htimedelta", -2 & NEVER)
    lab.csr("vstimecmp", 100)
    lab.csr("stimecmp", 1)
    found = monitor.json("timer")
    assert (found["mtime"], found["guest_time"], found["htimedelta"]) == (2, 0, -2 & NEVER)
    timers = {entry["name"]: entry for entry in found["timers"]}
    guest = timers["vstimecmp"]
    assert (guest["now"], guest["ticks"], guest["cycles"], guest["pending"]) == (0, 100, 995, False)
    assert (timers["stimecmp"]["pending"], timers["stimecmp"]["ticks"]) == (True, -1)
    text = monitor.text("timer")
    assert "htimedelta 0xfffffffffffffffe, -2 ticks" in text
    assert "in 100 ticks, 995 instructions of each hart" in text
    assert "now, for 1 ticks" in text
    lab.machine.step(0, guest["cycles"])
    assert lab.csr("hip") >> 6 & 1, "the count was right"


def test_time_of_two_harts_counts_both(pair: Terminal) -> None:
    pair.machine.board.aclint.mtimecmp[1] = 10
    entry = pair.json("timer")["timers"][0]
    assert (entry["ticks"], entry["cycles"]) == (10, 200)
    assert "in 10 ticks, 100 instructions of each hart" in pair.text("timer")


def test_reset(lab: Guest, monitor: Terminal) -> None:
    for line in ("reset", "reset halt"):
        lab.execute(encode("ecall"), Mode.VS)
        monitor.text("catch world-switch")
        assert monitor.json("traps")
        text = monitor.text(line)
        assert text.startswith("The machine is reset and halted: hart 0 is in M-mode at 0x80000000.\n")
        assert "maintenance flush register-cache" in text
        assert (lab.hart.mode, lab.state.pc, lab.csr("hgatp")) == (Mode.M, 0x8000_0000, 0)
        assert monitor.json("traps") == []
        assert monitor.json("catch")["world_switch"], "catches stay"
        lab.__init__()  # type: ignore[misc]
        monitor.machine = lab.machine


def test_reset_runs_what_boot_says(monitor: Terminal) -> None:
    def boot(machine: object) -> None:
        monitor.machine.harts[0].state.pc = CODE

    monitor.machine.boot = boot
    assert monitor.json("reset")["pc"] == [CODE]
