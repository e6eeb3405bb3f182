/* htinst's transformed instructions (hypervisor manual, "Transformed instruction or pseudoinstruction"). */
#ifndef TRANSFORMED_H
#define TRANSFORMED_H

#include "types.h"

/* The transformed form of a load or store of the base ISA, or of c.lw, c.ld, c.sw, c.sd; 0 for others. */
u64 transformed_instruction(u32 instruction);

#endif
