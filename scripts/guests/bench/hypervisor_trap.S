/* HS-mode's vector for guests that come only to end, and where the other vectors send what is not theirs. */
#include "bench.h"

    .text
    .weak hypervisor_trap
    .balign 4
hypervisor_trap:
    .globl guest_ended
guest_ended:
    csrr t0, scause
    li t1, CAUSE_ECALL_VS
    bne t0, t1, 1f
    li t1, CALL_END
    bne a7, t1, 1f
    call bench_end
1:  mv a0, t0
    csrr a1, sepc
    csrr a2, stval
    call bench_trapped
