/* Checks: what the guest announced about its next exit against what happened. */
#include "expect.h"

#include "board.h"
#include "console.h"
#include "csr.h"
#include "hypercalls.h"
#include "probe.h"
#include "transformed.h"

#define REG_RA 1
#define REG_A0 10

u64 checks_passed, checks_failed;

static const char *mode_name(bool user) { return user ? "VU" : "VS"; }

static const char *cause_name(u64 cause) {
    switch (cause) {
    case CAUSE_ILLEGAL_INSTRUCTION:
        return "illegal instruction";
    case CAUSE_BREAKPOINT:
        return "breakpoint";
    case CAUSE_VIRTUAL_INSTRUCTION:
        return "virtual instruction";
    case CAUSE_FETCH_GUEST_PAGE_FAULT:
        return "fetch guest-page fault";
    case CAUSE_LOAD_GUEST_PAGE_FAULT:
        return "load guest-page fault";
    case CAUSE_STORE_GUEST_PAGE_FAULT:
        return "store guest-page fault";
    default:
        return "another cause";
    }
}

static bool is_guest_page_fault(u64 cause) {
    return cause >= CAUSE_FETCH_GUEST_PAGE_FAULT && cause != CAUSE_VIRTUAL_INSTRUCTION;
}

static void count(bool ok) {
    if (ok) {
        checks_passed++;
    } else {
        checks_failed++;
    }
}

void report(const struct vm *vm, const char *mode, const char *text, bool ok) {
    count(ok);
    print("vm%d %s: %s -> %s\n", vm->vmid, mode, text, ok ? "ok" : "FAIL");
}

void expectation_take(struct vm *vm) {
    const u64 *a = &vm->cpu.x[REG_A0];
    struct expectation *expected = &vm->expected;
    guest_copy_text(a[0], expected->text, sizeof expected->text);
    expected->cause = a[1];
    expected->tval = a[2];
    expected->gpa = a[3];
    expected->mode = a[4];
    expected->htinst = a[5];
    expected->armed = true;
}

void expectation_missed(struct vm *vm) {
    vm->expected.armed = false;
    count(false);
    print("vm%d %s: %s -> FAIL: no trap\n", vm->vmid, mode_name(vm->expected.mode == MODE_VU), vm->expected.text);
}

/* stval of an instruction exception is the instruction or zero (machine manual, mtval). */
static bool check_instruction(const struct vm_exit_state *exit, u32 instruction) {
    print(", insn %x, stval %x", (u64)instruction, exit->tval);
    return (exit->tval == instruction || exit->tval == 0) && exit->htval == 0 && !exit->guest_address;
}

/* stval is the guest virtual address, htval the guest physical one shifted right by two. */
static bool check_guest_page_fault(const struct vm_exit_state *exit, const struct expectation *expected,
                                   u32 instruction) {
    print(", stval %x, htval %x, htinst %x", exit->tval, exit->htval, exit->htinst);
    bool htinst_ok = exit->htinst == expected->htinst;
    if (!expected->htinst) { /* an explicit access: zero, or the instruction transformed */
        bool fetch = exit->cause == CAUSE_FETCH_GUEST_PAGE_FAULT;
        htinst_ok = exit->htinst == 0 || (!fetch && exit->htinst == transformed_instruction(instruction));
    }
    return exit->tval == expected->tval && exit->htval == expected->gpa >> 2 && htinst_ok && exit->guest_address;
}

static bool check(const struct vm_exit_state *exit, const struct expectation *expected, u32 instruction) {
    if (exit->cause != expected->cause) {
        print(", scause %x, stval %x", exit->cause, exit->tval);
        return false;
    }
    if (is_guest_page_fault(exit->cause)) {
        return check_guest_page_fault(exit, expected, instruction);
    }
    return check_instruction(exit, instruction);
}

/* The guest goes on after the instruction; where nothing could be fetched, it returns from the call that led there. */
static void skip(struct vcpu *cpu, u64 announced_cause, u32 instruction) {
    if (announced_cause == CAUSE_FETCH_GUEST_PAGE_FAULT) {
        cpu->pc = cpu->x[REG_RA];
    } else {
        cpu->pc += (instruction & 3) == 3 ? 4 : 2;
    }
}

bool expectation_settle(struct vm *vm, const struct vm_exit_state *exit) {
    struct expectation *expected = &vm->expected;
    if (!expected->armed || exit->user != (expected->mode == MODE_VU)) {
        return false; /* the kernel of VM 7 has an SRET to go on its way to VU-mode */
    }
    expected->armed = false;
    bool fetched = exit->cause != CAUSE_FETCH_GUEST_PAGE_FAULT;
    u32 instruction = fetched ? guest_instruction(vm->cpu.pc) : 0;
    print("vm%d %s: %s -> %s", vm->vmid, mode_name(exit->user), expected->text, cause_name(exit->cause));
    bool ok = check(exit, expected, instruction);
    print(ok ? ", ok\n" : ", FAIL\n");
    count(ok);
    skip(&vm->cpu, expected->cause, instruction);
    return true;
}
