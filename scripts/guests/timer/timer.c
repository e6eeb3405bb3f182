/*
 * The debate about the guest's timer, as a program: a vCPU's vstimecmp rings while its hypervisor works for it.
 *
 * On a machine as the manual has it the hypervisor polls hip.VSTIP on its way back to the guest. On one with the proposal
 * vgti it is interrupted (CSR hvgti), puts the rest of the work off and resumes the guest at once; the rest is done at
 * the vCPU's next exit. Everything else is the same: two vCPUs take turns, and one whose timer rings is resumed before
 * the other has its turn.
 */
#include "../hypervisor/csr.h"
#include "../hypervisor/console.h"
#include "workload.h"

#define HVGTI "0x6c0"
#define HVGTI_VGTIE 1
#define HVGTI_VGTIP 2
#define STACK_SIZE 4096
#define IRQ_BITS (1ul << IRQ_VSSI | 1ul << IRQ_VSTI | 1ul << IRQ_VSEI)

struct vcpu {
    u64 x[32]; /* trap.S knows the first two members' places */
    u64 host_sp;
    u64 pc, vsstatus, vsie, vstvec, vsscratch, vsepc, vscause, vstval, vstimecmp;
    u64 put_off; /* turns of work that are left from before */
    u64 rings;
    bool done;
};

static struct vcpu vcpus[VCPUS];
static _Alignas(16) u8 stacks[VCPUS][STACK_SIZE];
static _Alignas(16384) u64 root[2048];

static bool has_vgti;
static volatile bool rang; /* the guest timer interrupt came */
static u64 polled, found, interrupted, late, worked;

void vm_enter(struct vcpu *vcpu); /* hypervisor/trap.S */

/* A trap in HS-mode: the guest timer interrupt, or the one illegal instruction that tells that there is none. */
void handle_host_trap(void) {
    u64 cause = csr_read(scause);
    if (cause == CAUSE_ILLEGAL_INSTRUCTION) {
        has_vgti = false;
        csr_write(sepc, csr_read(sepc) + 4);
    } else if (cause & CAUSE_INTERRUPT) {
        __asm__ volatile("csrci " HVGTI ", %0" ::"i"(HVGTI_VGTIP));
        interrupted++;
        rang = true;
    } else {
        print("host: unexpected trap %x\n", cause);
        finish(2);
    }
}

extern void host_trap(void);

static void look_for_vgti(void) {
    csr_write(stvec, host_trap);
    has_vgti = true;
    __asm__ volatile(".balign 4\n\tcsrwi " HVGTI ", %0" ::"i"(HVGTI_VGTIE));
}

static void create(u64 number) {
    struct vcpu *vcpu = &vcpus[number];
    vcpu->pc = (u64)vcpu_main;
    vcpu->x[10] = number;
    vcpu->x[2] = (u64)stacks[number] + STACK_SIZE;
    vcpu->vstimecmp = ~0ul;
}

static void load(u64 number) {
    const struct vcpu *vcpu = &vcpus[number];
    csr_write(hgatp, HGATP_MODE_SV39X4 | (number + 1) << HGATP_VMID_SHIFT | (u64)root / PAGE_SIZE);
    csr_write(vsstatus, vcpu->vsstatus);
    csr_write(vsie, vcpu->vsie);
    csr_write(vstvec, vcpu->vstvec);
    csr_write(vsscratch, vcpu->vsscratch);
    csr_write(vsepc, vcpu->vsepc);
    csr_write(vscause, vcpu->vscause);
    csr_write(vstval, vcpu->vstval);
    csr_write(vstimecmp, vcpu->vstimecmp);
}

static void store(u64 number) {
    struct vcpu *vcpu = &vcpus[number];
    vcpu->vsstatus = csr_read(vsstatus);
    vcpu->vsie = csr_read(vsie);
    vcpu->vstvec = csr_read(vstvec);
    vcpu->vsscratch = csr_read(vsscratch);
    vcpu->vsepc = csr_read(vsepc);
    vcpu->vscause = csr_read(vscause);
    vcpu->vstval = csr_read(vstval);
    vcpu->vstimecmp = csr_read(vstimecmp);
    csr_write(vstimecmp, ~0ul); /* nobody's until the next is loaded */
}

