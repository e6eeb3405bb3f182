/* The guest hypervisor's privileged instructions, done in its stead. */
#ifndef EMULATE_H
#define EMULATE_H

#include "../hypervisor/types.h"

/* SRET, CSR accesses, HFENCE, HLV and HSV; anything else becomes the guest hypervisor's illegal instruction. */
void emulate(u64 instruction);

#endif
