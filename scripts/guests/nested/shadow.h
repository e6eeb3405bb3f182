/* Shadow G-stage tables: from a nested guest's physical address to the host's, through both hypervisors' tables. */
#ifndef SHADOW_H
#define SHADOW_H

#include "../hypervisor/types.h"

/* The guest hypervisor's own G-stage table, which the host gives it; returns an hgatp. */
u64 shadow_hypervisor_table(void);

/* The hgatp under which the guest of a virtual hgatp runs; its table may still be empty. */
u64 shadow_for(u64 virtual_hgatp);

/* Where the host keeps an address of the guest hypervisor; 0 when the host gave it nothing there. */
u64 shadow_host_address(u64 inner);

/*
 * A G-stage fault of the guest of `virtual_hgatp`: true when an entry was added and the access may be tried again,
 * false when the guest hypervisor's own table refuses it. `need` is PTE_R, PTE_W or PTE_X.
 */
bool shadow_fill(u64 virtual_hgatp, u64 gpa, u64 need);

/* HFENCE.GVMA by the guest hypervisor: of one VMID or of all (~0), of one guest physical address or of all (~0). */
void shadow_fence(u64 vmid, u64 gpa);

/* HFENCE.VVMA by the guest hypervisor, for the guest of `virtual_hgatp`. */
void shadow_fence_virtual(u64 virtual_hgatp);

extern u64 shadow_fills;

#endif