/* What a device model would do; with the interrupt it can be put off. */
__attribute__((noinline)) static u64 work(u64 turns) {
    while (turns && !rang) {
        __asm__ volatile("" ::: "memory");
        turns--;
        worked++;
    }
    return turns;
}

__attribute__((noinline)) static void serve(struct vcpu *vcpu, u64 turns) {
    rang = false;
    csr_set(sstatus, STATUS_SIE);
    vcpu->put_off = work(vcpu->put_off + turns);
    csr_clear(sstatus, STATUS_SIE);
}

/* The exit path's last question: does the guest's timer ring? */
static bool poll_guest_timer(void) {
    polled++;
    bool pending = csr_read(hip) >> IRQ_VSTI & 1;
    found += pending;
    return pending;
}

static void clear_guest_timer(void) {
    if (has_vgti) {
        __asm__ volatile("csrci " HVGTI ", %0" ::"i"(HVGTI_VGTIP));
    }
}

/* To the next exit that the guest itself makes; one for a ring just before the guest was entered is not. */
static void run(struct vcpu *vcpu) {
    for (;;) {
        clear_guest_timer(); /* resuming the guest serves it */
        csr_write(sepc, vcpu->pc);
        csr_set(hstatus, HSTATUS_SPV);
        csr_set(sstatus, STATUS_SPP);
        vm_enter(vcpu);
        vcpu->pc = csr_read(sepc);
        if (!(csr_read(scause) & CAUSE_INTERRUPT)) {
            break;
        }
        late++;
    }
    if (csr_read(scause) != CAUSE_ECALL_VS) {
        print("guest: unexpected exit %x at %x\n", csr_read(scause), csr_read(sepc));
        finish(3);
    }
    vcpu->pc += 4;
}

static void handle(struct vcpu *vcpu) {
    u64 argument = vcpu->x[10];
    if (vcpu->x[17] == HYPERCALL_DONE) {
        vcpu->rings = argument;
        worked += vcpu->put_off;
        vcpu->done = true;
    } else {
        serve(vcpu, argument);
    }
}

static u64 other(u64 number) { return vcpus[1 - number].done ? number : 1 - number; }

static void schedule(void) {
    u64 current = 0, exits = 0;
    load(current);
    while (!vcpus[0].done || !vcpus[1].done) {
        struct vcpu *vcpu = &vcpus[current];
        run(vcpu);
        handle(vcpu);
        bool rings = poll_guest_timer();
        if (vcpu->done || (++exits >= EXITS_OF_A_TURN && !rings)) {
            store(current);
            current = other(current);
            exits = 0;
            load(current);
        }
    }
}

void hypervisor_main(void) {
    root[2] = pte_to(2ul << 30, PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D);
    csr_write(hstatus, HSTATUS_VSXL_64 | HSTATUS_SPV);
    csr_write(hideleg, IRQ_BITS);
    csr_write(hcounteren, COUNTER_TM);
    csr_write(henvcfg, HENVCFG_STCE);
    look_for_vgti();
    create(0);
    create(1);
    u64 begun = csr_read(time);
    schedule();
    print("guest timer interrupt %s\n", has_vgti ? "present" : "absent");
    print("rings handled %d and %d in %d ticks\n", vcpus[0].rings, vcpus[1].rings, csr_read(time) - begun);
    print("hip polled %d times, ringing %d times; interrupted %d times at work, %d at entry\n", polled, found,
          interrupted, late);
    u64 wanted = VCPUS * (REQUESTS / LONG_EVERY * LONG_WORK + (REQUESTS - REQUESTS / LONG_EVERY) * SHORT_WORK);
    print("work done %d of %d\n", worked, wanted);
    finish(worked == wanted && vcpus[0].rings && vcpus[1].rings ? 0 : 1);
}
