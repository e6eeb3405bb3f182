"""What is measured: one row of the table each, with the ratio to QEMU that hartbreak is meant to reach."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.benchmark.once import FUNCTIONS, PER_CALL

__all__ = ["BY_NAME", "WORKLOADS", "Workload"]


@dataclass(frozen=True)
class Workload:
    """A program below scripts/guests/bench that does a number of units and reports a checksum.

    Attributes:
        name: of its source and its ELF.
        title: for people.
        target: hartbreak's rate must be at least this times QEMU's.
        check: units of the run whose checksum is compared; also where the search for a good length begins.
        sources: what is linked besides `COMMON`; ``*`` stands for the name.
        instructions: per unit, where the rate is one of instructions; None where a unit is an event.
        most: units that it can do at most, or None.
        generated: the linked sources include the functions of `once`.
    """

    name: str
    title: str
    target: float
    check: int
    sources: tuple[str, ...]
    instructions: int | None = None
    most: int | None = None
    generated: bool = False

    def rate(self, units: int, seconds: float) -> float:
        """Instructions or events per second."""
        return units * (self.instructions or 1) / seconds

    def show(self, rate: float) -> str:
        """A rate for people.

        >>> BY_NAME["integer"].show(2.5e6), BY_NAME["hypercalls"].show(230_000)
        ('2.50 MIPS', '230,000 /s')
        """
        if self.instructions is None:
            return f"{rate:,.0f} /s"
        return f"{rate / 1e6:.{2 if rate < 1e7 else 0}f} MIPS"


BARE = ("bare_main.c", "*.S")
GUEST = ("guest_main.c", "hypervisor_trap.S", "*.S")

WORKLOADS = (
    Workload("integer", "M-mode integer, bare", 0.3, 1000, BARE, instructions=20),
    Workload("memory", "VS-mode memory, two-stage 4 KiB, 16 MiB random", 3, 1000, GUEST, instructions=10),
    Workload("hypercalls", "hypercall round trips with 20 CSR accesses", 3, 200, GUEST),
    Workload("virtual_instructions", "virtual-instruction traps", 3, 500, GUEST),
    Workload("guest_page_faults", "guest page faults", 2, 500, GUEST),
    Workload("timer", "guest timer interrupts (vstimecmp)", 1, 200, GUEST),
    Workload("floating", "double precision in VS-mode", 0.2, 500, GUEST, instructions=16),
    Workload("syscalls", "VU→VS system calls", 0.7, 500, GUEST),
    Workload(
        "once",
        "code run once (3000 functions, 460 KB)",
        5,
        FUNCTIONS,
        BARE,
        instructions=PER_CALL,
        most=FUNCTIONS,
        generated=True,
    ),
)

BY_NAME = {workload.name: workload for workload in WORKLOADS}
