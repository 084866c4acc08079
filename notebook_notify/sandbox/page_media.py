"""Images and files on the page, in a notebook's fragment, and as text.

The page shows an image by its address. A fragment holds the image itself, since whoever reads it
on a hub cannot open an address of the machine that the kernel runs on.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from notebook_notify.sandbox.media import extension, image_type, key_of
from notebook_notify.sandbox.page_text import TEXTS, clean, shorten_middle, size_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.sandbox.wire import Json

Load = Callable[["Json"], bytes | None]
"""Returns the bytes of a message's media, or None if they are gone."""

MB = 1024 * 1024
INLINE_IMAGE, INLINE_ALL = 2 * MB, 8 * MB
"""Bytes of one image, and of all, in a fragment, which the notebook's file will hold."""
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
    if key is None or load(media) is None:
        return _page_card(message, lang, None, TEXTS[lang]["gone"])
    # The address is relative: the page may be behind a proxy, under any path.
    address = f"media/{key}"
    if message["msgtype"] != "image" or not str(media["type"]).startswith("image/"):
        return _page_card(message, lang, address, "")
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
    """Return the images that a fragment shows, by address: the newest, within the limits."""
    images: dict[str, bytes] = {}
    left = INLINE_ALL
    for message in reversed(messages):
        media = message["media"]
        if load is None or message["msgtype"] != "image" or not media or media["url"] in images:
            continue
        if media["size"] > min(INLINE_IMAGE, left):
            continue
        content = load(media)
        if content is not None and image_type(content) is not None:
            images[media["url"]] = content
            left -= len(content)
    return images


def in_fragment(message: Json, lang: str, images: dict[str, bytes]) -> str:
    """Return an upload for a fragment: the image itself, or a card."""
    media = message["media"]
    content = images.get(media["url"])
    if content is not None:
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
    )


def _letters(message: Json, lang: str) -> str:
    """Return what a file's icon says: its extension, where that is short."""
    letters = extension(clean(str(message["media"]["name"]))).upper()
    if letters.isascii() and letters.isalnum() and len(letters) <= ICON_LETTERS:
        return letters
    return TEXTS[lang]["file"].upper()


def _about(message: Json, note: str) -> str:
    return " · ".join(filter(None, (size_text(message["media"]["size"]), note)))
