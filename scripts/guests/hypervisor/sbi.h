#ifndef SBI_H
#define SBI_H

#include "types.h"

/* One line about the firmware: specification version, implementation, extensions. */
void sbi_introduce(void);

/* Ask for a supervisor timer interrupt when `time` reaches the deadline; also clears a pending one. */
void sbi_set_timer(u64 deadline);

/* Raise the supervisor software interrupt of a hart (IPI extension); false when the firmware refuses. */
bool sbi_send_ipi(u64 hart);

#endif
