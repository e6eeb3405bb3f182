/* G-stage tables, Sv39x4: a root of 2048 entries, then two levels of 512, from a pool that is never given back. */
#include "gstage.h"

#include "console.h"

#define VMS 2
#define TABLES_PER_VM 3

static _Alignas(16384) u64 roots[VMS][2048];
static _Alignas(4096) u64 tables[VMS * TABLES_PER_VM][512];
static unsigned roots_used, tables_used;

u64 *gstage_new(void) {
    if (roots_used == VMS) {
        print("gstage: no root table left\n");
        finish(2);
    }
    return roots[roots_used++];
}

static u64 *next_table(u64 *entry) {
    if (!*entry) {
        if (tables_used == LENGTH(tables)) {
            print("gstage: no table left\n");
            finish(3);
        }
        *entry = pte_to((u64)tables[tables_used++], PTE_V);
    }
    return (u64 *)pte_target(*entry);
}

void gstage_map(u64 *root, u64 gpa, u64 host, u64 size, u64 permissions) {
    u64 *middle = next_table(&root[gpa >> 30 & 2047]);
    u64 *entry = &middle[gpa >> 21 & 511];
    if (size == PAGE_SIZE) {
        entry = &next_table(entry)[gpa >> 12 & 511];
    }
    *entry = pte_to(host, permissions | PTE_U);
}

/* HFENCE.GVMA takes the guest physical address shifted right by two, as htval and the PTEs' reach need. */
void hfence_gvma(u64 gpa, u64 vmid) { __asm__ volatile("hfence.gvma %0, %1" ::"r"(gpa >> 2), "r"(vmid) : "memory"); }

void hfence_vvma(u64 gva) { __asm__ volatile("hfence.vvma %0, zero" ::"r"(gva) : "memory"); }

void hfence_all(void) {
    __asm__ volatile("hfence.gvma zero, zero" ::: "memory");
    __asm__ volatile("hfence.vvma zero, zero" ::: "memory");
}
