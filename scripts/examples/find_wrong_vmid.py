#!/usr/bin/env python3
"""Finds a bug that no output shows: a VM runs under another VM's VMID. Goes back, and steps to the instruction.

    scripts/examples/find_wrong_vmid.py gdbstub/guests/switch_wrong_vmid.elf

The guest is `scripts/guests/switch`: whenever the hypervisor is about to enter a VM (`vm_enter`), a0 points to the VM,
and hgatp.VMID must be the VM's own. Every entry is checked from a snapshot of the one before; where the check fails,
that stretch is run again, one instruction at a time, until hgatp is written.

Exit status: 0 when every VM had its own VMID until the guest ended, 1 when one had not, 2 for an unusable image.
"""

from __future__ import annotations

import sys

from gdbstub.scripting import DirectSession, ScriptingError, StopKind

SWITCH = "vm_enter"
VMID = 33 * 8
"""Offset of `vmid` in `struct vm` (scripts/guests/switch/vm.h)."""


def check(session: DirectSession) -> str:
    """What is wrong with the VM that is about to be entered, or ""."""
    wanted, found = session.memory.u64(session.regs.a0 + VMID), session.csr("hgatp").VMID
    return "" if found == wanted else f"VM {wanted} is about to run under VMID {found}"


def writer(session: DirectSession) -> str:
    """Step until hgatp is another one; what wrote it, and what it was and has become."""
    before = session.csr("hgatp")
    while (now := session.csr("hgatp")) == before:
        place = session.where()
        callers = [frame.function for frame in session.backtrace()]
        session.stepi()
    return f"{place} wrote hgatp\n    from {before!r}\n    to   {now!r}\n  called by {' < '.join(callers)}"


def search(session: DirectSession) -> int:
    """Check every entry; the exit status."""
    entries = 0
    while True:
        before = session.snapshot()
        if session.until(SWITCH).kind is StopKind.EXITED:
            print(f"{entries} entries, each under the VM's own VMID")
            return 0
        entries += 1
        if wrong := check(session):
            print(f"entry {entries}, cycle {session.cycles}: {wrong}")
            session.restore(before)
            print(f"  {writer(session)}")
            return 1


def main(arguments: list[str]) -> int:
    """The command line; gives the exit status."""
    if len(arguments) != 1:
        print("give one image: a build of scripts/guests/switch", file=sys.stderr)
        return 2
    try:
        with DirectSession(arguments[0]) as session:
            return search(session)
    except ScriptingError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
