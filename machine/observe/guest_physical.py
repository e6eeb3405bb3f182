"""A hart seen as if vsatp held 0: guest physical addresses go through the G-stage alone (hypervisor extension,
"Two-Stage Address Translation": with vsatp.MODE=Bare a guest virtual address is the guest physical address)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from machine.hart.hart import Hart

__all__ = ["without_vs_stage"]


class _Overlay:
    """Another object's attributes, but for those that are given."""

    def __init__(self, under: Any, **given: Any) -> None:
        self.__dict__.update(given, _under=under)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._under, name)


def without_vs_stage(hart: Hart) -> Hart:
    """For observers only: the hart with a Bare vsatp. Nothing in the machine changes."""
    return cast("Hart", _Overlay(hart, state=_Overlay(hart.state, vsatp=0)))
