/* Giving the hart to the guest hypervisor or to its guest, and taking the trap from one to the other. */
#include "world.h"

#include "../hypervisor/csr.h"
#include "hnested.h"
#include "layout.h"
#include "nacl.h"
#include "shadow.h"
#include "statistics.h"
#include "virtual_csr.h"

#define VS_INTERRUPTS (1ul << IRQ_VSSI | 1ul << IRQ_VSTI | 1ul << IRQ_VSEI)
#define SSI (1ul << IRQ_SSI)
#define STI (1ul << IRQ_STI)
#define OWN_EXCEPTIONS 0xb1ff /* all that VS-mode may take itself, as far as HS-mode would */
#define HSTATUS_OF_GUEST (HSTATUS_VTSR | HSTATUS_VTVM | HSTATUS_VTW)
#define COUNTERS (COUNTER_CY | COUNTER_TM | COUNTER_IR)

struct cpu cpu;
static struct supervisor hypervisor;
static u64 hypervisor_table;

void vm_enter(struct cpu *cpu); /* hypervisor/trap.S */

/* --- who has the hart ------------------------------------------------------------------------------------------- */

static void save_hypervisor(void) {
    hypervisor = (struct supervisor){
        .sstatus = csr_read(vsstatus),
        .sie = csr_read(vsie),
        .stvec = csr_read(vstvec),
        .sscratch = csr_read(vsscratch),
        .sepc = csr_read(vsepc),
        .scause = csr_read(vscause),
        .stval = csr_read(vstval),
        .satp = csr_read(vsatp),
        .stimecmp = csr_read(vstimecmp),
        .hvip = csr_read(hvip),
    };
}

static void load_hypervisor(void) {
    csr_write(hstatus, HSTATUS_VSXL_64 | HSTATUS_VTSR);
    csr_write(hedeleg, OWN_EXCEPTIONS);
    csr_write(hideleg, VS_INTERRUPTS);
    csr_write(hcounteren, COUNTERS);
    csr_write(henvcfg, HENVCFG_STCE | HENVCFG_ADUE);
    csr_write(htimedelta, 0);
    csr_write(hgatp, hypervisor_table);
    csr_write(vsstatus, hypervisor.sstatus);
    csr_write(vsie, hypervisor.sie);
    csr_write(vstvec, hypervisor.stvec);
    csr_write(vsscratch, hypervisor.sscratch);
    csr_write(vsepc, hypervisor.sepc);
    csr_write(vscause, hypervisor.scause);
    csr_write(vstval, hypervisor.stval);
    csr_write(vsatp, hypervisor.satp);
    csr_write(vstimecmp, hypervisor.stimecmp);
    csr_write(hvip, hypervisor.hvip);
    csr_write(stimecmp, ~0ul);
    cpu.in_guest = false;
    hnested_enable(true);
}

static void load_guest(void) {
    u64 delegated = VIRTUAL(CSR_HIDELEG) & VS_INTERRUPTS;
    csr_write(hstatus, HSTATUS_VSXL_64 | (VIRTUAL(CSR_HSTATUS) & HSTATUS_OF_GUEST));
    csr_write(hedeleg, VIRTUAL(CSR_HEDELEG) & OWN_EXCEPTIONS);
    csr_write(hideleg, delegated);
    csr_write(hcounteren, VIRTUAL(CSR_HCOUNTEREN));
    csr_write(henvcfg, VIRTUAL(CSR_HENVCFG));
    csr_write(htimedelta, VIRTUAL(CSR_HTIMEDELTA));
    csr_write(hgatp, shadow_for(VIRTUAL(CSR_HGATP)));
    csr_write(vsstatus, VIRTUAL(CSR_VSSTATUS));
    csr_write(hie, VIRTUAL(CSR_HIE) & delegated);
    csr_write(vstvec, VIRTUAL(CSR_VSTVEC));
    csr_write(vsscratch, VIRTUAL(CSR_VSSCRATCH));
    csr_write(vsepc, VIRTUAL(CSR_VSEPC));
    csr_write(vscause, VIRTUAL(CSR_VSCAUSE));
    csr_write(vstval, VIRTUAL(CSR_VSTVAL));
    csr_write(vsatp, VIRTUAL(CSR_VSATP));
    csr_write(vstimecmp, VIRTUAL(CSR_VSTIMECMP));
    csr_write(hvip, VIRTUAL(CSR_HVIP) & delegated);
    csr_write(stimecmp, hypervisor.sie & STI ? hypervisor.stimecmp : ~0ul);
    cpu.in_guest = true;
    hnested_enable(false);
}

static void save_guest(void) {
    u64 delegated = VIRTUAL(CSR_HIDELEG) & VS_INTERRUPTS;
    VIRTUAL(CSR_HIE) = (VIRTUAL(CSR_HIE) & ~delegated) | (csr_read(hie) & delegated);
    VIRTUAL(CSR_HVIP) = (VIRTUAL(CSR_HVIP) & ~delegated) | (csr_read(hvip) & delegated);
    VIRTUAL(CSR_VSSTATUS) = csr_read(vsstatus);
    VIRTUAL(CSR_VSTVEC) = csr_read(vstvec);
    VIRTUAL(CSR_VSSCRATCH) = csr_read(vsscratch);
    VIRTUAL(CSR_VSEPC) = csr_read(vsepc);
    VIRTUAL(CSR_VSCAUSE) = csr_read(vscause);
    VIRTUAL(CSR_VSTVAL) = csr_read(vstval);
    VIRTUAL(CSR_VSATP) = csr_read(vsatp);
    VIRTUAL(CSR_VSTIMECMP) = csr_read(vstimecmp);
    virtual_publish();
}

