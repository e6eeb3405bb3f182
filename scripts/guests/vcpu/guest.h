/* The guest in VS-mode: takes its three interrupts, sends one to itself now and then, and leaves often. */
#ifndef GUEST_H
#define GUEST_H

#include "../bare/bare.h"

enum call { CALL_YIELD, CALL_END_OF_INTERRUPT };

enum source { SOFTWARE, TIMER, EXTERNAL, SOURCES };

extern volatile u64 handled[SOURCES];  /* interrupts taken */
extern volatile u64 own_lost;          /* interrupts to itself that did not come */

void guest_main(void);

#endif
