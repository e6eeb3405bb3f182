/* Probed accesses: an instruction of 4 bytes that may trap runs between arming and disarming. */
#include "probe.h"

#include "console.h"
#include "csr.h"

struct probe probe;
static volatile bool armed; /* set around the one instruction */

void handle_host_trap(void) {
    u64 pc = csr_read(sepc);
    if (!armed) {
        print("hypervisor: unexpected trap: scause %x, sepc %x, stval %x\n", csr_read(scause), pc, csr_read(stval));
        finish(4);
    }
    u64 hstatus = csr_read(hstatus);
    probe = (struct probe){
        .trapped = true,
        .cause = csr_read(scause),
        .tval = csr_read(stval),
        .htval = csr_read(htval),
        .htinst = csr_read(htinst),
        .guest_address = (hstatus & HSTATUS_GVA) != 0,
        .from_guest = (hstatus & HSTATUS_SPV) != 0,
    };
    csr_write(sepc, pc + 4);
}

/* Runs one 4-byte instruction whose result goes to %0 and whose operand is %1. */
#define PROBED(instruction, operand)                                                              \
    ({                                                                                            \
        u64 probed_value_ = 0;                                                                    \
        probe.trapped = false;                                                                    \
        armed = true;                                                                             \
        __asm__ volatile(".option push\n.option norvc\n" instruction "\n.option pop"              \
                         : "+r"(probed_value_)                                                    \
                         : "r"(operand)                                                           \
                         : "memory");                                                             \
        armed = false;                                                                            \
        probed_value_;                                                                            \
    })

bool probe_sstc(void) {
    (void)PROBED("csrr %0, stimecmp", 0ul);
    return !probe.trapped;
}

u64 guest_load(u64 gva) { return PROBED("hlv.d %0, (%1)", gva); }

void guest_store(u64 gva, u64 value) {
    probe.trapped = false;
    armed = true;
    __asm__ volatile("hsv.d %0, (%1)" ::"r"(value), "r"(gva) : "memory");
    armed = false;
}

void guest_copy_text(u64 gva, char *text, u64 size) {
    u64 n = 0;
    char c = 1;
    while (c && n < size - 1) {
        c = (char)PROBED("hlv.bu %0, (%1)", gva + n);
        text[n++] = c;
    }
    text[n] = 0;
}

u32 guest_instruction(u64 gva) {
    u32 low = (u32)PROBED("hlvx.hu %0, (%1)", gva);
    if ((low & 3) != 3) {
        return low;
    }
    return low | (u32)PROBED("hlvx.hu %0, (%1)", gva + 2) << 16;
}
