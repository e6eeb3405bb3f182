/*
 * The hypervisor and VS CSRs that the guest hypervisor believes in.
 *
 * They are kept where HNESTED's proposal puts them: 0x2xx, 0x6xx, 0xAxx and 0xExx in a page each. So the accelerated
 * hardware and the trap-and-emulate path share one storage.
 */
#ifndef VIRTUAL_CSR_H
#define VIRTUAL_CSR_H

#include "../hypervisor/types.h"

#define CSR_VSSTATUS 0x200
#define CSR_VSIE 0x204
#define CSR_VSTVEC 0x205
#define CSR_VSSCRATCH 0x240
#define CSR_VSEPC 0x241
#define CSR_VSCAUSE 0x242
#define CSR_VSTVAL 0x243
#define CSR_VSIP 0x244
#define CSR_VSTIMECMP 0x24d
#define CSR_VSATP 0x280
#define CSR_HSTATUS 0x600
#define CSR_HEDELEG 0x602
#define CSR_HIDELEG 0x603
#define CSR_HIE 0x604
#define CSR_HTIMEDELTA 0x605
#define CSR_HCOUNTEREN 0x606
#define CSR_HGEIE 0x607
#define CSR_HENVCFG 0x60a
#define CSR_HTVAL 0x643
#define CSR_HIP 0x644
#define CSR_HVIP 0x645
#define CSR_HTINST 0x64a
#define CSR_HGATP 0x680
#define CSR_HGEIP 0xe12

extern u64 virtual_file[4][512];
#define VIRTUAL(number) (virtual_file[(number) >> 10][(number) & 0xff])

/* As after reset. */
void virtual_reset(void);

/* Does the guest hypervisor have this CSR? */
bool virtual_exists(u32 number);

/* A read or write by the guest hypervisor, with the legalisation and the aliases of the privileged manual. */
u64 virtual_read(u32 number);
void virtual_write(u32 number, u64 value);

/*
 * hip, vsip and vsie are views of hvip and hie. `publish` computes them; `absorb` takes over what was written to a
 * view since then without our knowledge (HNESTED).
 */
void virtual_publish(void);
void virtual_absorb(void);

/* All that exist; a register stands behind those that it depends on. */
struct virtual_register {
    u32 number;
    u64 writable;
    bool interrupts; /* it, or what depends on it, is a view */
};
#define VIRTUAL_COUNT 24
extern const struct virtual_register virtual_registers[VIRTUAL_COUNT];

#endif
