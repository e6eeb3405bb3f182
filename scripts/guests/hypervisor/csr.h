/* Control and status registers: access by name, and the fields that are used here, by the privileged manual's names. */
#ifndef CSR_H
#define CSR_H

#define csr_read(name)                                            \
    ({                                                            \
        u64 csr_value_;                                           \
        __asm__ volatile("csrr %0, " #name : "=r"(csr_value_));   \
        csr_value_;                                               \
    })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((u64)(value)) : "memory")
#define csr_set(name, value) __asm__ volatile("csrs " #name ", %0" ::"r"((u64)(value)) : "memory")
#define csr_clear(name, value) __asm__ volatile("csrc " #name ", %0" ::"r"((u64)(value)) : "memory")

#define STATUS_SIE (1ull << 1)
#define STATUS_SPIE (1ull << 5)
#define STATUS_SPP (1ull << 8)
#define STATUS_SUM (1ull << 18)

#define HSTATUS_GVA (1ull << 6)
#define HSTATUS_SPV (1ull << 7)
#define HSTATUS_SPVP (1ull << 8)
#define HSTATUS_VTVM (1ull << 20)
#define HSTATUS_VTW (1ull << 21)
#define HSTATUS_VTSR (1ull << 22)
#define HSTATUS_VSXL_64 (2ull << 32)

#define HENVCFG_STCE (1ull << 63)
#define HENVCFG_ADUE (1ull << 61)

#define HGATP_MODE_SV39X4 (8ull << 60)
#define HGATP_VMID_SHIFT 44
#define SATP_MODE_SV39 (8ull << 60)

#define COUNTER_CY (1u << 0)
#define COUNTER_TM (1u << 1)
#define COUNTER_IR (1u << 2)

#define IRQ_SSI 1
#define IRQ_VSSI 2
#define IRQ_STI 5
#define IRQ_VSTI 6
#define IRQ_SEI 9
#define IRQ_VSEI 10
#define CAUSE_INTERRUPT (1ull << 63)

#define CAUSE_ILLEGAL_INSTRUCTION 2
#define CAUSE_BREAKPOINT 3
#define CAUSE_ECALL_U 8
#define CAUSE_ECALL_VS 10
#define CAUSE_FETCH_PAGE_FAULT 12
#define CAUSE_LOAD_PAGE_FAULT 13
#define CAUSE_STORE_PAGE_FAULT 15
#define CAUSE_FETCH_GUEST_PAGE_FAULT 20
#define CAUSE_LOAD_GUEST_PAGE_FAULT 21
#define CAUSE_VIRTUAL_INSTRUCTION 22
#define CAUSE_STORE_GUEST_PAGE_FAULT 23

/* htinst's pseudo-instructions for a fault on reading, or on setting A or D in, a VS-stage page table entry (RV64). */
#define HTINST_READ_VS_PTE 0x3000
#define HTINST_WRITE_VS_PTE 0x3020

#endif
