/* Assembly: a function of one instruction, which must not execute. Always 32 bits long. */
    .option norvc
    .macro provoke name, instruction:vararg
    .globl \name
    .type \name, @function
\name:
    \instruction
    ret
    .size \name, . - \name
    .endm
