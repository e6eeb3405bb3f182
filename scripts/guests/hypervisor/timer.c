/* The host's timer interrupt. In VS- and VU-mode HS-level interrupts are taken whatever sstatus.SIE says. */
#include "timer.h"

#include "csr.h"
#include "sbi.h"

void timer_start(u64 deadline) {
    sbi_set_timer(deadline);
    csr_set(sie, 1ul << IRQ_STI);
}

void timer_stop(void) {
    csr_clear(sie, 1ul << IRQ_STI);
    sbi_set_timer(~0ul);
}
