/* What the workloads share. Included by C and by assembly. */
#ifndef BENCH_H
#define BENCH_H

#define PAGE 4096
#define ARENA 0x81000000 /* memory of a workload's own, not part of the image */
#define ARENA_PAGES 4096 /* 16 MiB */
#define TABLES 0x82000000

#define CALL_END 1 /* a7 of a guest's last ecall; a0 is the checksum */
#define CAUSE_ECALL_VS 10

#ifndef __ASSEMBLER__

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

/* How many units to do: the harness writes it into the image. */
extern volatile u64 bench_units;

/* Print "begin": from here the harness takes the time. */
void bench_begin(void);

/* Print "end UNITS CHECKSUM", both as 16 hexadecimal digits, and end the machine by the test finisher. */
[[noreturn]] void bench_end(u64 checksum);

/* Print why and where, and end the machine as failed. */
[[noreturn]] void bench_trapped(u64 cause, u64 pc, u64 value);

/* A workload of M-mode: does `units` and returns the checksum. */
u64 workload(u64 units);

/* A workload of VS-mode: entered with a0 = units; it ends by ecall with a7 = CALL_END and a0 = checksum. */
void guest(u64 units);

/* HS-mode's trap vector while the guest runs. */
void hypervisor_trap(void);

/* How many pages of the arena both stages map before the guest starts. */
extern const u64 arena_pages;

/* The G-stage's PTE of the arena's first page; those of the following pages follow it. */
extern u64 *arena_slots;

#endif
#endif
