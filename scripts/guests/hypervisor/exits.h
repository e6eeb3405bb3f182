#ifndef EXITS_H
#define EXITS_H

#include "vm.h"

/* What to do about an exit. One function per cause; each is a good place for a breakpoint. */
void handle_exit(struct vm *vm, const struct vm_exit_state *exit);

void handle_virtual_instruction(struct vm *vm, const struct vm_exit_state *exit);
void handle_guest_page_fault(struct vm *vm, const struct vm_exit_state *exit);
void handle_host_timer(struct vm *vm);
void handle_unexpected(struct vm *vm, const struct vm_exit_state *exit);

/* hypercall.c: the guest asked for something; true when the hart shall go to the other VM. */
void handle_hypercall(struct vm *vm);

/* Set when the VM has given up the hart: by yielding or by finishing. */
extern bool switch_requested;

#endif
