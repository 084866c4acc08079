"""Rows of some columns under a heading: side by side in a terminal, a table in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from notebook_notify.boxes import FONT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: No column keeps the next ones further away, in columns of a terminal.
_WIDEST = 48
_CELL = (
    "text-align:left;vertical-align:top;padding:.15em .9em .15em 0;background:none;border:none;"
    "white-space:pre-wrap;overflow-wrap:anywhere"
)


def plain(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows as lines of a terminal; the first column is a mark."""
    lines = [heading, *rows]
    widest = [min(_WIDEST, max(map(_width, column))) for column in zip(*lines, strict=True)]
    padded = [list(map(_padded, line, widest)) for line in lines]
    return "\n".join(f"{mark} {'  '.join(rest)}".rstrip() for mark, *rest in padded)


def pairs(head: str, rows: Iterable[tuple[str, str]]) -> str:
    """*head*, and below it labels and texts, as :func:`boxes.box` has them in a notebook."""
    rows = list(rows)
    widest = max((_width(label) for label, _ in rows), default=0)
    lines = (f"  {_padded(label, widest)}  {text}" for label, text in rows)
    return "\n".join([head, *lines])


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    from wcwidth import wcswidth

    return max(0, wcswidth(text))


def table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows as HTML in which every text is escaped; short cells stay on one line."""
    head = "".join(
        f'<th style="{_CELL};font-weight:normal;opacity:.65;white-space:nowrap">{escape(one)}</th>'
        for one in heading
    )
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f'<table style="{FONT};margin:.3em 0;border-collapse:collapse">'
        f"<tr>{head}</tr>{body}</table>"
    )


def _cell(text: str) -> str:
    # A browser would break a time or a name before it makes a long text narrower; and on a narrow
    # page it would give a long text a character's width, where the table can be moved aside.
    kind = "white-space:nowrap" if len(text) <= 20 else "min-width:14em"  # noqa: PLR2004 - a moment
    return f'<td style="{_CELL};{kind}">{escape(text)}</td>'
