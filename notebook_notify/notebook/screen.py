"""What the notebook shows under a cell, in bounded memory.

Streams, displays with their updates, ``clear_output`` and carriage returns end up as they do on
the page; only the end of it is kept, and the rest is counted.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What is kept of a cell's output, in characters.
BUDGET = 64 << 10
#: Pieces are joined when there are so many, lest a million small writes cost a million objects.
_MANY = 2000


@dataclass(frozen=True, slots=True)
class Record:
    """The end of what a cell showed.

    Attributes:
        lines: the last lines, as they stand on the page: no ANSI, carriage returns applied.
        total: how many lines there were, those included.
        value: the text form of the last expression's value, or ``None``.
        images: how many pictures are shown.
    """

    lines: tuple[str, ...] = ()
    total: int = 0
    value: str | None = None
    images: int = 0


@dataclass(slots=True)
class _Piece:
    """Some text of a stream, or a display, which stands on lines of its own."""

    text: str
    display: bool = False
    display_id: str | None = None
    image: bool = False


class Screen:
    """Takes messages, keeps the end. Thread-safe."""

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._clear()

    def _clear(self) -> None:
        self._value: _Piece | None = None
        self._pieces: deque[_Piece] = deque()
        self._size = 0
        self._lines_lost = 0
        self._images_lost = 0
        self._cut = False
        self._clear_next = False

    def message(self, kind: str, content: dict[str, Any]) -> None:
        """A message of the kernel, by its ``msg_type``."""
        if kind == "stream":
            self.stream(content["text"])
        elif kind == "clear_output":
            self.clear(wait=bool(content.get("wait")))
        elif kind in ("display_data", "execute_result", "update_display_data"):
            display_id = (content.get("transient") or {}).get("display_id")
            piece = _display(content.get("data") or {}, display_id)
            with self._lock:
                if kind == "update_display_data":
                    self._update(piece)
                else:
                    self._begin()
                    if kind == "execute_result":
                        self._value = piece
                    else:
                        self._add(piece)

    def stream(self, text: str) -> None:
        """Text of ``stdout`` or ``stderr``."""
        if text:
            with self._lock:
                self._begin()
                self._add(_Piece(text))

    def skip(self, newlines: int) -> None:
        """The beginning of a text that was too long to be given, and the lines it ended."""
        with self._lock:
            self._begin()
            self._lines_lost += newlines
            self._cut = True

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
            lines = plain_lines(_joined(self._pieces))
            lost = self._lines_lost
            if self._cut and len(lines) > 1:  # the beginning of the first one is lost
                lines = lines[1:]
                lost += 1
            value = self._value
            return Record(
                lines=tuple(lines),
                total=len(lines) + lost,
                value=value.text if value is not None else None,
                images=self._images_lost
                + sum(piece.image for piece in self._pieces)
                + (value is not None and value.image),
            )

    def _begin(self) -> None:
        if self._clear_next:
            self._clear()

    def _update(self, new: _Piece) -> None:
        shown = [*self._pieces, *([self._value] if self._value else [])]
        for piece in shown:
            if new.display_id is not None and piece.display_id == new.display_id:
                if piece is not self._value:
                    self._size += len(new.text) - len(piece.text)
                piece.text, piece.image = new.text, new.image

    def _add(self, piece: _Piece) -> None:
        if len(piece.text) > self._budget:
            self._lose(piece.text[: -self._budget])
            piece.text = piece.text[-self._budget :]
        self._pieces.append(piece)
        self._size += len(piece.text)
        while self._size - len(self._pieces[0].text) >= self._budget:
            lost = self._pieces.popleft()
            self._size -= len(lost.text)
            self._images_lost += lost.image
            self._lose(lost.text + "\n" if lost.display else lost.text)
        if len(self._pieces) > _MANY:
            self._join()

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


def _display(data: dict[str, Any], display_id: str | None) -> _Piece:
    image = any(mime.startswith("image/") for mime in data)
    text = str(data.get("text/plain", ""))[:BUDGET]
    if image and re.fullmatch(r"<[^\n]*>", text.strip()):
        text = ""  # `<Figure size …>`, `<PIL.Image…>`: the picture is counted instead
    return _Piece(text, display=True, display_id=display_id, image=image)


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


_ESCAPES = re.compile(
    r"\x1b\[[0-9;:?<=>]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, links
    r"|\x1b[@-Z\\-_a-z0-9=>()#]"
)
_CONTROL = re.compile(r"[\x00-\x07\x0b\x0c\x0e-\x1f\x7f]")


def plain_lines(text: str) -> list[str]:
    """The lines that *text* leaves on a page: ANSI dropped, carriage returns applied."""
    text = _ESCAPES.sub("", text).replace("\r\n", "\n")
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return [_CONTROL.sub("", _overwritten(line)) for line in lines]


def _overwritten(line: str) -> str:
    if "\b" in line:
        kept: list[str] = []
        for character in line:
            if character == "\b":
                if kept:
                    kept.pop()
            else:
                kept.append(character)
        line = "".join(kept)
    if "\r" not in line:
        return line
    shown = ""
    for piece in line.split("\r"):
        shown = piece + shown[len(piece) :]
    return shown
