"""The flat block: all of a hart's architectural state in one piece of memory that every engine shares.

Each field is 64 bits and truncates what is written to it. The block can be copied, compared and stored as bytes.
"""

from __future__ import annotations

import ctypes

__all__ = ["FIELDS", "STORED_CSRS", "State"]

STORED_CSRS = (
    *("mstatus", "misa", "medeleg", "mideleg", "mie", "mtvec", "mcounteren", "mscratch", "mepc", "mcause", "mtval"),
    *("mip", "mtinst", "mtval2", "menvcfg", "mcountinhibit", "mcycle", "minstret", "mhartid"),
    *("mseccfg", "pmpcfg0", "pmpcfg2", *(f"pmpaddr{n}" for n in range(16))),
    *("stvec", "scounteren", "senvcfg", "sscratch", "sepc", "scause", "stval", "satp", "stimecmp"),
    *("hstatus", "hedeleg", "hideleg", "hvip", "hcounteren", "hgeie", "hgeip", "htval", "htinst", "henvcfg", "hgatp"),
    *("htimedelta", "vsstatus", "vstvec", "vsscratch", "vsepc", "vscause", "vstval", "vsatp", "vstimecmp"),
    "fcsr",
    *("mstateen0", "mstateen1", "mstateen2", "mstateen3", "hstateen0", "hstateen1", "hstateen2", "hstateen3"),
    *("miselect", "siselect", "vsiselect"),
    *("mhpmcounter3", "mhpmcounter4", "mhpmcounter5", "mhpmcounter6"),
    *("mhpmevent3", "mhpmevent4", "mhpmevent5", "mhpmevent6"),
)
"""Registers with storage of their own, by the manual's names. mie holds the bits of sie, hie and vsie too; mip and
hvip hold only the bits that software writes; hgeip holds the levels of the guest external interrupt lines."""

MACHINE_FIELDS = (
    "pc",  # of the next instruction, whenever the hart is not inside `run`
    "priv",  # nominal privilege: 0, 1, 3
    "virt",  # the V bit
    "lines",  # levels that devices drive, as bits of mip: MSIP, MTIP, MEIP, SEIP
    "reservation",  # physical address of LR's reservation | 1, or 0
    "waiting",  # 1 while WFI idles
    "stopped",  # 1 while the hart is stopped by its supervisor execution environment (HSM)
    # The last trap, for observers and debuggers.
    *("trap_cause", "trap_pc", "trap_tval", "trap_gpa", "trap_insn", "trap_from", "trap_to", "trap_count"),
    *("trap_reason", "vi_reason"),
    "nested_memory",  # of the built-in firmware's nested acceleration: its address | 1, or 0
    "hnested",  # the register of the proposal of this name; 0 without it
)

FIELDS = (*MACHINE_FIELDS, *STORED_CSRS)


class State(ctypes.Structure):
    """The block: x[0..31], f[0..31], then `FIELDS` in order."""

    _fields_ = [
        ("x", ctypes.c_uint64 * 32),
        ("f", ctypes.c_uint64 * 32),
        *((name, ctypes.c_uint64) for name in FIELDS),
    ]
