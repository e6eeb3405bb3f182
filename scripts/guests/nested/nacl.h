/* SBI's nested acceleration extension, as the host offers it to the guest hypervisor. */
#ifndef NACL_H
#define NACL_H

#include "sbi_for_hypervisor.h"

extern bool nacl_offered; /* else the extension is not there */
extern bool nacl_entered; /* the last call was a successful synchronised SRET */

struct sbi_result nacl_call(u64 function, const u64 *a);

/* The guest hypervisor starts without shared memory. */
void nacl_reset(void);

/* The guest hypervisor takes a trap of its guest: hstatus is swapped back, the CSR space made current. */
void nacl_leave_guest(void);

#endif
