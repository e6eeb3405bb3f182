/* The SBI that the guest hypervisor calls. */
#ifndef SBI_FOR_HYPERVISOR_H
#define SBI_FOR_HYPERVISOR_H

#include "../hypervisor/types.h"

struct sbi_result {
    long error;
    long value;
};

#define SBI_SUCCESS 0
#define SBI_NOT_SUPPORTED (-2)
#define SBI_INVALID_PARAM (-3)
#define SBI_INVALID_ADDRESS (-5)
#define SBI_NO_SHMEM (-9)

/* Serves the ecall at cpu.pc. */
void sbi_for_hypervisor(void);

#endif
