/* What nesting costs: traps into the host and instructions, counted while they happen. */
#ifndef STATISTICS_H
#define STATISTICS_H

#include "../hypervisor/types.h"

struct statistics {
    u64 csr, sret, hfence, access, sbi, other; /* traps of the guest hypervisor, by what was emulated */
    u64 guest;                                 /* traps of its guests */
    u64 forwarded;                             /* of these: nested exits, which the guest hypervisor was to see */
    u64 entries;                               /* into its guests, by its own will */
    u64 instructions, exit_traps;              /* from nested exits, their own trap included, to the next entries */
};

extern struct statistics statistics;

void statistics_entry(bool in_guest);
void statistics_exit(bool in_guest);
u64 statistics_traps(void);
void statistics_clear(void);

#endif
