"""The facts of a run, as a message tells them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from notebook_notify.content.screen import Record

if TYPE_CHECKING:
    from notebook_notify.content.tables import Table

Verdict = Literal["done", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of code that an error passed.

    Attributes:
        where: e.g. ``load_prices(), prices.py:88`` or ``[12] line 7``.
        code: that line.
    """

    where: str
    code: str


@dataclass(frozen=True, slots=True)
class Failure:
    """An error, as the message tells it.

    Attributes:
        headline: e.g. ``KeyError: '600519.SH'``.
        line: the line of the cell, counted as the notebook does, or ``None``.
        places: where it was raised, then the line of the cell that led there.
    """

    headline: str
    line: int | None = None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One of several cells that are told together.

    Attributes:
        count: its number.
        took: seconds.
        last: the last that it showed: a line of output, or of its value; may be empty.
        images: how many pictures it shows.
    """

    count: int
    took: float
    last: str = ""
    images: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """The facts of a finished run.

    Attributes:
        verdict: ``done``, ``failed`` or ``interrupted``.
        title: what the user called it, else its cell.
        started: seconds since the epoch.
        ended: seconds since the epoch.
        who: user and machine.
        where: notebook and cell, e.g. ``backtest.ipynb [12]``; may be empty.
        record: what it showed.
        summary: the user's own line.
        failure: the error that ended it.
        source: the cell's code, if it is to be sent.
        table: its value, if that is a table.
        mark: what makes the text unlike that of a run in the same second.
        enclosed: how many of its pictures go along.
        table_follows: whether its table goes along, as a picture or a file.
        link: the notebook's address, or an empty string.
        parts: the cells that it consists of, if they are several.
    """

    verdict: Verdict
    title: str
    started: float
    ended: float
    who: str
    where: str = ""
    record: Record = field(default_factory=Record)
    summary: str | None = None
    failure: Failure | None = None
    source: str | None = None
    table: Table | None = None
    mark: str = ""
    enclosed: int = 0
    table_follows: bool = True
    link: str = ""
    parts: tuple[Part, ...] = ()
