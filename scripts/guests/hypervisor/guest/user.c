/* The program in VU-mode, of both VMs. Its pages are its own: it calls nothing of the kernel but by ecall. */
#include "guest.h"
#include "stubs.h"

#define VIRTUAL(text, run) {text, CAUSE_VIRTUAL_INSTRUCTION, run}
#define ILLEGAL(text, run) {text, CAUSE_ILLEGAL_INSTRUCTION, run}
#define READ(csr) VIRTUAL("csrr " #csr, vu_read_##csr),
#define READ_COUNTER(csr) VIRTUAL("csrr " #csr " with hcounteren=0", vu_read_##csr),
#define READ_COUNTER_SCOUNTEREN(csr) VIRTUAL("csrr " #csr " with hcounteren=7, scounteren=0", vu_read_##csr),
#define ACCESS(instruction, name) VIRTUAL(#instruction, vu_##name),

static const struct provocation always[] = {
    VIRTUAL("sret", vu_sret),
    VIRTUAL("sfence.vma", vu_sfence),
    VIRTUAL("wfi", vu_wfi),
    SUPERVISOR_CSRS(READ)
    VIRTUAL("csrw sscratch", vu_write_sscratch),
    HYPERVISOR_CSRS(READ)
    VS_CSRS(READ)
    VIRTUAL_MACHINE_ACCESSES(ACCESS)
    VIRTUAL("hfence.vvma", vu_hfence_vvma),
    VIRTUAL("hfence.gvma", vu_hfence_gvma),
    ILLEGAL("mret", vu_mret),
    ILLEGAL("csrr mstatus", vu_read_mstatus),
    COUNTERS(READ_COUNTER)
};

static const struct provocation timer_traps[] = {
    VIRTUAL("csrr stimecmp", vu_stimecmp),
    VIRTUAL("csrr vstimecmp", vu_vstimecmp),
};

static const struct provocation without_scounteren[] = {COUNTERS(READ_COUNTER_SCOUNTEREN)};

static void provoke_list(const struct provocation *list, u64 count) {
    for (const struct provocation *p = list; p < list + count; p++) {
        struct announcement what = {.text = (u64)p->text, .cause = p->cause, .mode = MODE_VU};
        guest_announce(SYSCALL_EXPECT, &what);
        p->run(GUEST_BIG_GVA);
    }
}

static void user_report(const char *text, bool ok) { guest_ecall(SYSCALL_REPORT, (u64)text, ok); }

void user_distrusted(u64 with_sstc) {
    user_report("VU-mode reached its kernel by ecall", true);
    provoke_list(always, LENGTH(always));
    if (with_sstc) {
        provoke_list(timer_traps, LENGTH(timer_traps));
    }
    guest_ecall(SYSCALL_EXIT, 0, 0);
}

/* Run twice: scounteren = 0 refuses the counters with a virtual instruction, scounteren = 7 allows them. */
void user_trusted(u64 scounteren) {
    if (scounteren == 0) {
        provoke_list(without_scounteren, LENGTH(without_scounteren));
        vu_load(GUEST_BIG_GVA); /* a page without U: the kernel gets the page fault and looks at it later */
    } else {
        u64 earlier = csr_read(time);
        user_report("VU-mode reads time with hcounteren=7, scounteren=7", csr_read(time) >= earlier);
    }
    guest_ecall(SYSCALL_EXIT, 0, 0);
}
