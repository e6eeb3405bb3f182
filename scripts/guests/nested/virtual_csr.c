/* The emulated CSRs: what each write keeps, and the views of the interrupt registers. */
#include "virtual_csr.h"

#include "../hypervisor/csr.h"

#define VS_INTERRUPTS (1ul << IRQ_VSSI | 1ul << IRQ_VSTI | 1ul << IRQ_VSEI)
#define VSSIP (1ul << IRQ_VSSI)
#define VSTIP (1ul << IRQ_VSTI)
#define ALL (~0ul)

#define SATP_MODE(value) ((value) >> 60)

_Alignas(4096) u64 virtual_file[4][512];

/* Writable bits; the order is that of synchronisation: a register stands behind those that it depends on. */
static const struct {
    u32 number;
    u64 writable;
} registers[] = {
    {CSR_HSTATUS, HSTATUS_GVA | HSTATUS_SPV | HSTATUS_SPVP | HSTATUS_VTVM | HSTATUS_VTW | HSTATUS_VTSR | 1ul << 9},
    {CSR_HEDELEG, 0xb1ff},
    {CSR_HIDELEG, VS_INTERRUPTS},
    {CSR_HVIP, VS_INTERRUPTS},
    {CSR_HIP, VSSIP},
    {CSR_HIE, VS_INTERRUPTS},
    {CSR_HTIMEDELTA, ALL},
    {CSR_HCOUNTEREN, COUNTER_CY | COUNTER_TM | COUNTER_IR},
    {CSR_HGEIE, 0},
    {CSR_HENVCFG, HENVCFG_STCE | HENVCFG_ADUE | 1},
    {CSR_HTVAL, ALL},
    {CSR_HTINST, ALL},
    {CSR_HGATP, 0xf3ffful << 44 | ((1ul << 44) - 1)},
    {CSR_HGEIP, 0},
    {CSR_VSSTATUS, 0xde722},
    {CSR_VSTVEC, ~2ul},
    {CSR_VSSCRATCH, ALL},
    {CSR_VSEPC, ~1ul},
    {CSR_VSCAUSE, ALL},
    {CSR_VSTVAL, ALL},
    {CSR_VSATP, ALL},
    {CSR_VSTIMECMP, ALL},
    {CSR_VSIP, 1ul << IRQ_SSI},
    {CSR_VSIE, VS_INTERRUPTS >> 1},
};

static u64 published_hip, published_vsip, published_vsie;

u32 virtual_number(unsigned n) { return n < LENGTH(registers) ? registers[n].number : 0; }

static u64 writable(u32 number) {
    for (unsigned n = 0; n < LENGTH(registers); n++) {
        if (registers[n].number == number) {
            return registers[n].writable;
        }
    }
    return 0;
}

bool virtual_exists(u32 number) {
    for (unsigned n = 0; n < LENGTH(registers); n++) {
        if (registers[n].number == number) {
            return true;
        }
    }
    return false;
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
    virtual_publish();
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
    u64 keep = writable(number);
    virtual_publish();
    VIRTUAL(number) = (VIRTUAL(number) & ~keep) | (value & keep);
    virtual_absorb();
}
