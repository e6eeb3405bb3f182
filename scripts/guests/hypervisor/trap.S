/*
 * The world switch, and the hypervisor's own trap vector.
 *
 * struct vcpu (vm.h) begins with x0..x31; the host's stack pointer follows at VCPU_HOST_SP. While a guest runs,
 * sscratch holds its vcpu and stvec points to vm_exit; otherwise stvec points to host_trap.
 */
#define VCPU_X(n) ((n) * 8)
#define VCPU_HOST_SP (32 * 8)
#define HOST_FRAME (14 * 8)

    .text
    .macro each_guest_register op
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \op x\n, VCPU_X(\n)(a0)
    .endr
    .endm

    .macro each_saved_register op
    \op ra, 0(sp)
    \op s0, 8(sp)
    \op s1, 16(sp)
    \op s2, 24(sp)
    \op s3, 32(sp)
    \op s4, 40(sp)
    \op s5, 48(sp)
    \op s6, 56(sp)
    \op s7, 64(sp)
    \op s8, 72(sp)
    \op s9, 80(sp)
    \op s10, 88(sp)
    \op s11, 96(sp)
    .endm

/* void vm_enter(struct vcpu *): runs the guest up to its next trap into HS-mode; sepc, hstatus, sstatus are ready. */
    .globl vm_enter
    .type vm_enter, @function
    .balign 4
vm_enter:
    addi sp, sp, -HOST_FRAME
    each_saved_register sd
    sd sp, VCPU_HOST_SP(a0)
    csrw sscratch, a0
    la t0, vm_exit
    csrw stvec, t0
    each_guest_register ld
    ld a0, VCPU_X(10)(a0)
    sret
    .size vm_enter, . - vm_enter

/* The guest trapped: keep its registers, return from vm_enter. */
    .globl vm_exit
    .type vm_exit, @function
    .balign 4
vm_exit:
    csrrw a0, sscratch, a0
    each_guest_register sd
    csrr t0, sscratch
    sd t0, VCPU_X(10)(a0)
    la t0, host_trap
    csrw stvec, t0
    ld sp, VCPU_HOST_SP(a0)
    each_saved_register ld
    addi sp, sp, HOST_FRAME
    ret
    .size vm_exit, . - vm_exit

/* A trap in HS-mode itself: only a probed access may cause one (probe.c decides). */
    .macro each_temporary_register op
    \op ra, 0(sp)
    \op t0, 8(sp)
    \op t1, 16(sp)
    \op t2, 24(sp)
    \op t3, 32(sp)
    \op t4, 40(sp)
    \op t5, 48(sp)
    \op t6, 56(sp)
    \op a0, 64(sp)
    \op a1, 72(sp)
    \op a2, 80(sp)
    \op a3, 88(sp)
    \op a4, 96(sp)
    \op a5, 104(sp)
    \op a6, 112(sp)
    \op a7, 120(sp)
    .endm

    .globl host_trap
    .type host_trap, @function
    .balign 4
host_trap:
    addi sp, sp, -128
    each_temporary_register sd
    call handle_host_trap
    each_temporary_register ld
    addi sp, sp, 128
    sret
    .size host_trap, . - host_trap
