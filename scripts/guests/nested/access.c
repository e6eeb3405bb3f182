/* HLV, HLVX and HSV of the guest hypervisor: the same instruction by us, behind the shadow table of its guest. */
#include "access.h"

#include "../hypervisor/console.h"
#include "../hypervisor/csr.h"
#include "guest_fault.h"
#include "shadow.h"
#include "virtual_csr.h"

#define STATUS_MXR (1ull << 19)
#define FIELD(instruction, low) ((instruction) >> (low) & 31)
#define MASK_OPCODE 0x707f
#define MATCH_OPCODE 0x4073

static volatile bool armed;
static struct trap caught;
static bool trapped;

void handle_host_trap(void) {
    u64 pc = csr_read(sepc);
    if (!armed) {
        print("nested: unexpected trap in the host: scause %x, sepc %x, stval %x\n", csr_read(scause), pc,
              csr_read(stval));
        finish(4);
    }
    caught = (struct trap){
        .cause = csr_read(scause),
        .tval = csr_read(stval),
        .htval = csr_read(htval),
        .htinst = csr_read(htinst),
        .guest_address = (csr_read(hstatus) & HSTATUS_GVA) != 0,
    };
    trapped = true;
    csr_write(sepc, pc + 4);
}

/* One 4-byte instruction that may trap: %0 is read and written, %1 read. */
#define PROBED(instruction, value, operand)                                                      \
    ({                                                                                           \
        u64 probed_value_ = (value);                                                             \
        trapped = false;                                                                         \
        armed = true;                                                                            \
        __asm__ volatile(".option push\n.option norvc\n" instruction "\n.option pop"             \
                         : "+r"(probed_value_)                                                   \
                         : "r"(operand)                                                          \
                         : "memory");                                                            \
        armed = false;                                                                           \
        probed_value_;                                                                           \
    })

bool access_probe_sstc(void) {
    (void)PROBED("csrr %0, stimecmp", 0, 0ul);
    return !trapped;
}

bool access_probe_hnested(void) {
    (void)PROBED("csrr %0, 0x6c1", 0, 0ul);
    return !trapped;
}

u64 access_instruction(void) {
    csr_set(hstatus, HSTATUS_SPVP);
    u64 low = PROBED("hlvx.hu %0, (%1)", 0, cpu.pc);
    return (low & 3) == 3 ? low | PROBED("hlvx.hu %0, (%1)", 0, cpu.pc + 2) << 16 : low;
}

/* funct7 and, for loads, the place of rs2 say which: as the hypervisor extension encodes them. */
static u64 load(u64 kind, u64 address) {
    switch (kind) {
    case 0x300:
        return PROBED("hlv.b %0, (%1)", 0, address);
    case 0x301:
        return PROBED("hlv.bu %0, (%1)", 0, address);
    case 0x320:
        return PROBED("hlv.h %0, (%1)", 0, address);
    case 0x321:
        return PROBED("hlv.hu %0, (%1)", 0, address);
    case 0x323:
        return PROBED("hlvx.hu %0, (%1)", 0, address);
    case 0x340:
        return PROBED("hlv.w %0, (%1)", 0, address);
    case 0x341:
        return PROBED("hlv.wu %0, (%1)", 0, address);
    case 0x343:
        return PROBED("hlvx.wu %0, (%1)", 0, address);
    default:
        return PROBED("hlv.d %0, (%1)", 0, address);
    }
}

static void store(u64 funct7, u64 address, u64 value) {
    switch (funct7) {
    case 0x31:
        (void)PROBED("hsv.b %0, (%1)", value, address);
        break;
    case 0x33:
        (void)PROBED("hsv.h %0, (%1)", value, address);
        break;
    case 0x35:
        (void)PROBED("hsv.w %0, (%1)", value, address);
        break;
    default:
        (void)PROBED("hsv.d %0, (%1)", value, address);
    }
}

/* Our registers are set as the guest's while it lasts: tables, its SUM and MXR, and the rights that SPVP names. */
static u64 access_once(u64 instruction, u64 address, u64 value) {
    u64 old_hgatp = csr_read(hgatp), old_vsatp = csr_read(vsatp), old_vsstatus = csr_read(vsstatus);
    csr_write(hgatp, shadow_for(VIRTUAL(CSR_HGATP)));
    csr_write(vsatp, VIRTUAL(CSR_VSATP));
    csr_write(vsstatus, VIRTUAL(CSR_VSSTATUS));
    csr_clear(hstatus, HSTATUS_SPVP);
    csr_set(hstatus, VIRTUAL(CSR_HSTATUS) & HSTATUS_SPVP);
    csr_set(sstatus, old_vsstatus & STATUS_MXR);
    u64 result = 0;
    if (instruction >> 25 & 1) {
        store(instruction >> 25, address, value);
    } else {
        result = load(instruction >> 25 << 4 | FIELD(instruction, 20), address);
    }
    csr_clear(sstatus, STATUS_MXR);
    csr_write(hgatp, old_hgatp);
    csr_write(vsatp, old_vsatp);
    csr_write(vsstatus, old_vsstatus);
    return result;
}

bool access_emulate(u64 instruction) {
    if ((instruction & MASK_OPCODE) != MATCH_OPCODE) {
        return false;
    }
    u64 address = cpu.x[FIELD(instruction, 15)], result;
    do {
        result = access_once(instruction, address, cpu.x[FIELD(instruction, 20)]);
    } while (trapped && guest_fault_fill(&caught));
    if (trapped) {
        struct trap forwarded = caught; /* our own instruction in htinst becomes the guest hypervisor's */
        u64 explicit_htinst = instruction & ~(31ul << 15);
        bool implicit = (caught.htinst & 0xffff) == HTINST_READ_VS_PTE || (caught.htinst & 0xffff) == HTINST_WRITE_VS_PTE;
        forwarded.htinst = caught.htinst && !implicit ? explicit_htinst : caught.htinst;
        world_forward(&forwarded);
        return true;
    }
    if (!(instruction >> 25 & 1) && FIELD(instruction, 7)) {
        cpu.x[FIELD(instruction, 7)] = result;
    }
    cpu.pc += 4;
    return true;
}
