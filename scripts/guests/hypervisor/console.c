/* The 16550 UART, driven directly, and the test finisher. */
#include "console.h"

#include "board.h"
#include "types.h"

#define UART_THR 0
#define UART_LSR 5
#define LSR_THR_EMPTY 0x20

void console_put(char c) {
    volatile u8 *uart = (volatile u8 *)UART_BASE;
    while (!(uart[UART_LSR] & LSR_THR_EMPTY)) {
    }
    uart[UART_THR] = (u8)c;
}

static void put_text(const char *text) {
    while (*text) {
        console_put(*text++);
    }
}

static void put_number(u64 value, u64 base) {
    char digits[24];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n) {
        console_put(digits[--n]);
    }
}

static void put_argument(char kind, u64 value) {
    switch (kind) {
    case 's':
        put_text((const char *)value);
        break;
    case 'd':
        put_number(value, 10);
        break;
    case 'x':
        put_text("0x");
        put_number(value, 16);
        break;
    default:
        console_put(kind);
    }
}

void print(const char *format, ...) {
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    for (; *format; format++) {
        if (*format == '%') {
            put_argument(*++format, __builtin_va_arg(arguments, u64));
        } else {
            console_put(*format);
        }
    }
    __builtin_va_end(arguments);
}

[[noreturn]] void finish(unsigned code) {
    *(volatile u32 *)FINISHER_BASE = code == 0 ? FINISHER_PASS : code << 16 | FINISHER_FAIL;
    for (;;) {
        __asm__ volatile("wfi");
    }
}
