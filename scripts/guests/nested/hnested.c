/* HNESTED: bit 0 enables; the other bits are the address of the storage in units of eight bytes, shifted left by one. */
#include "hnested.h"

#include "../hypervisor/csr.h"
#include "access.h"
#include "virtual_csr.h"

#define HNESTED 0x6c1 /* the machine's default: custom, read/write, hypervisor level */
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

static bool used;

bool hnested_exists(void) { return access_probe_hnested(); }

void hnested_use(bool use) { used = use; }

void hnested_enable(bool on) {
    if (used) {
        u64 value = on ? (u64)virtual_file / 8 << 1 | 1 : 0;
        __asm__ volatile("csrw " TEXT(HNESTED) ", %0" ::"r"(value) : "memory");
    }
}
