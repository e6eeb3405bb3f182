/* VS-mode: a logistic map, a polynomial, a division and a square root in double precision. 16 instructions a unit. */
#include "bench.h"

    .option norvc
    .text
    .globl guest
guest:
    la t0, constants
    fld fa0, 0(t0)
    fld fa1, 8(t0)
    fld fa2, 16(t0)
    fld fa3, 24(t0)
    fmv.d ft0, fa3
    fmv.d ft5, fa3
1:  fsub.d ft1, fa1, ft0
    fmul.d ft2, fa0, ft0
    fmul.d ft0, ft1, ft2
    fmadd.d ft3, ft0, fa2, fa1
    fmadd.d ft3, ft3, ft0, fa0
    fadd.d ft4, ft3, ft0
    fmsub.d ft3, ft3, ft3, ft4
    fsgnjx.d ft3, ft3, ft3
    fadd.d ft3, ft3, fa1
    fdiv.d ft4, ft0, ft3
    fsqrt.d ft3, ft3
    fadd.d ft4, ft4, ft3
    fmul.d ft5, ft5, fa3
    fadd.d ft5, ft5, ft4
    addi a0, a0, -1
    bnez a0, 1b
    fmv.x.d a0, ft5
    li a7, CALL_END
    ecall

    .section .rodata
    .balign 8
constants:
    .double 3.99, 1.0, 0.7, 0.31
