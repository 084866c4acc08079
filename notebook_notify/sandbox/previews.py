"""The beginning of a file, as a phone's viewer would show it: rows, lines, or names.

Files come from anywhere: only bounded pieces of them are read, and what cannot be read has no
preview. What is returned is raw text; the page cleans and escapes it.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from notebook_notify.sandbox.media import extension
from notebook_notify.sandbox.page_text import size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS, COLUMNS = 5, 4
"""Rows, the head included, and columns of a table that are shown."""
ENDS = 3
"""Lines at the beginning and at the end of a text that are shown."""
NAMES = 6
"""Names of an archive's files that are shown."""

_PIECE = 64 * 1024
"""Bytes read at a beginning or an end."""
_MEMBER = 2 * 1024 * 1024
"""Bytes unpacked of one part of a workbook."""
_DIRECTORY = 256 * 1024
"""Bytes of an archive's directory; a longer one is not read."""
_TEXTS = frozenset({"txt", "log", "json", "jsonl", "md", "py"})
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, ParseError, csv.Error),
    *(OSError, EOFError, ValueError, LookupError, NotImplementedError, RuntimeError),
)
"""What archives, XML and CSV raise when they are not what their names say."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file begins with.

    Attributes:
        rows: of a table, its head first.
        lines: of a text, or the names in an archive.
        left_out: rows, lines or names that are not shown; None where they were not counted.
        columns: of the table, those not shown included.
        gap: the index in `lines` before which some are left out.
    """

    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()
    left_out: int | None = 0
    columns: int = 0
    gap: int = -1


def preview(name: str, content: bytes) -> Preview | None:
    """Return what a file of this name begins with; None if its kind is not known or not true."""
    kind = extension(name)
    try:
        if kind == "csv":
            return _table(_csv_rows(content))
        if kind == "xlsx":
            return _table(_sheet_rows(content))
        if kind == "zip":
            return _archive(content)
        if kind in _TEXTS:
            return _text(content)
    except _UNREADABLE:
        return None
    return None


def _table(rows: Iterator[list[str]]) -> Preview | None:
    """Return the first rows; one row more is asked for, to know whether there are more."""
    first = [row for row, _ in zip(rows, range(ROWS + 1), strict=False)]
    columns = max(map(len, first), default=0)
    if columns == 0:
        return None
    shown = tuple(tuple((row + [""] * columns)[: min(COLUMNS, columns)]) for row in first[:ROWS])
    return Preview(rows=shown, left_out=None if len(first) > ROWS else 0, columns=columns)


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    text = content[:_PIECE].decode("utf-8-sig", errors="replace")
    if len(content) > _PIECE:  # the last line may be cut
        text = text[: text.rfind("\n") + 1]
    return csv.reader(io.StringIO(text, newline=""))


def _archive(content: bytes) -> Preview:
    with _opened(content) as archive:
        names = [f"{one.filename} · {size_text(one.file_size)}" for one in archive.infolist()]
    return Preview(lines=tuple(names[:NAMES]), left_out=max(len(names) - NAMES, 0), gap=NAMES)


def _opened(content: bytes) -> zipfile.ZipFile:
    """Open an archive whose directory, by its own account, is not too long."""
    end = content.rfind(b"PK\5\6")
    if end < 0 or int.from_bytes(content[end + 12 : end + 16], "little") > _DIRECTORY:
        raise zipfile.BadZipFile
    return zipfile.ZipFile(io.BytesIO(content))


def _text(content: bytes) -> Preview | None:
    if b"\0" in content[:_PIECE]:
        return None
    content = content.removesuffix(b"\n")
    count = content.count(b"\n") + 1
    first = content[:_PIECE].decode(errors="replace").split("\n")
    if count <= 2 * ENDS + 1:
        return Preview(lines=tuple(first))
    last = content[-_PIECE:].decode(errors="replace").split("\n")
    lines = (*first[:ENDS], *last[-ENDS:])
    return Preview(lines=lines, left_out=count - 2 * ENDS, gap=ENDS)


def _sheet_rows(content: bytes) -> Iterator[list[str]]:
    """Yield the rows of a workbook's first sheet."""
    with _opened(content) as book:
        words: list[str] = []
        if "xl/sharedStrings.xml" in book.namelist():
            strings = _elements(book, "xl/sharedStrings.xml", "si")
            words = ["".join(_texts(string)) for string in strings]
        for row in _elements(book, "xl/worksheets/sheet1.xml", "row"):
            yield list(_cells(row, words))


def _elements(book: zipfile.ZipFile, member: str, tag: str) -> Iterator[Element]:
    """Yield the elements of a tag, as far as the part is read; one with a DTD is refused."""
    with book.open(member) as part:
        piece = part.read(_MEMBER)
    if b"<!DOCTYPE" in piece:
        raise ValueError(member)
    parser: XMLPullParser[Element] = XMLPullParser(["end"])
    parser.feed(piece)
    for event in parser.read_events():
        element = event[-1]
        if isinstance(element, Element) and element.tag.rpartition("}")[2] == tag:
            yield element


def _cells(row: Element, words: list[str]) -> Iterator[str]:
    """Yield a row's cells; those that are not written are empty."""
    at = 0
    for cell in row:
        letters = re.match(r"[A-Z]{1,3}", cell.get("r", ""))
        column = _column(letters[0]) if letters else at
        yield from [""] * (min(column, 16_384) - at)
        at = max(column, at) + 1
        value = "".join(_texts(cell))
        yield words[int(value)] if cell.get("t") == "s" else value


def _column(letters: str) -> int:
    """Return the index of a column, which is written A to XFD."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _texts(element: Element) -> Iterator[str]:
    """Yield the texts within: values (`v`) and strings (`t`), not formulas."""
    for one in element.iter():
        if one.tag.rpartition("}")[2] in {"v", "t"}:
            yield one.text or ""
