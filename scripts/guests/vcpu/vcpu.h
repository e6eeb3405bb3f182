/*
 * A vCPU with two bitmaps of pending interrupts: producers on any hart, one consumer, the hart that runs it.
 *
 * set: pending, then mask; unset: clear pending, then mask. flush, before the guest is entered: take the mask in one
 * step, merge what it names. sync, behind the guest: VSSIP as the guest has left it. No lock anywhere.
 */
#ifndef VCPU_H
#define VCPU_H

#include "../bare/bare.h"

#define IRQ_VS_SOFT 2
#define IRQ_VS_TIMER 6
#define IRQ_VS_EXT 10
#define LOCAL_IRQS (1ul << IRQ_VS_SOFT | 1ul << IRQ_VS_TIMER | 1ul << IRQ_VS_EXT)

#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((u64)(value)) : "memory")
#define csr_read(name)                                          \
    ({                                                          \
        u64 csr_value_;                                         \
        __asm__ volatile("csrr %0, " #name : "=r"(csr_value_)); \
        csr_value_;                                             \
    })

struct vcpu {
    u64 x[32]; /* the guest's registers; entry.S knows their place */
    u64 host_sp;
    u64 pc;
    u64 hvip;       /* as it is to be while the guest runs */
    u64 put_hvip;   /* kept while the hart is somebody else's */
    u64 irqs_pending, irqs_pending_mask;
};

/* 0, or -1 for what is not a local interrupt: a bit beyond the bitmaps would be somebody else's memory. */
int vcpu_set_interrupt(struct vcpu *vcpu, unsigned irq);
int vcpu_unset_interrupt(struct vcpu *vcpu, unsigned irq);
void vcpu_flush_interrupts(struct vcpu *vcpu);
void vcpu_sync_interrupts(struct vcpu *vcpu);

/* The hart is given to another guest, and given back. */
void vcpu_put(struct vcpu *vcpu);
void vcpu_load(struct vcpu *vcpu);

/* Everything between two exits of the guest. */
void vcpu_run(struct vcpu *vcpu, int reschedule);
void vcpu_enter(struct vcpu *vcpu);

#endif
