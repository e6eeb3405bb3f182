"""The device tree that describes the virt board to its guests (devicetree specification; bindings of Linux).

`fdt` serialises and parses; what is said here is which nodes there are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import fdt

from machine.board import virt
from machine.devices.aclint import Aclint
from machine.devices.finisher import Finisher
from machine.devices.plic import SOURCES, Plic
from machine.devices.uart import Uart
from machine.errors import MachineError
from machine.spec.causes import Interrupt

__all__ = ["Chosen", "build_dtb", "isa_extensions"]

VERSION = 17
UART_CLOCK = 3_686_400
GENERAL = ("i", "m", "a", "f", "d", "zicsr", "zifencei")
"""What the letter g stands for (unprivileged manual, "ISA Extension Naming Conventions")."""

PLIC_PHANDLE, TEST_PHANDLE, FIRST_CPU_PHANDLE = 1, 2, 3


@dataclass(frozen=True)
class Chosen:
    """What the boot loader tells the kernel: the command line, and where the initial RAM disk lies (start, end)."""

    bootargs: str = ""
    initrd: tuple[int, int] | None = None


def build_dtb(memory: int, harts: int, isa: str, chosen: Chosen) -> bytes:
    """The blob for a board with ``memory`` bytes of DRAM and ``harts`` harts that implement ``isa``.

    Raises MachineError when the command line has a character that a device tree string cannot hold.

    >>> build_dtb(1 << 20, 1, "rv64gch", Chosen())[:4].hex()
    'd00dfeed'
    """
    tree = fdt.FDT(entries=[])  # its default is one list that all trees share
    tree.header.version = VERSION
    tree.root = _node(
        "/",
        {"#address-cells": 2, "#size-cells": 2, "compatible": "riscv-virtio", "model": "riscv-virtio,hartbreak"},
        _chosen(chosen),
        _memory(memory),
        _cpus(harts, isa),
        _soc(harts),
        _syscon("poweroff", 0x5555),
        _syscon("reboot", 0x7777),
    )
    blob: bytes = tree.to_dtb()
    return blob


def isa_extensions(isa: str) -> tuple[str, tuple[str, ...]]:
    """The base and the extensions of an ISA string, as riscv,isa-base and riscv,isa-extensions have them.

    >>> isa_extensions("rv64imach_zicsr_sstc")
    ('rv64i', ('i', 'm', 'a', 'c', 'h', 'zicsr', 'sstc'))
    """
    single, *multi = isa[len("rv64") :].split("_")
    names = [*single, *multi]
    if "g" in names:
        names = [*GENERAL, *(name for name in names if name not in ("g", *GENERAL))]
    return "rv64i", tuple(sorted(names, key=lambda name: len(name) > 1))


# The nodes.


Value = str | int | None | tuple[int, ...] | tuple[str, ...]


def _node(name: str, properties: dict[str, Value], *children: fdt.Node) -> fdt.Node:
    """A node; the value None makes an empty property."""
    node = fdt.Node(name)
    for key, value in properties.items():
        node.set_property(key, list(value) if isinstance(value, tuple) else value)
    for child in children:
        node.append(child)
    return node


def _cells(*values: int) -> tuple[int, ...]:
    """64-bit values as pairs of cells, high half first."""
    return tuple(half for value in values for half in (value >> 32, value & 0xFFFF_FFFF))


def _chosen(chosen: Chosen) -> fdt.Node:
    properties: dict[str, Value] = {"stdout-path": f"/soc/serial@{virt.UART:x}"}
    if not re.fullmatch(r"[\t\x20-\x7e]*", chosen.bootargs):
        raise MachineError(f"--append {chosen.bootargs!r} has a character that is not printable ASCII; leave it out")
    if chosen.bootargs:
        properties["bootargs"] = chosen.bootargs
    if chosen.initrd is not None:
        properties["linux,initrd-start"], properties["linux,initrd-end"] = map(_cells, chosen.initrd)
    return _node("chosen", properties)


def _memory(size: int) -> fdt.Node:
    return _node(f"memory@{virt.DRAM:x}", {"device_type": "memory", "reg": _cells(virt.DRAM, size)})


def _cpus(harts: int, isa: str) -> fdt.Node:
    cores = (_node(f"core{hart}", {"cpu": _cpu_phandle(hart)}) for hart in range(harts))
    return _node(
        "cpus",
        {"#address-cells": 1, "#size-cells": 0, "timebase-frequency": virt.TIMEBASE},
        *(_cpu(hart, isa) for hart in range(harts)),
        _node("cpu-map", {}, _node("cluster0", {}, *cores)),
    )


def _cpu_phandle(hart: int) -> int:
    return FIRST_CPU_PHANDLE + 2 * hart


def _intc_phandle(hart: int) -> int:
    return _cpu_phandle(hart) + 1


def _cpu(hart: int, isa: str) -> fdt.Node:
    base, extensions = isa_extensions(isa)
    controller: dict[str, Value] = {
        "#address-cells": 0,
        "#interrupt-cells": 1,
        "interrupt-controller": None,
        "compatible": "riscv,cpu-intc",
        "phandle": _intc_phandle(hart),
    }
    cpu: dict[str, Value] = {
        "phandle": _cpu_phandle(hart),
        "device_type": "cpu",
        "reg": hart,
        "status": "okay",
        "compatible": "riscv",
        "riscv,isa": isa,
        "riscv,isa-base": base,
        "riscv,isa-extensions": extensions,
        "mmu-type": "riscv,sv57",
    }
    return _node(f"cpu@{hart:x}", cpu, _node("interrupt-controller", controller))


def _soc(harts: int) -> fdt.Node:
    bus: dict[str, Value] = {"#address-cells": 2, "#size-cells": 2, "compatible": "simple-bus", "ranges": None}
    return _node("soc", bus, _test(), _clint(harts), _plic(harts), _serial())


def _interrupts(harts: int, *codes: Interrupt) -> tuple[int, ...]:
    return tuple(cell for hart in range(harts) for code in codes for cell in (_intc_phandle(hart), int(code)))


def _test() -> fdt.Node:
    properties: dict[str, Value] = {
        "phandle": TEST_PHANDLE,
        "reg": _cells(virt.FINISHER, Finisher.size),
        "compatible": ("sifive,test1", "sifive,test0", "syscon"),
    }
    return _node(f"test@{virt.FINISHER:x}", properties)


def _clint(harts: int) -> fdt.Node:
    properties: dict[str, Value] = {
        "interrupts-extended": _interrupts(harts, Interrupt.MSI, Interrupt.MTI),
        "reg": _cells(virt.CLINT, Aclint.size),
        "compatible": ("sifive,clint0", "riscv,clint0"),
    }
    return _node(f"clint@{virt.CLINT:x}", properties)


def _plic(harts: int) -> fdt.Node:
    properties: dict[str, Value] = {
        "phandle": PLIC_PHANDLE,
        "riscv,ndev": SOURCES,
        "reg": _cells(virt.PLIC, Plic.size),
        "interrupts-extended": _interrupts(harts, Interrupt.MEI, Interrupt.SEI),
        "interrupt-controller": None,
        "compatible": ("sifive,plic-1.0.0", "riscv,plic0"),
        "#address-cells": 0,
        "#interrupt-cells": 1,
    }
    return _node(f"plic@{virt.PLIC:x}", properties)


def _serial() -> fdt.Node:
    properties: dict[str, Value] = {
        "interrupts": virt.UART_SOURCE,
        "interrupt-parent": PLIC_PHANDLE,
        "clock-frequency": UART_CLOCK,
        "reg": _cells(virt.UART, Uart.size),
        "compatible": "ns16550a",
    }
    return _node(f"serial@{virt.UART:x}", properties)


def _syscon(name: str, value: int) -> fdt.Node:
    properties: dict[str, Value] = {
        "value": value,
        "offset": 0,
        "regmap": TEST_PHANDLE,
        "compatible": f"syscon-{name}",
    }
    return _node(name, properties)
