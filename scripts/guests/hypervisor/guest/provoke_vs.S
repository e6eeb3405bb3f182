/* What VS-mode must not do: one function each, to break at. a0 = the guest's satp or an address. */
#include "csr_lists.h"
#include "provoke.inc"

    .text
    provoke vs_sret_vtsr, sret
    provoke vs_sfence_vtvm, sfence.vma
    provoke vs_satp_read_vtvm, csrr a1, satp
    provoke vs_satp_write_vtvm, csrw satp, a0
    provoke vs_wfi_vtw, wfi
    provoke vs_hfence_vvma, hfence.vvma
    provoke vs_hfence_gvma, hfence.gvma
    provoke vs_stimecmp, csrr a0, stimecmp
    provoke vs_stimecmp_write, csrw stimecmp, a0
    provoke vs_vstimecmp, csrr a0, vstimecmp
    provoke vs_write_hstatus, csrw hstatus, zero
    provoke vs_write_hvip, csrsi hvip, 4
    provoke vs_write_vsepc, csrw vsepc, a0

#define READ(csr) provoke vs_read_##csr, csrr a0, csr;
    HYPERVISOR_CSRS(READ)
    VS_CSRS(READ)
    COUNTERS(READ)

/* Every form has rd (HLV) or rs2 (HSV) first and the address second. */
#define ACCESS(instruction, name) provoke vs_##name, instruction a1, (a0);
    VIRTUAL_MACHINE_ACCESSES(ACCESS)

/* Neighbours that are illegal instructions, for HS-mode could not do them either. */
    provoke vs_mret, mret
    provoke vs_read_mstatus, csrr a0, mstatus
    provoke vs_write_hgeip, csrw hgeip, zero
    provoke vs_write_cycle, csrw cycle, zero

/* Accesses for the page faults of both stages; the address is in a0. */
    provoke vs_load, ld a1, (a0)
    provoke vs_load_byte, lbu a1, (a0)
    provoke vs_store, sd a1, (a0)
    provoke vs_store_half, sh a1, (a0)
    provoke vs_amo, amoadd.w a1, a2, (a0)

    .globl vs_fetch
    .type vs_fetch, @function
vs_fetch: /* a tail call: ra is the way back */
    jr a0
    .size vs_fetch, . - vs_fetch

    .globl vs_resume
    .type vs_resume, @function
vs_resume:
    ret
    .size vs_resume, . - vs_resume

    .option rvc
    .globl vs_load_compressed
    .type vs_load_compressed, @function
vs_load_compressed:
    c.lw a1, (a0)
    ret
    .size vs_load_compressed, . - vs_load_compressed

    .globl vs_store_compressed
    .type vs_store_compressed, @function
vs_store_compressed:
    c.sd a1, (a0)
    ret
    .size vs_store_compressed, . - vs_store_compressed
