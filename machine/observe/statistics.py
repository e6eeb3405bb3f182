"""Few numbers about many."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["percentile"]


def percentile(values: Sequence[int], percent: int) -> int:
    """The smallest value that ``percent`` of the values do not exceed (nearest rank); 0 where there are none.

    >>> percentile([1, 2, 3, 4], 50), percentile([7], 99), percentile([], 50)
    (2, 7, 0)
    """
    if not values:
        return 0
    return sorted(values)[max(0, -(-len(values) * percent // 100) - 1)]
