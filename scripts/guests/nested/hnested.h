/* The proposed CSR HNESTED: the guest hypervisor's CSR accesses become accesses of our storage, without a trap. */
#ifndef HNESTED_H
#define HNESTED_H

#include "../hypervisor/types.h"

/* Is there such a CSR on this hart? */
bool hnested_exists(void);

/* Whether it is to be used, from the next world switch on. */
void hnested_use(bool use);

/* Accelerates the world that gets the hart, if it is to be used at all. */
void hnested_enable(bool on);

#endif
