/* Checks: what the guest announced about its next exit against what happened; the running count. */
#ifndef EXPECT_H
#define EXPECT_H

#include "vm.h"

extern u64 checks_passed, checks_failed;

/* Counts a check that somebody else made and prints its line. */
void report(const struct vm *vm, const char *mode, const char *text, bool ok);

/* Takes HYPERCALL_EXPECT's arguments from the guest's registers. */
void expectation_take(struct vm *vm);

/*
 * If an exit was announced: compares, prints the line, moves the guest past the instruction.
 * False if none was announced for the mode it came from.
 */
bool expectation_settle(struct vm *vm, const struct vm_exit_state *exit);

/* The guest went on although it had announced an exit. */
void expectation_missed(struct vm *vm);

#endif
