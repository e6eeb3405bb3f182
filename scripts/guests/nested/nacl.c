/* One page of scratch space and 1024 words of CSRs in the guest hypervisor's memory (SBI, "Nested Acceleration"). */
#include "nacl.h"

#include "shadow.h"
#include "virtual_csr.h"
#include "world.h"

#define FEATURES 4
#define SRET_CONTEXT 0
#define AUTOSWAP (0x200 / 8)
#define AUTOSWAP_HSTATUS 1
#define HFENCE (0x800 / 8)
#define HFENCE_ENTRIES 60
#define HFENCE_PENDING (1ul << 63)
#define DIRTY (0xf80 / 8)
#define CSR_SPACE (0x1000 / 8)
#define INDEX(number) (((number) & 0xc00) >> 2 | ((number) & 0xff))
#define ALL (~0ul)

bool nacl_offered, nacl_entered;
static u64 *memory;

void nacl_reset(void) { memory = nullptr; }

static struct sbi_result set_memory(const u64 *a) {
    if (a[2] != 0) {
        return (struct sbi_result){SBI_INVALID_PARAM, 0};
    }
    if (a[0] == ALL && a[1] == ALL) {
        memory = nullptr;
        return (struct sbi_result){SBI_SUCCESS, 0};
    }
    if (a[0] % PAGE_SIZE) {
        return (struct sbi_result){SBI_INVALID_PARAM, 0};
    }
    u64 first = shadow_host_address(a[0]), last = shadow_host_address(a[0] + 3 * PAGE_SIZE - 1);
    if (a[1] || !first || !last) {
        return (struct sbi_result){SBI_INVALID_ADDRESS, 0};
    }
    memory = (u64 *)first;
    return (struct sbi_result){SBI_SUCCESS, 0};
}

/* What was written to the CSR space becomes the register's value. */
static void take(u32 number) {
    u64 index = INDEX(number), *dirty = &memory[DIRTY + index / 64], bit = 1ul << index % 64;
    if (*dirty & bit) {
        virtual_write(number, memory[CSR_SPACE + index]);
        *dirty &= ~bit;
    }
}

static void show_all(void) {
    virtual_publish();
    for (unsigned n = 0; n < VIRTUAL_COUNT; n++) {
        u32 number = virtual_registers[n].number;
        memory[CSR_SPACE + INDEX(number)] = VIRTUAL(number);
    }
}

static void synchronize_all(void) {
    for (unsigned n = 0; n < VIRTUAL_COUNT; n++) {
        take(virtual_registers[n].number);
    }
    show_all();
}

static struct sbi_result synchronize_csr(u64 number) {
    if (number == ALL) {
        synchronize_all();
    } else if (number >= 0x1000 || !virtual_exists((u32)number)) {
        return (struct sbi_result){SBI_INVALID_PARAM, 0};
    } else {
        take((u32)number);
        memory[CSR_SPACE + INDEX(number)] = virtual_read((u32)number);
    }
    return (struct sbi_result){SBI_SUCCESS, 0};
}

/* Types 0 to 3 are HFENCE.GVMA, the others HFENCE.VVMA; odd ones are of everything. A range costs more than all of it. */
static void fence(u64 *entry) {
    u64 type = entry[0] >> 56 & 15, vmid = entry[0] >> 16 & 0x3fff;
    if (type < 2) {
        shadow_fence(ALL, ALL);
    } else if (type < 4) {
        shadow_fence(vmid, ALL);
    } else {
        __asm__ volatile("hfence.gvma zero, zero" ::: "memory");
        shadow_fence_virtual(VIRTUAL(CSR_HGATP));
    }
    entry[0] &= ~HFENCE_PENDING;
}

static struct sbi_result synchronize_hfence(u64 index) {
    if (index != ALL && index >= HFENCE_ENTRIES) {
        return (struct sbi_result){SBI_INVALID_PARAM, 0};
    }
    u64 first = index == ALL ? 0 : index, last = index == ALL ? HFENCE_ENTRIES - 1 : index;
    for (u64 *entry = &memory[HFENCE + 4 * first]; entry <= &memory[HFENCE + 4 * last]; entry += 4) {
        if (*entry & HFENCE_PENDING) {
            fence(entry);
        }
    }
    return (struct sbi_result){SBI_SUCCESS, 0};
}

static void swap_hstatus(void) {
    if (memory[AUTOSWAP] & AUTOSWAP_HSTATUS) {
        u64 swapped = memory[AUTOSWAP + 1];
        memory[AUTOSWAP + 1] = virtual_read(CSR_HSTATUS);
        virtual_write(CSR_HSTATUS, swapped);
    }
}

static struct sbi_result synchronize_sret(void) {
    synchronize_csr(ALL);
    synchronize_hfence(ALL);
    swap_hstatus();
    for (unsigned n = 1; n < 32; n++) {
        cpu.x[n] = memory[SRET_CONTEXT + n];
    }
    world_sret();
    nacl_entered = true;
    return (struct sbi_result){SBI_SUCCESS, 0};
}

void nacl_leave_guest(void) {
    if (memory) {
        swap_hstatus();
        show_all();
    }
}

struct sbi_result nacl_call(u64 function, const u64 *a) {
    if (function == 0) {
        return (struct sbi_result){SBI_SUCCESS, (u32)a[0] < FEATURES};
    }
    if (function == 1) {
        return set_memory(a);
    }
    if (function > 4) {
        return (struct sbi_result){SBI_NOT_SUPPORTED, 0};
    }
    if (!memory) {
        return (struct sbi_result){SBI_NO_SHMEM, 0};
    }
    switch (function) {
    case 2:
        return synchronize_csr(a[0]);
    case 3:
        return synchronize_hfence(a[0]);
    default:
        return synchronize_sret();
    }
}
