/* M-mode, no translation: arithmetic, multiplication, loads and stores, taken and untaken branches. 20 instructions a
 * unit. The page of `cells` is where a watchpoint is armed; its last word is never accessed. */
#define CELLS_MASK 0x7f8
    .option norvc
    .text
    .globl workload
workload:
    la a1, cells
    li a2, 0x9e3779b97f4a7c15
    li a3, CELLS_MASK
    li a4, 1
    .globl unit
unit: /* where a debugger stops */
3:  mul a4, a4, a2
    addi a4, a4, 1
    srli a5, a4, 29
    xor a5, a5, a4
    and a6, a5, a3
    add a6, a6, a1
    ld a7, 0(a6)
    add a7, a7, a5
    sd a7, 0(a6)
    slli t0, a7, 7
    xor t0, t0, a7
    srli t1, t0, 9
    sub t1, t1, a5
    sltu t2, t1, t0
    bnez t2, 1f
1:  addw t3, t1, t2
    xor a4, a4, t3
    beqz a0, 2f
    addi a0, a0, -1
    bnez a0, 3b
2:  mv a0, a4
    ret

    .data
    .balign 4096
    .globl cells
cells:
    .skip 4088
    .globl unused_cell
unused_cell:
    .dword 0
    .globl unused_page
unused_page:
    .skip 4096
