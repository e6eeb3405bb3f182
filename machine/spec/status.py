"""Bit positions in mstatus, hstatus, mseccfg and the envcfg registers (RV64).

Sources: privileged manual, "Machine Status (mstatus) Register"; hypervisor extension, "Hypervisor Status (hstatus)
Register" and "Hypervisor Environment Configuration Register (henvcfg)". sstatus and vsstatus hold the fields that they
share with mstatus at the same positions; henvcfg those that it shares with menvcfg.

A field's name alone is the position of its lowest bit; fields of more than one bit have their width beside them.
"""

from __future__ import annotations

from typing import Final

# mstatus; sstatus and vsstatus show the S-level part of it.
SIE: Final = 1
MIE: Final = 3
SPIE: Final = 5
UBE: Final = 6
MPIE: Final = 7
SPP: Final = 8
VS: Final = 9
VS_WIDTH: Final = 2
MPP: Final = 11
MPP_WIDTH: Final = 2
FS: Final = 13
FS_WIDTH: Final = 2
XS: Final = 15
XS_WIDTH: Final = 2
MPRV: Final = 17
SUM: Final = 18
MXR: Final = 19
TVM: Final = 20
TW: Final = 21
TSR: Final = 22
SDT: Final = 24
UXL: Final = 32
UXL_WIDTH: Final = 2
SXL: Final = 34
SXL_WIDTH: Final = 2
SBE: Final = 36
MBE: Final = 37
GVA: Final = 38
MPV: Final = 39
SD: Final = 63

# hstatus; its GVA and SPV lie elsewhere than mstatus's GVA and MPV.
HSTATUS_VSBE: Final = 5
HSTATUS_GVA: Final = 6
HSTATUS_SPV: Final = 7
HSTATUS_SPVP: Final = 8
HSTATUS_HU: Final = 9
HSTATUS_VGEIN: Final = 12
HSTATUS_VGEIN_WIDTH: Final = 6
HSTATUS_VTVM: Final = 20
HSTATUS_VTW: Final = 21
HSTATUS_VTSR: Final = 22
HSTATUS_VSXL: Final = 32
HSTATUS_VSXL_WIDTH: Final = 2
HSTATUS_HUPMM: Final = 48
HSTATUS_HUPMM_WIDTH: Final = 2

# menvcfg, henvcfg; senvcfg has FIOM and the Zicbo bits.
ENVCFG_FIOM: Final = 0
ENVCFG_CBIE: Final = 4
ENVCFG_CBIE_WIDTH: Final = 2
ENVCFG_CBCFE: Final = 6
ENVCFG_CBZE: Final = 7
ENVCFG_PMM: Final = 32
ENVCFG_PMM_WIDTH: Final = 2
ENVCFG_DTE: Final = 59
ENVCFG_ADUE: Final = 61
ENVCFG_PBMTE: Final = 62
ENVCFG_STCE: Final = 63

# mseccfg; its PMM lies where envcfg has it.
MSECCFG_MML: Final = 0
MSECCFG_MMWP: Final = 1
MSECCFG_RLB: Final = 2

PMM_OFF: Final = 0
"""PMM: pointers are not masked."""
PMM_7: Final = 2
PMM_16: Final = 3
"""PMM: so many upper bits are; 1 is reserved."""

FS_OFF: Final = 0
"""FS, VS and XS: the unit is off, and its instructions are illegal."""
FS_INITIAL: Final = 1
FS_CLEAN: Final = 2
FS_DIRTY: Final = 3

XL_64: Final = 2
"""SXL, UXL and VSXL: the encoding of XLEN=64."""
