/* Declarations of the one-instruction functions in provoke_vs.S and provoke_vu.S. */
#ifndef STUBS_H
#define STUBS_H

#include "../types.h"
#include "csr_lists.h"

#define DECLARE_READ(csr) void vs_read_##csr(u64), vu_read_##csr(u64);
#define DECLARE_ACCESS(instruction, name) void vs_##name(u64), vu_##name(u64);
HYPERVISOR_CSRS(DECLARE_READ)
VS_CSRS(DECLARE_READ)
SUPERVISOR_CSRS(DECLARE_READ)
COUNTERS(DECLARE_READ)
VIRTUAL_MACHINE_ACCESSES(DECLARE_ACCESS)

void vs_sret_vtsr(u64), vs_sfence_vtvm(u64), vs_satp_read_vtvm(u64), vs_satp_write_vtvm(u64), vs_wfi_vtw(u64);
void vs_hfence_vvma(u64), vs_hfence_gvma(u64), vs_stimecmp(u64), vs_stimecmp_write(u64), vs_vstimecmp(u64);
void vs_write_hstatus(u64), vs_write_hvip(u64), vs_write_vsepc(u64);
void vs_mret(u64), vs_read_mstatus(u64), vs_write_hgeip(u64), vs_write_cycle(u64);
void vs_load(u64), vs_load_byte(u64), vs_store(u64), vs_store_half(u64), vs_amo(u64), vs_fetch(u64);
void vs_load_compressed(u64), vs_store_compressed(u64);

void vu_sret(u64), vu_sfence(u64), vu_wfi(u64), vu_hfence_vvma(u64), vu_hfence_gvma(u64), vu_stimecmp(u64);
void vu_vstimecmp(u64), vu_write_sscratch(u64), vu_mret(u64), vu_read_mstatus(u64), vu_load(u64);

#endif
