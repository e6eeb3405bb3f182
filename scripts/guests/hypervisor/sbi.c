/* Calls to the firmware: the SBI's BASE, TIME and IPI extensions, and DBCN when there is one. */
#include "sbi.h"

#include "console.h"

#define SBI_BASE 0x10
#define SBI_TIME 0x54494d45
#define SBI_IPI 0x735049
#define SBI_RFENCE 0x52464e43
#define SBI_HSM 0x48534d
#define SBI_SRST 0x53525354
#define SBI_DBCN 0x4442434e

#define BASE_SPECIFICATION_VERSION 0
#define BASE_IMPLEMENTATION_ID 1
#define BASE_PROBE_EXTENSION 3

struct sbi_result {
    long error;
    long value;
};

static struct sbi_result sbi_call(u64 extension, u64 function, u64 first, u64 second) {
    register u64 a0 __asm__("a0") = first;
    register u64 a1 __asm__("a1") = second;
    register u64 a2 __asm__("a2") = 0;
    register u64 a6 __asm__("a6") = function;
    register u64 a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){(long)a0, (long)a1};
}

static bool sbi_has(u64 extension) { return sbi_call(SBI_BASE, BASE_PROBE_EXTENSION, extension, 0).value != 0; }

static void list_extension(const char *name, u64 extension) {
    if (sbi_has(extension)) {
        print(" %s", name);
    }
}

void sbi_introduce(void) {
    u64 version = (u64)sbi_call(SBI_BASE, BASE_SPECIFICATION_VERSION, 0, 0).value;
    u64 implementation = (u64)sbi_call(SBI_BASE, BASE_IMPLEMENTATION_ID, 0, 0).value;
    print("firmware: SBI %d.%d, implementation %d, extensions", version >> 24, version & 0xffffff, implementation);
    list_extension("TIME", SBI_TIME);
    list_extension("IPI", SBI_IPI);
    list_extension("RFENCE", SBI_RFENCE);
    list_extension("HSM", SBI_HSM);
    list_extension("SRST", SBI_SRST);
    list_extension("DBCN", SBI_DBCN);
    print("\n");
}

void sbi_set_timer(u64 deadline) { sbi_call(SBI_TIME, 0, deadline, 0); }

bool sbi_send_ipi(u64 hart) { return sbi_call(SBI_IPI, 0, 1, hart).error == 0; }
