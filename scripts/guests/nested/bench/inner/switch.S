/*
 * The guest hypervisor of the benchmark: its entry, and its world switch, which is that of the hypervisor (trap.S) under
 * other names. With nested acceleration the last step is a call of the SBI in the place of register loads and SRET.
 */
#define vm_enter inner_enter
#define vm_exit inner_exit
#define host_trap inner_trap
#define handle_host_trap inner_unexpected
#include "../../../hypervisor/trap.S"

#define SBI_NACL 0x4e41434c
#define NACL_SYNC_SRET 4

/* void inner_enter_nacl(struct vcpu *): the guest's registers are in the SRET context already. */
    .globl inner_enter_nacl
    .type inner_enter_nacl, @function
    .balign 4
inner_enter_nacl:
    addi sp, sp, -HOST_FRAME
    each_saved_register sd
    sd sp, VCPU_HOST_SP(a0)
    csrw sscratch, a0
    la t0, inner_exit
    csrw stvec, t0
    li a6, NACL_SYNC_SRET
    li a7, SBI_NACL
    ecall
    call inner_unexpected /* it does not come back */
    .size inner_enter_nacl, . - inner_enter_nacl

    .section .bench.start, "ax"
    .type inner_start, @function
inner_start:
    la sp, inner_stack_top
    mv a0, a1
    call inner_main
1:  j 1b
    .size inner_start, . - inner_start

/* The guest of the guest hypervisor: hypercalls for ever. */
    .text
    .globl inner_guest
    .type inner_guest, @function
    .balign 4
inner_guest:
    addi s0, s0, 1
    ecall
    j inner_guest
    .size inner_guest, . - inner_guest

    .section .bss.stack, "aw", @nobits
    .balign 16
    .skip 4096
inner_stack_top:
