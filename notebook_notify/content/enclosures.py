"""What goes along with a cell's message: plots, a table, its complete output, named files.

What the cell made is taken note of when it has ended; what takes time is made on the sending
thread, for the channel that it goes to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any

from notebook_notify.content.screen import PICTURES, Record
from notebook_notify.content.sections import LINES
from notebook_notify.content.sheets import csv_file, fits_xlsx, sheet_of, xlsx_file
from notebook_notify.content.table_picture import UndrawnError, draw
from notebook_notify.content.tables import ROWS, table_of
from notebook_notify.messages import File, Image
from notebook_notify.platforms.media import image_type, safe_name
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from notebook_notify.content.sheets import Sheet
    from notebook_notify.content.tables import Table
    from notebook_notify.messages import Attachment
    from notebook_notify.platforms.base import MediaLimits

#: The most pictures that go along with one message, unless ``--max-messages`` says otherwise.
MOST_IMAGES = 2
#: So many files that were not named, too.
MOST_FILES = 1
#: How the names of plots end that are no PNG.
_ENDINGS = {"jpeg": "jpg", "svg": "svg"}
#: Larger files are not even read, in bytes: no platform takes them.
MOST_BYTES = 20 << 20


@dataclass(frozen=True, slots=True)
class Named:
    """What became of the files that ``--attach`` names.

    Attributes:
        files: those that were read.
        unread: the names of those that could not be.
        notes: why.
    """

    files: tuple[File, ...] = ()
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What could go along with a cell's message.

    Attributes:
        record: what the cell showed.
        table: the table that is the cell's value, or ``None``.
        sheet: its rows as they are written to a file, or ``None``.
        plots: the pictures that the cell showed, numbered as they stand under it.
        named: the files that ``--attach`` names.
        unread: the names of those that could not be read.
        drawn: whether a table may be drawn.
        notes: what is to be said of it.
    """

    record: Record = field(default_factory=Record)
    table: Table | None = None
    sheet: Sheet | None = None
    plots: tuple[Image, ...] = ()
    named: tuple[File, ...] = ()
    unread: tuple[str, ...] = ()
    drawn: bool = True
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Packed:
    """What goes along with the message to one channel.

    Attributes:
        attachments: pictures, then files.
        images: how many of the cell's own pictures are among them, that of a table not counted.
        table: whether the table is among them, as a picture or a file.
        left: the names of the named files that would be too many.
        notes: what is to be said of it, and of what does not go along.
    """

    attachments: tuple[Attachment, ...] = ()
    images: int = 0
    table: bool = False
    left: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def gather(record: Record, value: Any, *, attach: Sequence[str] = (), images: bool = True) -> Found:
    """What could go along with the message on a cell that has ended; on the main thread.

    Args:
        record: what the cell shows.
        value: the value of its last expression.
        attach: paths of files that are named.
        images: whether pictures may go along.
    """
    named = named_files(attach)
    notes = [*named.notes, *(_pictureless(record) if images else ())]
    # Without a form of it the value is not shown: the cell ends with a semicolon.
    table = table_of(record.html, value) if record.html or record.value is not None else None
    return Found(
        record=record,
        table=table,
        sheet=sheet_of(value, table) if table else None,
        plots=tuple(_plots(record)) if images else (),
        named=named.files,
        unread=named.unread,
        drawn=images,
        notes=tuple(notes),
    )


