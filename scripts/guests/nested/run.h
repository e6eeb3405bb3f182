/* What is run: the guest hypervisors, one after the other. */
#ifndef RUN_H
#define RUN_H

#include "../hypervisor/types.h"

/* The guest hypervisor has ended the machine that it believes in, well (0) or not. */
[[noreturn]] void run_finished(u64 code);

/* nested.c: starts a guest hypervisor, in its image's first byte, and runs it to its end. */
[[noreturn]] void run_hypervisor(u64 entry, u64 hart);

/* One line of what has been counted. */
void run_report(const char *how);

/* start of the program that this image is for: one guest hypervisor, or the benchmark. */
[[noreturn]] void run_all(u64 hart);

#endif
