/* Into the guest and back: vcpu_enter(struct vcpu *) returns at the guest's next exit. */
#define HOST_SP 256
#define FRAME 112

    .altmacro
    .macro save_host number, at
    sd s\number, \at(sp)
    .endm
    .macro load_host number, at
    ld s\number, \at(sp)
    .endm
    .macro each_saved what
    .set at, 8
    .irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    \what \number, %at
    .set at, at + 8
    .endr
    .endm

    .macro save_guest number
    sd x\number, 8 * \number(a0)
    .endm
    .macro load_guest number
    ld x\number, 8 * \number(a0)
    .endm
    /* All but x0 and a0. */
    .macro each_guest what
    .irp number, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    \what \number
    .endr
    .endm

    .text
    .globl vcpu_enter
    .type vcpu_enter, @function
vcpu_enter:
    addi sp, sp, -FRAME
    sd ra, 0(sp)
    each_saved save_host
    sd sp, HOST_SP(a0)
    csrw sscratch, a0
    la t0, guest_exit
    csrw stvec, t0
    each_guest load_guest
    ld a0, 80(a0)
    sret
    .size vcpu_enter, . - vcpu_enter

    .balign 4
    .type guest_exit, @function
guest_exit:
    csrrw a0, sscratch, a0
    each_guest save_guest
    csrr t0, sscratch
    sd t0, 80(a0)
    ld sp, HOST_SP(a0)
    ld ra, 0(sp)
    each_saved load_host
    addi sp, sp, FRAME
    ret
    .size guest_exit, . - guest_exit
