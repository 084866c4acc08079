"""Displays as far as a message can tell them: a text, pictures, an HTML form."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

from notebook_notify.platforms.media import image_type
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The longest HTML form that is kept, in characters.
HTML = 512 << 10
#: The longest word that is left out where a text is cut, in characters.
_WORD = 1_000
#: The formats of pictures that can go along.
_FORMATS = ("png", "jpeg", "svg")
#: Whether a bundle has a figure: pictures, and what a page draws by itself.
_FIGURE = re.compile(r"image/|application/vnd\.(?:plotly|vega|vegalite|bokehjs_exec)\b")
#: The pictures that can go along, the better first; then any other that says it is one.
_SHOWN = ("image/png", "image/jpeg", "image/svg+xml")
#: Nothing but the class of an object: `<Figure size …>`, `<PIL.Image…>`.
_NOMINAL = re.compile(r"<[^\n]*>")
#: And of one that may have another form: `<IPython.core.display.HTML object>`, `<A at 0x7f…>`.
_OBJECT = re.compile(r"<[^\n<>]*\b(?:object|at 0x[0-9a-fA-F]+)\b[^\n<>]*>")


@dataclass(slots=True)
class Piece:
    """Some text of a stream, or a display, which stands on lines of its own.

    Attributes:
        text: what it says; of a picture without words empty.
        display: whether it is a display.
        display_id: by which a later display takes its place.
        image: whether it shows a picture, which is counted.
        picture: the bytes of one that can go along: PNG, JPEG or SVG.
        html: as it is drawn on the page, if that is short enough to be looked into.
        markdown: as it was given.
    """

    text: str
    display: bool = False
    display_id: str | None = None
    image: bool = False
    picture: bytes = b""
    html: str = ""
    markdown: str = ""


def piece_of(data: Mapping[str, Any], display_id: str | None, budget: int) -> Piece:
    """The display of a MIME bundle, its text cut to *budget* characters, which it then says."""
    forms = {mime: form for mime, form in data.items() if isinstance(form, str | bytes)}
    html = _text(forms.get("text/html"))
    text = _text(forms.get("text/plain"))
    markdown = _text(forms.get("text/markdown"))
    image = any(map(_FIGURE.match, data))
    if image and _NOMINAL.fullmatch(text.strip()):
        text = ""  # the picture is counted instead
    elif not image and (not text.strip() or _OBJECT.fullmatch(text.strip())):
        told = markdown or _text(forms.get("text/latex")) or html_text(html[:HTML])
        # What has no words but is drawn on the page: a chart of a script's, a player, a picture.
        image = not told and _DRAWN.search(html) is not None
        text = told or ("" if image else text)
    return Piece(
        _cut(text, budget),
        display=True,
        display_id=display_id,
        image=image,
        picture=_picture(forms),
        html=html if len(html) <= HTML else "",
        markdown=_cut(markdown, budget),
    )


def joined(pieces: Iterable[Piece]) -> str:
    """Their text, as they stand one after the other."""
    text: list[str] = []
    for piece in pieces:
        if not piece.display:
            text.append(piece.text)
        elif piece.text:
            if text and not text[-1].endswith("\n"):
                text.append("\n")
            text += [piece.text, "\n"]
    return "".join(text)


def _text(form: str | bytes | None) -> str:
    return form if isinstance(form, str) else ""


def _cut(text: str, budget: int) -> str:
    if len(text) <= budget:
        return text
    kept = without_last_word(text[:budget])
    return kept + left_out(len(text) - len(kept))


def without_last_word(text: str) -> str:
    """*text*, which was cut, without the word at its end: that may be half a secret.

    Secrets are masked late, when they are known, and half of one would not be known as one.
    """
    last = max(text.rfind(white, -_WORD) for white in " \t\r\n")
    return text[: last + 1] if last >= 0 else text[:-_WORD]


def left_out(characters: int) -> str:
    """What stands at the end of a text that is cut."""
    return say(f"…（另有 {characters:,} 个字符）", f"… ({characters:,} more characters)")


def _picture(forms: Mapping[str, str | bytes]) -> bytes:
    """The best picture that a message can carry, by its bytes: what its type says may be wrong."""
    others = [mime for mime in forms if mime.startswith("image/") and mime not in _SHOWN]
    for mime in (*_SHOWN, *others):
        form = forms.get(mime, b"")
        data = form if isinstance(form, bytes) else _decoded(form)
        if image_type(data) in _FORMATS:
            return data
    return b""


def _decoded(form: str) -> bytes:
    if form[:100].lstrip().startswith("<"):
        return form.encode("utf-8", "replace")
    try:
        return base64.b64decode(form)
    except ValueError:
        return b""


# ── HTML ─────────────────────────────────────────────────────────────────────────────────────

# Each of them stops at the next "<": linear, whatever the HTML is.
_UNSEEN = re.compile(r"<!--|<(script|style|template)\b[^<>]*>", re.IGNORECASE)
_BREAK = re.compile(
    r"<(?:/(?:p|div|tr|li|h[1-6]|pre|table|ul|ol|dt|dd)|br|hr)\b[^<>]*>", re.IGNORECASE
)
_CELL = re.compile(r"</t[dh]\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")
_DRAWN = re.compile(r"<(?:script|svg|canvas|iframe|img|video|audio|object|embed)\b", re.IGNORECASE)


def html_text(html: str) -> str:
    """The words of *html*, a line for each of its blocks; in linear time."""
    shown, at = [], 0
    while (token := _UNSEEN.search(html, at)) is not None:
        shown.append(html[at : token.start()])
        end = rf"</{token[1]}\b[^<>]*>" if token[1] else "-->"
        after = re.compile(end, re.IGNORECASE).search(html, token.end())
        at = after.end() if after else len(html)
    text = "".join([*shown, html[at:]])
    if "<pre" not in text:
        text = text.replace("\n", " ")
    text = unescape(_TAG.sub("", _CELL.sub(" ", _BREAK.sub("\n", text))))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)
