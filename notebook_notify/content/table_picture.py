"""The picture of a table that is too wide to be told row by row, to be read on a phone.

A chat shows a picture some 400 points wide: at 1,080 pixels the text is to be 24 pixels high at
least. So it shows the first columns that fit and the last one.
"""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_notify.content.tables import GAPS, ROWS, is_gap
from notebook_notify.messages import Image
from notebook_notify.secret import scrub
from notebook_notify.texts import language, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.content.fonts import Pen
    from notebook_notify.content.tables import Table

#: The widest picture, in pixels.
WIDTH = 1080
#: The height of its text, in pixels.
SIZE = 24
_ROW = 50
_MARGIN = 24
#: Between two columns.
_BETWEEN = 30
#: The widest that a column of texts and the name of a column of numbers are at first, and the
#: narrowest that a text is cut to.
_WIDE, _WIDE_NAME, _THIN = 220, 180, 140
#: The column that stands for those left out.
_GAP = 24
#: More columns than can fit, and more characters than fit into one.
_MOST_COLUMNS, _MOST_CHARACTERS = 24, 120
_NUMBER = re.compile(
    r"[-+−]?[¥$€£]?(?:\d[\d,_]*\.?\d*|\.\d+)(?:e[-+]?\d+)?\s?%?"
    r"|\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?"
    r"|[-+]?(?:nan|inf)|<?NA>?|NaT|None|null|—|-|",
    re.IGNORECASE,
)
_PAPER, _HEAD, _STRIPE, _LINE = "#ffffff", "#e8eef7", "#f6f8fb", "#d5dce6"
_INK, _TITLE, _PALE = "#1b2430", "#22324a", "#6b7685"


class UndrawnError(Exception):
    """A table that cannot be drawn; the message says why."""


@dataclass(slots=True, eq=False)
class _Column:
    """A column as it is drawn.

    Attributes:
        name: its name.
        cells: the texts below it.
        number: whether they are numbers, which stand at the right.
        wanted: the width that shows all of its cells, in pixels.
        natural: the width that shows its name too.
        width: the width that it has.
    """

    name: str
    cells: list[str]
    number: bool = False
    wanted: float = 0
    natural: float = 0
    width: float = 0


def draw(table: Table) -> Image:
    """The picture of the first rows of *table* without secrets, ``table.png``.

    Raises:
        UndrawnError: Pillow or a font is missing, or the table has something that cannot be
            drawn.
    """
    try:
        return Image(_draw(table), "table.png")
    except ImportError:
        why = say(
            "装上 Pillow 后宽表会画成图：pip install pillow",
            "a wide table is drawn once Pillow is there: pip install pillow",
        )
    except _NoFontError:
        why = say(
            "没有画出表格：找不到中文字体，可用 apt install fonts-noto-cjk 安装",
            "the table was not drawn: no font with Chinese was found; "
            "apt install fonts-noto-cjk gives one",
        )
    except Exception as error:  # noqa: BLE001 - the message goes without it, whatever it is
        why = say(f"没有画出表格：{error}", f"the table was not drawn: {error}")
    raise UndrawnError(why)


class _NoFontError(Exception):
    """The table has Chinese and no font has."""


def _draw(table: Table) -> bytes:
    from notebook_notify.content.fonts import CHINESE, pens

    pen, bold, chinese = pens(SIZE)
    columns = _columns(table)
    if not chinese and any(CHINESE.search("".join((one.name, *one.cells))) for one in columns):
        raise _NoFontError
    for at, column in enumerate(columns):
        column.wanted = max((bold if at == 0 else pen).length(cell) for cell in column.cells)
        column.natural = max(bold.length(column.name), column.wanted)
    shown = _fitting(columns, table.width)
    count = sum(one in shown for one in columns[1:])
    return _paint(shown, _note(table, len(shown[0].cells), count, chinese=chinese), pen, bold)


def _columns(table: Table) -> list[_Column]:
    """The keys, then the first columns, then ``…`` if some are left out and the last."""
    rows = table.rows[:ROWS]
    names, gap = list(table.columns), None
    for at, name in enumerate(names):
        if is_gap(name) and all(values[at] in GAPS for _, values in rows):
            gap = at
            break
    first = range(min(_MOST_COLUMNS, len(names) if gap is None else gap))
    columns = [_Column("", [_clean(key) for key, _ in rows])]
    columns += [
        _Column(_clean(names[at]), [_clean(values[at]) for _, values in rows])
        for at in (*first, *([len(names) - 1] if len(names) > len(first) else []))
    ]
    for column in columns:
        column.number = all(map(_NUMBER.fullmatch, column.cells))
    return columns


