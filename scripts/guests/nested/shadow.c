/* Sv39x4 tables: the guest hypervisor's, and one shadow per hgatp that it uses. A shadow is filled fault by fault. */
#include "shadow.h"

#include "../hypervisor/csr.h"
#include "layout.h"

#define SHADOWS 4
#define TABLES 64
#define PTE_LEAF (PTE_R | PTE_W | PTE_X)
#define GPA_LIMIT (1ul << 41)
#define PPN(hgatp) ((hgatp) & ((1ul << 44) - 1))
#define VMID(hgatp) ((hgatp) >> HGATP_VMID_SHIFT & 0x3fff)

u64 shadow_fills;

static _Alignas(16384) u64 roots[1 + SHADOWS][2048]; /* the first is the guest hypervisor's own */
static _Alignas(4096) u64 tables[TABLES][512];
static _Alignas(4096) u64 own_tables[3][512];
static unsigned tables_used, victim;
static u64 owners[SHADOWS]; /* the virtual hgatp of each shadow */
static bool owned[SHADOWS];

static void clear(u64 *table, u64 entries) {
    for (u64 n = 0; n < entries; n++) {
        table[n] = 0;
    }
}

/* Every shadow starts anew: the tables are a cache, and an empty one is always right. */
static void forget_all(void) {
    for (unsigned n = 0; n < SHADOWS; n++) {
        clear(roots[1 + n], 2048);
    }
    tables_used = 0;
    __asm__ volatile("hfence.gvma zero, zero" ::: "memory");
}

static u64 *next(u64 *entry, u64 *fresh) {
    if (!(*entry & PTE_V)) {
        clear(fresh, 512);
        *entry = pte_to((u64)fresh, PTE_V);
    }
    return (u64 *)pte_target(*entry);
}

u64 shadow_hypervisor_table(void) {
    clear(roots[0], 2048);
    u64 *low = next(&roots[0][0], own_tables[0]);
    u64 *devices = next(&low[UART_BASE >> 21], own_tables[1]);
    devices[UART_BASE >> 12 & 511] = pte_to(UART_BASE, PTE_RW | PTE_U);
    u64 *memory = next(&roots[0][INNER_BASE >> 30], own_tables[2]);
    for (u64 at = INNER_BASE; at < INNER_BASE + INNER_SIZE; at += BIG_PAGE_SIZE) {
        memory[at >> 21 & 511] = pte_to(at + INNER_OFFSET, PTE_RWX | PTE_U);
    }
    return HGATP_MODE_SV39X4 | (u64)VMID_HYPERVISOR << HGATP_VMID_SHIFT | (u64)roots[0] / PAGE_SIZE;
}

u64 shadow_host_address(u64 inner) {
    bool memory = inner >= INNER_BASE && inner < INNER_BASE + INNER_SIZE;
    return memory ? inner + INNER_OFFSET : 0;
}

static unsigned find(u64 virtual_hgatp) {
    unsigned n = 0;
    while (n < SHADOWS && !(owned[n] && owners[n] == virtual_hgatp)) {
        n++;
    }
    return n;
}

static unsigned shadow_index(u64 virtual_hgatp) {
    unsigned n = find(virtual_hgatp);
    if (n < SHADOWS) {
        return n;
    }
    n = victim++ % SHADOWS;
    owners[n] = virtual_hgatp;
    owned[n] = true;
    clear(roots[1 + n], 2048);
    __asm__ volatile("hfence.gvma zero, %0" ::"r"((u64)VMID_GUESTS + n) : "memory");
    return n;
}

u64 shadow_for(u64 virtual_hgatp) {
    unsigned n = shadow_index(virtual_hgatp);
    return HGATP_MODE_SV39X4 | (u64)(VMID_GUESTS + n) << HGATP_VMID_SHIFT | (u64)roots[1 + n] / PAGE_SIZE;
}

/* What the guest hypervisor's table says: where a 4 KiB page of its guest is, with which permissions, by what size. */
struct mapping {
    u64 inner, permissions, size;
};