def pack(found: Found, *, media: MediaLimits, most: int | None, form: str, whole: bool) -> Packed:
    """What goes along with the message to a channel; on the sending thread.

    In this order, until there are enough: the named files, the table as a file, the complete
    output, the picture of the table, the last of the cell's own pictures.

    Args:
        found: what there is.
        media: what the channel takes.
        most: the most messages, the text and the named files included; ``None`` means two
            pictures and one file beside those.
        form: ``auto``, ``text``, ``markdown`` or ``file``, as ``--as`` has it.
        whole: whether the text shows all of the output and of the value.
    """
    notes: list[str] = []
    ours = list(_names(found, media, form, whole=whole))
    wide = found.table if found.drawn and found.table and not found.table.narrow else None
    plots = found.plots
    if form == "text":
        wide, plots = None, ()
    if (ours and not media.file_bytes) or ((wide or plots) and not media.image_types):
        notes.append(
            say(
                "这个通道不能全部附上：其余在笔记本中查看",
                "this channel cannot carry all of it: see the notebook for the rest",
            )
        )
    ours = ours if media.file_bytes else []
    wide, plots = (wide, plots) if media.image_types else (None, ())
    if most is None:
        named, room = found.named, MOST_IMAGES
        kept = len(ours) if form == "file" else MOST_FILES
    else:
        named = found.named[: most - 1]
        kept = most - 1 - len(named)
        room = max(0, kept - len(ours))
    files = [file for name in ours[:kept] if (file := _made(found, name, notes)) is not None]
    pictures = list(_drawn(wide, notes)) if wide and room else []
    own = plots[max(0, len(plots) - room + len(pictures)) :]
    too_many = tuple(one.name for one in found.named[len(named) :])
    left = [*too_many, *ours[kept:]]
    left += ["table.png"] if wide and not room else []
    if (missing := len(plots) - len(own)) > 0:
        left.append(say(f"图 {missing} 张", f"{missing} plot{'s' if missing > 1 else ''}"))
    if left:
        enough = 1 + len(found.named) + len(ours) + (wide is not None) + len(plots)
        notes.append(
            say(
                f"未附上：{'、'.join(left)}；--max-messages {enough} 可全部附上",
                f"left out: {', '.join(left)}; --max-messages {enough} sends all",
            )
        )
    tables = [*pictures, *(file for file in files if file.name.startswith("table."))]
    return Packed((*pictures, *own, *files, *named), len(own), bool(tables), too_many, tuple(notes))


def _names(found: Found, media: MediaLimits, form: str, *, whole: bool) -> Iterator[str]:
    """The files that are to be made for a channel, the more important first."""
    if form == "text":
        return
    record, table = found.record, found.table
    told = table is None or (table.narrow and table.height <= ROWS)
    if found.sheet and (form == "file" or not told):
        takes_csv = media.file_types is None or "csv" in media.file_types
        fits = not takes_csv and "xlsx" in (media.file_types or ()) and fits_xlsx(found.sheet)
        yield "table.xlsx" if fits else "table.csv"
        # That the table is not told whole is made up for; of the output more lines may be missing.
        whole = whole or (not told and record.total <= LINES)
    if record.complete and (form == "file" or not whole):
        yield "output.txt"


def _made(found: Found, name: str, notes: list[str]) -> File | None:
    if name == "output.txt" and found.record.complete:
        try:
            return File(found.record.complete.file(), name)
        except OSError as error:
            why = error.strerror or str(error)
            notes.append(say(f"没有附上 {name}：{why}", f"{name} was not attached: {why}"))
        return None
    sheet, table = found.sheet, found.table
    if sheet is None or table is None:
        return None
    if sheet.rows < table.height:
        notes.append(
            say(
                f"{name} 只含前 {sheet.rows:,} 行（共 {table.height:,} 行）",
                f"{name} has the first {sheet.rows:,} of {table.height:,} rows",
            )
        )
    return File(xlsx_file(sheet) if name.endswith(".xlsx") else csv_file(sheet), name)


def _drawn(table: Table, notes: list[str]) -> Iterator[Image]:
    try:
        yield draw(table)
    except UndrawnError as error:
        notes.append(str(error))


def _plots(record: Record) -> Iterator[Image]:
    """The pictures of *record* that there are, numbered as they stand under the cell."""
    first = max(0, record.images - len(record.pictures))
    for number, data in enumerate(record.pictures, first + 1):
        ending = _ENDINGS.get(image_type(data) or "", "png")
        yield Image(data, f"plot-{number}.{ending}")


def _pictureless(record: Record) -> Iterator[str]:
    """What is said of figures of which there is no picture, or one too large to be kept."""
    count = record.images - len(record.pictures)
    if count > 0:
        most = PICTURES >> 20
        yield say(
            f"有 {count} 张图不能附上：没有 PNG、JPEG 或 SVG 形式，或合计超过 {most} MB",
            f"{count} plot{'s' if count > 1 else ''} cannot go along: "
            f"no PNG, JPEG or SVG form, or over {most} MB in all",
        )


def named_files(paths: Sequence[str]) -> Named:
    """The files that ``--attach`` names."""
    files, unread, notes = [], [], []
    for path in map(Path, paths):
        try:
            files.append(File(_read(path.expanduser()), path.name))
            continue
        except FileNotFoundError:
            why = say("没有这个文件", "no such file")
        except PermissionError:
            why = say("没有读取权限", "no permission to read it")
        except OSError as error:
            why = error.strerror or str(error)
        except (RuntimeError, ValueError) as error:  # an unknown user's home, a NUL in the name
            why = str(error)
        unread.append(safe_name(path.name or str(path)))
        notes.append(say(f"没有附上 {path}：{why}", f"{path} was not attached: {why}"))
    return Named(tuple(files), tuple(unread), tuple(notes))


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
