#include "guest.h"
#include "vcpu.h"

#define SSIP 2ul
#define SIE 2ul
#define ALL_SUPERVISOR 0x222ul
#define OWN_EVERY 5

volatile u64 handled[SOURCES];
volatile u64 own_lost;
static volatile int software_seen;

/* The hypervisor changes no register of the guest's. */
static inline void call(enum call number, u64 argument) {
    register u64 a7 __asm__("a7") = number;
    register u64 a0 __asm__("a0") = argument;
    __asm__ volatile("ecall" ::"r"(a7), "r"(a0) : "memory");
}

/* scause of an interrupt, without the Interrupt bit, is 1, 5 or 9. */
__attribute__((interrupt("supervisor"), aligned(4))) static void guest_trap(void) {
    enum source source = (enum source)((csr_read(scause) & 15) >> 2);
    if (source == SOFTWARE) {
        __asm__ volatile("csrc sip, %0" ::"r"(SSIP) : "memory");
        software_seen = 1;
    } else {
        call(CALL_END_OF_INTERRUPT, source == TIMER ? IRQ_VS_TIMER : IRQ_VS_EXT);
    }
    handled[source]++;
}

/* Sends itself an interrupt and leaves before it can be taken: sync has to bring it back. */
static void interrupt_itself(void) {
    __asm__ volatile("csrc sstatus, %0" ::"r"(SIE) : "memory");
    software_seen = 0;
    __asm__ volatile("csrs sip, %0" ::"r"(SSIP) : "memory");
    call(CALL_YIELD, 0);
    __asm__ volatile("csrs sstatus, %0" ::"r"(SIE) : "memory");
    __asm__ volatile("nop" ::: "memory");
    own_lost += !software_seen;
}

void guest_main(void) {
    csr_write(stvec, guest_trap);
    csr_write(sie, ALL_SUPERVISOR);
    __asm__ volatile("csrs sstatus, %0" ::"r"(SIE) : "memory");
    for (unsigned turn = 1;; turn++) {
        if (turn % OWN_EVERY == 0) {
            interrupt_itself();
        }
        call(CALL_YIELD, 0);
    }
}
