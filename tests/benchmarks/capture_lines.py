"""A cell that prints 1,000,000 lines in a kernel, with and without the magic: time and memory.

The targets are for the capture; that the complete output then goes along as a file costs what a
file of 12 MB does, and is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel import with_and_without
from table import Row, difference_row, ratio_row

if TYPE_CHECKING:
    from collections.abc import Iterable

CELL = 'for i in range(1_000_000): print("line", i)'


def measure(pairs: int) -> Iterable[Row]:
    """The time's ratio, and how much higher the kernel's peak memory is."""
    measured = with_and_without("%%notify_wechat --max-messages 1", CELL, pairs)
    times = [(ours.seconds, plain.seconds) for ours, plain in measured]
    peaks = [(ours.peak, plain.peak) for ours, plain in measured]
    yield ratio_row("1,000,000 lines: time", times, "{:.2f} s", at_most=1.05)
    yield difference_row("1,000,000 lines: peak memory", peaks, "{:.1f} MB", at_most=5)
    measured = with_and_without("%%notify_wechat", CELL, max(1, pairs // 2))
    times = [(ours.seconds, plain.seconds) for ours, plain in measured]
    peaks = [(ours.peak, plain.peak) for ours, plain in measured]
    yield ratio_row("… and sent as a file: time", times, "{:.2f} s")
    yield difference_row("… and sent as a file: peak memory", peaks, "{:.1f} MB")
