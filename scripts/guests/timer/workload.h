/* What the two virtual CPUs do, and what they ask their hypervisor to do for them. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "../hypervisor/types.h"

#define VCPUS 2
#define REQUESTS 160       /* hypercalls of each vCPU */
#define PERIOD 600         /* ticks between two rings of a vCPU's timer */
#define COMPUTING 300      /* turns of a loop of the vCPU's own between two hypercalls */
#define SHORT_WORK 40      /* turns of the hypervisor's loop for most requests */
#define LONG_WORK 2400     /* and for one in LONG_EVERY */
#define LONG_EVERY 6
#define EXITS_OF_A_TURN 5  /* after so many exits the other vCPU gets the hart */

/* Hypercalls, in a7. */
#define HYPERCALL_WORK 0 /* a0: turns of work */
#define HYPERCALL_DONE 1 /* a0: rings that the vCPU has handled */

/* Where a vCPU starts, in VS-mode, with its number in a0. */
[[noreturn]] void vcpu_main(u64 number);

#endif
