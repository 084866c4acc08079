"""Interleaved pairs, and the table that they end in."""

from __future__ import annotations

import statistics
import unicodedata
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")
NONE = "-"


@dataclass(frozen=True)
class Row:
    """One line of the table, ready to be printed."""

    name: str
    ours: str
    baseline: str = NONE
    ratio: str = NONE
    spread: str = NONE
    target: str = NONE
    met: str = NONE


def interleave(ours: Callable[[], T], baseline: Callable[[], T], pairs: int) -> list[tuple[T, T]]:
    """Run both by turns, *pairs* times; every other pair begins with the baseline.

    What slows the machine down for a while hits both sides of a pair alike.
    """
    measured = []
    for number in range(pairs):
        if number % 2:
            second = baseline()
            measured.append((ours(), second))
        else:
            first = ours()
            measured.append((first, baseline()))
    return measured


def ratio_row(
    name: str, pairs: Sequence[tuple[float, float]], show: str, at_most: float | None = None
) -> Row:
    """The median of the pairs' ratios; *show* formats one figure, e.g. ``"{:.1f} s"``."""
    ratios = [ours / baseline for ours, baseline in pairs]
    return _row(name, pairs, ratios, show, "{:.3f}", at_most)


def difference_row(
    name: str, pairs: Sequence[tuple[float, float]], show: str, at_most: float | None = None
) -> Row:
    """The median of the pairs' differences, in the unit of *show*."""
    differences = [ours - baseline for ours, baseline in pairs]
    return _row(name, pairs, differences, show, show.replace("{:", "{:+"), at_most)


def _row(
    name: str,
    pairs: Sequence[tuple[float, float]],
    compared: list[float],
    show: str,
    show_compared: str,
    at_most: float | None,
) -> Row:
    middle = statistics.median(compared)
    return Row(
        name,
        show.format(statistics.median(ours for ours, _ in pairs)),
        show.format(statistics.median(baseline for _, baseline in pairs)),
        show_compared.format(middle),
        spread(compared, show_compared),
        NONE if at_most is None else "<= " + show_compared.format(at_most),
        NONE if at_most is None else yes(middle <= at_most),
    )


def spread(figures: Sequence[float], show: str) -> str:
    """Of few figures the lowest and the highest, of many the quartiles."""
    if len(figures) < 20:
        low, high, kind = min(figures), max(figures), "min..max"
    else:
        low, _, high = statistics.quantiles(figures, n=4)
        kind = "quartiles"
    return f"{show.format(low)}..{show.format(high)} ({kind} of {len(figures)})"


def yes(met: bool) -> str:
    """How the table says it."""
    return "yes" if met else "NO"


def draw(rows: Iterable[Row]) -> str:
    """The rows as plain text, in columns."""
    cells = [tuple(field.name for field in fields(Row)), *map(astuple, rows)]
    widths = [max(map(_columns, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _columns(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in cells
    )


def _columns(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)
