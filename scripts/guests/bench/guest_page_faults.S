/* Demand paging: the guest reads a word of page after page, the hypervisor maps each at its fault; behind the last page
 * a hypercall takes all away again. One fault a unit. */
#include "bench.h"

#define CAUSE_LOAD_GUEST_PAGE_FAULT 21
#define CALL_TAKE_AWAY 2
#define PTE_GUEST_LEAF 0xdf /* D A U X W R V */

    .text
    .globl guest
guest:
    mv s0, a0
    li s1, 0
    li a7, CALL_TAKE_AWAY
2:  ecall
    li a2, ARENA
    li a3, ARENA + ARENA_PAGES * PAGE
    li a4, PAGE
1:  ld t0, 0(a2)
    add s1, s1, t0
    addi s1, s1, 1
    add a2, a2, a4
    addi s0, s0, -1
    beqz s0, 3f
    bltu a2, a3, 1b
    j 2b
3:  mv a0, s1
    li a7, CALL_END
    ecall

    .globl hypervisor_trap
    .balign 4
hypervisor_trap:
    csrr t1, scause
    li t2, CAUSE_LOAD_GUEST_PAGE_FAULT
    bne t1, t2, 1f
    csrr t1, htval /* guest physical address >> 2 */
    slli t1, t1, 2
    srli t2, t1, 12
    slli t3, t2, 10
    ori t3, t3, PTE_GUEST_LEAF
    li t4, ARENA / PAGE
    sub t2, t2, t4
    slli t2, t2, 3
    ld t4, arena_slots
    add t4, t4, t2
    sd t3, 0(t4)
    sret

1:  li t2, CAUSE_ECALL_VS
    bne t1, t2, guest_ended
    li t2, CALL_TAKE_AWAY
    bne a7, t2, guest_ended
    ld t1, arena_slots
    li t2, ARENA_PAGES
2:  sd zero, 0(t1)
    addi t1, t1, 8
    addi t2, t2, -1
    bnez t2, 2b
    hfence.gvma
    csrr t1, sepc
    addi t1, t1, 4
    csrw sepc, t1
    sret

    .section .rodata
    .globl arena_pages
arena_pages:
    .dword ARENA_PAGES
