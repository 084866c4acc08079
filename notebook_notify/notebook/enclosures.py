"""What goes along with a cell's message: plots, a table as CSV, files that were named."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from notebook_notify.messages import File, Image
from notebook_notify.notebook.tables import csv_of
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from notebook_notify.notebook.screen import Record
    from notebook_notify.notebook.tables import Table

#: The most pictures that go along with one message.
MOST_IMAGES = 2
#: Larger files are not even read, in bytes: no platform takes them.
MOST_BYTES = 20 << 20
_JPEG = b"\xff\xd8\xff"


def pictures(record: Record) -> Iterator[Image]:
    """The last pictures of *record*, numbered as they stand under the cell."""
    first = max(0, len(record.pictures) - MOST_IMAGES)
    for number, data in enumerate(record.pictures[first:], first + 1):
        yield Image(data, f"plot-{number}.{'jpg' if data.startswith(_JPEG) else 'png'}")


def table_file(table: Table | None, value: Any, notes: list[str]) -> Iterator[File]:
    """A table that is too wide, or too long, to be told row by row, as a CSV file."""
    if table is None or (table.narrow and table.height <= len(table.rows)):
        return
    made = csv_of(value)
    if made is None:
        return
    data, rows = made
    if rows < table.height:
        notes.append(
            say(
                f"table.csv 只含前 {rows:,} 行（共 {table.height:,} 行）",
                f"table.csv has the first {rows:,} of {table.height:,} rows",
            )
        )
    yield File(data, "table.csv")


def named_files(paths: Sequence[str], notes: list[str]) -> Iterator[File]:
    """The files that ``--attach`` names; what cannot be read is noted."""
    for path in (Path(one).expanduser() for one in paths):
        try:
            if path.stat().st_size <= MOST_BYTES:
                yield File(path.read_bytes(), path.name)
                continue
            why = say(f"超过 {MOST_BYTES >> 20} MB", f"over {MOST_BYTES >> 20} MB")
        except OSError as error:
            why = error.strerror or type(error).__name__
        notes.append(say(f"没有附上 {path}：{why}", f"{path} was not attached: {why}"))
