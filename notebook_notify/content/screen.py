"""What the notebook shows under a cell, in bounded memory.

Streams, displays with their updates, ``clear_output`` and carriage returns end up as they do on
the page; only the end of it is kept, and the rest is counted.
"""

from __future__ import annotations

import base64
import contextlib
import re
import threading
from collections import deque
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from notebook_notify.content.plain import plain_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: What is kept of a cell's output, in characters.
BUDGET = 64 << 10
#: The longest HTML form that is kept, in characters.
HTML = 512 << 10
#: What is kept of pictures, in bytes as they travel: base64.
PICTURES = 32 << 20
#: Pieces are joined when there are so many, lest a million small writes cost a million objects;
#: if that does not help, since they are displays, the oldest are lost.
_MANY = 2000


@dataclass(frozen=True, slots=True)
class Record:
    """The end of what a cell showed.

    Attributes:
        lines: the last lines, as they stand on the page: no ANSI, carriage returns applied.
        total: how many lines there were, those included.
        value: the text form of the last expression's value, or ``None``.
        html: its HTML form, or an empty string.
        error: the last error that was shown, e.g. ``ValueError: x``, or ``None``.
        images: how many pictures are shown.
        pictures: the last of them, PNG or JPEG files.
    """

    lines: tuple[str, ...] = ()
    total: int = 0
    value: str | None = None
    html: str = ""
    error: str | None = None
    images: int = 0
    pictures: tuple[bytes, ...] = ()


@dataclass(slots=True)
class _Piece:
    """Some text of a stream, or a display, which stands on lines of its own."""

    text: str
    display: bool = False
    display_id: str | None = None
    image: bool = False
    picture: str = ""
    html: str = ""


