/* Where things are. For C, assembly and linker script. "Inner" is what the guest hypervisor takes for the machine. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "../hypervisor/board.h"

/* The guest hypervisor's memory, at the addresses that it is linked for, and where it really is. */
#define INNER_BASE HOST_BASE
#define INNER_SIZE 0xa00000 /* its image and its two VMs */
#define INNER_OFFSET 0x1000000
#define INNER_MEMORY (INNER_BASE + INNER_OFFSET)

/* The convention a debugger is told (`monitor nested describe`): VMIDs of the guest hypervisor and of its guests. */
#define VMID_HYPERVISOR 1
#define VMID_GUESTS 16 /* one more per shadow table */

/* Where the benchmark's guest hypervisor is, for itself. */
#define BENCH_BASE (INNER_BASE + 0x600000)

#endif
