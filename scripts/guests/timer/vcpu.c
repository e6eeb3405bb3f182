/* The guest: computes, asks for work, and has a periodic timer of its own (stimecmp, which is vstimecmp with V=1). */
#include "workload.h"

#include "../hypervisor/csr.h"

static volatile u64 rings[VCPUS];
static u64 next_ring[VCPUS];

static u64 number_of_vcpu(void) { return csr_read(sscratch); }

/* The timer rings: set it anew, past rings that were missed. */
__attribute__((interrupt("supervisor"), aligned(4))) static void ring(void) {
    u64 number = number_of_vcpu();
    do {
        next_ring[number] += PERIOD;
    } while (next_ring[number] <= csr_read(time));
    csr_write(stimecmp, next_ring[number]);
    rings[number]++;
}

static void hypercall(u64 function, u64 argument) {
    register u64 a0 __asm__("a0") = argument;
    register u64 a7 __asm__("a7") = function;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
}

static void compute(u64 turns) {
    for (volatile u64 turn = 0; turn < turns; turn++) {
    }
}

[[noreturn]] void vcpu_main(u64 number) {
    csr_write(sscratch, number);
    csr_write(stvec, ring);
    next_ring[number] = csr_read(time) + PERIOD;
    csr_write(stimecmp, next_ring[number]);
    csr_set(sie, 1ul << IRQ_STI);
    csr_set(sstatus, STATUS_SIE);
    for (u64 request = 0; request < REQUESTS; request++) {
        compute(COMPUTING);
        hypercall(HYPERCALL_WORK, request % LONG_EVERY == LONG_EVERY - 1 ? LONG_WORK : SHORT_WORK);
    }
    csr_clear(sie, 1ul << IRQ_STI);
    hypercall(HYPERCALL_DONE, rings[number]);
    __builtin_unreachable();
}
