/* VS-mode: a load and a store of a random word of 16 MiB. 10 instructions a unit. */
#include "bench.h"

    .option norvc
    .text
    .globl guest
guest:
    li a1, ARENA
    li a2, 0x5851f42d4c957f2d
    li a3, 0xfffff8
    li a4, 1
    li t2, 0
1:  mul a4, a4, a2
    addi a4, a4, 11
    srli a5, a4, 40
    and a5, a5, a3
    add a5, a5, a1
    ld t0, 0(a5)
    add t2, t2, t0
    sd a4, 0(a5)
    addi a0, a0, -1
    bnez a0, 1b
    xor a0, t2, a4
    li a7, CALL_END
    ecall

    .section .rodata
    .globl arena_pages
arena_pages:
    .dword ARENA_PAGES
