/* First instructions in HS-mode: a0 = hart id, a1 = device tree; a stack, a clear bss, then C. */
    .section .text.start, "ax"
    .globl _start
    .type _start, @function
_start:
    la sp, host_stack_top
    la t0, bss_start
    la t1, bss_end
1:  bgeu t0, t1, 2f
    sd zero, (t0)
    addi t0, t0, 8
    j 1b
2:  call hypervisor_main
3:  wfi
    j 3b
    .size _start, . - _start

    .section .bss.stack, "aw", @nobits
    .balign 16
host_stack:
    .skip 16384
    .globl host_stack_top
host_stack_top:
