/* What the compiler calls by itself to clear a large structure. */
#include "../hypervisor/types.h"

void *memset(void *to, int value, u64 size) {
    for (u64 n = 0; n < size; n++) {
        ((u8 *)to)[n] = (u8)value;
    }
    return to;
}
