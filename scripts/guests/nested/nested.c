/*
 * A host of a guest hypervisor, by trap-and-emulate: what nested virtualization costs without help from the hardware.
 *
 * The guest hypervisor runs unmodified in VS-mode. hstatus.VTSR makes its SRET trap, V=1 its h* and vs* CSRs, HFENCE,
 * HLV and HSV: each is a virtual-instruction exception, done in its stead. Its guest runs in VS-mode behind a shadow of
 * two G-stage tables. A trap of that guest that is not ours is delivered to the guest hypervisor as HS-mode would take it.
 */
#include "../hypervisor/console.h"
#include "../hypervisor/csr.h"
#include "access.h"
#include "emulate.h"
#include "guest_fault.h"
#include "layout.h"
#include "nacl.h"
#include "run.h"
#include "sbi_for_hypervisor.h"
#include "shadow.h"
#include "statistics.h"
#include "world.h"

void host_trap(void); /* hypervisor/trap.S */

/* The finisher is the one device of the guest hypervisor that we emulate: its store says how all of it ended. */
static bool finisher(const struct trap *trap) {
    if (trap->cause != CAUSE_STORE_GUEST_PAGE_FAULT || trap->htval != FINISHER_BASE >> 2) {
        return false;
    }
    u64 instruction = access_instruction();
    u64 value = (instruction & 3) == 3 ? cpu.x[instruction >> 20 & 31] : cpu.x[8 + (instruction >> 2 & 7)];
    run_finished((value & 0xffff) == FINISHER_PASS ? 0 : (value >> 16 & 0xffff) | 1);
}

static void trap_of_hypervisor(const struct trap *trap) {
    switch (trap->cause) {
    case CAUSE_VIRTUAL_INSTRUCTION:
        emulate(trap->tval ? trap->tval : access_instruction());
        return;
    case CAUSE_ECALL_VS:
        statistics.sbi++;
        sbi_for_hypervisor();
        return;
    case CAUSE_INTERRUPT | IRQ_STI:
        statistics.other++;
        csr_write(stimecmp, ~0ul);
        return;
    default:
        if (!finisher(trap)) {
            print("nested: the guest hypervisor: scause %x, pc %x, stval %x, htval %x\n", trap->cause, cpu.pc,
                  trap->tval, trap->htval);
            finish(5);
        }
    }
}

static void trap_of_guest(const struct trap *trap) {
    if (guest_fault_fill(trap)) {
        return;
    }
    if (trap->cause == (CAUSE_INTERRUPT | IRQ_STI)) {
        csr_write(stimecmp, ~0ul); /* it was the guest hypervisor's timer: world_interrupt delivers it */
        return;
    }
    world_forward(trap);
}

void run_hypervisor(u64 entry, u64 hart, u64 argument) {
    nacl_reset();
    statistics_clear();
    world_start(entry, hart);
    cpu.x[11] = argument;
    for (;;) {
        world_interrupt();
        struct trap trap = world_run();
        if (cpu.in_guest) {
            trap_of_guest(&trap);
        } else {
            trap_of_hypervisor(&trap);
        }
    }
}

void run_report(const char *how) {
    const struct statistics *s = &statistics;
    u64 entries = s->entries ? s->entries : 1;
    print("nested %s: %d traps into the host: CSR %d, SRET %d, HFENCE %d, HLV/HSV %d, SBI %d, other %d, of guests %d\n",
          how, statistics_traps(), s->csr, s->sret, s->hfence, s->access, s->sbi, s->other, s->guest);
    u64 tenths = (10 * s->exit_traps + entries / 2) / entries;
    print("nested %s: %d nested exits, %d shadow entries made; per nested exit %d.%d traps and %d instructions\n", how,
          s->forwarded, shadow_fills, tenths / 10, tenths % 10, s->instructions / entries);
}

[[noreturn]] void hypervisor_main(u64 hart) {
    csr_write(stvec, host_trap);
    if (!access_probe_sstc()) {
        print("nested: this host needs Sstc for the timers of three levels\n");
        finish(2);
    }
    run_all(hart);
}
