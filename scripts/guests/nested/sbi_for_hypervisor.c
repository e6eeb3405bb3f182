/* BASE of the firmware below, but with our list of extensions; TIME and IPI by the guest hypervisor's own registers. */
#include "sbi_for_hypervisor.h"

#include "../hypervisor/console.h"
#include "../hypervisor/csr.h"
#include "nacl.h"
#include "run.h"
#include "world.h"

#define SBI_BASE 0x10
#define SBI_TIME 0x54494d45
#define SBI_IPI 0x735049
#define SBI_SRST 0x53525354
#define SBI_NACL 0x4e41434c
#define BASE_PROBE_EXTENSION 3
#define REG_A0 10
#define REG_A6 16
#define REG_A7 17

typedef struct sbi_result extension(u64 function, const u64 *a);

static struct sbi_result firmware(u64 function, u64 first) {
    register u64 a0 __asm__("a0") = first;
    register u64 a1 __asm__("a1") = 0;
    register u64 a6 __asm__("a6") = function;
    register u64 a7 __asm__("a7") = SBI_BASE;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){(long)a0, (long)a1};
}

static extension *find(u64 number);

static struct sbi_result base(u64 function, const u64 *a) {
    if (function == BASE_PROBE_EXTENSION) {
        return (struct sbi_result){SBI_SUCCESS, find(a[0]) != nullptr};
    }
    return firmware(function, a[0]);
}

static struct sbi_result set_timer(u64 function, const u64 *a) {
    if (function != 0) {
        return (struct sbi_result){SBI_NOT_SUPPORTED, 0};
    }
    csr_write(vstimecmp, a[0]);
    return (struct sbi_result){SBI_SUCCESS, 0};
}

/* There is one hart: the mask must name it, from base 0, or the base be -1. */
static struct sbi_result send_ipi(u64 function, const u64 *a) {
    if (function != 0) {
        return (struct sbi_result){SBI_NOT_SUPPORTED, 0};
    }
    if (a[1] != ~0ul && (a[1] != 0 || a[0] & ~1ul)) {
        return (struct sbi_result){SBI_INVALID_PARAM, 0};
    }
    if (a[1] == ~0ul || a[0] & 1) {
        csr_set(hvip, 1ul << IRQ_VSSI);
    }
    return (struct sbi_result){SBI_SUCCESS, 0};
}

static struct sbi_result system_reset(u64 function, const u64 *a) {
    if (function != 0) {
        return (struct sbi_result){SBI_NOT_SUPPORTED, 0};
    }
    run_finished(a[1] != 0);
}

static extension *find(u64 number) {
    switch (number) {
    case SBI_BASE:
        return base;
    case SBI_TIME:
        return set_timer;
    case SBI_IPI:
        return send_ipi;
    case SBI_SRST:
        return system_reset;
    case SBI_NACL:
        return nacl_offered ? nacl_call : nullptr;
    default:
        return nullptr;
    }
}

void sbi_for_hypervisor(void) {
    extension *found = find(cpu.x[REG_A7]);
    struct sbi_result result = {SBI_NOT_SUPPORTED, 0};
    cpu.pc += 4;
    if (found) {
        result = found(cpu.x[REG_A6], &cpu.x[REG_A0]);
        if (found == nacl_call && nacl_entered) {
            nacl_entered = false; /* a synchronised SRET: the registers are the guest's already */
            return;
        }
    }
    cpu.x[REG_A0] = (u64)result.error;
    cpu.x[REG_A0 + 1] = (u64)result.value;
}
