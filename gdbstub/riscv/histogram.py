"""A histogram as a picture: logarithmic bins, one row of bars per series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["bins", "histogram_svg"]


def bins(values: Sequence[int]) -> dict[str, int]:
    """How many values lie in 0, 1, 2-3, 4-7 and so on, up to the last bin that holds any.

    >>> bins([0, 3, 3, 5])
    {'0': 1, '1': 0, '2-3': 2, '4-7': 1}
    """
    last = max((value.bit_length() for value in values), default=0)
    counts = dict.fromkeys((_label(bits) for bits in range(last + 1)), 0)
    for value in values:
        counts[_label(value.bit_length())] += 1
    return counts


def _label(bits: int) -> str:
    low = 1 << bits >> 1
    return str(low) if bits < 2 else f"{low}-{2 * low - 1}"


def histogram_svg(title: str, unit: str, series: Mapping[str, Sequence[int]]) -> bytes:
    """An SVG document; ``series`` are values by name."""
    import pygal  # type: ignore[import-untyped,unused-ignore]  # here, so that nobody else waits for it

    counted = {name: bins(values) for name, values in series.items()}
    labels = max(counted.values(), key=len, default={"0": 0})
    chart = pygal.Bar(
        title=title,
        x_title=unit,
        y_title="times",
        js=[],
        x_label_rotation=40,
        legend_at_bottom=True,
        truncate_legend=-1,
    )
    chart.x_labels = list(labels)
    for name, counts in counted.items():
        chart.add(name, [counts.get(label, 0) for label in labels])
    rendered: bytes = chart.render()
    return rendered
