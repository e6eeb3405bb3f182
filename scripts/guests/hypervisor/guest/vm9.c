/* VM 9, which is trusted: SRET, satp, SFENCE.VMA, WFI and counters are its own; faults, a timer, interrupts. */
#include "guest.h"
#include "stubs.h"

#define TIMER_TICKS 500
#define COUNTERS_ALL (COUNTER_CY | COUNTER_TM | COUNTER_IR)

#define LOAD CAUSE_LOAD_GUEST_PAGE_FAULT
#define STORE CAUSE_STORE_GUEST_PAGE_FAULT
#define FETCH CAUSE_FETCH_GUEST_PAGE_FAULT
#define PTE_ADDRESS (GPA_NOTHING + 8 * (GVA_TABLE_MISSING >> 12 & 511))

static const struct refused_access refusals[] = {
    {"ld from a GPA that is not mapped", LOAD, vs_load, GVA_NOTHING, GPA_NOTHING, 0},
    {"lbu from it, at offset 0x123", LOAD, vs_load_byte, GVA_NOTHING + 0x123, GPA_NOTHING + 0x123, 0},
    {"c.lw from it", LOAD, vs_load_compressed, GVA_NOTHING, GPA_NOTHING, 0},
    {"sd to it", STORE, vs_store, GVA_NOTHING, GPA_NOTHING, 0},
    {"sh to it", STORE, vs_store_half, GVA_NOTHING, GPA_NOTHING, 0},
    {"c.sd to it", STORE, vs_store_compressed, GVA_NOTHING, GPA_NOTHING, 0},
    {"fetch from it", FETCH, vs_fetch, GVA_NOTHING, GPA_NOTHING, 0},
    {"sd to a page that the G-stage maps read-only", STORE, vs_store, GVA_READ_ONLY, GPA_READ_ONLY, 0},
    {"fetch from a page without X in the G-stage", FETCH, vs_fetch, GVA_NO_EXECUTE, GPA_NO_EXECUTE, 0},
    {"ld through a PTE that the G-stage hides", LOAD, vs_load, GVA_TABLE_MISSING, PTE_ADDRESS, HTINST_READ_VS_PTE},
    {"sd through it", STORE, vs_store, GVA_TABLE_MISSING, PTE_ADDRESS, HTINST_READ_VS_PTE},
    {"fetch through it", FETCH, vs_fetch, GVA_TABLE_MISSING, PTE_ADDRESS, HTINST_READ_VS_PTE},
};

/* Hardware wants to set A, or A and D, in a PTE that the G-stage lets it only read. */
static const struct refused_access refused_updates[] = {
    {"ld that sets A in a read-only PTE", LOAD, vs_load, GVA_TABLE_READ_ONLY, GPA_READ_ONLY, HTINST_WRITE_VS_PTE},
    {"sd that sets A and D there", STORE, vs_store, GVA_TABLE_READ_ONLY, GPA_READ_ONLY, HTINST_WRITE_VS_PTE},
};

static const struct provocation timer_refused[] = {
    {"csrr stimecmp with henvcfg.STCE=0", CAUSE_VIRTUAL_INSTRUCTION, vs_stimecmp},
    {"csrw stimecmp with henvcfg.STCE=0", CAUSE_VIRTUAL_INSTRUCTION, vs_stimecmp_write},
};

/* The first stage's own faults never reach the hypervisor: hedeleg gives them to this kernel. */
static void check_own_fault(const char *text, void (*run)(u64), u64 cause) {
    guest_fault.cause = 0;
    run(GVA_UNMAPPED);
    report(text, guest_fault.cause == cause && guest_fault.tval == GVA_UNMAPPED);
}

static void check_own_faults(void) {
    check_own_fault("own load page fault", vs_load, CAUSE_LOAD_PAGE_FAULT);
    check_own_fault("own store page fault", vs_store, CAUSE_STORE_PAGE_FAULT);
    check_own_fault("own store page fault of an AMO", vs_amo, CAUSE_STORE_PAGE_FAULT);
    check_own_fault("own fetch page fault", vs_fetch, CAUSE_FETCH_PAGE_FAULT);
}

