/* The guest kernel: entry, traps, system calls of its VU-mode program, and running provocations. */
#include "guest.h"

#define REG_RA 1
#define REG_A0 10
#define REG_A7 17

struct frame { /* as guest_trap (trap.S) lays it out */
    u64 x[32];
    u64 pc;
};

volatile struct guest_fault guest_fault;
volatile u64 guest_interrupts;

void vs_resume(u64); /* provoke_vs.S */

void guest_main(u64 vmid) {
    guest_drop_identity();
    csr_set(sstatus, STATUS_SUM); /* texts of the VU-mode program are read through VS-mode's eyes */
    say("guest kernel in VS-mode, Sv39 on");
    if (vmid == 7) {
        vm7_main();
    } else {
        vm9_main();
    }
    say("guest has finished");
    guest_ecall(HYPERCALL_DONE, 0, 0);
}

static void handle_system_call(struct frame *frame) {
    frame->pc += 4;
    const u64 *a = &frame->x[REG_A0];
    switch (frame->x[REG_A7]) {
    case SYSCALL_EXPECT: /* the registers hold the arguments already; only the number differs */
        guest_announce(HYPERCALL_EXPECT, (const struct announcement *)a);
        break;
    case SYSCALL_REPORT:
        report((const char *)a[0], a[1] != 0);
        break;
    case SYSCALL_EXIT:
        guest_leave_user();
    default:
        report("system call of a known number", false);
    }
}

/* Acknowledges: the software interrupt by itself, the others where they come from. */
static void handle_interrupt(u64 irq) {
    guest_interrupts |= 1ul << irq;
    if (irq == IRQ_SSI) {
        csr_clear(sip, 1ul << IRQ_SSI);
    } else if (irq == IRQ_STI && has_sstc()) {
        csr_write(stimecmp, ~0ul);
    } else {
        guest_ecall(HYPERCALL_RETRACT, irq + 1, 0); /* VS-level interrupts are one above the S-level ones */
    }
}

/* A page fault of our own making: remember it and go on behind it. */
static void handle_page_fault(struct frame *frame, u64 cause) {
    guest_fault.cause = cause;
    guest_fault.tval = csr_read(stval);
    frame->pc = cause == CAUSE_FETCH_PAGE_FAULT ? frame->x[REG_RA] : frame->pc + 4;
}

void guest_handle_trap(struct frame *frame) {
    u64 cause = csr_read(scause);
    switch (cause) {
    case CAUSE_ECALL_U:
        handle_system_call(frame);
        break;
    case CAUSE_FETCH_PAGE_FAULT:
    case CAUSE_LOAD_PAGE_FAULT:
    case CAUSE_STORE_PAGE_FAULT:
        handle_page_fault(frame, cause);
        break;
    default:
        if (cause & CAUSE_INTERRUPT) {
            handle_interrupt(cause & ~CAUSE_INTERRUPT);
        } else {
            report("guest: a trap it knows", false);
            guest_ecall(HYPERCALL_DONE, 0, 0);
        }
    }
}

void provoke_all(const struct provocation *list, u64 count) {
    for (const struct provocation *p = list; p < list + count; p++) {
        struct announcement what = {.text = (u64)p->text, .cause = p->cause, .mode = MODE_VS};
        csr_write(sepc, vs_resume); /* should SRET not trap, it comes back all the same */
        csr_set(sstatus, STATUS_SPP);
        guest_announce(HYPERCALL_EXPECT, &what);
        p->run(guest_satp);
    }
}

void provoke_refusals(const struct refused_access *list, u64 count) {
    for (const struct refused_access *r = list; r < list + count; r++) {
        struct announcement what = {(u64)r->text, r->cause, r->gva, r->gpa, MODE_VS, r->htinst};
        guest_announce(HYPERCALL_EXPECT, &what);
        r->run(r->gva);
    }
}

bool wait_for_interrupt(u64 irq) {
    guest_interrupts = 0;
    csr_set(sie, 1ul << irq);
    csr_set(sstatus, STATUS_SIE);
    for (u64 patience = 0; patience < 1000000 && !(guest_interrupts >> irq & 1); patience++) {
    }
    csr_clear(sstatus, STATUS_SIE);
    csr_clear(sie, 1ul << irq);
    return (guest_interrupts >> irq & 1) != 0;
}
