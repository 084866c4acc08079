"""A cell that prints 100 MB in lines of 1 kB, with and without the magic: memory.

``ipykernel`` sends what was printed in 0.2 s as one message, here of tens of MB, and where the
chunks fall moves the plain cell's own peak by as much. So the spread is wide; the cell's time,
about a second, is reported only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel import with_and_without
from table import Row, difference_row, ratio_row

if TYPE_CHECKING:
    from collections.abc import Iterable

CELL = 'for i in range(100_000): print(f"{i:0999d}")'


def measure(pairs: int) -> Iterable[Row]:
    """How much higher the kernel's peak memory is, and the time."""
    measured = with_and_without("%%notify_wechat --max-messages 1", CELL, pairs)
    peaks = [(ours.peak, plain.peak) for ours, plain in measured]
    times = [(ours.seconds, plain.seconds) for ours, plain in measured]
    yield difference_row("100 MB: peak memory", peaks, "{:.1f} MB", at_most=5)
    yield ratio_row("100 MB: time", times, "{:.2f} s")
