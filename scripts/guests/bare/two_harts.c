/* Hart 0 wakes hart 1 by its software interrupt (CLINT msip); both count in memory with AMOs, none is lost. */
#include "bare.h"

#define CLINT_MSIP ((volatile u32 *)0x2000000)
#define TURNS 100

volatile u64 total;          /* by both harts, amoadd.d */
volatile u64 turns_of[2];    /* by each */
volatile u32 second_is_done; /* amoswap.w by hart 1 */

static void count(u64 hart) {
    for (unsigned turn = 0; turn < TURNS; turn++) {
        __asm__ volatile("amoadd.d zero, %1, (%0)" ::"r"(&total), "r"(1ul) : "memory");
        turns_of[hart]++;
    }
}

void second_main(u64 hart) {
    CLINT_MSIP[hart] = 0;
    count(hart);
    __asm__ volatile("amoswap.w.rl zero, %1, (%0)" ::"r"(&second_is_done), "r"(1) : "memory");
}

int main(void) {
    CLINT_MSIP[1] = 1;
    count(0);
    while (!second_is_done) {
    }
    __asm__ volatile("fence" ::: "memory");
    print("two harts have counted\n");
    return total == 2 * TURNS && turns_of[0] == TURNS && turns_of[1] == TURNS ? 0 : 1;
}
