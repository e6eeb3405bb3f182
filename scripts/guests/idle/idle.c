/*
 * The debate about WFI: a vCPU that owns its hart idles until its timer rings, again and again.
 *
 * With hstatus.VTW=0, as ratified, WFI waits in the guest and the timer is delivered without the hypervisor. On a machine
 * with the proposal virtual-instruction-2020 there is no VTW: each WFI that has to wait is a virtual instruction, and the
 * hypervisor waits in the guest's place.
 */
#include "../hypervisor/csr.h"
#include "../hypervisor/console.h"
#include "../hypervisor/types.h"

#define NAPS 200
#define NAP 150 /* ticks */
#define WFI 0x10500073

struct vcpu {
    u64 x[32]; /* trap.S knows the first two members' places */
    u64 host_sp;
};

static struct vcpu vcpu;
static _Alignas(16) u8 stack[4096];
static _Alignas(16384) u64 root[2048];
static volatile u64 rings;
static u64 emulated;

void vm_enter(struct vcpu *vcpu); /* hypervisor/trap.S */

void handle_host_trap(void) {
    print("host: unexpected trap %x\n", csr_read(scause));
    finish(2);
}

/* --- the guest ---------------------------------------------------------------------------------------------------- */

__attribute__((interrupt("supervisor"), aligned(4))) static void ring(void) {
    rings++;
    csr_write(stimecmp, ~0ul);
}

/* Interrupts are off around WFI, so that a ring between the question and the wait is not lost. */
[[noreturn]] static void vcpu_main(void) {
    csr_write(stvec, ring);
    csr_set(sie, 1ul << IRQ_STI);
    for (u64 nap = 0; nap < NAPS; nap++) {
        csr_write(stimecmp, csr_read(time) + NAP);
        while (rings == nap) {
            __asm__ volatile("wfi");
            csr_set(sstatus, STATUS_SIE);
            csr_clear(sstatus, STATUS_SIE);
        }
    }
    __asm__ volatile("ecall");
    __builtin_unreachable();
}

/* --- the hypervisor ----------------------------------------------------------------------------------------------- */

/* Nobody else wants the hart: wait here for what the guest waits for. VSTIE is the guest's own enable bit. */
__attribute__((noinline)) static void emulate_wfi(void) {
    if (csr_read(stval) != WFI) {
        print("guest: unexpected instruction %x\n", csr_read(stval));
        finish(3);
    }
    __asm__ volatile("wfi");
    csr_write(sepc, csr_read(sepc) + 4);
    emulated++;
}

static void run(void) {
    for (;;) {
        csr_set(hstatus, HSTATUS_SPV);
        csr_set(sstatus, STATUS_SPP);
        vm_enter(&vcpu);
        if (csr_read(scause) != CAUSE_VIRTUAL_INSTRUCTION) {
            return;
        }
        emulate_wfi();
    }
}

void hypervisor_main(void) {
    root[2] = pte_to(2ul << 30, PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D);
    csr_write(hgatp, HGATP_MODE_SV39X4 | 1ul << HGATP_VMID_SHIFT | (u64)root / PAGE_SIZE);
    csr_write(hstatus, HSTATUS_VSXL_64);
    csr_write(hideleg, 1ul << IRQ_VSTI);
    csr_write(hcounteren, COUNTER_TM);
    csr_write(henvcfg, HENVCFG_STCE);
    csr_write(sepc, vcpu_main);
    vcpu.x[2] = (u64)stack + sizeof stack;
    run();
    print("%d naps, %d of them emulated\n", rings, emulated);
    finish(csr_read(scause) == CAUSE_ECALL_VS && rings == NAPS ? 0 : 1);
}
