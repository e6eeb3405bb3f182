/* A hypercall and back; the hypervisor accesses 20 CSRs as one that saves and restores the guest's does. */
#include "bench.h"

    .text
    .globl guest
guest:
    mv s0, a0
    li s1, 0
1:  add a0, s0, s1
    li a7, 0
    ecall
    mv s1, a0
    addi s0, s0, -1
    bnez s0, 1b
    mv a0, s1
    li a7, CALL_END
    ecall

    .macro round_trip csr /* 2 */
    csrr t0, \csr
    csrw \csr, t0
    .endm

    .globl hypervisor_trap
    .balign 4
hypervisor_trap:
    bnez a7, guest_ended
    csrr t0, scause /* 1 */
    li t1, CAUSE_ECALL_VS
    bne t0, t1, guest_ended
    csrr t2, htval /* 2 */
    csrr t3, htinst
    round_trip vsstatus /* 4 */
    round_trip vstvec
    round_trip vsscratch
    round_trip vsepc
    round_trip vscause
    round_trip vstval
    round_trip hvip
    csrr t4, hstatus /* 18 */
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0 /* 20 */
    add a0, a0, t2
    addi a0, a0, 3
    sret