void world_start(u64 pc, u64 hart) {
    virtual_reset();
    hypervisor_table = shadow_hypervisor_table();
    hypervisor = (struct supervisor){.sstatus = 2ul << 32, .stimecmp = ~0ul};
    cpu = (struct cpu){.pc = pc};
    cpu.x[10] = hart;
    __asm__ volatile("hfence.gvma zero, zero" ::: "memory");
    load_hypervisor();
    csr_write(sie, STI);
}

struct trap world_run(void) {
    csr_write(sepc, cpu.pc);
    csr_set(hstatus, HSTATUS_SPV);
    if (cpu.user) {
        csr_clear(sstatus, STATUS_SPP);
    } else {
        csr_set(sstatus, STATUS_SPP);
    }
    statistics_entry(cpu.in_guest);
    vm_enter(&cpu);
    struct trap trap = {
        .cause = csr_read(scause),
        .tval = csr_read(stval),
        .htval = csr_read(htval),
        .htinst = csr_read(htinst),
        .guest_address = (csr_read(hstatus) & HSTATUS_GVA) != 0,
    };
    statistics_exit(cpu.in_guest);
    cpu.pc = csr_read(sepc);
    cpu.user = !(csr_read(sstatus) & STATUS_SPP);
    return trap;
}

/* --- from one to the other -------------------------------------------------------------------------------------- */

void world_sret(void) {
    u64 status = csr_read(vsstatus);
    bool to_guest = (VIRTUAL(CSR_HSTATUS) & HSTATUS_SPV) != 0;
    cpu.pc = csr_read(vsepc);
    cpu.user = !(status & STATUS_SPP);
    u64 enabled = status & STATUS_SPIE ? STATUS_SIE : 0;
    csr_write(vsstatus, (status & ~(STATUS_SPP | STATUS_SIE)) | STATUS_SPIE | enabled);
    VIRTUAL(CSR_HSTATUS) &= ~HSTATUS_SPV;
    if (to_guest) {
        save_hypervisor();
        virtual_absorb(); /* HNESTED has told us of nothing */
        load_guest();
    }
}

/* What trap entry into HS-mode writes (hypervisor extension, "Trap Entry"), on the guest hypervisor's registers. */
static void push_status(bool from_guest, const struct trap *trap) {
    u64 hstatus = VIRTUAL(CSR_HSTATUS) & ~(HSTATUS_SPV | HSTATUS_GVA);
    hstatus |= (from_guest ? HSTATUS_SPV : 0) | (trap->guest_address ? HSTATUS_GVA : 0);
    if (from_guest) {
        hstatus = (hstatus & ~HSTATUS_SPVP) | (cpu.user ? 0 : HSTATUS_SPVP);
    }
    VIRTUAL(CSR_HSTATUS) = hstatus;
    VIRTUAL(CSR_HTVAL) = trap->htval;
    VIRTUAL(CSR_HTINST) = trap->htinst;
    u64 status = csr_read(vsstatus);
    u64 enabled = status & STATUS_SIE ? STATUS_SPIE : 0;
    status &= ~(STATUS_SIE | STATUS_SPIE | STATUS_SPP);
    csr_write(vsstatus, status | enabled | (cpu.user ? 0 : STATUS_SPP));
}

static u64 vector(u64 cause) {
    u64 stvec = csr_read(vstvec), base = stvec & ~3ul;
    return (stvec & 1) && (cause & CAUSE_INTERRUPT) ? base + 4 * (cause & ~CAUSE_INTERRUPT) : base;
}

void world_forward(const struct trap *trap) {
    bool from_guest = cpu.in_guest;
    if (from_guest) {
        statistics.forwarded++;
        save_guest();
        load_hypervisor();
    }
    push_status(from_guest, trap);
    csr_write(vsepc, cpu.pc);
    csr_write(vscause, trap->cause);
    csr_write(vstval, trap->tval);
    cpu.pc = vector(trap->cause);
    cpu.user = false;
    if (from_guest) {
        nacl_leave_guest();
    }
}

void world_refuse(u64 instruction) {
    world_forward(&(struct trap){.cause = CAUSE_ILLEGAL_INSTRUCTION, .tval = instruction});
}

/* In the manual's order: external, software, timer; supervisor before VS level, of which only the undelegated come. */
static u64 interrupt_for_hypervisor(void) {
    static const u64 order[] = {IRQ_SSI, IRQ_STI, IRQ_VSEI, IRQ_VSSI, IRQ_VSTI};
    u64 pending = hypervisor.hvip >> 1 & SSI;
    pending |= csr_read(time) >= hypervisor.stimecmp ? STI : 0;
    pending &= hypervisor.sie;
    pending |= VIRTUAL(CSR_HIP) & VIRTUAL(CSR_HIE) & ~VIRTUAL(CSR_HIDELEG);
    for (unsigned n = 0; n < LENGTH(order); n++) {
        if (pending >> order[n] & 1) {
            return CAUSE_INTERRUPT | order[n];
        }
    }
    return 0;
}

void world_interrupt(void) {
    u64 cause = cpu.in_guest ? interrupt_for_hypervisor() : 0;
    if (cause) {
        world_forward(&(struct trap){.cause = cause});
    }
}
