"""``monitor csr`` and ``monitor hypervisor``."""

from __future__ import annotations

import pytest

from machine.csr.access import registers
from machine.spec import status
from machine.spec.causes import INTERRUPT_BIT
from tests.gdbstub.riscv.commands.conftest import ASID, VMID, Guest, Terminal
from tests.lab import STCE


def fields(found: dict) -> dict[str, tuple[int, str]]:  # type: ignore[type-arg]
    return {field["name"]: (field["value"], field["meaning"]) for field in found["fields"]}


def test_all_registers_by_group(lab: Guest, monitor: Terminal) -> None:
    found = monitor.json("csr")
    assert found == {register.name: register.read(lab.hart) for register in registers(lab.hart)}
    text = monitor.text("csr")
    titles = [line for line in text.splitlines() if line.endswith(":")]
    assert titles == ["machine:", "hypervisor:", "virtual supervisor (the guest's):", "supervisor:", "user:"]
    shown = text.replace("\n", " ").split()
    for name in found:
        assert name in shown or name.startswith(("mhpm", "hpm", "sstateen")), name
    assert "mhpmcounter7-31" in shown
    hypervisor = text.split("virtual supervisor")[0].split("hypervisor:")[1]
    assert f"hgatp         {lab.csr('hgatp'):#x}" in hypervisor


def test_fields_have_names_and_meanings(lab: Guest, monitor: Terminal) -> None:
    found = monitor.json("csr hgatp")
    assert (found["number"], found["value"]) == (0x680, lab.csr("hgatp"))
    assert fields(found) == {
        "MODE": (8, "Sv39x4"),
        "VMID": (VMID, ""),
        "PPN": (lab.g.root >> 12, f"{lab.g.root:#x}"),
    }
    lab.csr("hstatus", 1 << status.HSTATUS_VTW | 1 << status.HSTATUS_SPVP)
    text = monitor.text("csr hstatus")
    assert text.startswith(f"hstatus (CSR 0x600) = {lab.csr('hstatus'):#x}\n")
    assert "     21  VTW                      0x1  1 traps WFI of VS-mode\n" in text
    assert "      8  SPVP                     0x1  S\n" in text
    assert "  33:32  VSXL                     0x2  RV64  (read-only)\n" in text
    assert "  zero   VTSR VTVM VGEIN HU SPV GVA VSBE\n" in text


def test_causes_are_named(lab: Guest, monitor: Terminal) -> None:
    lab.csr("scause", 22)
    assert fields(monitor.json("csr scause"))["EXCEPTION_CODE"] == (22, "virtual-instruction")
    lab.csr("vscause", 1 << INTERRUPT_BIT | 5)
    assert fields(monitor.json("csr vscause"))["EXCEPTION_CODE"] == (5, "interrupt STI")


@pytest.mark.parametrize("name", ["hstatus", "HSTATUS", "$hstatus", "0x600", "1536"])
def test_ways_to_name_a_register(monitor: Terminal, name: str) -> None:
    assert monitor.json(f"csr {name}")["name"] == "hstatus"


def test_a_name_means_its_register_in_every_mode(lab: Guest, monitor: Terminal) -> None:
    lab.csr("sepc", 0x1000)
    lab.csr("vsepc", 0x2000)
    lab.state.priv, lab.state.virt = 1, 1
    assert (monitor.json("csr sepc")["value"], monitor.json("csr vsepc")["value"]) == (0x1000, 0x2000)
    monitor.text("csr vstvec 0x80004000")
    assert lab.csr("vstvec") == 0x8000_4000
    assert lab.csr("stvec") != 0x8000_4000


def test_writing_legalises_and_says_so(lab: Guest, monitor: Terminal) -> None:
    before = lab.csr("hedeleg")
    found = monitor.json("csr hedeleg 0xffffffffffffffff")
    assert (found["before"], found["asked"]) == (before, (1 << 64) - 1)
    assert found["value"] == lab.csr("hedeleg") != (1 << 64) - 1
    refused = ~lab.csr("hedeleg") & (1 << 64) - 1
    assert f"asked for 0xffffffffffffffff; bits {refused:#x} came out otherwise" in monitor.text(
        "csr hedeleg 0xffffffffffffffff"
    )
    assert "came out otherwise" not in monitor.text("csr vsscratch 5")
    assert lab.csr("vsscratch") == 5


