/* Speaks to the host-target interface by tohost and fromhost: console, the write call, and exit code 3. */
#include "bare.h"

#define DEVICE_CONSOLE 1ul
#define COMMAND_PUT 1ul
#define SYS_WRITE 64
#define EXIT_CODE 3

__attribute__((section(".tohost"), aligned(64), used)) volatile u64 tohost;
__attribute__((section(".tohost"), aligned(64), used)) volatile u64 fromhost;

static volatile _Alignas(64) u64 magic_mem[8]; /* a proxied system call: number and arguments, then the result */

static void send(u64 command) {
    while (tohost) {
        fromhost = 0;
    }
    tohost = command;
}

static void console_print(const char *text) {
    while (*text) {
        send(DEVICE_CONSOLE << 56 | COMMAND_PUT << 48 | (u8)*text++);
    }
}

static u64 proxy_call(u64 number, u64 first, u64 second, u64 third) {
    magic_mem[0] = number;
    magic_mem[1] = first;
    magic_mem[2] = second;
    magic_mem[3] = third;
    __asm__ volatile("fence" ::: "memory");
    send((u64)magic_mem);
    while (!fromhost) {
    }
    fromhost = 0;
    return magic_mem[0];
}

int main(void) {
    static const char text[] = "written by the host's write call\n";
    const u64 length = sizeof text - 1;
    console_print("htif console speaking\n");
    u64 written = proxy_call(SYS_WRITE, 1, (u64)text, length);
    u64 code = written == length ? EXIT_CODE : 1;
    send(code << 1 | 1);
    for (;;) {
    }
}
