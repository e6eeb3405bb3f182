/* Starts at GUEST_RAM_GPA, translation off, a0 = number of the VM; turns Sv39 on and goes to its linked address. */
    .section .guest.boot, "ax"
    .globl guest_start
    .type guest_start, @function
guest_start:
    mv s0, a0
    la sp, guest_stack_top /* relative to pc: still a guest physical address */
    call guest_build_tables
    csrw satp, a0          /* in VM 7 this traps, and the hypervisor writes vsatp */
    sfence.vma
    la t0, guest_high_address
    ld t0, (t0)
    jr t0
    .balign 8
guest_high_address:
    .dword guest_high
guest_high:
    la sp, guest_stack_top /* now a guest virtual address */
    la t0, guest_trap
    csrw stvec, t0
    csrw sscratch, zero
    mv a0, s0
    call guest_main
    .size guest_start, . - guest_start

    .section .bss.stack, "aw", @nobits
    .balign 16
    .skip 4096
guest_stack_top:

    .section .guest.user_stack, "aw", @nobits
    .balign 4096
    .globl guest_user_stack
guest_user_stack:
    .skip 4096
