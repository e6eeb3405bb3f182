/* The second stage of translation: guest physical to host physical, Sv39x4. */
#ifndef GSTAGE_H
#define GSTAGE_H

#include "types.h"

/* A new, empty root table of 16 KiB. */
u64 *gstage_new(void);

/* Maps a page of 4 KiB or 2 MiB. Permissions are PTE bits; U is added: the G-stage takes all accesses as a user's. */
void gstage_map(u64 *root, u64 gpa, u64 host, u64 size, u64 permissions);

/* Forget translations: HFENCE.GVMA for one page of a VM, HFENCE.VVMA for one page of the VM that is loaded. */
void hfence_gvma(u64 gpa, u64 vmid);
void hfence_vvma(u64 gva);
void hfence_all(void);

#endif
