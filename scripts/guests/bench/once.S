/* Code that runs once: calls the first `units` of the generated functions, one after the other. They use a0 to a5 and,
 * through s2, the scratch memory. */
    .text
    .globl workload
workload:
    mv t6, ra
    mv t5, s2
    la t3, functions
    slli t4, a0, 3
    add t4, t4, t3
    la s2, scratch
    .irp register, a0, a1, a2, a3, a4, a5
    li \register, 1
    .endr
1:  ld t0, 0(t3)
    jalr t0
    addi t3, t3, 8
    bne t3, t4, 1b
    xor a0, a0, a1
    xor a0, a0, a2
    xor a0, a0, a3
    mv s2, t5
    jr t6

    .bss
    .balign 8
scratch:
    .skip 2048
