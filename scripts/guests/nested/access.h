/* Accesses by us that may trap: memory of a guest for the guest hypervisor's HLV, HLVX and HSV; probing a CSR. */
#ifndef ACCESS_H
#define ACCESS_H

#include "world.h"

/* Does HLV, HLVX or HSV in the guest hypervisor's stead, or forwards the fault to it. False: it is none of them. */
bool access_emulate(u64 instruction);

/* The instruction at the pc of whatever has the hart. */
u64 access_instruction(void);

bool access_probe_sstc(void);
bool access_probe_hnested(void);

#endif
