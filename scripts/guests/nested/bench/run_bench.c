/* The benchmark: one guest hypervisor, each of its workloads, by each way of helping it that there is. */
#include "../../hypervisor/console.h"
#include "../hnested.h"
#include "../layout.h"
#include "../nacl.h"
#include "../run.h"
#include "../shadow.h"
#include "../statistics.h"

extern const u64 bench_image[], bench_image_end[]; /* nested.ld.in: where the image was loaded */
extern char bench_end[];                           /* and where it ends for itself, bss included */

struct way {
    const char *name;
    bool hnested, nacl;
};

static const struct way ways[] = {
    {"trap-and-emulate", false, false},
    {"SBI NACL", false, true},
    {"HNESTED", true, false},
};

static const char *const workloads[] = {"exit", "switch"}; /* bench/inner/inner.c: WORKLOAD_ */

static unsigned way, workload;
static u64 bench_hart;

static void load_image(void) {
    u64 *to = (u64 *)shadow_host_address(BENCH_BASE), *end = (u64 *)shadow_host_address((u64)bench_end - 8);
    for (const u64 *from = bench_image; from < bench_image_end; from++) {
        *to++ = *from;
    }
    while (to <= end) {
        *to++ = 0; /* its bss, which an earlier run has written */
    }
}

[[noreturn]] static void run_next(void) {
    const struct way *next = &ways[way];
    if (next->hnested && !hnested_exists()) {
        print("nested bench: no HNESTED here; the machine has it with --proposal hnested\n");
        finish(0);
    }
    hnested_use(next->hnested);
    nacl_offered = next->nacl;
    load_image();
    run_hypervisor(BENCH_BASE, bench_hart, workload);
}

void run_finished(u64 code) {
    const struct statistics *s = &statistics;
    print("nested bench: %s, %s: exits %d, traps %d, instructions %d\n", workloads[workload], ways[way].name,
          s->entries, s->exit_traps, s->instructions);
    if (code) {
        finish((unsigned)code);
    }
    if (++workload == LENGTH(workloads)) {
        workload = 0;
        way++;
    }
    if (way == LENGTH(ways)) {
        finish(0);
    }
    run_next();
}

void run_all(u64 hart) {
    bench_hart = hart;
    run_next();
}
