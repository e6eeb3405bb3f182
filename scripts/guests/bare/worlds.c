/*
 * One function at one virtual address in four worlds: M, HS (Sv39), VS and VU (Sv39x4, VMID 3).
 *
 * M and HS run the image where it was loaded. The guest's second stage leads the same addresses to a copy, so that
 * `visits` and `last_world` are two different cells under one name.
 */
#include "bare.h"

#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((u64)(value)) : "memory")
#define csr_read(name)                                          \
    ({                                                          \
        u64 csr_value_;                                         \
        __asm__ volatile("csrr %0, " #name : "=r"(csr_value_)); \
        csr_value_;                                             \
    })

#define IMAGE 0x80000000ul
#define COPY 0x80400000ul
#define GIB (1ul << 30)
#define VMID 3ul
#define SV39 (8ul << 60)

#define PTE_LEAF 0xcf /* D A X W R V */
#define PTE_TABLE 1
#define PTE_U 16
#define MSTATUS_MPV (1ul << 39)
#define MSTATUS_MPP (3ul << 11)
#define MSTATUS_MPP_S (1ul << 11)
#define SSTATUS_SPP (1ul << 8)
#define HSTATUS_SPV (1ul << 7)
#define HSTATUS_VSXL_64 (2ul << 32)
#define CAUSE_ECALL_U 8
#define PMP_ALL 0x1f /* NAPOT, X W R */

enum world { WORLD_M, WORLD_HS, WORLD_VS, WORLD_VU };

volatile u64 visits;
volatile enum world last_world;

static _Alignas(4096) u64 host_table[512];
static _Alignas(16384) u64 guest_table[2048];
static _Alignas(4096) u64 guest_middle[512];

extern char image_end[];

/* The function to break at: same address, four worlds. */
__attribute__((noinline)) void landmark(enum world world) {
    last_world = world;
    visits++;
}

static u64 pte(u64 address, u64 flags) { return address >> 12 << 10 | flags; }

static void copy_image(void) {
    u64 *to = (u64 *)COPY;
    for (const u64 *from = (const u64 *)IMAGE; from < (const u64 *)image_end; from++) {
        *to++ = *from;
    }
}

static void build_tables(void) {
    host_table[0] = pte(0, PTE_LEAF); /* the devices */
    host_table[IMAGE / GIB] = pte(IMAGE, PTE_LEAF);
    guest_table[0] = pte(0, PTE_LEAF | PTE_U);
    guest_table[IMAGE / GIB] = pte((u64)guest_middle, PTE_TABLE);
    guest_middle[0] = pte(COPY, PTE_LEAF | PTE_U);
}

/* Traps come back to M-mode; only the last ecall may. */
__attribute__((noinline)) void handle_trap(void) {
    u64 status = csr_read(mstatus);
    int from_vu = csr_read(mcause) == CAUSE_ECALL_U && (status & MSTATUS_MPV) && !(status & MSTATUS_MPP);
    const volatile u64 *guest_visits = (const volatile u64 *)((u64)&visits - IMAGE + COPY);
    int counted = visits == 2 && last_world == WORLD_HS && *guest_visits == 2;
    print(from_vu && counted ? "M: back from VU\n" : "M: an unexpected trap\n");
    finish(from_vu && counted ? 0 : 1);
}

__attribute__((interrupt("machine"), aligned(4))) static void machine_trap(void) { handle_trap(); }

__attribute__((noinline)) void vu_main(void) {
    landmark(WORLD_VU);
    print("VU\n");
    __asm__ volatile("ecall");
    __builtin_unreachable();
}

__attribute__((noinline)) void vs_main(void) {
    landmark(WORLD_VS);
    print("VS\n");
    csr_write(sepc, vu_main);
    __asm__ volatile("csrc sstatus, %0\nsret" ::"r"(SSTATUS_SPP));
    __builtin_unreachable();
}

__attribute__((noinline)) void hs_main(void) {
    csr_write(satp, SV39 | (u64)host_table >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
    landmark(WORLD_HS);
    print("HS\n");
    csr_write(hgatp, SV39 | VMID << 44 | (u64)guest_table >> 12);
    csr_write(vsatp, 0);
    __asm__ volatile("hfence.gvma" ::: "memory");
    csr_write(hstatus, HSTATUS_VSXL_64 | HSTATUS_SPV);
    csr_write(sepc, vs_main);
    __asm__ volatile("csrs sstatus, %0\nsret" ::"r"(SSTATUS_SPP));
    __builtin_unreachable();
}

int main(void) {
    csr_write(mtvec, machine_trap);
    csr_write(pmpaddr0, ~0ul >> 10);
    csr_write(pmpcfg0, PMP_ALL);
    build_tables();
    copy_image();
    landmark(WORLD_M);
    print("M\n");
    csr_write(medeleg, 0);
    csr_write(mepc, hs_main);
    __asm__ volatile("csrc mstatus, %0\ncsrs mstatus, %1\nmret" ::"r"(MSTATUS_MPP | MSTATUS_MPV), "r"(MSTATUS_MPP_S));
    __builtin_unreachable();
}
