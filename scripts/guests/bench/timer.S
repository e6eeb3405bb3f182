/* VS-mode's own timer (stimecmp there is vstimecmp): each interrupt sets the next one tick ahead. Where the time goes by
 * faster than the handler, that interrupt is pending before anything else runs: so the handler counts and ends. */
#include "bench.h"

#define IE_STIE 32
#define STATUS_SIE 2

    .text
    .globl guest
guest:
    la t0, guest_trap
    csrw stvec, t0
    mv s0, a0
    csrr t0, time
    addi t0, t0, 1
    csrw stimecmp, t0
    li t0, IE_STIE
    csrw sie, t0
    csrsi sstatus, STATUS_SIE
1:  j 1b

    .balign 4
guest_trap:
    csrr t0, scause
    bgez t0, 1f
    csrr t0, time
    addi t0, t0, 1
    csrw stimecmp, t0
    addi s0, s0, -1
    beqz s0, 2f
    sret
1:  li a7, 0 /* no interrupt: the hypervisor reports this ecall as unexpected */
    ecall
2:  li a7, CALL_END
    ecall
