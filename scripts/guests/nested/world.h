/*
 * The hart and the three levels that share it: we in HS-mode; the guest hypervisor, which believes to be in HS-mode
 * and runs in VS-mode; and its guest, in VS-mode too but behind a shadow table. Never two of the latter at once.
 */
#ifndef WORLD_H
#define WORLD_H

#include "../hypervisor/types.h"

/* What runs next and how it left; trap.S of the hypervisor knows the first two members' places. */
struct cpu {
    u64 x[32];
    u64 host_sp;
    u64 pc;
    bool user;     /* U- or VU-mode of the world */
    bool in_guest; /* the guest hypervisor's guest has the hart */
};

struct trap {
    u64 cause, tval, htval, htinst;
    bool guest_address; /* hstatus.GVA */
};

/* The supervisor CSRs of the guest hypervisor while its guest has the hart. */
struct supervisor {
    u64 sstatus, sie, stvec, sscratch, sepc, scause, stval, satp, stimecmp, hvip;
};

extern struct cpu cpu;

/* Puts the guest hypervisor at `pc`, with nothing of an earlier one left. */
void world_start(u64 pc, u64 hart);

/* Runs whatever has the hart up to its next trap into us. */
struct trap world_run(void);

/* SRET by the guest hypervisor: back into its own lower modes, or, with hstatus.SPV = 1, into its guest. */
void world_sret(void);

/* Delivers a trap to the guest hypervisor, from itself or from its guest. */
void world_forward(const struct trap *trap);

/* An exception of the guest hypervisor's own instruction: illegal instruction. */
void world_refuse(u64 instruction);

/* The guest hypervisor's interrupts that are pending and enabled while its guest has the hart are forwarded. */
void world_interrupt(void);

#endif
