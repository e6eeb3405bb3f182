/* VM 7, which is distrusted: hstatus.VTSR, VTVM and VTW are 1, hcounteren is 0. */
#include "guest.h"
#include "stubs.h"

#define VIRTUAL(text, run) {text, CAUSE_VIRTUAL_INSTRUCTION, run}
#define ILLEGAL(text, run) {text, CAUSE_ILLEGAL_INSTRUCTION, run}
#define READ(csr) VIRTUAL("csrr " #csr, vs_read_##csr),
#define READ_COUNTER(csr) VIRTUAL("csrr " #csr " with hcounteren=0", vs_read_##csr),
#define ACCESS(instruction, name) VIRTUAL(#instruction, vs_##name),

static const struct provocation policy_traps[] = {
    VIRTUAL("sret with VTSR=1", vs_sret_vtsr),
    VIRTUAL("sfence.vma with VTVM=1", vs_sfence_vtvm),
    VIRTUAL("csrr satp with VTVM=1", vs_satp_read_vtvm),
    VIRTUAL("csrw satp with VTVM=1", vs_satp_write_vtvm),
    VIRTUAL("wfi with VTW=1", vs_wfi_vtw),
    COUNTERS(READ_COUNTER)
};

static const struct provocation hypervisor_traps[] = {
    HYPERVISOR_CSRS(READ)
    VS_CSRS(READ)
    VIRTUAL("csrw hstatus", vs_write_hstatus),
    VIRTUAL("csrsi hvip", vs_write_hvip),
    VIRTUAL("csrw vsepc", vs_write_vsepc),
    VIRTUAL_MACHINE_ACCESSES(ACCESS)
    VIRTUAL("hfence.vvma", vs_hfence_vvma),
    VIRTUAL("hfence.gvma", vs_hfence_gvma),
};

static const struct provocation timer_traps[] = {
    VIRTUAL("csrr stimecmp with hcounteren.TM=0", vs_stimecmp),
    VIRTUAL("csrr vstimecmp", vs_vstimecmp),
};

static const struct provocation neighbours[] = {
    ILLEGAL("mret", vs_mret),
    ILLEGAL("csrr mstatus", vs_read_mstatus),
    ILLEGAL("csrw hgeip, read-only", vs_write_hgeip),
    ILLEGAL("csrw cycle, read-only", vs_write_cycle),
};

/* HFENCE.VVMA: the hypervisor gives GVA_REWRITTEN another guest page; then HLV.D and we agree. */
static void check_rewritten_pte(void) {
    store(GUEST_BIG_GVA, 0x11);
    store(GUEST_BIG_GVA + PAGE_SIZE, 0x22);
    bool before = load(GVA_REWRITTEN) == 0x11;
    guest_ecall(HYPERCALL_REWRITE_PTE, guest_physical_pte(GVA_REWRITTEN), pte_to(GUEST_BIG_GPA + PAGE_SIZE, PTE_RW));
    report("PTE rewritten by the hypervisor, hfence.vvma: the new page shows", before && load(GVA_REWRITTEN) == 0x22);
    report("the hypervisor reads the same by hlv.d", guest_ecall(HYPERCALL_PEEK, GVA_REWRITTEN, 0) == 0x22);
}

/* A store to the UART that this VM believes in: the hypervisor learns from htinst what to print. */
static void check_emulated_uart(void) {
    for (const char *c = "vm7 guest: this line went through an emulated UART\n"; *c; c++) {
        *(volatile u8 *)GVA_UART = (u8)*c;
    }
}

void vm7_main(void) {
    provoke_all(policy_traps, LENGTH(policy_traps));
    yield();
    provoke_all(hypervisor_traps, LENGTH(hypervisor_traps));
    if (has_sstc()) {
        provoke_all(timer_traps, LENGTH(timer_traps));
    }
    provoke_all(neighbours, LENGTH(neighbours));
    yield();
    guest_run_user(user_distrusted, has_sstc());
    check_rewritten_pte();
    check_emulated_uart();
    yield();
}
