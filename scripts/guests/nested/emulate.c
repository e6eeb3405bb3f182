/* From a virtual-instruction exception of the guest hypervisor to what HS-mode would have done. */
#include "emulate.h"

#include "../hypervisor/csr.h"
#include "access.h"
#include "shadow.h"
#include "statistics.h"
#include "virtual_csr.h"
#include "world.h"

#define INSTRUCTION_SRET 0x10200073
#define MASK_FENCE 0xfe007fff
#define MATCH_HFENCE_VVMA 0x22000073
#define MATCH_HFENCE_GVMA 0x62000073
#define OPCODE_SYSTEM 0x73
#define FIELD(instruction, low) ((instruction) >> (low) & 31)

static bool emulate_fence(u64 instruction) {
    u64 rs1 = FIELD(instruction, 15), rs2 = FIELD(instruction, 20);
    if ((instruction & MASK_FENCE) == MATCH_HFENCE_GVMA) {
        shadow_fence(rs2 ? cpu.x[rs2] : ~0ul, rs1 ? cpu.x[rs1] << 2 : ~0ul);
    } else if ((instruction & MASK_FENCE) == MATCH_HFENCE_VVMA) {
        shadow_fence_virtual(VIRTUAL(CSR_HGATP));
    } else {
        return false;
    }
    cpu.pc += 4;
    return true;
}

/* CSRRW, CSRRS, CSRRC and their immediate forms: funct3 says which, the number of rs1 or rd whether it writes or reads. */
static bool emulate_csr(u64 instruction) {
    u64 operation = instruction >> 12 & 3, place = FIELD(instruction, 15);
    u32 number = (u32)(instruction >> 20);
    if ((instruction & 0x7f) != OPCODE_SYSTEM || operation == 0 || !virtual_exists(number)) {
        return false;
    }
    u64 source = instruction >> 14 & 1 ? place : cpu.x[place];
    u64 old = virtual_read(number);
    if (operation == 1) {
        virtual_write(number, source);
    } else if (place) {
        virtual_write(number, operation == 2 ? old | source : old & ~source);
    }
    if (FIELD(instruction, 7)) {
        cpu.x[FIELD(instruction, 7)] = old;
    }
    cpu.pc += 4;
    return true;
}

void emulate(u64 instruction) {
    if (cpu.user) {
        statistics.other++;
        world_refuse(instruction); /* the guest hypervisor has nothing of ours for its own user mode */
    } else if (instruction == INSTRUCTION_SRET) {
        statistics.sret++;
        world_sret();
    } else if (emulate_csr(instruction)) {
        statistics.csr++;
    } else if (emulate_fence(instruction)) {
        statistics.hfence++;
    } else if (access_emulate(instruction)) {
        statistics.access++;
    } else {
        statistics.other++;
        world_refuse(instruction);
    }
}
