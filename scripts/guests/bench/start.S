/* M-mode reset. */
#define STACK_BYTES 8192

    .section .text.start, "ax"
    .globl _start
_start:
    la t0, machine_trap
    csrw mtvec, t0
    la sp, stack + STACK_BYTES
    call main

    .balign 4
machine_trap: /* no workload means to come here */
    csrr a0, mcause
    csrr a1, mepc
    csrr a2, mtval
    la sp, stack + STACK_BYTES
    call bench_trapped

    .section .bss.stack, "aw", @nobits
    .balign 16
stack:
    .skip STACK_BYTES
