"""A cell that shows 200 plots, with and without the magic, and under ``%%capture``.

Two pictures go along by themselves; what the others cost is that they were looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel import with_and_without
from table import Row, difference_row, ratio_row

if TYPE_CHECKING:
    from collections.abc import Iterable

PLOTS = 200
CELL = """
%matplotlib inline
import matplotlib.pyplot as plt
for number in range({plots}):
    plt.plot([number, 3, 2])
    plt.show()
"""


def measure(pairs: int, scale: float) -> Iterable[Row]:
    """The time's ratio, and how much higher the kernel's peak memory is."""
    plots = max(3, int(PLOTS * scale))
    cell = CELL.format(plots=plots)
    for what, magic, runs in (
        (f"{plots} plots", "%%notify_wechat", pairs),
        ("… under %%capture", "%%capture", pairs // 2),
    ):
        measured = with_and_without(magic, cell, max(1, runs))
        times = [(ours.seconds, plain.seconds) for ours, plain in measured]
        peaks = [(ours.peak, plain.peak) for ours, plain in measured]
        yield ratio_row(f"{what}: time", times, "{:.2f} s")
        yield difference_row(f"{what}: peak memory", peaks, "{:.1f} MB")