static void check_big_page(void) {
    u64 address = GUEST_BIG_GVA + BIG_PAGE_SIZE - 8;
    store(address, 0x99);
    report("2 MiB page: the hypervisor reads its last word by hlv.d", guest_ecall(HYPERCALL_PEEK, address, 0) == 0x99);
}

static void check_switched_page(void) {
    store(GVA_SWITCHED, 0x33);
    bool before = load(GVA_SWITCHED) == 0x33;
    guest_ecall(HYPERCALL_SWITCH_PAGE, 0x44, 0);
    report("G-stage page exchanged, hfence.gvma: the new page shows", before && load(GVA_SWITCHED) == 0x44);
}

static void check_counters(void) {
    u64 earlier = csr_read(time);
    report("VS-mode reads time with hcounteren=7", csr_read(time) >= earlier);
    report("VS-mode reads its own satp and fences", csr_read(satp) == guest_satp);
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void check_timer(bool with_sstc) {
    u64 deadline = csr_read(time) + TIMER_TICKS;
    if (with_sstc) {
        provoke_all(timer_refused, LENGTH(timer_refused));
        guest_ecall(HYPERCALL_ALLOW_STIMECMP, 1, 0);
        deadline = csr_read(time) + TIMER_TICKS;
        csr_write(stimecmp, deadline);
    } else {
        guest_ecall(HYPERCALL_SET_TIMER, deadline, 0);
    }
    bool came = wait_for_interrupt(IRQ_STI);
    report(with_sstc ? "timer interrupt by stimecmp (vstimecmp)" : "timer interrupt by SBI TIME and hvip.VSTIP",
           came && csr_read(time) >= deadline);
}

static void check_injected(const char *text, u64 irq) {
    guest_ecall(HYPERCALL_INJECT, irq + 1, 0);
    bool pending = (csr_read(sip) >> irq & 1) != 0;
    bool came = wait_for_interrupt(irq);
    report(text, pending && came && !(csr_read(sip) >> irq & 1) && !guest_ecall(HYPERCALL_RETRACT, irq + 1, 0));
}

/* WFI wakes for an interrupt that is pending and enabled in sie, though sstatus.SIE is 0. */
static void check_wfi(void) {
    csr_set(sie, 1ul << IRQ_SSI);
    guest_ecall(HYPERCALL_INJECT, IRQ_VSSI, 0);
    __asm__ volatile("wfi");
    csr_clear(sip, 1ul << IRQ_SSI);
    csr_clear(sie, 1ul << IRQ_SSI);
    report("wfi with VTW=0 completes", true);
}

static void check_preemption(void) {
    static volatile u64 flag;
    flag = 0;
    guest_ecall(HYPERCALL_PREEMPT_ME, (u64)&flag, 0);
    u64 patience = 1000000;
    while (!flag && --patience) {
    }
    report("preempted while it was spinning", flag == 1);
}

static void check_user(void) {
    csr_write(scounteren, 0);
    guest_fault.cause = 0;
    guest_run_user(user_trusted, 0);
    report("VU-mode load from a kernel page: own load page fault",
           guest_fault.cause == CAUSE_LOAD_PAGE_FAULT && guest_fault.tval == GUEST_BIG_GVA);
    csr_write(scounteren, COUNTERS_ALL);
    guest_run_user(user_trusted, COUNTERS_ALL);
}

void vm9_main(void) {
    check_counters();
    check_big_page();
    check_switched_page();
    check_own_faults();
    yield();
    provoke_refusals(refusals, LENGTH(refusals));
    if (has_adue()) {
        provoke_refusals(refused_updates, LENGTH(refused_updates));
    }
    yield();
    check_user();
    check_timer(has_sstc());
    check_injected("injected software interrupt (hvip.VSSIP)", IRQ_SSI);
    check_injected("injected external interrupt (hvip.VSEIP)", IRQ_SEI);
    check_wfi();
    check_preemption();
}
