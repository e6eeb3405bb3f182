/*
 * The scheme itself, included by one file per build: as it should be, or with one planted bug.
 *
 * Hypervisors often let sync write the bitmaps, too: a bit of `irqs_pending` is cleared when the guest has cleared
 * VSSIP. A producer between its two steps then loses its interrupt, so this sync keeps what the guest did in `hvip`,
 * which a flush changes only where the mask says so.
 */
#include "vcpu.h"

#define BIT(irq) (1ul << (irq))

static int is_local(unsigned irq) { return irq < 64 && (LOCAL_IRQS & BIT(irq)); }

static void announce(struct vcpu *vcpu, unsigned irq) {
    __atomic_fetch_or(&vcpu->irqs_pending_mask, BIT(irq), __ATOMIC_ACQ_REL);
}

int vcpu_set_interrupt(struct vcpu *vcpu, unsigned irq) {
    if (!is_local(irq)) {
        return -1;
    }
#ifdef PLANT_MASK_FIRST
    announce(vcpu, irq);
    __atomic_fetch_or(&vcpu->irqs_pending, BIT(irq), __ATOMIC_ACQ_REL);
#else
    __atomic_fetch_or(&vcpu->irqs_pending, BIT(irq), __ATOMIC_ACQ_REL);
    announce(vcpu, irq);
#endif
    return 0;
}

int vcpu_unset_interrupt(struct vcpu *vcpu, unsigned irq) {
    if (!is_local(irq)) {
        return -1;
    }
    __atomic_fetch_and(&vcpu->irqs_pending, ~BIT(irq), __ATOMIC_ACQ_REL);
    announce(vcpu, irq);
    return 0;
}

void vcpu_flush_interrupts(struct vcpu *vcpu) {
    u64 mask = __atomic_exchange_n(&vcpu->irqs_pending_mask, 0, __ATOMIC_ACQ_REL);
    u64 pending = __atomic_load_n(&vcpu->irqs_pending, __ATOMIC_ACQUIRE);
    vcpu->hvip = (vcpu->hvip & ~mask) | (pending & mask);
}

void vcpu_sync_interrupts(struct vcpu *vcpu) {
    u64 hvip = csr_read(hvip);
    vcpu->hvip = (vcpu->hvip & ~BIT(IRQ_VS_SOFT)) | (hvip & BIT(IRQ_VS_SOFT));
}

void vcpu_put(struct vcpu *vcpu) {
    vcpu->put_hvip = vcpu->hvip;
    csr_write(hvip, 0);
}

void vcpu_load(struct vcpu *vcpu) { vcpu->hvip = vcpu->put_hvip; }

void vcpu_run(struct vcpu *vcpu, int reschedule) {
    if (reschedule) {
        vcpu_put(vcpu);
    }
#ifdef PLANT_STALE_HVIP
    vcpu_flush_interrupts(vcpu);
    if (reschedule) {
        vcpu_load(vcpu);
    }
#else
    if (reschedule) {
        vcpu_load(vcpu);
    }
    vcpu_flush_interrupts(vcpu);
#endif
    csr_write(hvip, vcpu->hvip);
    vcpu_enter(vcpu);
#ifndef PLANT_NO_SYNC
    vcpu_sync_interrupts(vcpu);
#endif
}
