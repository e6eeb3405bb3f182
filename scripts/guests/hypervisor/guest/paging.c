/* The guest's own tables, Sv39: the image, a 2 MiB page, and windows onto guest physical pages with a purpose. */
#include "guest.h"

/* start.S, hypervisor.ld.in */
extern char guest_start[], guest_user_start[], guest_user_end[], guest_user_stack[], guest_user_stack_end[];

#define PTE_USER_RX (PTE_RX | PTE_U)
#define PTE_USER_RW (PTE_RW | PTE_U)

static _Alignas(4096) u64 root[512];
static _Alignas(4096) u64 middle[512];
static _Alignas(4096) u64 image[512];
static _Alignas(4096) u64 windows[512];

u64 guest_satp;

/* Runs before translation is on: the addresses of our own things are guest physical ones. */
static void map_image(const char *from, const char *to, u64 flags) {
    for (; from < to; from += PAGE_SIZE) {
        image[(u64)from >> 12 & 511] = pte_to((u64)from, flags);
    }
}

static void map_window(u64 gva, u64 gpa, u64 flags) { windows[gva >> 12 & 511] = pte_to(gpa, flags); }

static void map_windows(void) {
    map_window(GVA_UART, GPA_UART, PTE_RW);
    map_window(GVA_NOTHING, GPA_NOTHING, PTE_RWX);
    map_window(GVA_READ_ONLY, GPA_READ_ONLY, PTE_RW);
    map_window(GVA_NO_EXECUTE, GPA_NO_EXECUTE, PTE_RWX);
    map_window(GVA_SWITCHED, GPA_SWITCHED, PTE_RW);
    map_window(GVA_REWRITTEN, GUEST_BIG_GPA, PTE_RW);
}

u64 guest_build_tables(void) {
    map_image(guest_start, guest_user_start, PTE_RX);
    map_image(guest_user_start, guest_user_end, PTE_USER_RX);
    map_image(guest_user_end, guest_user_stack, PTE_RW);
    map_image(guest_user_stack, guest_user_stack_end, PTE_USER_RW);
    map_image(guest_user_stack_end, guest_start + GUEST_IMAGE_SIZE, PTE_RW);
    map_windows();
    middle[GUEST_IMAGE_GVA >> 21 & 511] = pte_to((u64)image, PTE_V);
    middle[GUEST_BIG_GVA >> 21 & 511] = pte_to(GUEST_BIG_GPA, PTE_RW);
    middle[GVA_UART >> 21 & 511] = pte_to((u64)windows, PTE_V);
    middle[GVA_TABLE_MISSING >> 21 & 511] = pte_to(GPA_NOTHING, PTE_V);
    middle[GVA_TABLE_READ_ONLY >> 21 & 511] = pte_to(GPA_READ_ONLY, PTE_V);
    root[GUEST_IMAGE_GVA >> 30 & 511] = pte_to((u64)middle, PTE_V);
    /* Until start.S has left the guest physical address, both lead to the image. */
    root[GUEST_RAM_GPA >> 30 & 511] = root[GUEST_IMAGE_GVA >> 30 & 511];
    guest_satp = SATP_MODE_SV39 | (u64)root >> 12;
    return guest_satp;
}

void guest_drop_identity(void) {
    root[GUEST_RAM_GPA >> 30 & 511] = 0;
    __asm__ volatile("sfence.vma" ::: "memory");
}

u64 guest_physical_pte(u64 gva) { return (u64)&windows[gva >> 12 & 511] - GUEST_IMAGE_GVA + GUEST_RAM_GPA; }
