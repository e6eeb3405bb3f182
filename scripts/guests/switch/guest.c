/* The guest: writes to a page of its own, gives the hart away, looks whether the page is as it was. */
#include "vm.h"

static u64 hypercall(u64 number, u64 argument) {
    register u64 a0 __asm__("a0") = argument;
    register u64 a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
    return a0;
}

[[noreturn]] void guest_main(u64 number) {
    volatile u64 *own = (volatile u64 *)OWN_PAGE;
    u64 wrong = 0;
    for (u64 turn = 0; turn < TURNS; turn++) {
        u64 mine = number << 32 | turn;
        *own = mine;
        hypercall(HYPERCALL_YIELD, turn);
        wrong += *own != mine;
    }
    hypercall(HYPERCALL_DONE, wrong);
    __builtin_unreachable();
}