/* A leaf: refused without `need`; A, and D for a write, are set in the guest hypervisor's stead (menvcfg.ADUE). */
static bool accept(u64 *entry, u64 gpa, u64 need, u64 size, struct mapping *found) {
    if (!(*entry & need) || !(*entry & PTE_U) || (pte_target(*entry) & (size - 1))) {
        return false;
    }
    *entry |= PTE_A | (need == PTE_W ? PTE_D : 0);
    u64 permissions = *entry & PTE_LEAF;
    if (!(*entry & PTE_D)) {
        permissions &= ~(u64)PTE_W; /* the first store must come to us, to set D */
    }
    *found = (struct mapping){pte_target(*entry) + (gpa & (size - 1)), permissions, size};
    return true;
}

static bool walk(u64 virtual_hgatp, u64 gpa, u64 need, struct mapping *found) {
    if (virtual_hgatp >> 60 == 0) {
        *found = (struct mapping){gpa, PTE_LEAF, PAGE_SIZE};
        return true;
    }
    if (virtual_hgatp >> 60 != 8 || gpa >= GPA_LIMIT) {
        return false; /* with HNESTED nobody has legalised the mode */
    }
    u64 table = PPN(virtual_hgatp) * PAGE_SIZE & ~0x3ffful, index = gpa >> 30;
    for (unsigned shift = 30;; shift -= 9) {
        u64 *entry = (u64 *)shadow_host_address(table + 8 * index);
        if (!entry || !(*entry & PTE_V) || (*entry & (PTE_R | PTE_W)) == PTE_W) {
            return false;
        }
        if (*entry & PTE_LEAF) {
            return accept(entry, gpa, need, 1ul << shift, found);
        }
        if (shift == 12) {
            return false;
        }
        table = pte_target(*entry);
        index = gpa >> (shift - 9) & 511;
    }
}

/* Big where both are big; our own mapping of the guest hypervisor's memory always is. */
static void map(u64 *root, u64 gpa, u64 host, const struct mapping *found) {
    if (tables_used + 2 > TABLES) {
        forget_all();
    }
    u64 flags = found->permissions | PTE_V | PTE_U | PTE_A | (found->permissions & PTE_W ? PTE_D : 0);
    u64 *entry = &root[gpa >> 30];
    for (unsigned shift = 21;; shift -= 9) {
        u64 *fresh = tables[tables_used];
        tables_used += !(*entry & PTE_V);
        entry = &next(entry, fresh)[gpa >> shift & 511];
        u64 size = 1ul << shift;
        if (shift == 12 || (found->size >= size && ((gpa ^ host) & (size - 1)) == 0)) {
            *entry = pte_to(host & ~(size - 1), flags);
            return;
        }
    }
}

bool shadow_fill(u64 virtual_hgatp, u64 gpa, u64 need) {
    struct mapping found;
    if (!walk(virtual_hgatp, gpa, need, &found)) {
        return false;
    }
    u64 host = shadow_host_address(found.inner);
    if (!host) {
        return false;
    }
    unsigned n = shadow_index(virtual_hgatp);
    map(roots[1 + n], gpa, host, &found);
    shadow_fills++;
    __asm__ volatile("hfence.gvma %0, %1" ::"r"(gpa >> 2), "r"((u64)VMID_GUESTS + n) : "memory");
    return true;
}

static void forget_page(u64 *root, u64 gpa) {
    u64 *entry = &root[gpa >> 30];
    for (unsigned shift = 30; (*entry & PTE_V) && !(*entry & PTE_LEAF) && shift > 12;) {
        shift -= 9;
        entry = &((u64 *)pte_target(*entry))[gpa >> shift & 511];
    }
    *entry = 0;
}

void shadow_fence(u64 vmid, u64 gpa) {
    for (unsigned n = 0; n < SHADOWS; n++) {
        if (!owned[n] || (vmid != ~0ul && VMID(owners[n]) != vmid)) {
            continue;
        }
        if (gpa == ~0ul) {
            clear(roots[1 + n], 2048);
        } else if (gpa < GPA_LIMIT) {
            forget_page(roots[1 + n], gpa);
        }
        __asm__ volatile("hfence.gvma zero, %0" ::"r"((u64)VMID_GUESTS + n) : "memory");
    }
}

void shadow_fence_virtual(u64 virtual_hgatp) {
    if (find(virtual_hgatp) == SHADOWS) {
        return; /* no guest has run there */
    }
    u64 before = csr_read(hgatp);
    csr_write(hgatp, shadow_for(virtual_hgatp));
    __asm__ volatile("hfence.vvma zero, zero" ::: "memory");
    csr_write(hgatp, before);
}