@pytest.mark.parametrize("name", ["cycle", "hgeip", "mhartid", "hpmcounter3"])
def test_read_only_registers_are_not_written(lab: Guest, monitor: Terminal, name: str) -> None:
    before = lab.csr(name)
    assert f"{name} is read-only" in monitor.error(f"csr {name} 3")
    assert lab.csr(name) == before


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("csr vsepcc", "no CSR 'vsepcc'; did you mean 'vsepc'?"),
        ("csr 0x5c0", "no CSR '0x5c0'"),
        ("csr hgatp many", "'many' is not a number"),
        ("csr hgatp 0x10000000000000000", "is not between 0 and 2**64 - 1"),
        ("csr hgatp -- -1", "is not between 0 and 2**64 - 1"),
        ("csr hstatus.VTY", "hstatus has no field 'VTY'; did you mean 'VTW'?"),
        ("csr htval.GPA", "htval has no field 'GPA'. Its fields: none"),
        ("csr hgatp.VMID 0x4000", "hgatp.VMID has 14 bits and cannot hold 0x4000"),
        ("csr hgatp 1 2", "unexpected extra argument (2)"),
    ],
)
def test_mistakes(monitor: Terminal, line: str, said: str) -> None:
    assert said in monitor.error(line)


def test_hypervisor_state_at_a_glance(lab: Guest, monitor: Terminal) -> None:
    lab.csr("hstatus", 1 << status.HSTATUS_VTSR)
    lab.csr("hedeleg", 1 << 13 | 1 << 3)
    lab.csr("hideleg", 0x444)
    lab.csr("hvip", 0x40)
    lab.csr("hcounteren", 2)
    lab.csr("menvcfg", STCE)
    lab.csr("henvcfg", STCE)
    lab.csr("htval", 0x1400)
    lab.csr("hgeie", 1 << 5)
    lab.csr("htimedelta", 0x1234)
    text = monitor.text("hypervisor")
    root = lab.g.root
    for line in [
        "hart 0: M-mode; a guest's addresses go through Sv39 (vsatp), then Sv39x4 (hgatp)",
        f"  hstatus     {lab.csr('hstatus'):#x}  VSXL=RV64 VTSR=1",
        f"  hgatp       {lab.csr('hgatp'):#x}  MODE=Sv39x4 VMID={VMID} PPN={root >> 12:#x} ({root:#x})",
        "  hedeleg     breakpoint load-page-fault",
        "  hideleg     VSSI VSTI VSEI",
        "  hcounteren  TM",
        "  henvcfg     STCE",
        "  htval       0x1400 (gpa 0x5000)",
        "  hgeip       none   hgeie 5",
    ]:
        assert f"{line}\n" in text
    assert f"ASID={ASID}" in text
    assert "  hvip        VSTIP   hip VSTIP" in text
    assert "htimedelta  0x1234" in text
    found = monitor.json("hypervisor")["registers"]
    assert found["hgatp"]["fields"] == {"MODE": 8, "VMID": VMID, "PPN": root >> 12}
    assert {"vsstatus", "vsatp", "vstvec", "vsepc", "vscause", "vstval", "vsip", "vsie", "vstimecmp"} <= set(found)
    assert all(values["value"] == lab.csr(name) for name, values in found.items())


def test_one_field(lab: Guest, monitor: Terminal) -> None:
    assert monitor.json("csr hgatp.vmid") == {
        "register": "hgatp",
        "name": "VMID",
        "bits": "57:44",
        "value": VMID,
        "meaning": "",
    }
    assert monitor.text("csr hgatp.MODE").split() == ["hgatp:", "63:60", "MODE", "0x8", "Sv39x4"]
    before = lab.csr("hgatp")
    monitor.text("csr hgatp.VMID 9")
    assert lab.csr("hgatp") == before ^ (VMID ^ 9) << 44
    assert "came out otherwise" in monitor.text("csr hgatp.MODE 3"), "a reserved MODE leaves MODE as it was"
    assert lab.csr("hgatp") >> 60 == 8
