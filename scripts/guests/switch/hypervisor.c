/* A small hypervisor with two VMs: `handle_exit` is where they come back to it, `vm_enter` (trap.S) where they leave. */
#include "../hypervisor/console.h"
#include "../hypervisor/csr.h"
#include "vm.h"

#define STACK_SIZE 4096
#define RAM_GPA (2ul << 30)
#define ECALL_LENGTH 4

struct vm vms[VMS];
static _Alignas(16) u8 stacks[VMS][STACK_SIZE];
static _Alignas(16384) u64 roots[VMS][2048];
static _Alignas(4096) u64 middles[VMS][512];
static _Alignas(4096) u64 leaves[VMS][512];
static _Alignas(4096) u8 own_pages[VMS][PAGE_SIZE];
static u64 wrong;

void vm_enter(struct vm *vm); /* hypervisor/trap.S */

void handle_host_trap(void) {
    print("host: unexpected trap %x\n", csr_read(scause));
    finish(2);
}

/* The image lies where the guests see it; the page at OWN_PAGE is another one for each. */
static void map(u64 number) {
    u64 flags = PTE_RWX | PTE_U;
    roots[number][RAM_GPA >> 30] = pte_to(RAM_GPA, flags);
    roots[number][OWN_PAGE >> 30] = pte_to((u64)middles[number], PTE_V);
    middles[number][OWN_PAGE >> 21 & 511] = pte_to((u64)leaves[number], PTE_V);
    leaves[number][OWN_PAGE >> 12 & 511] = pte_to((u64)own_pages[number], PTE_RW | PTE_U);
}

static void create(u64 number) {
    struct vm *vm = &vms[number];
    map(number);
    vm->vmid = number + 1;
    vm->root = (u64)roots[number];
    vm->pc = (u64)guest_main;
    vm->x[2] = (u64)stacks[number] + STACK_SIZE;
    vm->x[10] = number + 1;
}

/* Another VM that still has turns, or the same one when it alone has. */
static struct vm *next_after(struct vm *vm) {
    struct vm *other = &vms[(vm - vms + 1) % VMS];
    return other->done ? vm : other;
}

/* What a guest asked for; gives the VM that runs next, or null when all are done. */
struct vm *handle_exit(struct vm *vm) {
    if (csr_read(scause) != CAUSE_ECALL_VS) {
        print("vm %d: unexpected exit %x at %x\n", vm->vmid, csr_read(scause), csr_read(sepc));
        finish(3);
    }
    vm->pc = csr_read(sepc) + ECALL_LENGTH;
    if (vm->x[17] == HYPERCALL_DONE) {
        wrong += vm->x[10];
        vm->done = true;
        print("vm %d: done after %d turns, %d wrong\n", vm->vmid, vm->turns, vm->x[10]);
    } else {
        vm->turns++;
    }
    struct vm *next = next_after(vm);
    return next->done ? 0 : next;
}

void hypervisor_main(void) {
    for (u64 number = 0; number < VMS; number++) {
        create(number);
    }
    csr_write(hstatus, HSTATUS_VSXL_64);
    struct vm *vm = &vms[0];
    world_enter(vm);
    while (vm) {
        csr_write(sepc, vm->pc);
        csr_set(hstatus, HSTATUS_SPV);
        csr_set(sstatus, STATUS_SPP);
        vm_enter(vm);
        struct vm *next = handle_exit(vm);
        if (next && next != vm) {
            world_switch(next);
        }
        vm = next;
    }
    finish(wrong ? 1 : 0);
}
