/* Doing in the guest's stead what its policy does not let it do. */
#include "emulate.h"

#include "board.h"
#include "console.h"
#include "csr.h"
#include "gstage.h"
#include "probe.h"

#define INSTRUCTION_SRET 0x10200073
#define INSTRUCTION_WFI 0x10500073
#define MASK_SFENCE_VMA 0xfe007fff
#define MATCH_SFENCE_VMA 0x12000073
#define MASK_CSR 0xfff0707f
#define MATCH_CSRRW_SATP 0x18001073
#define MATCH_CSRRS_SATP 0x18002073
#define OPCODE_STORE 0x23

static u64 field(u32 instruction, unsigned low) { return instruction >> low & 31; }

/* What SRET does in VS-mode: pc from vsepc, mode from vsstatus.SPP, the interrupt enable from SPIE. */
static void emulate_sret(struct vcpu *cpu) {
    u64 status = csr_read(vsstatus);
    cpu->pc = csr_read(vsepc);
    cpu->user = !(status & STATUS_SPP);
    u64 enabled = status & STATUS_SPIE ? STATUS_SIE : 0;
    csr_write(vsstatus, (status & ~(STATUS_SPP | STATUS_SIE)) | STATUS_SPIE | enabled);
}

static void emulate_satp(struct vcpu *cpu, u32 instruction, bool write) {
    u64 old = csr_read(vsatp);
    u64 source = cpu->x[field(instruction, 15)];
    if (write) {
        csr_write(vsatp, source);
    }
    if (field(instruction, 7)) {
        cpu->x[field(instruction, 7)] = old;
    }
    cpu->pc += 4;
}

bool emulate_instruction(struct vm *vm, u32 instruction) {
    struct vcpu *cpu = &vm->cpu;
    if (cpu->user) {
        return false; /* VU-mode has no business with any of these */
    }
    if (instruction == INSTRUCTION_SRET) {
        emulate_sret(cpu);
    } else if (instruction == INSTRUCTION_WFI) {
        cpu->pc += 4;
    } else if ((instruction & MASK_SFENCE_VMA) == MATCH_SFENCE_VMA) {
        __asm__ volatile("hfence.vvma zero, zero" ::: "memory");
        cpu->pc += 4;
    } else if ((instruction & MASK_CSR) == MATCH_CSRRW_SATP) {
        emulate_satp(cpu, instruction, true);
    } else if ((instruction & MASK_CSR) == MATCH_CSRRS_SATP && field(instruction, 15) == 0) {
        emulate_satp(cpu, instruction, false);
    } else {
        return false;
    }
    return true;
}

bool emulate_device(struct vm *vm, const struct vm_exit_state *exit) {
    struct vcpu *cpu = &vm->cpu;
    if (exit->cause != CAUSE_STORE_GUEST_PAGE_FAULT || exit->htval != GPA_UART >> 2) {
        return false;
    }
    /* htinst may be zero; then the instruction itself says which register is stored. */
    u32 instruction = exit->htinst ? (u32)exit->htinst | 2 : guest_instruction(cpu->pc);
    if ((instruction & 0x7f) != OPCODE_STORE) {
        return false;
    }
    console_put((char)cpu->x[field(instruction, 20)]);
    bool compressed = exit->htinst && !(exit->htinst & 2);
    cpu->pc += compressed ? 2 : 4;
    return true;
}
