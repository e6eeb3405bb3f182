/* htinst's transformed instructions: the offset is zero and rs1's place holds the misalignment, zero here. */
#include "transformed.h"

#define OPCODE 0x7f
#define OPCODE_LOAD 0x03
#define OPCODE_STORE 0x23
#define FUNCT3 0x7000
#define RD 0xf80
#define RS2 0x1f00000

/* A 16-bit instruction's transformed form has bit 1 clear; otherwise it is that of the 32-bit one it stands for. */
static u64 transformed_compressed(u32 instruction) {
    u32 data = 8 + (instruction >> 2 & 7); /* rd' of a load, rs2' of a store */
    switch (instruction & 0xe003) {
    case 0x4000:
        return 2 << 12 | data << 7 | (OPCODE_LOAD ^ 2); /* c.lw */
    case 0x6000:
        return 3 << 12 | data << 7 | (OPCODE_LOAD ^ 2); /* c.ld */
    case 0xc000:
        return data << 20 | 2 << 12 | (OPCODE_STORE ^ 2); /* c.sw */
    case 0xe000:
        return data << 20 | 3 << 12 | (OPCODE_STORE ^ 2); /* c.sd */
    default:
        return 0;
    }
}

u64 transformed_instruction(u32 instruction) {
    if ((instruction & 3) != 3) {
        return transformed_compressed(instruction);
    }
    switch (instruction & OPCODE) {
    case OPCODE_LOAD:
        return instruction & (OPCODE | FUNCT3 | RD);
    case OPCODE_STORE:
        return instruction & (OPCODE | FUNCT3 | RS2);
    default:
        return 0;
    }
}
