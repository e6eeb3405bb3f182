/* What a workload says to the harness, on the UART and the test finisher of the board "virt". */
#include "bench.h"

#define UART ((volatile u8 *)0x10000000)
#define UART_LSR 5
#define LSR_THR_EMPTY 0x20
#define FINISHER ((volatile u32 *)0x100000)
#define PASS 0x5555
#define FAIL 0x13333

volatile u64 bench_units = 1;

static void print(const char *text) {
    for (; *text; text++) {
        while (!(UART[UART_LSR] & LSR_THR_EMPTY)) {
        }
        *UART = (u8)*text;
    }
}

static void print_hex(u64 value) {
    char text[] = " 0123456789abcdef";
    for (int place = 16; place; place--, value >>= 4) {
        text[place] = "0123456789abcdef"[value & 15];
    }
    print(text);
}

[[noreturn]] static void finish(u32 code) {
    *FINISHER = code;
    for (;;) {
        __asm__ volatile("wfi");
    }
}

void bench_begin(void) { print("begin\n"); }

void bench_end(u64 checksum) {
    print("end");
    print_hex(bench_units);
    print_hex(checksum);
    print("\n");
    finish(PASS);
}

void bench_trapped(u64 cause, u64 pc, u64 value) {
    print("trapped");
    print_hex(cause);
    print_hex(pc);
    print_hex(value);
    print("\n");
    finish(FAIL);
}
