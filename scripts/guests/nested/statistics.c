/* The counts. A nested exit's instructions are those between a guest's trap and the entry that follows its forwarding. */
#include "statistics.h"

#include "../hypervisor/csr.h"

struct statistics statistics;
static u64 trapped_at, traps_then, forwarded_then;

void statistics_entry(bool in_guest) {
    if (in_guest && trapped_at && statistics.forwarded != forwarded_then) {
        statistics.instructions += csr_read(instret) - trapped_at;
        statistics.exit_traps += statistics_traps() - traps_then;
        statistics.entries++;
    }
    if (in_guest) {
        trapped_at = 0;
    }
}

void statistics_exit(bool in_guest) {
    if (in_guest) {
        trapped_at = csr_read(instret);
        traps_then = statistics_traps();
        forwarded_then = statistics.forwarded;
        statistics.guest++;
    }
}

u64 statistics_traps(void) {
    const struct statistics *s = &statistics;
    return s->csr + s->sret + s->hfence + s->access + s->sbi + s->other + s->guest;
}

void statistics_clear(void) {
    statistics = (struct statistics){};
    trapped_at = 0;
}
