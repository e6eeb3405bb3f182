from __future__ import annotations

import subprocess
from pathlib import Path

import fdt
import pytest

from machine.board.device_tree import Chosen, build_dtb, isa_extensions
from machine.board.user_dtb import check_dtb
from machine.errors import MachineError
from tests.tools import OPENSBI, needed, needed_file

ISA = "rv64imafdch_zicsr_zifencei_zicntr_sstc"


def tree(harts: int = 2, memory: int = 256 << 20, chosen: Chosen | None = None) -> fdt.FDT:
    return fdt.parse_dtb(build_dtb(memory, harts, ISA, chosen or Chosen()))


def values(blob: fdt.FDT, path: str, name: str) -> list[int | str]:
    prop = blob.get_property(name, path)
    assert prop is not None, f"{path} has no {name}"
    return list(prop.data)


def test_memory_and_chosen() -> None:
    blob = tree(memory=5 << 30, chosen=Chosen("root=/dev/ram console=ttyS0", (0x1_8000_0000, 0x1_8000_1234)))
    assert values(blob, "/memory@80000000", "reg") == [0, 0x8000_0000, 1, 0x4000_0000]
    assert values(blob, "/chosen", "bootargs") == ["root=/dev/ram console=ttyS0"]
    assert values(blob, "/chosen", "stdout-path") == ["/soc/serial@10000000"]
    assert values(blob, "/chosen", "linux,initrd-start") == [1, 0x8000_0000]
    assert values(blob, "/chosen", "linux,initrd-end") == [1, 0x8000_1234]


def test_nothing_chosen_leaves_nothing() -> None:
    names = {prop.name for prop in tree().get_node("/chosen").props}
    assert names == {"stdout-path"}


@pytest.mark.parametrize("bad", ["a\nb", "caf\u00e9", "\0"])
def test_a_command_line_that_cannot_be_told(bad: str) -> None:
    with pytest.raises(MachineError, match="not printable ASCII"):
        build_dtb(1 << 20, 1, ISA, Chosen(bad))


@pytest.mark.parametrize("harts", [1, 2, 8])
def test_every_hart_is_there_and_wired(harts: int) -> None:
    blob = tree(harts)
    cpus = [node for node in blob.get_node("/cpus").nodes if node.name.startswith("cpu@")]
    assert [node.get_property("reg").value for node in cpus] == list(range(harts))
    controllers = [node.get_subnode("interrupt-controller").get_property("phandle").value for node in cpus]
    clint = [cell for phandle in controllers for cell in (phandle, 3, phandle, 7)]
    plic = [cell for phandle in controllers for cell in (phandle, 11, phandle, 9)]
    assert values(blob, "/soc/clint@2000000", "interrupts-extended") == clint
    assert values(blob, "/soc/plic@c000000", "interrupts-extended") == plic
    cores = [core.get_property("cpu").value for core in blob.get_node("/cpus/cpu-map/cluster0").nodes]
    assert cores == [node.get_property("phandle").value for node in cpus]


def test_phandles_are_unique_and_lead_somewhere() -> None:
    blob = tree(8)
    phandles: dict[int, str] = {}
    for path, _, props in blob.walk():
        for prop in props:
            if prop.name == "phandle":
                assert prop.value not in phandles, f"{path} and {phandles[prop.value]} share a phandle"
                phandles[prop.value] = path
    for path, name, target in (
        ("/soc/serial@10000000", "interrupt-parent", "/soc/plic@c000000"),
        ("/poweroff", "regmap", "/soc/test@100000"),
        ("/reboot", "regmap", "/soc/test@100000"),
    ):
        assert phandles[blob.get_property(name, path).value] == target


def test_the_isa_is_said_in_both_ways() -> None:
    blob = tree(1)
    assert values(blob, "/cpus/cpu@0", "riscv,isa") == [ISA]
    assert values(blob, "/cpus/cpu@0", "riscv,isa-base") == ["rv64i"]
    extensions = ["i", "m", "a", "f", "d", "c", "h", "zicsr", "zifencei", "zicntr", "sstc"]
    assert values(blob, "/cpus/cpu@0", "riscv,isa-extensions") == extensions
    assert isa_extensions("rv64gch_sstc")[1] == ("i", "m", "a", "f", "d", "c", "h", "zicsr", "zifencei", "sstc")


def reference(path: Path, harts: int) -> fdt.FDT:
    """QEMU's own tree for the same board."""
    command = ["qemu-system-riscv64", "-M", f"virt,dumpdtb={path}", "-smp", str(harts), "-m", "256M"]
    subprocess.run([*command, "-cpu", "rv64,h=true"], check=True, capture_output=True, timeout=60)
    return fdt.parse_dtb(path.read_bytes())


NODES = ("/", "/memory@80000000", "/cpus", "/poweroff", "/reboot", "/soc", "/soc/test@100000", "/soc/serial@10000000")
OURS = {"model", "phandle", "regmap", "interrupt-parent", "interrupts-extended", "clock-frequency"}
"""Properties that hold phandles, which each tree numbers its own way, or that name the product."""


def test_says_what_qemus_tree_says(tmp_path: Path) -> None:
    needed("qemu-system-riscv64")
    theirs, ours = reference(tmp_path / "qemu.dtb", 2), tree(2)
    for path in (*NODES, "/soc/plic@c000000", "/soc/clint@2000000"):
        for prop in theirs.get_node(path).props:
            if prop.name not in OURS:
                assert ours.get_property(prop.name, path) == prop, f"{path}: {prop}"
    # The library reads this word as text; compare the bytes' meaning instead.
    assert values(ours, "/soc/serial@10000000", "clock-frequency") == values(
        theirs, "/soc/serial@10000000", "clock-frequency"
    )


def test_opensbi_finds_every_device(tmp_path: Path) -> None:
    needed("qemu-system-riscv64")
    firmware = needed_file(OPENSBI)
    blob = tmp_path / "ours.dtb"
    blob.write_bytes(build_dtb(64 << 20, 2, ISA, Chosen()))
    command = ["qemu-system-riscv64", "-M", "virt", "-smp", "2", "-m", "64M", "-cpu", "rv64,h=true", "-nographic"]
    # The finisher's address reaches the shutdown by OpenSBI's next stage: one store, hand-assembled.
    stage = tmp_path / "stage.bin"
    stage.write_bytes(b"".join(word.to_bytes(4, "little") for word in POWER_OFF))
    loader = f"loader,file={stage},addr=0x80200000"
    done = subprocess.run(
        [*command, "-dtb", str(blob), "-bios", str(firmware), "-device", loader],
        check=True,
        capture_output=True,
        timeout=60,
    )
    banner = {
        line.partition(b":")[0].strip().decode(): line.partition(b":")[2].strip().decode()
        for line in done.stdout.splitlines()
    }
    assert banner["Platform HART Count"] == "2"
    assert banner["Platform IPI Device"] == "aclint-mswi"
    assert banner["Platform Timer Device"] == "aclint-mtimer @ 10000000Hz"
    assert banner["Platform Console Device"] == "uart8250"
    assert banner["Platform Shutdown Device"] == "sifive_test"
    assert "h" in banner["Boot HART Base ISA"].removeprefix("rv64")


POWER_OFF = (0x00100537, 0x000055B7, 0x55558593, 0x00B52023, 0x0000006F)
"""lui a0,0x100; lui a1,5; addi a1,a1,0x555; sw a1,0(a0); j ."""


def test_our_own_tree_passes_the_check_and_loses_only_padding() -> None:
    blob = build_dtb(1 << 20, 1, ISA, Chosen())
    assert check_dtb(blob + b"padding") == blob
