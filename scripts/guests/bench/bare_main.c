/* A workload that stays in M-mode. */
#include "bench.h"

int main(void) {
    bench_begin();
    bench_end(workload(bench_units));
}
