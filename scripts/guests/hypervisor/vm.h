/* A virtual machine: one virtual CPU, its memory, its policy, and what its next exit must be. */
#ifndef VM_H
#define VM_H

#include "types.h"

/* The registers of a guest; trap.S knows the first two members' places. */
struct vcpu {
    u64 x[32];
    u64 host_sp;
    u64 pc;
    bool user; /* VU-mode, not VS-mode */
    u64 vsstatus, vsie, vstvec, vsscratch, vsepc, vscause, vstval, vsatp, vstimecmp;
    u64 hvip;
};

/* What this VM may do without asking. */
struct policy {
    u64 hstatus;    /* VTSR, VTVM, VTW */
    u64 hcounteren; /* counters that VS-mode may read */
    u64 henvcfg;    /* STCE */
};

/* What the guest announced about its next exit (HYPERCALL_EXPECT). */
struct expectation {
    bool armed;
    char text[80];
    u64 cause, tval, gpa, mode, htinst;
};

/* How a guest left VS- or VU-mode. */
struct vm_exit_state {
    u64 cause, tval, htval, htinst;
    bool user;          /* it was in VU-mode (sstatus.SPP = 0) */
    bool guest_address; /* stval is a guest virtual address (hstatus.GVA) */
};

struct vm {
    u64 vmid;
    u64 memory; /* host physical */
    u64 hgatp;
    u64 time_offset;
    struct policy policy;
    struct vcpu cpu;
    struct expectation expected;
    bool done;
    u64 exits;
    u64 timer_deadline; /* without Sstc: host time of the guest's timer, or ~0 */
    u64 preempt_flag;   /* guest virtual address to set when the host's timer fires, or 0 */
};

/* What the machine and its firmware give us: stimecmp and vstimecmp; hardware that sets A and D for guests. */
extern bool host_has_sstc, host_has_adue;

/* Gives a VM its memory, a copy of the guest image, G-stage tables and boot registers. */
void vm_create(struct vm *vm, u64 vmid, u64 memory, const struct policy *policy);

/* Loads / stores the VM's own CSRs: what changes when another VM gets the hart. */
void vm_load(const struct vm *vm);
void vm_store(struct vm *vm);

/* Puts the VM's policy into hstatus, hcounteren and henvcfg. */
void vm_apply_policy(const struct vm *vm);

/* Runs the VM, which is loaded, up to its next exit. */
struct vm_exit_state vm_run(struct vm *vm);

#endif
