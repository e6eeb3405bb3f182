/* Where things are: the board "virt", and how the hypervisor divides its memory. For C, assembly and linker script. */
#ifndef BOARD_H
#define BOARD_H

#define UART_BASE 0x10000000
#define FINISHER_BASE 0x100000
#define FINISHER_PASS 0x5555
#define FINISHER_FAIL 0x3333

#define HOST_BASE 0x80200000 /* where firmware enters us; OpenSBI lives below */

/* Each VM owns 4 MiB of host memory: the guest image in 4 KiB pages, then 2 MiB mapped as one superpage. */
#define VM_MEMORY_BASE 0x80400000
#define VM_MEMORY_SIZE 0x400000
#define VM_BIG_PAGE_OFFSET 0x200000

/* What a guest sees: the same guest physical and guest virtual addresses in both VMs. */
#define GUEST_RAM_GPA 0x80000000
#define GUEST_IMAGE_GVA 0x40000000
#define GUEST_IMAGE_SIZE 0x10000
#define GUEST_BIG_GPA (GUEST_RAM_GPA + 0x200000)
#define GUEST_BIG_GVA (GUEST_IMAGE_GVA + 0x200000)

/* Guest physical pages with a purpose of their own. */
#define GPA_UART 0x10000000    /* not mapped: the hypervisor emulates it */
#define GPA_NOTHING 0x20000000 /* not mapped, and nothing there */
#define GPA_READ_ONLY 0x80100000
#define GPA_NO_EXECUTE 0x80101000
#define GPA_SWITCHED 0x80102000 /* the hypervisor exchanges the page behind it */

/* Guest virtual pages that lead to them (the guest's own tables, guest/paging.c). */
#define GVA_UART 0x40400000
#define GVA_NOTHING 0x40401000
#define GVA_READ_ONLY 0x40402000
#define GVA_NO_EXECUTE 0x40403000
#define GVA_SWITCHED 0x40404000
#define GVA_REWRITTEN 0x40405000     /* the hypervisor rewrites the guest's PTE of this page */
#define GVA_TABLE_MISSING 0x40600000 /* its last-level table would be at GPA_NOTHING */
#define GVA_UNMAPPED 0x40800000      /* no PTE: the guest's own page fault */
#define GVA_TABLE_READ_ONLY 0x40a00000 /* its last-level table is at GPA_READ_ONLY: A and D cannot be set */

#endif
