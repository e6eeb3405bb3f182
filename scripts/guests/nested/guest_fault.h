/* Guest-page faults of a nested guest: a gap in the shadow table, or the guest hypervisor's own business. */
#ifndef GUEST_FAULT_H
#define GUEST_FAULT_H

#include "world.h"

/* True when the shadow table lacked an entry and has it now: try again. False: it is the guest hypervisor's. */
bool guest_fault_fill(const struct trap *trap);

#endif
