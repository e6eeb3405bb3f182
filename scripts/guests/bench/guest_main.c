/* From M-mode over HS-mode into a guest in VS-mode, behind two stages of 4 KiB pages that lead each address to itself. */
#include "bench.h"

#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((u64)(value)) : "memory")
#define csr_set(name, value) __asm__ volatile("csrs " #name ", %0" ::"r"((u64)(value)) : "memory")

#define IMAGE 0x80000000ul
#define SV39 (8ul << 60)
#define VMID (1ul << 44)
#define PTE_TABLE 1
#define PTE_LEAF 0xcf /* D A X W R V */
#define PTE_USER 16

#define MSTATUS_MPP (3ul << 11)
#define MSTATUS_MPP_S (1ul << 11)
#define STATUS_FS (3ul << 13)
#define SSTATUS_SPP (1ul << 8)
#define HSTATUS_SPV (1ul << 7)
#define ENVCFG_STCE (1ul << 63)
#define PMP_ALL 0x1f /* NAPOT, X W R */
#define ECALL_U (1ul << 8)
#define GUEST_INTERRUPTS 0x444ul

extern char image_end[], user_start[], user_end[];

u64 *arena_slots;

__attribute__((weak)) const u64 arena_pages = 0;

static u64 next_table = TABLES;

/* Memory is zero at reset. */
static u64 *new_table(u64 bytes) {
    u64 *table = (u64 *)next_table;
    next_table += bytes;
    return table;
}

static u64 *slot_of(u64 *root, u64 roots, u64 address) {
    u64 *slot = &root[address >> 30 & (roots - 1)];
    for (int shift = 21; shift >= 12; shift -= 9) {
        if (!*slot) {
            *slot = (u64)new_table(PAGE) >> 12 << 10 | PTE_TABLE;
        }
        slot = &((u64 *)(*slot >> 10 << 12))[address >> shift & 511];
    }
    return slot;
}

static u64 *map(u64 *root, u64 roots, u64 address, u64 flags) {
    u64 *slot = slot_of(root, roots, address);
    *slot = address >> 12 << 10 | flags;
    return slot;
}

/* Identity in one stage: the image, and the arena's pages behind it. Each level's tables come to lie one after another. */
static void map_all(u64 *root, u64 roots, u64 image_user, u64 user) {
    for (u64 address = IMAGE; address < (u64)image_end; address += PAGE) {
        map(root, roots, address, PTE_LEAF | (address >= (u64)user_start && address < (u64)user_end ? user : image_user));
    }
    for (u64 page = 0; page < arena_pages; page++) {
        map(root, roots, ARENA + page * PAGE, PTE_LEAF | image_user);
    }
}

static void build_tables(void) {
    u64 *second = new_table(4 * PAGE), *first = new_table(PAGE);
    map_all(first, 512, 0, PTE_USER);
    map_all(second, 2048, PTE_USER, PTE_USER);
    arena_slots = slot_of(second, 2048, ARENA);
    for (u64 table = TABLES, end = next_table; table < end; table += PAGE) { /* the walk of the first stage reads them */
        map(second, 2048, table, PTE_LEAF | PTE_USER);
    }
    csr_write(hgatp, SV39 | VMID | (u64)second >> 12);
    csr_write(vsatp, SV39 | (u64)first >> 12);
    __asm__ volatile("hfence.gvma\nhfence.vvma" ::: "memory");
}

static void hypervisor_main(void) {
    csr_write(stvec, hypervisor_trap);
    csr_write(satp, 0);
    csr_write(hedeleg, ECALL_U);
    csr_write(hideleg, GUEST_INTERRUPTS);
    csr_write(hcounteren, ~0ul);
    csr_write(henvcfg, ENVCFG_STCE);
    csr_write(vsstatus, STATUS_FS);
    build_tables();
    csr_set(hstatus, HSTATUS_SPV);
    csr_set(sstatus, SSTATUS_SPP);
    csr_write(sepc, guest);
    bench_begin();
    register u64 units __asm__("a0") = bench_units;
    __asm__ volatile("sret" ::"r"(units));
    __builtin_unreachable();
}

/* What Smstateen guards is the hypervisor's. Where there is no mstateen0 the write traps, and goes on behind itself. */
static void enable_state(void) {
    __asm__ volatile("la t0, 1f\ncsrrw t0, mtvec, t0\ncsrw 0x30c, %0\n.balign 4\n1: csrw mtvec, t0" ::"r"(~0ul) : "t0");
}

int main(void) {
    enable_state();
    csr_write(pmpaddr0, ~0ul >> 10);
    csr_write(pmpcfg0, PMP_ALL);
    csr_write(medeleg, ~0ul);
    csr_write(mideleg, ~0ul);
    csr_write(mcounteren, ~0ul);
    csr_write(menvcfg, ENVCFG_STCE);
    csr_set(mstatus, STATUS_FS);
    csr_write(mepc, hypervisor_main);
    __asm__ volatile("csrc mstatus, %0\ncsrs mstatus, %1\nmret" ::"r"(MSTATUS_MPP), "r"(MSTATUS_MPP_S));
    __builtin_unreachable();
}
