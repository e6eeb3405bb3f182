/* The guest kernel's trap vector; to VU-mode and back. sscratch: the kernel's stack in VU-mode, 0 in VS-mode. */
#define FRAME (34 * 8)
#define FRAME_PC (32 * 8)
#define SAVED (14 * 8)

    .text
    .globl guest_trap
    .type guest_trap, @function
    .balign 4
guest_trap:
    csrrw sp, sscratch, sp
    bnez sp, 1f
    csrr sp, sscratch /* from VS-mode: keep using its stack */
1:  addi sp, sp, -FRAME
    .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, (\n * 8)(sp)
    .endr
    csrrw t0, sscratch, zero
    sd t0, 16(sp)
    csrr t0, sepc
    sd t0, FRAME_PC(sp)
    mv a0, sp
    call guest_handle_trap
    ld t0, FRAME_PC(sp)
    csrw sepc, t0
    csrr t0, sstatus
    andi t0, t0, 0x100 /* SPP: back to VS-mode? */
    bnez t0, 2f
    addi t0, sp, FRAME
    csrw sscratch, t0
2:  .irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\n, (\n * 8)(sp)
    .endr
    ld sp, 16(sp)
    sret
    .size guest_trap, . - guest_trap

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

/* void guest_run_user(entry, argument): enters VU-mode; returns when guest_leave_user is called. */
    .globl guest_run_user
    .type guest_run_user, @function
guest_run_user:
    addi sp, sp, -SAVED
    each_saved_register sd
    la t0, guest_kernel_sp
    sd sp, (t0)
    csrw sscratch, sp
    csrw sepc, a0
    li t0, 0x100
    csrc sstatus, t0
    mv a0, a1
    la sp, guest_user_stack
    li t0, 4096
    add sp, sp, t0
    sret
    .size guest_run_user, . - guest_run_user

    .globl guest_leave_user
    .type guest_leave_user, @function
guest_leave_user:
    la t0, guest_kernel_sp
    ld sp, (t0)
    each_saved_register ld
    addi sp, sp, SAVED
    ret
    .size guest_leave_user, . - guest_leave_user

    .section .bss, "aw", @nobits
    .balign 8
guest_kernel_sp:
    .skip 8
