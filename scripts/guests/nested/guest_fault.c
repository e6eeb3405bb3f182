/* What the access needed: the walk's own reads and updates of page table entries say so in htinst. */
#include "guest_fault.h"

#include "../hypervisor/csr.h"
#include "shadow.h"
#include "virtual_csr.h"

static u64 needed(const struct trap *trap) {
    if (trap->htinst == HTINST_READ_VS_PTE) {
        return PTE_R;
    }
    if (trap->htinst == HTINST_WRITE_VS_PTE) {
        return PTE_W;
    }
    switch (trap->cause) {
    case CAUSE_FETCH_GUEST_PAGE_FAULT:
        return PTE_X;
    case CAUSE_LOAD_GUEST_PAGE_FAULT:
        return PTE_R;
    default:
        return PTE_W;
    }
}

bool guest_fault_fill(const struct trap *trap) {
    switch (trap->cause) {
    case CAUSE_FETCH_GUEST_PAGE_FAULT:
    case CAUSE_LOAD_GUEST_PAGE_FAULT:
    case CAUSE_STORE_GUEST_PAGE_FAULT:
        return shadow_fill(VIRTUAL(CSR_HGATP), trap->htval << 2 | (trap->tval & 3), needed(trap));
    default:
        return false;
    }
}
