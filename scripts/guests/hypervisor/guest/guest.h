/* The guest kernel: what its files offer each other. It runs in VS-mode, in both VMs, at the same addresses. */
#ifndef GUEST_H
#define GUEST_H

#include "../board.h"
#include "../csr.h"
#include "../hypercalls.h"
#include "../types.h"

/* ecall to the hypervisor (from VS-mode) or to this kernel (from VU-mode). */
static inline u64 guest_ecall(u64 number, u64 first, u64 second) {
    register u64 a0 __asm__("a0") = first;
    register u64 a1 __asm__("a1") = second;
    register u64 a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
    return a0;
}

/* The arguments of HYPERCALL_EXPECT and SYSCALL_EXPECT, in the order of their registers. */
struct announcement {
    u64 text, cause, tval, gpa, mode, htinst;
};

static inline void guest_announce(u64 number, const struct announcement *what) {
    register u64 a0 __asm__("a0") = what->text;
    register u64 a1 __asm__("a1") = what->cause;
    register u64 a2 __asm__("a2") = what->tval;
    register u64 a3 __asm__("a3") = what->gpa;
    register u64 a4 __asm__("a4") = what->mode;
    register u64 a5 __asm__("a5") = what->htinst;
    register u64 a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
}

static inline void say(const char *text) { guest_ecall(HYPERCALL_SAY, (u64)text, 0); }
static inline void report(const char *text, bool ok) { guest_ecall(HYPERCALL_REPORT, (u64)text, ok); }
static inline bool has_sstc(void) { return (guest_ecall(HYPERCALL_FEATURES, 0, 0) & FEATURE_SSTC) != 0; }
static inline bool has_adue(void) { return (guest_ecall(HYPERCALL_FEATURES, 0, 0) & FEATURE_ADUE) != 0; }
static inline void yield(void) { guest_ecall(HYPERCALL_YIELD, 0, 0); }

static inline u64 load(u64 gva) { return *(volatile u64 *)gva; }
static inline void store(u64 gva, u64 value) { *(volatile u64 *)gva = value; }

/* One instruction that must leave the guest with an exception: how it is written, and the function made of it. */
struct provocation {
    const char *text;
    u64 cause;
    void (*run)(u64 address);
};

/* kernel.c: announces and runs provocations from VS-mode. */
void provoke_all(const struct provocation *list, u64 count);

/* An access that the G-stage refuses: where, and what the hypervisor must be told about it. */
struct refused_access {
    const char *text;
    u64 cause;
    void (*run)(u64 address);
    u64 gva, gpa, htinst;
};
void provoke_refusals(const struct refused_access *list, u64 count);

/* kernel.c: the guest's own traps. */
struct guest_fault {
    u64 cause, tval;
};
extern volatile struct guest_fault guest_fault;
extern volatile u64 guest_interrupts; /* bit n: interrupt n was taken */
bool wait_for_interrupt(u64 irq);

/* start.S, trap.S */
void guest_run_user(void (*entry)(u64 argument), u64 argument);
[[noreturn]] void guest_leave_user(void);

/* paging.c */
extern u64 guest_satp;
void guest_drop_identity(void);
u64 guest_physical_pte(u64 gva);

/* vm7.c, vm9.c, user.c */
void vm7_main(void);
void vm9_main(void);
void user_distrusted(u64 with_sstc);
void user_trusted(u64 scounteren);

#endif
