/* Two virtual machines that take turns on one hart, and the world switch between them. */
#ifndef SWITCH_VM_H
#define SWITCH_VM_H

#include "../hypervisor/types.h"

#define VMS 2
#define TURNS 8          /* how often each guest gives the hart away */
#define OWN_PAGE 0x40000000ul /* guest physical: another page of the host's for each VM */

/* Hypercalls: a7. */
#define HYPERCALL_YIELD 1 /* the other VM has its turn */
#define HYPERCALL_DONE 2  /* no more turns; a0: how often the guest's own page was not as it had left it */

struct vm {
    u64 x[32]; /* trap.S knows the first two members' places */
    u64 host_sp;
    u64 vmid;
    u64 root; /* host physical address of the G-stage's root table */
    u64 pc;
    u64 turns;
    bool done;
};

extern struct vm vms[VMS];

/* Gives the hart to a VM that has not run yet. */
void world_enter(const struct vm *vm);

/* Takes the hart from the VM that had it and gives it to another. */
void world_switch(const struct vm *vm);

/* What a guest runs, in VS-mode. */
[[noreturn]] void guest_main(u64 number);

#endif
