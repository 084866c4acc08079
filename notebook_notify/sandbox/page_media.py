"""Images and files on the page, in a notebook's fragment, and as text.

The page shows an image by its address. A fragment holds the image itself, since whoever reads it
on a hub cannot open an address of the machine that the kernel runs on.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from notebook_notify.sandbox.looks import FRAGMENT, PAGE
from notebook_notify.sandbox.media import extension, image_type, key_of
from notebook_notify.sandbox.page_text import TEXTS, clean, shorten, shorten_middle, size_text
from notebook_notify.sandbox.previews import COLUMNS, Preview, preview

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.sandbox.looks import Looks
    from notebook_notify.sandbox.wire import Json

Load = Callable[["Json"], bytes | None]
"""Returns the bytes of a message's media, or None if they are gone."""

MB = 1024 * 1024
INLINE_IMAGE, INLINE_ALL = 2 * MB, 8 * MB
"""Bytes of one image, and of all, in a fragment, which the notebook's file will hold."""
READ_ALL = 32 * MB
"""Bytes of all files that are read for their beginnings in a fragment."""
CELL, LINE = 18, 90
"""Characters of a table's cell and of a text's line that are shown."""
ICON_LETTERS = 4
"""Letters of a file's extension that its icon has room for."""

_CARD = (
    "display:flex;gap:11px;align-items:center;width:230px;max-width:100%;box-sizing:border-box;"
    "background:#fff;color:#181818;border-radius:7px;padding:10px 12px"
)
_ICON = (
    "flex:none;width:38px;height:44px;border-radius:5px;background:#5b7fb5;color:#fff;"
    "font:700 11px/44px sans-serif;text-align:center"
)
_NAME = "font-size:14px;line-height:1.35;overflow-wrap:anywhere"
_NOTE = "color:#6b6b6b;font-size:12px"
_IMAGE = "display:block;max-width:100%;max-height:360px;height:auto;border-radius:7px"


def name(media: Json, lang: str) -> str:
    """Return the name to show: one line of text, cut in its middle."""
    whole = " ".join(clean(str(media["name"])).split())
    return shorten_middle(whole or TEXTS[lang]["unnamed"])


def plain(message: Json, lang: str) -> str:
    """Return an upload as a line of text."""
    media = message["media"]
    return f"[{kind(message, lang)} {name(media, lang)} {size_text(media['size'])}]"


def kind(message: Json, lang: str) -> str:
    """Return what an upload was sent as."""
    return TEXTS[lang]["image" if message["msgtype"] == "image" else "file"]


def on_page(message: Json, lang: str, load: Load) -> str:
    """Return an upload for the page: an image, or a card that fetches the file."""
    media = message["media"]
    key = key_of(media["url"])
    content = None if key is None else load(media)
    if content is None:
        return _page_card(message, lang, None, TEXTS[lang]["gone"])
    # The address is relative: the page may be behind a proxy, under any path.
    address = f"media/{key}"
    if message["msgtype"] != "image" or not str(media["type"]).startswith("image/"):
        card = _page_card(message, lang, address, "")
        return f'<div class="doc">{card}{_beginning(message, content, lang, PAGE)}</div>'
    alt = escape(plain(message, lang))
    return (
        f'<a class="picture" href="{address}" target="_blank" rel="noopener noreferrer">'
        f'<img src="{address}" alt="{alt}"></a>'
    )


def _page_card(message: Json, lang: str, address: str | None, note: str) -> str:
    tag = "a" if address else "div"
    more = f'"file" href="{address}" download' if address else '"file gone"'
    return (
        f'<{tag} class={more}><i class="icon" aria-hidden="true">{_letters(message, lang)}</i>'
        f'<span class="about"><b>{escape(name(message["media"], lang))}</b>'
        f"<small>{_about(message, note)}</small></span></{tag}>"
    )


