/*
 * A guest hypervisor to be measured, with the register traffic of those in use: hstatus is exchanged on the way in and
 * out, htval and htinst are read at an exit, pending interrupts flow into hvip and back out of it; and who gives the hart
 * to another vCPU stores and loads the VS CSRs. It uses nested acceleration where the SBI offers it, else CSR instructions.
 */
#include "../../../hypervisor/csr.h"
#include "../../../hypervisor/types.h"
#include "../../layout.h"
#include "../../virtual_csr.h"

#define WORKLOAD_SWITCH 1
#define EXITS 40
#define SBI_BASE 0x10
#define SBI_PROBE 3
#define SBI_SRST 0x53525354
#define SBI_NACL 0x4e41434c
#define NACL_SET_SHMEM 1
#define NACL_SYNC_CSR 2
#define ALL (~0ul)

struct vcpu {
    u64 x[32];
    u64 host_sp; /* the offsets of x and of this are trap.S's */
    u64 pc, hstatus, hgatp, hvip, time_offset;
    u64 vsstatus, vsie, vstvec, vsscratch, vsepc, vscause, vstval, vsatp, vstimecmp;
};

void inner_enter(struct vcpu *cpu);
void inner_enter_nacl(struct vcpu *cpu);
void inner_trap(void);
void inner_guest(void);

static struct vcpu vcpus[2];
static _Alignas(16384) u64 gstage[2048];
static _Alignas(4096) u64 memory[512 + 1024]; /* shared with the host, for nested acceleration */
static bool nacl;

/* --- the SBI ---------------------------------------------------------------------------------------------------- */

static u64 sbi(u64 extension, u64 function, u64 first, u64 second, u64 third) {
    register u64 a0 __asm__("a0") = first;
    register u64 a1 __asm__("a1") = second;
    register u64 a2 __asm__("a2") = third;
    register u64 a6 __asm__("a6") = function;
    register u64 a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return a0 ? 0 : a1;
}

[[noreturn]] static void end(u64 reason) {
    for (;;) {
        sbi(SBI_SRST, 0, 0, reason, 0);
    }
}

/* --- hypervisor CSRs, by instruction or in memory --------------------------------------------------------------- */

static u64 *place(u32 number) { return &memory[512 + ((number & 0xc00) >> 2 | (number & 0xff))]; }

static void put(u32 number, u64 value) {
    u64 index = (number & 0xc00) >> 2 | (number & 0xff);
    *place(number) = value;
    memory[0xf80 / 8 + index / 64] |= 1ul << index % 64;
}

#define READ(name, number) (nacl ? *place(number) : csr_read(name))
#define WRITE(name, number, value)  \
    do {                            \
        u64 written_ = (value);     \
        if (nacl) {                 \
            put(number, written_);  \
        } else {                    \
            csr_write(name, written_); \
        }                           \
    } while (0)

static void load(const struct vcpu *cpu) {
    WRITE(hgatp, CSR_HGATP, cpu->hgatp);
    WRITE(htimedelta, CSR_HTIMEDELTA, cpu->time_offset);
    WRITE(vsstatus, CSR_VSSTATUS, cpu->vsstatus);
    WRITE(vsie, CSR_VSIE, cpu->vsie);
    WRITE(vstvec, CSR_VSTVEC, cpu->vstvec);
    WRITE(vsscratch, CSR_VSSCRATCH, cpu->vsscratch);
    WRITE(vsepc, CSR_VSEPC, cpu->vsepc);
    WRITE(vscause, CSR_VSCAUSE, cpu->vscause);
    WRITE(vstval, CSR_VSTVAL, cpu->vstval);
    WRITE(vsatp, CSR_VSATP, cpu->vsatp);
    WRITE(vstimecmp, CSR_VSTIMECMP, cpu->vstimecmp);
}

static void store(struct vcpu *cpu) {
    cpu->vsstatus = READ(vsstatus, CSR_VSSTATUS);
    cpu->vsie = READ(vsie, CSR_VSIE);
    cpu->vstvec = READ(vstvec, CSR_VSTVEC);
    cpu->vsscratch = READ(vsscratch, CSR_VSSCRATCH);
    cpu->vsepc = READ(vsepc, CSR_VSEPC);
    cpu->vscause = READ(vscause, CSR_VSCAUSE);
    cpu->vstval = READ(vstval, CSR_VSTVAL);
    cpu->vsatp = READ(vsatp, CSR_VSATP);
    cpu->vstimecmp = READ(vstimecmp, CSR_VSTIMECMP);
}

