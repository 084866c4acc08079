"""A cell that prints 100 MB in lines of 1 kB, with and without the magic: memory.

``ipykernel`` sends what was printed in 0.2 s as one message, here of tens of MB, and where the
chunks fall moves the plain cell's own peak by as much. So the spread is wide, and nothing has a
target here; see ``capture_lines`` for that. IPython's own ``%%capture`` stands beside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernel import with_and_without
from table import Row, difference_row, ratio_row

if TYPE_CHECKING:
    from collections.abc import Iterable

LINES = 100_000


def measure(pairs: int, scale: float) -> Iterable[Row]:
    """How much higher the kernel's peak memory is, and the time."""
    lines = int(LINES * scale)
    cell = f'for i in range({lines}): print(f"{{i:0999d}}")'
    for what, magic, runs in (
        (f"{lines / 1000:g} MB", "%%notify_wechat --max-messages 1", pairs),
        ("… under %%capture", "%%capture", pairs // 5),
    ):
        measured = with_and_without(magic, cell, max(1, runs))
        peaks = [(ours.peak, plain.peak) for ours, plain in measured]
        times = [(ours.seconds, plain.seconds) for ours, plain in measured]
        yield difference_row(f"{what}: peak memory", peaks, "{:.1f} MB")
        yield ratio_row(f"{what}: time", times, "{:.2f} s")
