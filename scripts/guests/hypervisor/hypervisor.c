/*
 * A hypervisor of two virtual machines, for a debugger to look at.
 *
 * VM 7 is distrusted: SRET, satp, SFENCE.VMA, WFI and the counters trap. VM 9 may do all of that itself. Both run the
 * same guest image at the same guest addresses, and provoke what a hypervisor has to handle; each exit is checked.
 */
#include "board.h"
#include "console.h"
#include "csr.h"
#include "exits.h"
#include "expect.h"
#include "gstage.h"
#include "probe.h"
#include "sbi.h"
#include "vm.h"

void host_trap(void);

static struct vm vms[2];

static const struct policy distrusted = {.hstatus = HSTATUS_VTSR | HSTATUS_VTVM | HSTATUS_VTW, .henvcfg = HENVCFG_STCE};
static const struct policy trusted = {.hcounteren = COUNTER_CY | COUNTER_TM | COUNTER_IR, .henvcfg = HENVCFG_ADUE};

/* The guest handles its own ecalls from VU-mode and its own page faults, and the three VS-level interrupts. */
static void delegate(void) {
    csr_write(hedeleg, 1ul << CAUSE_ECALL_U | 1ul << CAUSE_FETCH_PAGE_FAULT | 1ul << CAUSE_LOAD_PAGE_FAULT |
                           1ul << CAUSE_STORE_PAGE_FAULT);
    csr_write(hideleg, 1ul << IRQ_VSSI | 1ul << IRQ_VSTI | 1ul << IRQ_VSEI);
}

static void host_check(const char *text, bool ok) {
    static const struct vm host = {.vmid = 0};
    report(&host, "host", text, ok);
}

/* The IPI extension raises our own supervisor software interrupt; sstatus.SIE = 0 keeps it pending. */
static void check_ipi(u64 hart) {
    bool sent = sbi_send_ipi(hart);
    for (unsigned patience = 0; patience < 1000 && !(csr_read(sip) & 1ul << IRQ_SSI); patience++) {
    }
    host_check("SBI IPI to this hart sets sip.SSIP", sent && (csr_read(sip) & 1ul << IRQ_SSI));
    csr_clear(sip, 1ul << IRQ_SSI);
}

/* HLV to a guest page that nothing backs: the fault is HS-mode's own, its address a guest's. */
static void check_hlv_fault(void) {
    (void)guest_load(GPA_NOTHING); /* no VM has paging on yet: guest virtual is guest physical */
    host_check("HLV.D of an unmapped guest page faults with GVA=1, SPV=0, htval",
               probe.trapped && probe.cause == CAUSE_LOAD_GUEST_PAGE_FAULT && probe.guest_address &&
                   !probe.from_guest && probe.tval == GPA_NOTHING && probe.htval == GPA_NOTHING >> 2);
}

static void switch_vm(struct vm *from, struct vm *to) {
    vm_store(from);
    vm_load(to);
    print("-- world switch: vm%d to vm%d --\n", from->vmid, to->vmid);
}

/* Runs each VM until it yields, until both have finished. */
static void schedule(void) {
    struct vm *current = &vms[0], *other = &vms[1];
    while (!current->done || !other->done) {
        switch_requested = false;
        while (!switch_requested) {
            struct vm_exit_state exit = vm_run(current);
            handle_exit(current, &exit);
        }
        if (!other->done) {
            struct vm *previous = current;
            switch_vm(current, other);
            current = other;
            other = previous;
        }
    }
}

[[noreturn]] static void summarise(void) {
    print("vm%d: %d exits; vm%d: %d exits\n", vms[0].vmid, vms[0].exits, vms[1].vmid, vms[1].exits);
    print("hypervisor: %d checks passed, %d failed\n", checks_passed, checks_failed);
    finish(checks_failed ? 1 : 0);
}

[[noreturn]] void hypervisor_main(u64 hart, u64 device_tree) {
    csr_write(stvec, host_trap);
    print("hypervisor: hart %d, device tree at %x\n", hart, device_tree);
    sbi_introduce();
    host_has_sstc = probe_sstc();
    csr_write(henvcfg, HENVCFG_ADUE);
    host_has_adue = (csr_read(henvcfg) & HENVCFG_ADUE) != 0;
    print("timer of the guests: %s\n", host_has_sstc ? "vstimecmp (Sstc)" : "SBI TIME and hvip.VSTIP");
    check_ipi(hart);
    delegate();
    vm_create(&vms[0], 7, VM_MEMORY_BASE, &distrusted);
    vm_create(&vms[1], 9, VM_MEMORY_BASE + VM_MEMORY_SIZE, &trusted);
    hfence_all();
    vm_load(&vms[0]);
    check_hlv_fault();
    schedule();
    summarise();
}