def _clean(text: str) -> str:
    """*text* without secrets and what has no form, in one line."""
    text = " ".join(scrub(text).split())[:_MOST_CHARACTERS]
    return "".join(
        one
        for one in text
        if unicodedata.category(one) not in ("Cc", "Cf", "Cs") and one not in _VARIANTS
    )


def _fitting(columns: list[_Column], width: int) -> list[_Column]:
    """Of *columns*, of which the table has *width*, those that fit, with their widths.

    Numbers are never cut, for the rest of one is another; a name or a text is, at the end.
    """
    for column in columns:
        column.width = max(column.wanted, min(column.natural, _WIDE_NAME))
        if not column.number:
            column.width = min(column.natural, _WIDE)
    keys, rest = columns[:1], columns[1:]
    if not any(keys[0].cells):
        keys = []
    room = WIDTH - 2 * _MARGIN
    shown = [*keys, *rest]
    if len(rest) < width or _taken(shown) > room:
        gap = _Column("…", ["…"] * len(rest[-1].cells))
        gap.natural = gap.width = _GAP
        first: list[_Column] = []
        for column in rest[:-1]:
            left = room - _taken([*keys, *first, gap, rest[-1]]) - _BETWEEN
            if column.width > left and first and (column.number or left < _THIN):
                break
            column.width = min(column.width, max(left, _THIN))
            first.append(column)
            if column.width >= left:
                break
        shown = [*keys, *first, *([gap] if len(first) < width - 1 else []), rest[-1]]
    for column in shown:  # what is left goes to those that are cut
        column.width += max(0, min(room - _taken(shown), column.natural - column.width))
    return shown


def _taken(columns: Sequence[_Column]) -> float:
    return sum(column.width for column in columns) + _BETWEEN * (len(columns) - 1)


def _note(table: Table, rows: int, columns: int, *, chinese: bool) -> str:
    """The true shape, and how much of it is shown."""
    shape = f"{table.height:,} × {table.width:,}"
    if language() == "zh" and not chinese:
        return shape
    note = say(
        f"共 {table.height:,} 行 × {table.width:,} 列",
        f"{table.height:,} rows × {table.width:,} columns",
    )
    if (rows, columns) == (table.height, table.width):
        return note
    return note + say(f"，图中 {rows} 行、{columns} 列", f", {rows} and {columns} of them here")


def _paint(columns: Sequence[_Column], note: str, pen: Pen, bold: Pen) -> bytes:
    from PIL import Image as Pictures
    from PIL import ImageDraw

    least = min(WIDTH - 2 * _MARGIN, pen.length(note))
    between = _BETWEEN
    if len(columns) > 1:
        between += max(0, int((least - _taken(columns)) / (len(columns) - 1)))
    taken = _taken(columns) + (between - _BETWEEN) * (len(columns) - 1)
    width, count = int(max(least, taken)) + 2 * _MARGIN, len(columns[0].cells)
    height = (count + 2) * _ROW
    picture = Pictures.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width, _ROW - 1), fill=_HEAD)
    for row in range(1, count + 1):
        if row % 2 == 0:
            draw.rectangle((0, row * _ROW, width, (row + 1) * _ROW - 1), fill=_STRIPE)
        draw.line((0, (row + 1) * _ROW - 1, width, (row + 1) * _ROW - 1), fill=_LINE)
    base = (_ROW + SIZE * 0.72) // 2
    left = float(_MARGIN)
    for at, column in enumerate(columns):
        texts = [(column.name, bold, _TITLE)]
        keys = at == 0 and not column.name
        texts += [(cell, bold if keys else pen, _TITLE if keys else _INK) for cell in column.cells]
        for row, (text, hand, colour) in enumerate(texts):
            clipped = hand.clip(text, column.width + 0.5)
            free = column.width - hand.length(clipped)
            x = left + (free if column.number else 0)
            hand.write(picture, (x, row * _ROW + base), clipped, colour)
        left += column.width + between
    pen.write(
        picture, (_MARGIN, (count + 1) * _ROW + base), pen.clip(note, width - 2 * _MARGIN), _PALE
    )
    packed = io.BytesIO()
    # A palette makes it a third as large.
    picture.quantize(128, dither=Pictures.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()


#: What chooses among the forms of the character before it.
_VARIANTS = frozenset(map(chr, range(0xFE00, 0xFE10)))
