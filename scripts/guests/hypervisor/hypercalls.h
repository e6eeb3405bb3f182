/* The contract between guest and hypervisor: ecall from VS-mode, number in a7, arguments from a0, result in a0. */
#ifndef HYPERCALLS_H
#define HYPERCALLS_H

#define HYPERCALL_SAY 0           /* text: print a line */
#define HYPERCALL_EXPECT 1        /* text, cause, tval, gpa, mode, htinst: what the next exit must be */
#define HYPERCALL_REPORT 2        /* text, ok: the guest checked something itself */
#define HYPERCALL_YIELD 3         /* let the other VM run */
#define HYPERCALL_DONE 4          /* this guest has finished */
#define HYPERCALL_INJECT 5        /* irq: raise this VS-level interrupt by hvip */
#define HYPERCALL_RETRACT 6       /* irq: lower it; returns whether it was still pending */
#define HYPERCALL_FEATURES 7      /* FEATURE_ bits: what the guest can count on */
#define HYPERCALL_ALLOW_STIMECMP 8 /* on: henvcfg.STCE */
#define HYPERCALL_SET_TIMER 9     /* deadline in guest time: the timer for machines without Sstc */
#define HYPERCALL_PREEMPT_ME 10   /* address of a flag: a host timer interrupts the guest and sets the flag */
#define HYPERCALL_SWITCH_PAGE 11  /* another host page behind GPA_SWITCHED, then HFENCE.GVMA */
#define HYPERCALL_REWRITE_PTE 12  /* gpa of a PTE, new value: then HFENCE.VVMA for GVA_REWRITTEN */
#define HYPERCALL_PEEK 13         /* gva: what the host reads there by HLV.D */

#define FEATURE_SSTC 1 /* stimecmp, once HYPERCALL_ALLOW_STIMECMP allows it */
#define FEATURE_ADUE 2 /* hardware sets A and D in the tables of VM 9 */

/* System calls: ecall from VU-mode to the guest's own kernel. */
#define SYSCALL_EXPECT 100 /* as HYPERCALL_EXPECT, from VU-mode */
#define SYSCALL_REPORT 101 /* as HYPERCALL_REPORT */
#define SYSCALL_EXIT 102   /* back to the kernel */

#define MODE_VU 0
#define MODE_VS 1

#endif
