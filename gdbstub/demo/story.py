"""What the demonstration types, and what it says before."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["STORY", "Scene"]


@dataclass(frozen=True)
class Scene:
    """A sentence or two, and the gdb commands that show it; ``runs`` are those that run the program."""

    title: str
    words: str
    commands: tuple[str, ...]

    @staticmethod
    def runs(command: str) -> bool:
        """Whether gdb hands the program over to run, so that a stop follows."""
        return command.split()[0] in ("continue", "stepi", "step", "next", "nexti", "finish")


STORY = (
    Scene(
        "A guest executes SRET, and its hypervisor has forbidden it",
        "VM 7's kernel runs in VS-mode, behind two stages of translation. Its symbols work, and so does the V bit.",
        (
            "break vs_sret_vtsr",
            "continue",
            "print $hart_mode",
            "print $virt",
            "print $vmid",
            "print $hstatus",
            "x/2i $pc",
        ),
    ),
    Scene(
        "One step later we are in the hypervisor's trap handler, and know why",
        "stepi stops at the handler's first instruction. vi_reason is the manual's own rule name.",
        ("stepi", "print $hart_mode", "print $vi_reason", "monitor why"),
    ),
    Scene(
        "Both worlds' registers are live",
        "A name means that register in every mode: sepc is HS-mode's own, vsepc the guest's. A write is legalised.",
        (
            "print/x $sepc",
            "print/x $vsepc",
            "print $vsatp",
            "print $hgatp",
            "set $vsepc = 0x40000fb9",
            "print/x $vsepc",
        ),
    ),
    Scene(
        "Any world's memory can be walked from here",
        "VM 7 has a 2 MiB page at guest virtual address 0x40200000; the G-stage maps it by 2 MiB too.",
        ("monitor walk 0x40200000 --as VS",),
    ),
    Scene(
        "Stop at a guest-page fault, wherever it happens",
        "The next one is VM 9's: the walk shows which PTE refused.",
        ("delete", "monitor catch trap load-guest-page-fault", "continue", "monitor why"),
    ),
    Scene(
        "And on to the end",
        "The guest checks itself and powers off; gdb sees the program exit.",
        ("monitor catch none", "monitor traps 4", "continue"),
    ),
)
