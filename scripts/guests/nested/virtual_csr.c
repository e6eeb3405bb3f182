/* The emulated CSRs: what each write keeps, and the views of the interrupt registers. */
#include "virtual_csr.h"

#include "../hypervisor/csr.h"

#define VS_INTERRUPTS (1ul << IRQ_VSSI | 1ul << IRQ_VSTI | 1ul << IRQ_VSEI)
#define VSSIP (1ul << IRQ_VSSI)
#define VSTIP (1ul << IRQ_VSTI)
#define ALL (~0ul)

#define SATP_MODE(value) ((value) >> 60)

_Alignas(4096) u64 virtual_file[4][512];

const struct virtual_register virtual_registers[VIRTUAL_COUNT] = {
    {CSR_HSTATUS, HSTATUS_GVA | HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_VTVM | HSTATUS_VTW | HSTATUS_VTSR | 1ul << 9, false},
    {CSR_HEDELEG, 0xb1ff, false},
    {CSR_HIDELEG, VS_INTERRUPTS, true},
    {CSR_HVIP, VS_INTERRUPTS, true},
    {CSR_HIP, VSSIP, true},
    {CSR_HIE, VS_INTERRUPTS, true},
    {CSR_HTIMEDELTA, ALL, false},
    {CSR_HCOUNTEREN, COUNTER_CY | COUNTER_TM | COUNTER_IR, false},
    {CSR_HGEIE, 0, false},
    {CSR_HENVCFG, HENVCFG_STCE | HENVCFG_ADUE | 1, false},
    {CSR_HTVAL, ALL, false},
    {CSR_HTINST, ALL, false},
    {CSR_HGATP, 0xf3ffful << 44 | ((1ul << 44) - 1), false},
    {CSR_HGEIP, 0, false},
    {CSR_VSSTATUS, 0xde722, false},
    {CSR_VSTVEC, ~2ul, false},
    {CSR_VSSCRATCH, ALL, false},
    {CSR_VSEPC, ~1ul, false},
    {CSR_VSCAUSE, ALL, false},
    {CSR_VSTVAL, ALL, false},
    {CSR_VSATP, ALL, false},
    {CSR_VSTIMECMP, ALL, false},
    {CSR_VSIP, 1ul << IRQ_SSI, true},
    {CSR_VSIE, VS_INTERRUPTS >> 1, true},
};

static u64 published_hip, published_vsip, published_vsie;

/* Place in the list, and one, by number: found without searching, for this is the path of every emulated access. */
static u8 places[4][256];

void virtual_reset(void) {
    for (unsigned n = 0; n < LENGTH(virtual_file); n++) {
        for (unsigned m = 0; m < LENGTH(virtual_file[n]); m++) {
            virtual_file[n][m] = 0;
        }
    }
    for (unsigned n = 0; n < VIRTUAL_COUNT; n++) {
        places[virtual_registers[n].number >> 10][virtual_registers[n].number & 0xff] = (u8)(n + 1);
    }
    VIRTUAL(CSR_HSTATUS) = HSTATUS_VSXL_64;
    VIRTUAL(CSR_VSSTATUS) = 2ul << 32; /* UXL */
    VIRTUAL(CSR_VSTIMECMP) = ALL;
    virtual_publish();
}

static unsigned place(u32 number) { return places[number >> 10 & 3][number & 0xff]; }

bool virtual_exists(u32 number) {
    unsigned found = place(number);
    return found && virtual_registers[found - 1].number == number;
}

/* VSTIP is hvip's bit or, where the guest may use stimecmp, the comparison. */
static u64 pending(void) {
    u64 hip = VIRTUAL(CSR_HVIP);
    bool compares = (VIRTUAL(CSR_HENVCFG) & HENVCFG_STCE) != 0;
    if (compares && csr_read(time) + VIRTUAL(CSR_HTIMEDELTA) >= VIRTUAL(CSR_VSTIMECMP)) {
        hip |= VSTIP;
    }
    return hip;
}

void virtual_publish(void) {
    u64 delegated = VIRTUAL(CSR_HIDELEG);
    published_hip = pending();
    published_vsip = (published_hip & delegated) >> 1;
    published_vsie = (VIRTUAL(CSR_HIE) & delegated) >> 1;
    VIRTUAL(CSR_HIP) = published_hip;
    VIRTUAL(CSR_VSIP) = published_vsip;
    VIRTUAL(CSR_VSIE) = published_vsie;
}

void virtual_absorb(void) {
    u64 delegated = VIRTUAL(CSR_HIDELEG);
    if (VIRTUAL(CSR_HIP) != published_hip) {
        VIRTUAL(CSR_HVIP) = (VIRTUAL(CSR_HVIP) & ~VSSIP) | (VIRTUAL(CSR_HIP) & VSSIP);
    }
    if (VIRTUAL(CSR_VSIP) != published_vsip && (delegated & VSSIP)) {
        VIRTUAL(CSR_HVIP) = (VIRTUAL(CSR_HVIP) & ~VSSIP) | (VIRTUAL(CSR_VSIP) << 1 & VSSIP);
    }
    if (VIRTUAL(CSR_VSIE) != published_vsie) {
        VIRTUAL(CSR_HIE) = (VIRTUAL(CSR_HIE) & ~delegated) | (VIRTUAL(CSR_VSIE) << 1 & delegated);
    }
    virtual_publish();
}

u64 virtual_read(u32 number) {
    if (virtual_registers[place(number) - 1].interrupts) {
        virtual_publish(); /* a timer may have rung */
    }
    return VIRTUAL(number);
}

/* A mode that we do not shadow leaves hgatp, and one that no hart has leaves vsatp, as it was. */
static bool mode_refused(u32 number, u64 value) {
    u64 mode = SATP_MODE(value);
    if (number == CSR_HGATP) {
        return mode != 0 && mode != 8;
    }
    return number == CSR_VSATP && mode != 0 && (mode < 8 || mode > 10);
}

void virtual_write(u32 number, u64 value) {
    if (mode_refused(number, value)) {
        return;
    }
    u64 keep = virtual_registers[place(number) - 1].writable;
    bool interrupts = virtual_registers[place(number) - 1].interrupts;
    if (interrupts) {
        virtual_publish();
    }
    VIRTUAL(number) = (VIRTUAL(number) & ~keep) | (value & keep);
    if (interrupts) {
        virtual_absorb();
    }
}
