/* VU-mode calls VS-mode, which counts and returns. */
#include "bench.h"

#define SSTATUS_SPP 0x100
#define STATUS_FS 0x6000

    .text
    .globl guest
guest:
    la t0, kernel_trap
    csrw stvec, t0
    la t0, user
    csrw sepc, t0
    li t0, SSTATUS_SPP
    csrc sstatus, t0
    li s1, 0
    sret

    .balign 4
kernel_trap:
    bnez a7, 1f
    csrr t0, sepc
    addi t0, t0, 4
    csrw sepc, t0
    addi s1, s1, 7
    sret
1:  mv a0, s1
    ecall

    .section .user, "ax"
user:
    li a7, 0
1:  ecall
    addi a0, a0, -1
    bnez a0, 1b
    li a7, CALL_END
    ecall
