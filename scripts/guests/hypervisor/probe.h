/* Accesses by the hypervisor that may trap: what happened is kept instead of ending the run. */
#ifndef PROBE_H
#define PROBE_H

#include "types.h"

struct probe {
    bool trapped;
    u64 cause, tval, htval, htinst;
    bool guest_address; /* hstatus.GVA */
    bool from_guest;    /* hstatus.SPV: must be false, the access was ours */
};

/* What the last probed access did. */
extern struct probe probe;

/* Is there a stimecmp that HS-mode may use? */
bool probe_sstc(void);

/* The guest's memory by HLV, HLVX and HSV, as the guest itself in the mode of its last exit (hstatus.SPVP) sees it. */
u64 guest_load(u64 gva);
void guest_store(u64 gva, u64 value);
void guest_copy_text(u64 gva, char *text, u64 size);

/* The instruction at a guest's pc: 16 or 32 bits. */
u32 guest_instruction(u64 gva);

#endif
