"""A cell that prints 1,000,000 lines in a kernel, with and without the magic: time and memory.

The targets are for the capture; that the complete output then goes along as a file costs what a
file of 12 MB does, and is reported. So is IPython's own ``%%capture``, which shows nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel import with_and_without
from table import Row, difference_row, ratio_row

if TYPE_CHECKING:
    from collections.abc import Iterable

LINES = 1_000_000


def measure(pairs: int, scale: float) -> Iterable[Row]:
    """The time's ratio, and how much higher the kernel's peak memory is."""
    lines = int(LINES * scale)
    cell = f'for i in range({lines}): print("line", i)'
    for what, magic, runs, targets in (
        (f"{lines:,} lines", "%%notify_wechat --max-messages 1", pairs, (1.05, 5)),
        ("… and sent as a file", "%%notify_wechat", pairs // 2, (None, None)),
        ("… under %%capture", "%%capture", pairs // 2, (None, None)),
    ):
        measured = with_and_without(magic, cell, max(1, runs))
        times = [(ours.seconds, plain.seconds) for ours, plain in measured]
        peaks = [(ours.peak, plain.peak) for ours, plain in measured]
        yield ratio_row(f"{what}: time", times, "{:.2f} s", at_most=targets[0])
        yield difference_row(f"{what}: peak memory", peaks, "{:.1f} MB", at_most=targets[1])
