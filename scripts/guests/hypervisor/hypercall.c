/* Hypercalls: a table from number to function. */
#include "hypercalls.h"

#include "board.h"
#include "console.h"
#include "csr.h"
#include "exits.h"
#include "expect.h"
#include "gstage.h"
#include "probe.h"
#include "timer.h"

#define REG_A0 10
#define REG_A7 17
#define PREEMPT_AFTER 500

typedef u64 hypercall(struct vm *vm, const u64 *a);

static u64 say(struct vm *vm, const u64 *a) {
    char text[80];
    guest_copy_text(a[0], text, sizeof text);
    print("vm%d: %s\n", vm->vmid, text);
    return 0;
}

static u64 expect(struct vm *vm, const u64 *a) {
    (void)a;
    expectation_take(vm);
    return 0;
}

static u64 guest_reports(struct vm *vm, const u64 *a) {
    char text[80];
    guest_copy_text(a[0], text, sizeof text);
    report(vm, "guest", text, a[1] != 0);
    return 0;
}

static u64 yield(struct vm *vm, const u64 *a) {
    (void)vm, (void)a;
    switch_requested = true;
    return 0;
}

static u64 done(struct vm *vm, const u64 *a) {
    vm->done = true;
    return yield(vm, a);
}

static u64 inject(struct vm *vm, const u64 *a) {
    (void)vm;
    csr_set(hvip, 1ul << a[0]);
    return 0;
}

static u64 retract(struct vm *vm, const u64 *a) {
    (void)vm;
    bool pending = (csr_read(hvip) >> a[0] & 1) != 0;
    csr_clear(hvip, 1ul << a[0]);
    return pending;
}

static u64 features(struct vm *vm, const u64 *a) {
    (void)vm, (void)a;
    return (host_has_sstc ? FEATURE_SSTC : 0) | (host_has_adue ? FEATURE_ADUE : 0);
}

static u64 allow_stimecmp(struct vm *vm, const u64 *a) {
    u64 others = vm->policy.henvcfg & ~HENVCFG_STCE;
    vm->policy.henvcfg = others | (a[0] ? HENVCFG_STCE : 0);
    vm_apply_policy(vm);
    return 0;
}

static u64 set_timer(struct vm *vm, const u64 *a) {
    vm->timer_deadline = a[0] - vm->time_offset;
    csr_clear(hvip, 1ul << IRQ_VSTI);
    timer_start(vm->timer_deadline);
    return 0;
}

static u64 preempt_me(struct vm *vm, const u64 *a) {
    vm->preempt_flag = a[0];
    timer_start(csr_read(time) + PREEMPT_AFTER);
    return 0;
}

/* Behind GPA_SWITCHED comes another host page, which holds a[0]; the guest must not see the old one. */
static u64 switch_page(struct vm *vm, const u64 *a) {
    u64 host = vm->memory + GUEST_IMAGE_SIZE + 3 * PAGE_SIZE;
    *(u64 *)host = a[0];
    u64 *root = (u64 *)((vm->hgatp << 20 >> 20) * PAGE_SIZE);
    gstage_map(root, GPA_SWITCHED, host, PAGE_SIZE, PTE_RW);
    hfence_gvma(GPA_SWITCHED, vm->vmid);
    return 0;
}

static u64 rewrite_pte(struct vm *vm, const u64 *a) {
    *(volatile u64 *)(vm->memory + (a[0] - GUEST_RAM_GPA)) = a[1];
    hfence_vvma(GVA_REWRITTEN);
    return 0;
}

static u64 peek(struct vm *vm, const u64 *a) {
    (void)vm;
    return guest_load(a[0]);
}

static hypercall *const hypercalls[] = {
    [HYPERCALL_SAY] = say,
    [HYPERCALL_EXPECT] = expect,
    [HYPERCALL_REPORT] = guest_reports,
    [HYPERCALL_YIELD] = yield,
    [HYPERCALL_DONE] = done,
    [HYPERCALL_INJECT] = inject,
    [HYPERCALL_RETRACT] = retract,
    [HYPERCALL_FEATURES] = features,
    [HYPERCALL_ALLOW_STIMECMP] = allow_stimecmp,
    [HYPERCALL_SET_TIMER] = set_timer,
    [HYPERCALL_PREEMPT_ME] = preempt_me,
    [HYPERCALL_SWITCH_PAGE] = switch_page,
    [HYPERCALL_REWRITE_PTE] = rewrite_pte,
    [HYPERCALL_PEEK] = peek,
};

void handle_hypercall(struct vm *vm) {
    u64 number = vm->cpu.x[REG_A7];
    vm->cpu.pc += 4;
    if (vm->expected.armed) {
        expectation_missed(vm);
    }
    if (number >= LENGTH(hypercalls)) {
        print("vm%d: no hypercall %d\n", vm->vmid, number);
        finish(6);
    }
    vm->cpu.x[REG_A0] = hypercalls[number](vm, &vm->cpu.x[REG_A0]);
}