class Screen:
    """Takes messages, keeps the end. Thread-safe."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._value: _Piece | None = None
        self._error: str | None = None
        self._pieces: deque[_Piece] = deque()
        self._size = 0
        self._lines_lost = 0
        self._images_lost = 0
        self._cut = False
        self._clear_next = False
        self._stream = ""  # the one that wrote last
        self._within_line = False
        self._owed: set[str] = set()

    def message(self, kind: str, content: dict[str, Any]) -> None:
        """A message of the kernel, by its ``msg_type``."""
        if kind == "stream":
            self.stream(content["text"], str(content.get("name", "")))
        elif kind == "error":
            with self._lock:
                self._begin()
                told = f"{content.get('ename')}: {content.get('evalue')}"
                self._error = told[: self._budget]
        elif kind == "clear_output":
            self.clear(wait=bool(content.get("wait")))
        elif kind in ("display_data", "execute_result", "update_display_data"):
            display_id = (content.get("transient") or {}).get("display_id")
            piece = _display(content.get("data") or {}, display_id, self._budget)
            with self._lock:
                if kind == "update_display_data":
                    self._update(piece)
                else:
                    self._begin()
                    if kind == "execute_result":
                        self._value = piece
                    else:
                        self._within_line &= not piece.text
                        self._add(piece)
                    self._forget_pictures()

    def stream(self, text: str, name: str = "") -> None:
        """Text of the stream *name*: on a page, each begins on a line of its own."""
        if not text:
            return
        with self._lock:
            self._begin()
            if name in self._owed:  # its line was ended when another stream came
                self._owed.discard(name)
                text = text.removeprefix("\n")
            if name != self._stream and self._within_line and text:
                self._owed.add(self._stream)
                text = "\n" + text
            if text:
                self._stream, self._within_line = name, not text.endswith("\n")
                self._add(_Piece(text))

    def skip(self, newlines: int, *, cut: bool) -> None:
        """Count the beginning of a text that is too long to be given.

        Args:
            newlines: how many lines it ends.
            cut: whether it leaves off within a line.
        """
        with self._lock:
            self._begin()
            while self._pieces:
                self._drop()
            self._lines_lost += newlines
            self._cut = cut
            self._within_line = False

    def clear(self, *, wait: bool) -> None:
        """``clear_output``; with *wait*, when the next output comes."""
        with self._lock:
            if wait:
                self._clear_next = True
            else:
                self._clear()

    def record(self) -> Record:
        """What is on the page now."""
        with self._lock:
            text, lost = self._whole_lines()
            lines = plain_lines(text)
            value = self._value
            return Record(
                lines=tuple(lines),
                total=len(lines) + lost,
                value=value.text if value is not None else None,
                html=value.html if value is not None else "",
                error=self._error,
                images=self._images_lost + sum(piece.image for piece in self._shown()),
                pictures=tuple(_files(piece.picture for piece in self._shown() if piece.picture)),
            )

    def _begin(self) -> None:
        if self._clear_next:
            self._clear()

    def _whole_lines(self) -> tuple[str, int]:
        """The text that is kept, from the first whole line on, and how many lines were before."""
        text, lost = _joined(self._pieces), self._lines_lost
        if not self._cut:
            return text, lost
        first = next((piece for piece in self._pieces if piece.text), None)
        if first is None or first.display:  # displays stand on lines of their own
            return text, lost + 1
        end = re.search(r"\r(?!\n)|\n(?=.)", text, re.DOTALL)
        if end is None:
            return text, lost  # the rest of a line is better than nothing
        # After a carriage return the line is written anew: that is all of it.
        return text[end.end() :], lost + (end[0] == "\n")

    def _shown(self) -> list[_Piece]:
        return [*self._pieces, *([self._value] if self._value else [])]

    def _forget_pictures(self) -> None:
        """Keep the last pictures, as many as are within the budget; the others are counted."""
        room = PICTURES
        for piece in reversed(self._shown()):
            room -= len(piece.picture)
            if room < 0:
                piece.picture = ""

    def _update(self, new: _Piece) -> None:
        for piece in self._shown():
            if new.display_id is not None and piece.display_id == new.display_id:
                if piece is not self._value:
                    self._size += len(new.text) - len(piece.text)
                piece.text, piece.html = new.text, new.html
                piece.image, piece.picture = new.image, new.picture
        self._forget_pictures()
        self._trim()

    def _add(self, piece: _Piece) -> None:
        self._pieces.append(piece)
        self._size += len(piece.text)
        self._trim()
        if len(self._pieces) > _MANY:
            self._join()
            while len(self._pieces) > _MANY // 2:
                self._drop()

    def _trim(self) -> None:
        while self._pieces and self._size - len(self._pieces[0].text) >= self._budget:
            self._drop()
        excess = self._size - self._budget
        if excess > 0 and not self._pieces[0].display:
            first = self._pieces[0]
            self._lose(first.text[:excess])
            first.text = first.text[excess:]
            self._size -= excess

    def _drop(self) -> None:
        """Lose the oldest piece."""
        piece = self._pieces.popleft()
        self._size -= len(piece.text)
        self._images_lost += piece.image
        if piece.display and piece.text:
            self._lose("\n" * self._cut + piece.text + "\n")
        elif piece.text:
            self._lose(piece.text)

    def _lose(self, text: str) -> None:
        self._lines_lost += text.count("\n")
        self._cut = not text.endswith("\n")

    def _join(self) -> None:
        """Make one piece of each stretch of stream text."""
        joined: deque[_Piece] = deque()
        for display, stretch in groupby(self._pieces, key=lambda piece: piece.display):
            if display:
                joined.extend(stretch)
            else:
                joined.append(_Piece("".join(piece.text for piece in stretch)))
        self._pieces = joined


def _display(data: dict[str, Any], display_id: str | None, budget: int) -> _Piece:
    image = any(mime.startswith("image/") for mime in data)
    text = str(data.get("text/plain", ""))[:budget]
    if image and re.fullmatch(r"<[^\n]*>", text.strip()):
        text = ""  # `<Figure size …>`, `<PIL.Image…>`: the picture is counted instead
    picture = next((data[mime] for mime in _SHOWN if isinstance(data.get(mime), str)), "")
    html = data.get("text/html", "")
    return _Piece(
        text,
        display=True,
        display_id=display_id,
        image=image,
        picture=picture,
        html=html if isinstance(html, str) and len(html) <= HTML else "",
    )


def _files(pictures: Iterable[str]) -> Iterator[bytes]:
    for picture in pictures:
        with contextlib.suppress(ValueError):
            yield base64.b64decode(picture)


def _joined(pieces: Iterable[_Piece]) -> str:
    text: list[str] = []
    for piece in pieces:
        if not piece.display:
            text.append(piece.text)
        elif piece.text:
            if text and not text[-1].endswith("\n"):
                text.append("\n")
            text += [piece.text, "\n"]
    return "".join(text)


#: The pictures that can go along, the better first.
_SHOWN = ("image/png", "image/jpeg")