/* --- a run of the guest ----------------------------------------------------------------------------------------- */

static u64 enter(struct vcpu *cpu, u64 hstatus) {
    csr_write(sepc, cpu->pc);
    csr_set(sstatus, STATUS_SPP);
    if (nacl) { /* hstatus is swapped by the host, both ways */
        memory[0x200 / 8] = 1;
        memory[0x208 / 8] = cpu->hstatus;
        for (unsigned n = 1; n < 32; n++) {
            memory[n] = cpu->x[n];
        }
        inner_enter_nacl(cpu);
        cpu->hstatus = memory[0x208 / 8];
        return hstatus;
    }
    csr_write(hstatus, cpu->hstatus);
    inner_enter(cpu);
    cpu->hstatus = csr_read(hstatus);
    csr_write(hstatus, hstatus);
    return hstatus;
}

static void run_once(struct vcpu *cpu, u64 hstatus) {
    WRITE(hvip, CSR_HVIP, cpu->hvip);
    enter(cpu, hstatus);
    cpu->hvip = READ(hvip, CSR_HVIP);
    u64 htval = READ(htval, CSR_HTVAL), htinst = READ(htinst, CSR_HTINST);
    cpu->pc = csr_read(sepc);
    if (csr_read(scause) != CAUSE_ECALL_VS || htval || htinst || !(cpu->hstatus & HSTATUS_SPV)) {
        end(1);
    }
    cpu->pc += 4;
}

static void prepare(void) {
    nacl = sbi(SBI_BASE, SBI_PROBE, SBI_NACL, 0, 0) != 0;
    if (nacl) {
        sbi(SBI_NACL, NACL_SET_SHMEM, (u64)memory, 0, 0);
        sbi(SBI_NACL, NACL_SYNC_CSR, ALL, 0, 0);
    }
    u64 gigabyte = 1ul << 30;
    gstage[GUEST_RAM_GPA / gigabyte] = pte_to(GUEST_RAM_GPA, PTE_RWX | PTE_U);
    for (u64 n = 0; n < LENGTH(vcpus); n++) {
        struct vcpu *cpu = &vcpus[n]; /* zero otherwise; and memset is the host's, out of reach */
        cpu->pc = (u64)inner_guest;
        cpu->hstatus = HSTATUS_VSXL_64 | HSTATUS_SPV;
        cpu->hgatp = HGATP_MODE_SV39X4 | (n + 1) << HGATP_VMID_SHIFT | (u64)gstage / PAGE_SIZE;
        cpu->vsscratch = n;
        cpu->vstimecmp = ALL;
    }
    WRITE(hedeleg, CSR_HEDELEG, 1ul << CAUSE_ECALL_U);
    WRITE(hideleg, CSR_HIDELEG, 1ul << IRQ_VSSI | 1ul << IRQ_VSTI | 1ul << IRQ_VSEI);
}

void inner_unexpected(void) { end(1); }

/* Each vCPU counts its rounds in s0, and vsscratch must stay its own. */
static void check(u64 rounds) {
    for (u64 n = 0; n < LENGTH(vcpus); n++) {
        if (vcpus[n].x[8] != rounds / LENGTH(vcpus) || vcpus[n].vsscratch != n) {
            end(1);
        }
    }
}

void inner_main(u64 workload) {
    csr_write(stvec, inner_trap);
    prepare();
    u64 hstatus = READ(hstatus, CSR_HSTATUS);
    load(&vcpus[0]);
    for (u64 n = 0; n < EXITS; n++) {
        struct vcpu *cpu = &vcpus[workload == WORKLOAD_SWITCH ? n % 2 : 0];
        run_once(cpu, hstatus);
        if (workload == WORKLOAD_SWITCH) {
            store(cpu);
            load(&vcpus[(n + 1) % 2]);
        }
    }
    if (workload == WORKLOAD_SWITCH) {
        check(EXITS);
    } else if (vcpus[0].x[8] != EXITS) {
        end(1);
    }
    end(0);
}
