/* What is run: the guest hypervisors, one after the other. */
#ifndef RUN_H
#define RUN_H

#include "../hypervisor/types.h"

/* The guest hypervisor has ended the machine that it believes in, well (0) or not. */
[[noreturn]] void run_finished(u64 code);

/* nested.c: starts a guest hypervisor, with the hart's number in a0 and an argument in a1, and runs it to its end. */
[[noreturn]] void run_hypervisor(u64 entry, u64 hart, u64 argument);

/* One line of what has been counted. */
void run_report(const char *how);

/* What this image is for: the unmodified guest hypervisor, or the benchmark. */
[[noreturn]] void run_all(u64 hart);

#endif
