"""A table that a cell shows, as a phone can show it.

Chat text is set in a proportional font, where columns do not align: up to four columns become
one row a line, ``key: name value, name value``. What is wider goes along as a CSV file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from notebook_notify.texts import say

#: The most columns that are told row by row, beside the row's key.
NARROW = 4
#: A file is made of at most so many cells: it must not hold the notebook up.
MOST_CELLS = 200_000


@dataclass(frozen=True, slots=True)
class Table:
    """The beginning of a table.

    Attributes:
        columns: their names.
        rows: the first rows, each its key and its values.
        height: how many rows there are in all.
        width: how many columns there are in all.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    height: int
    width: int

    @property
    def narrow(self) -> bool:
        """Whether it can be told row by row."""
        return self.width <= NARROW

    def lines(self) -> list[str]:
        """A row a line."""
        colon, comma = say("：", ": "), say("，", ", ")
        return [
            (f"{key}{colon}" if key else "")
            + comma.join(
                f"{column} {value}".strip()
                for column, value in zip(self.columns, values, strict=False)
            )
            for key, values in self.rows
        ]


#: What stands where rows were left out.
_GAP = ("...", "…", "⋮")


def read_table(html: str) -> Table | None:
    """The first table of *html*, as pandas, polars and their like write it; else ``None``."""
    if "<table" not in html:
        return None
    parser = _Parser()
    parser.feed(html)
    parser.close()
    gap = next((at for at, row in enumerate(parser.body) if row and row[0] in _GAP), None)
    rows = parser.body[:gap]
    width = max(map(len, rows), default=0)
    head = next((row for row in parser.head if len(row) == width), None)
    if head is None or width < 2:  # noqa: PLR2004 - a lone cell is no table
        return None
    rows = [row for row in rows if len(row) == width]
    if parser.keyed:
        columns, told = head[1:], [(row[0], tuple(row[1:])) for row in rows]
    else:
        columns, told = head, [("", tuple(row)) for row in rows]
    height, across = _shape(parser.text) or (len(rows), len(columns))
    return Table(tuple(columns), tuple(told), height, across)


def _shape(text: str) -> tuple[int, int] | None:
    """Rows and columns in all, where the table says so."""
    said = re.search(r"([\d,]+) rows × ([\d,]+) columns", text) or re.search(
        r"shape:\s*\(([\d_]+),\s*([\d_]+)\)", text
    )
    if said is None:
        return None
    height, width = (int(re.sub(r"[,_]", "", one)) for one in said.groups())
    return height, width


class _Parser(HTMLParser):
    """Collects the cells of the first table, and the text outside of cells."""

    def __init__(self) -> None:
        super().__init__()
        self.head: list[list[str]] = []
        self.body: list[list[str]] = []
        self.text = ""
        self.keyed = False
        self._cell: list[str] | None = None
        self._in_head = False
        self._tables = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """The beginning of a cell, a row, a part of the table."""
        del attrs
        if tag == "table":
            self._tables += 1
        elif self._tables > 1:
            return
        elif tag in ("thead", "tbody"):
            self._in_head = tag == "thead"
        elif tag == "tr":
            (self.head if self._in_head else self.body).append([])
        elif tag in ("td", "th"):
            self._cell = []
            self.keyed |= tag == "th" and not self._in_head

    def handle_endtag(self, tag: str) -> None:
        """The end of a cell."""
        if tag not in ("td", "th") or self._cell is None:
            return
        rows = self.head if self._in_head else self.body
        if rows:
            rows[-1].append(" ".join("".join(self._cell).split()))
        self._cell = None

    def handle_data(self, data: str) -> None:
        """The text of a cell, or beside it."""
        if self._cell is not None:
            self._cell.append(data)
        else:
            self.text += data


def csv_of(value: Any) -> tuple[bytes, int] | None:
    """*value* as a CSV file and how many of its rows that has; ``None`` if it is no table.

    Serves what has the methods of a pandas, polars or pyarrow table.
    """
    try:
        height, width = value.shape
        rows = min(height, max(1, MOST_CELLS // max(1, width)))
        if hasattr(value, "to_csv"):
            text = value.head(rows).to_csv()
        elif hasattr(value, "write_csv"):
            text = value.head(rows).write_csv()
        elif hasattr(value, "to_pandas"):
            text = value.slice(0, rows).to_pandas().to_csv(index=False)
        else:
            return None
        # With a byte order mark: without one Excel takes UTF-8 for something else.
        return str(text).encode("utf-8-sig"), rows
    except Exception:  # noqa: BLE001 - whatever the user's object raises
        return None
