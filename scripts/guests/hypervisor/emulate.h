/* Doing in the guest's stead what its policy does not let it do. */
#ifndef EMULATE_H
#define EMULATE_H

#include "vm.h"

/* SRET, SFENCE.VMA, WFI, and reading or writing satp, for the VM that is loaded; false for any other instruction. */
bool emulate_instruction(struct vm *vm, u32 instruction);

/* A byte stored to the UART that the guest believes in; false for any other access. */
bool emulate_device(struct vm *vm, const struct vm_exit_state *exit);

#endif
