/* What to do about an exit, cause by cause. */
#include "exits.h"

#include "board.h"
#include "console.h"
#include "csr.h"
#include "emulate.h"
#include "expect.h"
#include "probe.h"
#include "timer.h"

bool switch_requested;

void handle_exit(struct vm *vm, const struct vm_exit_state *exit) {
    switch (exit->cause) {
    case CAUSE_ECALL_VS:
        handle_hypercall(vm);
        break;
    case CAUSE_VIRTUAL_INSTRUCTION:
        handle_virtual_instruction(vm, exit);
        break;
    case CAUSE_FETCH_GUEST_PAGE_FAULT:
    case CAUSE_LOAD_GUEST_PAGE_FAULT:
    case CAUSE_STORE_GUEST_PAGE_FAULT:
        handle_guest_page_fault(vm, exit);
        break;
    case CAUSE_INTERRUPT | IRQ_STI:
        handle_host_timer(vm);
        break;
    default:
        handle_unexpected(vm, exit);
    }
}

/* Announced: a check. Not announced: the guest works, and the hypervisor does what the policy kept from it. */
void handle_virtual_instruction(struct vm *vm, const struct vm_exit_state *exit) {
    if (expectation_settle(vm, exit)) {
        return;
    }
    if (!emulate_instruction(vm, guest_instruction(vm->cpu.pc))) {
        handle_unexpected(vm, exit);
    }
}

void handle_guest_page_fault(struct vm *vm, const struct vm_exit_state *exit) {
    if (expectation_settle(vm, exit)) {
        return;
    }
    if (!emulate_device(vm, exit)) {
        handle_unexpected(vm, exit);
    }
}

/* The host's timer: the guest's timer on a machine without Sstc, or a time slice that has ended. */
void handle_host_timer(struct vm *vm) {
    timer_stop();
    if (vm->timer_deadline != ~0ul) {
        vm->timer_deadline = ~0ul;
        csr_set(hvip, 1ul << IRQ_VSTI);
    }
    if (vm->preempt_flag) {
        guest_store(vm->preempt_flag, 1);
        report(vm, "HS", "host timer interrupts the guest, HSV.D sets its flag", !probe.trapped);
        vm->preempt_flag = 0;
    }
}

/* Causes that have no handler of their own may still have been announced: illegal instruction, for one. */
void handle_unexpected(struct vm *vm, const struct vm_exit_state *exit) {
    if (expectation_settle(vm, exit)) {
        return;
    }
    print("vm%d: unexpected exit: scause %x, pc %x, stval %x, htval %x, htinst %x\n", vm->vmid, exit->cause, vm->cpu.pc,
          exit->tval, exit->htval, exit->htinst);
    finish(5);
}
