/* The host's timer interrupt, by the firmware's TIME extension. */
#ifndef TIMER_H
#define TIMER_H

#include "types.h"

void timer_start(u64 deadline);
void timer_stop(void);

#endif
