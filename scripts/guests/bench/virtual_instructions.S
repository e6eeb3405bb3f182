/* An instruction that only the hypervisor may run: it emulates `csrr a1, hstatus` and goes on behind it. */
#include "bench.h"

#define CAUSE_VIRTUAL_INSTRUCTION 22

    .text
    .globl guest
guest:
    li a2, 0
1:  csrr a1, hstatus
    add a2, a2, a1
    addi a0, a0, -1
    bnez a0, 1b
    mv a0, a2
    li a7, CALL_END
    ecall

    .globl hypervisor_trap
    .balign 4
hypervisor_trap:
    csrr t0, scause
    li t1, CAUSE_VIRTUAL_INSTRUCTION
    bne t0, t1, guest_ended
    csrr t2, stval /* the instruction, or 0: both are allowed, so the checksum does not depend on it */
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    addi a1, a0, 5
    sret
