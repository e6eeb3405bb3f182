/*
 * The world switch, included by one file per build: as it should be, or with the planted bug.
 *
 * The planted bug is a short cut: "only the tables differ, so only PPN is replaced". VMID stays the other VM's, and a
 * hart that tags its TLB with VMID may then use translations of the one VM for the other. Nothing of that can be seen in
 * what the guests compute on a hart that does not keep such translations; the register shows it.
 */
#include "vm.h"

#include "../hypervisor/csr.h"

#define PPN_MASK ((1ul << HGATP_VMID_SHIFT) - 1)

static u64 hgatp_of(const struct vm *vm) {
    return HGATP_MODE_SV39X4 | vm->vmid << HGATP_VMID_SHIFT | vm->root / PAGE_SIZE;
}

void world_enter(const struct vm *vm) {
    csr_write(hgatp, hgatp_of(vm));
    __asm__ volatile("hfence.gvma" ::: "memory");
}

void world_switch(const struct vm *vm) {
#ifdef PLANT_WRONG_VMID
    csr_write(hgatp, (csr_read(hgatp) & ~PPN_MASK) | vm->root / PAGE_SIZE);
#else
    csr_write(hgatp, hgatp_of(vm));
#endif
}
