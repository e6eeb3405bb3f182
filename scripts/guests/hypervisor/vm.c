/* Making a VM, giving it the hart, running it to its next exit. */
#include "vm.h"

#include "board.h"
#include "csr.h"
#include "gstage.h"

bool host_has_sstc, host_has_adue;

extern const u64 guest_image_start[], guest_image_end[]; /* where the image was loaded; hypervisor.ld.in */
void vm_enter(struct vcpu *cpu);                         /* trap.S */

static void load_image(u64 memory) {
    u64 *to = (u64 *)memory;
    for (const u64 *from = guest_image_start; from < guest_image_end; from++) {
        *to++ = *from;
    }
    for (u64 *end = (u64 *)(memory + GUEST_IMAGE_SIZE); to < end; to++) {
        *to = 0;
    }
}

static u64 map_memory(u64 memory, u64 vmid) {
    u64 *root = gstage_new();
    for (u64 offset = 0; offset < GUEST_IMAGE_SIZE; offset += PAGE_SIZE) {
        gstage_map(root, GUEST_RAM_GPA + offset, memory + offset, PAGE_SIZE, PTE_RWX);
    }
    u64 spare = memory + GUEST_IMAGE_SIZE;
    gstage_map(root, GPA_READ_ONLY, spare, PAGE_SIZE, PTE_RX);
    *(u64 *)spare = pte_to(GUEST_BIG_GPA, PTE_V | PTE_R | PTE_W); /* GVA_TABLE_READ_ONLY's PTE: A=0, D=0 */
    gstage_map(root, GPA_NO_EXECUTE, spare + PAGE_SIZE, PAGE_SIZE, PTE_RW);
    gstage_map(root, GPA_SWITCHED, spare + 2 * PAGE_SIZE, PAGE_SIZE, PTE_RW);
    gstage_map(root, GUEST_BIG_GPA, memory + VM_BIG_PAGE_OFFSET, BIG_PAGE_SIZE, PTE_RW);
    return HGATP_MODE_SV39X4 | vmid << HGATP_VMID_SHIFT | (u64)root / PAGE_SIZE;
}

void vm_create(struct vm *vm, u64 vmid, u64 memory, const struct policy *policy) {
    load_image(memory);
    vm->vmid = vmid;
    vm->memory = memory;
    vm->hgatp = map_memory(memory, vmid);
    vm->policy = *policy;
    vm->time_offset = -csr_read(time); /* the guest's time starts near zero */
    vm->timer_deadline = ~0ul;
    vm->cpu.pc = GUEST_RAM_GPA;
    vm->cpu.x[10] = vmid;
    vm->cpu.vstimecmp = ~0ul;
}

void vm_apply_policy(const struct vm *vm) {
    csr_write(hstatus, HSTATUS_VSXL_64 | HSTATUS_SPV | vm->policy.hstatus);
    csr_write(hcounteren, vm->policy.hcounteren);
    csr_write(henvcfg, vm->policy.henvcfg);
}

void vm_load(const struct vm *vm) {
    const struct vcpu *cpu = &vm->cpu;
    vm_apply_policy(vm);
    csr_write(hgatp, vm->hgatp);
    csr_write(htimedelta, vm->time_offset);
    csr_write(vsstatus, cpu->vsstatus);
    csr_write(vsie, cpu->vsie);
    csr_write(vstvec, cpu->vstvec);
    csr_write(vsscratch, cpu->vsscratch);
    csr_write(vsepc, cpu->vsepc);
    csr_write(vscause, cpu->vscause);
    csr_write(vstval, cpu->vstval);
    csr_write(vsatp, cpu->vsatp);
    csr_write(hvip, cpu->hvip);
    if (host_has_sstc) {
        csr_write(vstimecmp, cpu->vstimecmp);
    }
}

void vm_store(struct vm *vm) {
    struct vcpu *cpu = &vm->cpu;
    cpu->vsstatus = csr_read(vsstatus);
    cpu->vsie = csr_read(vsie);
    cpu->vstvec = csr_read(vstvec);
    cpu->vsscratch = csr_read(vsscratch);
    cpu->vsepc = csr_read(vsepc);
    cpu->vscause = csr_read(vscause);
    cpu->vstval = csr_read(vstval);
    cpu->vsatp = csr_read(vsatp);
    cpu->hvip = csr_read(hvip);
    if (host_has_sstc) {
        cpu->vstimecmp = csr_read(vstimecmp);
    }
}

struct vm_exit_state vm_run(struct vm *vm) {
    csr_write(sepc, vm->cpu.pc);
    csr_set(hstatus, HSTATUS_SPV);
    if (vm->cpu.user) {
        csr_clear(sstatus, STATUS_SPP);
    } else {
        csr_set(sstatus, STATUS_SPP);
    }
    vm_enter(&vm->cpu);
    vm->exits++;
    vm->cpu.pc = csr_read(sepc);
    vm->cpu.user = !(csr_read(sstatus) & STATUS_SPP);
    return (struct vm_exit_state){
        .cause = csr_read(scause),
        .tval = csr_read(stval),
        .htval = csr_read(htval),
        .htinst = csr_read(htinst),
        .user = vm->cpu.user,
        .guest_address = (csr_read(hstatus) & HSTATUS_GVA) != 0,
    };
}