def loaded(messages: Sequence[Json], load: Load | None) -> dict[str, bytes]:
    """Return what a fragment shows or reads, by address: the newest, within the limits."""
    contents: dict[str, bytes] = {}
    left = {"image": INLINE_ALL, "file": READ_ALL}
    most = {"image": INLINE_IMAGE, "file": READ_ALL}
    for message in reversed(messages):
        media, kind = message["media"], message["msgtype"]
        if load is None or not media or kind not in left or media["url"] in contents:
            continue
        if media["size"] > min(most[kind], left[kind]):
            continue
        content = load(media)
        if content is not None and (kind == "file" or image_type(content) is not None):
            contents[media["url"]] = content
            left[kind] -= len(content)
    return contents


def in_fragment(message: Json, lang: str, contents: dict[str, bytes]) -> str:
    """Return an upload for a fragment: the image itself, or a card and how the file begins."""
    media = message["media"]
    content = contents.get(media["url"])
    if content is not None and message["msgtype"] == "image":
        data = b64encode(content).decode()
        alt = escape(plain(message, lang))
        source = f"data:{image_type(content)};base64,{data}"
        return f'<img style="{_IMAGE}" alt="{alt}" src="{source}">'
    note = ""
    if message["msgtype"] == "image":
        note = TEXTS[lang]["too_large" if media["size"] > INLINE_IMAGE else "not_here"]
    return (
        f'<div style="{_CARD}"><div style="{_ICON}">{_letters(message, lang)}</div>'
        f'<div style="min-width:0"><div style="{_NAME}">{escape(name(media, lang))}</div>'
        f'<div style="{_NOTE}">{_about(message, note)}</div></div></div>'
        f"{_beginning(message, content, lang, FRAGMENT)}"
    )


def _beginning(message: Json, content: bytes | None, lang: str, looks: Looks) -> str:
    """Return how a file begins: a table's rows, a text's lines, or the names in an archive."""
    file = None if content is None else preview(str(message["media"]["name"]), content)
    if file is None:
        return ""
    body = _rows(file, looks) if file.rows else _lines(file, lang, looks)
    notes = " · ".join(_left_out(file, lang))
    return body + (f"<div {looks['more']}>{notes}</div>" if notes else "")


def _rows(file: Preview, looks: Looks) -> str:
    rows = []
    for number, row in enumerate(file.rows):
        tag, look = ("th", looks["head"]) if number == 0 else ("td", looks["cell"])
        cells = "".join(f"<{tag} {look}>{_one_line(cell, CELL)}</{tag}>" for cell in row)
        rows.append(f"<tr>{cells}</tr>")
    return f"<table {looks['sheet']}>{''.join(rows)}</table>"


def _lines(file: Preview, lang: str, looks: Looks) -> str:
    lines = [_one_line(line, LINE) for line in file.lines]
    if file.left_out and file.gap < len(lines):
        lines.insert(file.gap, TEXTS[lang]["more_lines"].format(count=file.left_out))
    return f"<div {looks['lines']}>{'<br>'.join(lines)}</div>"


def _one_line(text: str, most: int) -> str:
    """Return one line of a file as HTML; the one way by which a file's text gets there."""
    return escape(shorten(" ".join(clean(text).split("\n")), most))


def _left_out(file: Preview, lang: str) -> list[str]:
    """Return the notes under a preview on what it does not show."""
    texts, notes = TEXTS[lang], []
    if file.left_out is None:
        notes.append(texts["more_rows"])
    elif file.left_out and file.gap == len(file.lines):
        notes.append(texts["more_names"].format(count=file.left_out))
    if file.columns > COLUMNS:
        notes.append(texts["columns"].format(all=file.columns, shown=COLUMNS))
    return notes


def _letters(message: Json, lang: str) -> str:
    """Return what a file's icon says: its extension, where that is short."""
    letters = extension(clean(str(message["media"]["name"]))).upper()
    if letters.isascii() and letters.isalnum() and len(letters) <= ICON_LETTERS:
        return letters
    return TEXTS[lang]["file"].upper()


def _about(message: Json, note: str) -> str:
    return " · ".join(filter(None, (size_text(message["media"]["size"]), note)))
