"""A table as a file: CSV, and the xlsx that spreadsheets open, in bounded time and memory.

A CSV keeps its values as they are, those that begin with ``=`` among them: it is read by programs,
and the data are the user's own. In an xlsx a text is marked as such and never is a formula.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any

from notebook_notify.content.tables import ROWS, is_gap
from notebook_notify.secret import scrub
from notebook_notify.sizes import size_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from notebook_notify.content.tables import Table

#: A file is made of at most so many cells: it must not hold the notebook up.
MOST_CELLS = 200_000
#: A CSV ends before it has more bytes: no platform takes more than 20 MB, and masks are longer
#: than some of what they hide.
MOST_BYTES = 16 << 20
#: So many cells are written at a time: at first few, for they may be long.
_FEW, _MANY = 256, 20_000
#: What a worksheet holds: Microsoft, "Excel specifications and limits".
_XLSX_ROWS, _XLSX_COLUMNS, _XLSX_TEXT = 1_048_576, 16_384, 32_767


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first rows of a table, as they are written to a file.

    Attributes:
        text: a CSV, not yet without secrets.
        rows: how many rows it has, the names of the columns not counted.
        numbers: of each column, whether its values are numbers.
    """

    text: str
    rows: int
    numbers: tuple[bool, ...]


def sheet_of(value: Any, table: Table | None = None) -> Sheet | None:
    """*value* as it is written to a file; ``None`` if it is no table.

    Serves what has the methods of a pandas, polars or pyarrow table; of others, the rows of
    *table* that are known.
    """
    # What a Styler shows is the frame in it, with colours.
    value = value.data if type(value).__name__ == "Styler" else value
    try:
        return _sheet(value)
    except Exception:  # noqa: BLE001 - whatever the user's object raises
        return _shown(table) if table else None


def _sheet(value: Any) -> Sheet:
    height, width = value.shape
    rows = min(height, max(1, MOST_CELLS // max(1, width)))
    step, widest = (max(1, cells // max(1, width)) for cells in (_FEW, _MANY))
    written: list[str] = []
    room, at = MOST_BYTES, 0
    while at < rows or not written:
        text = _block(value, at, min(step, rows - at))
        size = size_of(text)
        if size > room:
            if step == 1:
                break
            step = widest = max(1, step // 8)
            continue
        room -= size
        at += step
        step = min(2 * step, widest)
        written.append(text)
    if not written:
        raise ValueError("one row is larger than a file")
    return Sheet("".join(written), min(at, rows), _numbers(value))


def _block(value: Any, at: int, rows: int) -> str:
    """*rows* rows from *at* on as CSV, with the names of the columns if they are the first."""
    if hasattr(value, "to_csv"):
        return str(value.iloc[at : at + rows].to_csv(header=not at, lineterminator="\n"))
    if hasattr(value, "write_csv"):
        return str(value.slice(at, rows).write_csv(include_header=not at))
    columns = [value.column(n).slice(at, rows).to_pylist() for n in range(len(value.column_names))]
    head = [] if at else [value.column_names]
    return _csv(chain(head, zip(*columns, strict=True)))


def _numbers(value: Any) -> tuple[bool, ...]:
    if hasattr(value, "to_csv"):
        levels = range(value.index.nlevels)
        kinds = [*(value.index.get_level_values(n).dtype for n in levels), *value.dtypes]
        return tuple(getattr(kind, "kind", "O") in "iuf" for kind in kinds)
    if hasattr(value, "write_csv"):
        return tuple(bool(kind.is_numeric()) for kind in value.dtypes)
    return tuple(
        re.match(r"u?int|float|double|half", str(kind)) is not None for kind in value.schema.types
    )


def _shown(table: Table) -> Sheet | None:
    if any(map(is_gap, table.columns)):
        return None  # columns are left out
    keyed = any(key for key, _ in table.rows)
    rows = [((key,) if keyed else ()) + values for key, values in table.rows]
    head = (("",) if keyed else ()) + table.columns
    return Sheet(_csv([head, *rows]), len(rows), (False,) * len(head))


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue()


def csv_file(sheet: Sheet) -> bytes:
    """*sheet* as a CSV file, in UTF-8, without secrets."""
    text = sheet.text
    if _holds_secrets(text):
        text = _csv(_rows(text))
    # With a byte order mark: without one Excel takes UTF-8 for something else.
    return text.encode("utf-8-sig", "replace")


def _holds_secrets(text: str) -> bool:
    """Whether a CSV may hold some; what has a quotation mark in it is not seen as a whole."""
    return '""' in text or scrub(text) != text


def _rows(text: str) -> Iterator[list[str]]:
    """The rows of a CSV that was written here, without secrets.

    They are masked cell by cell, for what looks like one may reach over a comma. Unlike
    :mod:`csv`'s reader this takes cells of any length.
    """
    clean = scrub if _holds_secrets(text) else str
    row: list[str] = []
    for cell in _CELL.finditer(text):
        row.append(clean(cell[2] if cell[1] is None else cell[1].replace('""', '"')))
        if cell[3] != ",":
            yield row
            row = []
        if cell.end() == len(text):
            break


def fits_xlsx(sheet: Sheet) -> bool:
    """Whether a worksheet has room for *sheet*, and can be written here."""
    if find_spec("xlsxwriter") is None:
        return False
    return sheet.rows < _XLSX_ROWS and len(sheet.numbers) <= _XLSX_COLUMNS


def xlsx_file(sheet: Sheet) -> bytes:
    """*sheet* as an xlsx workbook without secrets; needs the extra ``excel``.

    Columns of numbers are numbers; all else is text, of which a cell holds 32,767 characters.
    The same sheet makes the same bytes, which are uploaded once.
    """
    from datetime import datetime

    import xlsxwriter

    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, {"in_memory": True, "constant_memory": True})
    # XlsxWriter would put the time of day there.
    book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 - it takes no other
    page = book.add_worksheet("table")
    page.freeze_panes(1, 0)
    rows = _rows(sheet.text)
    head = next(rows, [])
    first = list(islice(rows, ROWS))
    for at, cells in enumerate(zip_longest(head, *first, fillvalue="")):
        page.set_column(at, at, min(_WIDEST, max(_NARROWEST, *(size_of(one) + 2 for one in cells))))
    bold = book.add_format({"bold": True})
    for column, name in enumerate(head):
        if name:
            page.write_string(0, column, _fitting(name), bold)
    for at, row in enumerate(chain(first, rows), 1):
        for column, (text, number) in enumerate(zip(row, sheet.numbers, strict=False)):
            if number and _NUMBER.fullmatch(text):
                page.write_number(at, column, float(text))
            elif text:
                page.write_string(at, column, _fitting(text))
    book.close()
    return packed.getvalue()


def _fitting(text: str) -> str:
    """*text* as a cell can hold it, which counts in UTF-16."""
    if len(text.encode("utf-16-le", "replace")) > 2 * _XLSX_TEXT:
        text = text[: _XLSX_TEXT // 2] + "…"
    return _NO_XML.sub("", text)


_CELL = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^,\n]*?))(,|\r?\n|\Z)')
#: With more digits a spreadsheet would round it.
_NUMBER = re.compile(r"-?\d{1,15}|-?\d{1,15}\.\d*(?:[eE][+-]?\d{1,3})?|-?\d[eE][+-]?\d{1,3}")
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: How wide columns are, at least and at most, in characters.
_NARROWEST, _WIDEST = 9, 42
