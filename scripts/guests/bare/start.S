/* M-mode reset: hart 0 goes to main, the others wait for a software interrupt and then go to second_main. */
#define STACK_SHIFT 12
#define HARTS 8
#define MIP_MSIP 8

    .section .text.start, "ax"
    .globl _start
    .type _start, @function
_start:
    la t0, unexpected_trap
    csrw mtvec, t0
    csrr a0, mhartid
    la sp, stacks
    addi t0, a0, 1
    slli t0, t0, STACK_SHIFT
    add sp, sp, t0
    bnez a0, second_hart
    call main
    call finish /* main's result is the program's */
    .size _start, . - _start

    .type second_hart, @function
second_hart:
    csrwi mie, MIP_MSIP
1:  wfi
    csrr t0, mip
    andi t0, t0, MIP_MSIP
    beqz t0, 1b
    csrr a0, mhartid
    call second_main
2:  wfi
    j 2b
    .size second_hart, . - second_hart

/* Programs with one hart's work have no second_main. */
    .weak second_main
    .type second_main, @function
second_main:
    wfi
    j second_main
    .size second_main, . - second_main

    .globl unexpected_trap
    .type unexpected_trap, @function
    .balign 4
unexpected_trap:
    li a0, 99
    call finish
    .size unexpected_trap, . - unexpected_trap

    .section .bss.stacks, "aw", @nobits
    .balign 16
stacks:
    .skip HARTS << STACK_SHIFT
