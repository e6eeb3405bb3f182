/* The CSRs that the provocations read, by owner; used by assembly (one function each) and by C (one check each). */
#ifndef CSR_LISTS_H
#define CSR_LISTS_H

/* clang-format off */
#define HYPERVISOR_CSRS(each) \
    each(hstatus) each(hedeleg) each(hideleg) each(hie) each(hcounteren) each(hgeie) each(htval) each(hip) each(hvip) \
    each(htinst) each(hgeip) each(henvcfg) each(hgatp) each(htimedelta)
#define VS_CSRS(each) \
    each(vsstatus) each(vsie) each(vstvec) each(vsscratch) each(vsepc) each(vscause) each(vstval) each(vsip) each(vsatp)
#define SUPERVISOR_CSRS(each) \
    each(sstatus) each(sie) each(stvec) each(scounteren) each(senvcfg) each(sscratch) each(sepc) each(scause) \
    each(stval) each(sip) each(satp)
#define COUNTERS(each) each(cycle) each(time) each(instret)
#define VIRTUAL_MACHINE_ACCESSES(each) \
    each(hlv.b, hlv_b) each(hlv.bu, hlv_bu) each(hlv.h, hlv_h) each(hlv.hu, hlv_hu) each(hlvx.hu, hlvx_hu) \
    each(hlv.w, hlv_w) each(hlvx.wu, hlvx_wu) each(hlv.wu, hlv_wu) each(hlv.d, hlv_d) \
    each(hsv.b, hsv_b) each(hsv.h, hsv_h) each(hsv.w, hsv_w) each(hsv.d, hsv_d)
/* clang-format on */

#endif
