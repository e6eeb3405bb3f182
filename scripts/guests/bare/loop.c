/* Runs for ever: a function call and a global variable per turn, for breakpoints, watchpoints, finish and Ctrl-C. */
#include "bare.h"

volatile u64 counter;

__attribute__((noinline)) int tick(int step) {
    counter += (u64)step;
    return (int)counter;
}

int main(void) {
    for (int step = 1;; step = step % 3 + 1) {
        tick(step);
    }
}
