/* What VU-mode must not do: one function each; in pages that VU-mode may execute. a0 = any address. */
#include "csr_lists.h"
#include "provoke.inc"

    .text
    provoke vu_sret, sret
    provoke vu_sfence, sfence.vma
    provoke vu_wfi, wfi
    provoke vu_hfence_vvma, hfence.vvma
    provoke vu_hfence_gvma, hfence.gvma
    provoke vu_stimecmp, csrr a0, stimecmp
    provoke vu_vstimecmp, csrr a0, vstimecmp
    provoke vu_write_sscratch, csrw sscratch, a0

#define READ(csr) provoke vu_read_##csr, csrr a0, csr;
    SUPERVISOR_CSRS(READ)
    HYPERVISOR_CSRS(READ)
    VS_CSRS(READ)
    COUNTERS(READ)

#define ACCESS(instruction, name) provoke vu_##name, instruction a1, (a0);
    VIRTUAL_MACHINE_ACCESSES(ACCESS)

/* Neighbours that are illegal instructions. */
    provoke vu_mret, mret
    provoke vu_read_mstatus, csrr a0, mstatus

/* An ordinary load, for the guest's own page fault. */
    provoke vu_load, ld a1, (a0)
