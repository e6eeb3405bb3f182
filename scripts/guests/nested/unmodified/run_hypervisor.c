/* The guest hypervisor is the shipped one, unmodified: its image as a loader would place it. */
#include "../../hypervisor/console.h"
#include "../hnested.h"
#include "../layout.h"
#include "../run.h"

extern const u64 inner_image_start[], inner_image_end[]; /* run_image.S */

static const char *how = "by trap-and-emulate";

void run_finished(u64 code) {
    run_report(how);
    finish((unsigned)code);
}

void run_all(u64 hart) {
    u64 *to = (u64 *)INNER_MEMORY;
    for (const u64 *from = inner_image_start; from < inner_image_end; from++) {
        *to++ = *from;
    }
    if (hnested_exists()) {
        how = "with HNESTED";
        hnested_use(true);
    }
    print("nested: the guest hypervisor starts in VS-mode, %s\n", how);
    run_hypervisor(INNER_BASE, hart, 0);
}
