"""Privilege modes (privileged manual, "Privilege levels"; hypervisor extension, "Privilege modes")."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["M", "Mode", "S", "U"]

U, S, M = 0, 1, 3
"""The nominal privilege, as MPP encodes it; with V it makes the mode."""


class Mode(IntEnum):
    """One of the five modes; the value is ``V << 2 | privilege``, the encoding of the debug specification's dcsr.

    >>> Mode.of(privilege=1, virtual=1).label
    'VS'
    """

    U = 0
    HS = 1
    M = 3
    VU = 4
    VS = 5

    @classmethod
    def of(cls, privilege: int, virtual: int) -> Mode:
        """The mode of a nominal privilege (0, 1, 3) and the V bit; V counts for nothing in M-mode."""
        return cls(privilege if privilege == M else virtual << 2 | privilege)

    @property
    def privilege(self) -> int:
        """Nominal privilege: 0, 1 or 3."""
        return self.value & 3

    @property
    def virtual(self) -> int:
        """The V bit."""
        return self.value >> 2

    @property
    def label(self) -> str:
        """The manual's short name."""
        return self.name
