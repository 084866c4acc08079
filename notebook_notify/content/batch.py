"""Several cells that followed each other, told as one run. Pure: facts in, facts and lines out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from notebook_notify.content.facts import Part
from notebook_notify.content.plain import plain_lines
from notebook_notify.secret import scrub
from notebook_notify.sizes import clip
from notebook_notify.texts import duration, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.content.facts import Run
    from notebook_notify.content.screen import Record

#: The most cells that a message names, and the most of each, in bytes of UTF-8.
MOST_PARTS = 8
PART_BYTES = 120
#: A cell that ran so long is worth a line though it showed nothing, in seconds.
LONG = 10.0
#: The pictures that are kept of all cells together, the last ones.
MOST_PICTURES = 2
#: What is kept of a cell's last line, in characters: much more than is shown, so that a secret
#: that is masked later is there whole or is not shown at all.
_KEPT = 4_000


class Batch:
    """The cells so far; of all but the last only a line and the last pictures are kept.

    Args:
        title: what the user called them, else the notebook; may be empty.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._parts: list[Part] = []
        self._number = 0
        self._first: tuple[float, int] | None = None  # when it started, and its number
        self._last: tuple[Run, int] | None = None
        self._images = 0
        self._pictures: tuple[bytes, ...] = ()

    @property
    def span(self) -> float:
        """From the first cell's start to the last one's end, in seconds."""
        if self._first is None or self._last is None:
            return 0.0
        return max(0.0, self._last[0].ended - self._first[0])

    def add(self, run: Run, count: int) -> None:
        """Cell ``[count]`` has run."""
        record = run.record
        part = Part(count, run.ended - run.started, _last(record)[:_KEPT], record.images)
        if part.last or part.images or part.took >= LONG:
            self._parts.append(part)
        self._number += 1
        self._images += record.images
        self._pictures = (*self._pictures, *record.pictures)[-MOST_PICTURES:]
        self._first = self._first or (run.started, count)
        self._last = (run, count)

    def run(self) -> Run:
        """The facts of all of them; of one cell alone, just its own.

        Raises:
            ValueError: no cell was added.
        """
        if self._first is None or self._last is None:
            raise ValueError("a batch of no cell")
        run, count = self._last
        if self._number == 1:
            return run
        started, first = self._first
        where, number = run.where, self._number
        if run.verdict == "done":
            told = say(f"{number} 个单元", f"{number} cells")
            where = where.removesuffix(f"[{count}]") + f"[{first}]–[{count}]"
        else:
            told = say(f"单元 [{count}]，共 {number} 个", f"cell [{count}], last of {number}")
        return replace(
            run,
            title=" · ".join(filter(None, (self._title, told))),
            where=where,
            started=started,
            record=replace(run.record, images=self._images, pictures=self._pictures),
            parts=tuple(self._parts),
        )


def part_lines(parts: Sequence[Part]) -> tuple[str, ...]:
    """A short line for each cell, e.g. ``[5] 12m · epoch 100/100``; of many, for the longest.

    Secrets are masked before anything is cut.
    """
    chosen = sorted(range(len(parts)), key=lambda at: -parts[at].took)[:MOST_PARTS]
    lines = [_line(parts[at]) for at in sorted(chosen)]
    more = len(parts) - len(lines)
    if more:
        lines.append(
            say(f"…另外 {more} 个较短", f"…{more} more, shorter one{'s' if more > 1 else ''}")
        )
    return tuple(lines)


def _line(part: Part) -> str:
    plots = say(f"图 {part.images} 张", f"{part.images} plot{'s' if part.images > 1 else ''}")
    said = " ".join(scrub(part.last).split())
    told = (duration(part.took), plots if part.images else "", said)
    return clip(f"[{part.count}] {' · '.join(filter(None, told))}", PART_BYTES)


def _last(record: Record) -> str:
    """The last line with something in it: of the value, which stands below the output."""
    for lines in (plain_lines(record.value or ""), record.lines):
        for line in reversed(lines):
            if line.strip():
                return " ".join(line.split())
    return ""
