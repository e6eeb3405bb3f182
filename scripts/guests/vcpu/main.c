/*
 * Two harts: hart 0 asserts and withdraws interrupts of a vCPU that hart 1 runs, with no lock between them.
 *
 * Ends with pass when every interrupt came, else with fail 1; `monitor ledger` says which did not, and why.
 */
#include "guest.h"
#include "vcpu.h"

#define CLINT_MSIP ((volatile u32 *)0x2000000)
#define PMP_ALL 0x1f /* NAPOT, X W R */
#define MSTATUS_MPP (3ul << 11)
#define MSTATUS_MPP_S (1ul << 11)
#define SSTATUS_SPP (1ul << 8)
#define HSTATUS_SPV (1ul << 7)
#define HSTATUS_VSXL_64 (2ul << 32)
#define CAUSE_ECALL_HS 9
#define ECALL_LENGTH 4
#define STACK_BYTES 2048
#define WAIT 600          /* looks at a counter before an interrupt counts as lost */
#define CANCEL_EVERY 7    /* of these sets, one is withdrawn at once */
#define RESCHEDULE_EVERY 4

volatile u64 rounds = 60;
volatile u64 lost;
struct vcpu vcpu;
static u8 guest_stack[STACK_BYTES] __attribute__((aligned(16)));

static const unsigned irq_of[SOURCES] = {IRQ_VS_SOFT, IRQ_VS_TIMER, IRQ_VS_EXT};

static void wait_for(enum source source, u64 before) {
    for (unsigned look = 0; look < WAIT; look++) {
        if (handled[source] != before) {
            return;
        }
    }
    lost++;
}

/* A few instructions, differently many each time, so that the two harts meet in every phase. */
static void linger(void) {
    static u64 state = 1;
    state = state * 6364136223846793005ul + 1442695040888963407ul;
    for (volatile unsigned left = (unsigned)(state >> 58); left > 0; left--) {
    }
}

static void produce(unsigned round) {
    linger();
    enum source source = (enum source)(round % SOURCES);
    u64 before = handled[source];
    vcpu_set_interrupt(&vcpu, irq_of[source]);
    if (source != SOFTWARE && round % CANCEL_EVERY == 0) {
        vcpu_unset_interrupt(&vcpu, irq_of[source]);
    } else {
        wait_for(source, before);
    }
}

static void producer(void) {
    if (!vcpu_set_interrupt(&vcpu, 64) || !vcpu_set_interrupt(&vcpu, 9)) {
        finish(2); /* an interrupt that is not local was accepted */
    }
    for (unsigned round = 0; round < rounds; round++) {
        produce(round);
    }
    print(lost || own_lost ? "interrupts were lost\n" : "every interrupt came\n");
    finish(lost || own_lost);
}

static void handle_call(void) {
    vcpu.pc += ECALL_LENGTH;
    if (vcpu.x[17] == CALL_END_OF_INTERRUPT) {
        vcpu_unset_interrupt(&vcpu, (unsigned)vcpu.x[10]);
    }
}

static void consumer(void) {
    vcpu.pc = (u64)guest_main;
    vcpu.x[2] = (u64)guest_stack + sizeof guest_stack;
    csr_write(hideleg, LOCAL_IRQS);
    for (unsigned turn = 1;; turn++) {
        csr_write(hstatus, HSTATUS_VSXL_64 | HSTATUS_SPV);
        __asm__ volatile("csrs sstatus, %0" ::"r"(SSTATUS_SPP));
        csr_write(sepc, vcpu.pc);
        vcpu_run(&vcpu, turn % RESCHEDULE_EVERY == 0);
        vcpu.pc = csr_read(sepc);
        handle_call();
    }
}

/* From M-mode to HS-mode, on the same stack; everything but the call to M-mode is HS-mode's. */
static void become_hypervisor(void (*work)(void)) {
    csr_write(pmpaddr0, ~0ul >> 10);
    csr_write(pmpcfg0, PMP_ALL);
    csr_write(medeleg, ~(1ul << CAUSE_ECALL_HS));
    csr_write(mideleg, ~0ul);
    csr_write(mepc, work);
    __asm__ volatile("csrc mstatus, %0\ncsrs mstatus, %1\nmret" ::"r"(MSTATUS_MPP), "r"(MSTATUS_MPP_S));
    __builtin_unreachable();
}

void second_main(u64 hart) {
    CLINT_MSIP[hart] = 0;
    become_hypervisor(consumer);
}

int main(void) {
    CLINT_MSIP[1] = 1;
    become_hypervisor(producer);
    return 3;
}
