"""A table that a cell shows, as a phone can show it.

Chat text is set in a proportional font, where columns do not align: up to four columns become
one row a line, ``key: name value, name value``. What is wider goes along as a picture and a file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import unescape
from itertools import takewhile
from typing import Any

from notebook_notify.texts import say

#: The most columns that are told row by row, beside the row's key.
NARROW = 4
#: So many rows of a table are told or drawn.
ROWS = 10
#: What stands where rows or columns were left out.
GAPS = frozenset({"...", "…", "⋮"})


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

    @property
    def shape(self) -> str:
        """How large it is."""
        rows = f"{self.height:,} row{'' if self.height == 1 else 's'}"
        columns = f"{self.width:,} column{'' if self.width == 1 else 's'}"
        return say(f"{self.height:,} 行 × {self.width:,} 列", f"{rows} × {columns}")

    def lines(self) -> list[str]:
        """A row a line; of a wide table the first columns."""
        colon, comma = say("：", ": "), say("，", ", ")
        more = f"{comma}…" if len(self.columns) > NARROW else ""
        return [
            (f"{key}{colon}" if key else "")
            + comma.join(
                f"{column} {value}".strip()
                for column, value in zip(self.columns[:NARROW], values, strict=False)
            )
            + more
            for key, values in self.rows
        ]


_Cell = tuple[str, bool]  # its text, and whether it is a `th`
#: Stands for the cells of a row that is only counted.
_COUNTED: _Cell = ("", False)
#: The most rows that are kept, of the head and of the body; those that follow are counted.
_KEPT = 60
#: The widest row, in columns: a hostile one must not fill the memory.
_WIDEST = 200
#: How far from a table its size is looked for, in characters.
_NEAR = 2000
# Regular expressions that stop at the next "<": html.parser takes minutes for hostile HTML.
_TOKEN = re.compile(
    r"<!--|<(/?)(table|thead|tbody|tfoot|tr|td|th|br|script|style)\b([^<>]*)>", re.IGNORECASE
)
_TAG = re.compile(r"<[^<>]*>")
_SPAN = re.compile(r"\b(row|col)span\s*=\s*[\"']?(\d{1,4})", re.IGNORECASE)
_PANDAS = re.compile(r"([\d,]{1,20}) rows × ([\d,]{1,20}) columns")
_POLARS = re.compile(r"shape: \(([\d_]{1,20}), ([\d_]{1,20})\)")


def table_of(html: str, value: Any) -> Table | None:
    """The table that a cell shows, by the HTML form of its *value* and by that value.

    An HTML form leaves rows out, or is too long to be kept; where the value can give its first
    rows alone, those are read, up to ``ROWS``. pyarrow's tables have no such form: their columns
    are read.
    """
    table = read_table(html)
    if html and table is None:
        return None
    try:
        if hasattr(value, "column_names"):
            return _arrow(value)
        styled = type(value).__name__ == "Styler"  # what is shown is the frame in it
        if styled and table is not None:
            return table
        frame = value.data if styled else value
        height, width = frame.shape
        if table is None or len(table.rows) < min(ROWS, height):
            first = read_table(frame.head(ROWS)._repr_html_())
            if first is not None and (table is None or len(first.rows) > len(table.rows)):
                table = first
        return replace(table, height=int(height), width=int(width)) if table else None
    except Exception:  # noqa: BLE001 - whatever the user's object raises
        return table


def _arrow(value: Any) -> Table | None:
    height, width = value.shape
    if not (height and width):
        return None
    columns = tuple(map(str, value.column_names[:_WIDEST]))
    # A column at a time: names may be given twice.
    cells = [value.column(at).slice(0, ROWS).to_pylist() for at in range(len(columns))]
    rows = tuple(("", tuple(map(str, row))) for row in zip(*cells, strict=True))
    return Table(columns, rows, height, width)


def read_table(html: str) -> Table | None:
    """The first table of *html*, as pandas, polars and their like write it; else ``None``."""
    start = html.find("<table")
    if start < 0:
        return None
    reader = _Reader()
    end = reader.read(html, start)
    keys = max((sum(1 for _ in takewhile(_is_key, row)) for row in reader.body), default=0)
    columns = reader.columns(keys)
    rows = [row for row in reader.body if len(row) == keys + len(columns)]
    if not columns or not rows or keys + len(columns) < 2:  # noqa: PLR2004 - a lone cell is no table
        return None
    told = tuple(
        (" · ".join(text for text, _ in row[:keys] if text), tuple(text for text, _ in row[keys:]))
        for row in rows
    )
    near = html[max(0, start - _NEAR) : start] + html[end : end + _NEAR]
    height, width = _shape(near) or (reader.height, len(columns))
    return Table(columns, told, height, width)


def is_gap(name: str) -> bool:
    """Whether *name* stands where columns were left out, of several levels too."""
    return bool(name) and GAPS.issuperset(name.split())


def _is_key(cell: _Cell) -> bool:
    return cell[1]


def _shape(text: str) -> tuple[int, int] | None:
    """Rows and columns in all, where the table says so."""
    said = _PANDAS.search(text) or _POLARS.search(text)
    digits = [re.sub("[,_]", "", one) for one in said.groups()] if said else []
    return (int(digits[0]), int(digits[1])) if all(digits) and digits else None


class _Reader:
    """Collects the cells of one table; a nested table is text of its cell.

    Attributes:
        head: the rows of the head.
        body: the first rows of the body, until some are left out.
        height: how many rows the body has.
    """

    def __init__(self) -> None:
        self.head: list[list[_Cell]] = []
        self.body: list[list[_Cell]] = []
        self.height = 0
        self._row: list[_Cell] = []
        self._in_head = False
        self._gap = False
        self._below: dict[int, tuple[int, _Cell]] = {}  # what spans rows to come, by column
        self._open: tuple[str, str] | None = None  # the tag and attributes of the cell
        self._text: list[str] = []

    def read(self, html: str, at: int) -> int:
        """Read the table that begins at *at*; gives where it ends."""
        depth = 0
        while (token := _TOKEN.search(html, at)) is not None:
            if self._open:
                self._text.append(html[at : token.start()])
            at = token.end()
            closing, tag, attributes = (token[1], (token[2] or "").lower(), token[3])
            if tag in ("", "script", "style"):
                if closing:
                    continue
                after = html.find(f"</{tag}" if tag else "-->", at)
                at = len(html) if after < 0 else after + (0 if tag else len("-->"))
                continue
            if tag == "table":
                depth += -1 if closing else 1
                if depth <= 0:
                    break
            if depth > 1 or tag in ("br", "table"):
                self._text.append(" ")
            elif tag in ("td", "th"):
                self._end_cell()
                self._open = None if closing else (tag, attributes)
            else:
                self._end_row()
                if tag != "tr":
                    self._below.clear()
                    self._in_head = tag == "thead" and not closing
        self._end_row()
        return at

    def columns(self, keys: int) -> tuple[str, ...]:
        """The names of the columns after the first *keys*, of several levels with a space between.

        Left out are rows that name the index, and the types that polars writes below.
        """
        width = max(map(len, self.head), default=0)
        levels = [
            [text for text, _ in row[keys:]]
            for row in self.head
            if len(row) == width and any(map(_is_key, row)) and any(text for text, _ in row[keys:])
        ]
        return tuple(" ".join(filter(None, names)) for names in zip(*levels, strict=True))

    def _full(self) -> bool:
        """Whether the row is only counted."""
        return self._gap or max(len(self.head), len(self.body)) >= _KEPT

    def _end_cell(self) -> None:
        if self._open is None:
            return
        tag, attributes = self._open
        if self._full():  # made no cells of, lest a hostile table take long
            self._open, self._text = None, []
            self._row = [_COUNTED]
            return
        text = " ".join(unescape(_TAG.sub("", "".join(self._text))).split())
        self._open, self._text = None, []
        spans = {way.lower(): int(number) for way, number in _SPAN.findall(attributes)}
        for _ in range(max(1, spans.get("col", 1))):
            self._fill()
            if len(self._row) >= _WIDEST:
                break
            if spans.get("row", 1) > 1:
                self._below[len(self._row)] = (spans["row"] - 1, (text, tag == "th"))
            self._row.append((text, tag == "th"))

    def _fill(self) -> None:
        """Put into the row what spans down to it."""
        while (at := len(self._row)) in self._below:
            left, cell = self._below.pop(at)
            if left > 1:
                self._below[at] = (left - 1, cell)
            self._row.append(cell)

    def _end_row(self) -> None:
        self._end_cell()
        if not self._row:
            return
        if self._full():
            self._row = []
            self.height += not self._in_head
            return
        self._fill()
        row, self._row = self._row, []
        if self._in_head or (not self.height and all(map(_is_key, row))):
            self.head.append(row)
        elif all(text in GAPS for text, _ in row):
            self._gap = True
        else:
            self.height += 1
            self.body.append(row)
