"""What goes along with a cell's message: plots, a table as CSV, files that were named."""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

from notebook_notify.content.compose import ROWS
from notebook_notify.content.tables import csv_of
from notebook_notify.messages import File, Image
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from notebook_notify.content.screen import Record
    from notebook_notify.content.tables import Table

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
    if table is None or (table.narrow and table.height <= ROWS):
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
    for path in map(Path, paths):
        try:
            yield File(_read(path.expanduser()), path.name)
            continue
        except OSError as error:
            why = error.strerror or str(error)
        except (RuntimeError, ValueError) as error:  # an unknown user's home, a NUL in the name
            why = str(error)
        notes.append(say(f"没有附上 {path}：{why}", f"{path} was not attached: {why}"))


def _read(path: Path) -> bytes:
    # A pipe or a device would be read without an end.
    if not S_ISREG(path.stat().st_mode):
        raise OSError(say("不是文件", "it is not a file"))
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        most = MOST_BYTES >> 20
        raise OSError(say(f"超过 {most} MB", f"over {most} MB"))
    return data
