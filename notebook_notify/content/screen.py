"""What the notebook shows under a cell, in bounded memory.

Streams, displays with their updates, ``clear_output`` and carriage returns end up as they do on
the page; the end of it is kept in memory, what was before it in a file, and all is counted.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from notebook_notify.content.pieces import Piece, joined, piece_of
from notebook_notify.content.plain import plain_lines
from notebook_notify.content.spool import Complete, Spool
from notebook_notify.secret import scrub
from notebook_notify.sizes import size_of

if TYPE_CHECKING:
    from collections.abc import Callable

#: What is kept of a cell's output, in characters.
BUDGET = 64 << 10
#: What is kept of pictures, in bytes of their files.
PICTURES = 32 << 20
#: How far back :meth:`Screen.tail` looks, in characters and in lines.
TAIL = 4096
TAIL_LINES = 20
#: Pieces are joined when there are so many, lest a million small writes cost a million objects;
#: if that does not help, since they are displays, the oldest are lost.
_MANY = 2000


@dataclass(frozen=True, slots=True)
class Record:
    """The end of what a cell showed.

    Attributes:
        lines: the last lines, as they stand on the page: no ANSI, carriage returns applied.
        total: how many lines there were, those included.
        total_bytes: bytes of UTF-8 of all of them, ends of lines included; of more than 20 MB
            nearly so.
        value: the text form of the last expression's value, or ``None``.
        html: its HTML form, or an empty string.
        markdown: its Markdown form, or an empty string.
        error: the last error that was shown, e.g. ``ValueError: x``, or ``None``.
        images: how many pictures and figures are shown.
        pictures: the last of them that can go along: PNG, JPEG or SVG files.
        complete: all lines and the value, from the first on; ``None`` if there are none, or the
            disk did not take them.
    """

    lines: tuple[str, ...] = ()
    total: int = 0
    total_bytes: int = 0
    value: str | None = None
    html: str = ""
    markdown: str = ""
    error: str | None = None
    images: int = 0
    pictures: tuple[bytes, ...] = ()
    complete: Complete | None = field(default=None, compare=False)


class Screen:
    """Takes messages, keeps the end. Thread-safe.

    Attributes:
        heard: when it was last shown something, or else made, by ``time.monotonic()``.
    """

    def __init__(self, budget: int = BUDGET) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[str], object], ...] = ()
        self.heard = time.monotonic()
        self._clear()

    def _clear(self) -> None:
        self._value: Piece | None = None
        self._error: str | None = None
        self._pieces: deque[Piece] = deque()
        self._size = 0
        self._spool = Spool()
        self._images_lost = 0
        self._cut = False  # whether what was lost leaves off within a line
        self._clear_next = False
        self._stream = ""  # the one that wrote last
        self._within_line = False
        self._owed: set[str] = set()

    def listen(self, callback: Callable[[str], object]) -> None:
        """Call *callback* with each new text of a stream, on the thread that brings it.

        As on the page: where another stream wrote within a line, the text begins with a newline.

        It must be quick, since output waits for it; what it raises is dropped.
        """
        self._listeners = (*self._listeners, callback)

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
            piece = piece_of(content.get("data") or {}, display_id, self._budget)
            with self._lock:
                self._show(kind, piece)

    def _show(self, kind: str, piece: Piece) -> None:
        if kind == "update_display_data":
            self.heard = time.monotonic()
            self._update(piece)
            return
        self._begin()
        if kind == "execute_result":
            # Of several values the last is the cell's; the others are displays like any.
            piece, self._value = self._value, piece  # type: ignore[assignment]
        if piece is not None:
            piece.html = piece.markdown = ""
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
                self._add(Piece(text))
        for callback in self._listeners if text else ():
            with contextlib.suppress(Exception):  # the cell's output comes first
                callback(text)

    @property
    def listened(self) -> bool:
        """Whether somebody listens, who must be given all text as it is."""
        return bool(self._listeners)

    def lose_escaped(self, content: bytes, start: int, stop: int) -> None:
        """Whole lines of a stream that are too many to be kept, and are not the last.

        Args:
            content: a JSON string, of the stream that wrote last.
            start: where they begin there.
            stop: where they end.
        """
        with self._lock:
            while self._pieces:
                self._drop()
            self._spool.add_escaped(content, start, stop)
            self._cut = self._within_line = False

    def clear(self, *, wait: bool) -> None:
        """``clear_output``; with *wait*, when the next output comes."""
        with self._lock:
            if wait:
                self._clear_next = True
            else:
                self._clear()

    def tail(self) -> tuple[str, ...]:
        """The last lines on the page now, secrets masked, no blank ones; of a long line its end."""
        pieces: deque[Piece] = deque()
        size = 0
        with self._lock:
            for piece in reversed(self._pieces):
                pieces.appendleft(piece)
                size += len(piece.text)
                if size > 2 * TAIL:
                    break
            text = scrub(joined(pieces))  # of a secret that is cut, the rest is not known as one
        lines = plain_lines(text[-TAIL:])
        whole = lines[1:] if len(text) > TAIL and len(lines) > 1 else lines
        return tuple([line for line in whole if line.strip()][-TAIL_LINES:])

    def record(self) -> Record:
        """What is on the page now."""
        with self._lock:
            spool, value = self._spool, self._value
            lines = plain_lines(f"{spool.waiting}{self._gap()}{joined(self._pieces)}")
            size = sum(map(size_of, lines)) + len(lines)
            end = [*lines, *(plain_lines(value.text) if value else [])]
            total = spool.lines + len(end)
            return Record(
                lines=tuple(lines),
                total=spool.lines + len(lines),
                total_bytes=spool.size + size,
                value=value.text if value else None,
                html=value.html if value else "",
                markdown=value.markdown if value else "",
                error=self._error,
                images=self._images_lost + sum(piece.image for piece in self._shown()),
                pictures=tuple(piece.picture for piece in self._shown() if piece.picture),
                complete=None
                if spool.failed or not total
                else Complete(spool, "".join(f"{line}\n" for line in end), total),
            )

    def _begin(self) -> None:
        self.heard = time.monotonic()
        if self._clear_next:
            self._clear()

    def _gap(self) -> str:
        """What ends the line that was lost last: displays stand on lines of their own."""
        first = next((piece for piece in self._pieces if piece.text), None)
        return "\n" if self._cut and first is not None and first.display else ""

    def _shown(self) -> list[Piece]:
        return [*self._pieces, *([self._value] if self._value else [])]

    def _forget_pictures(self) -> None:
        """Keep the last pictures, as many as are within the budget; the others are counted."""
        room = PICTURES
        for piece in reversed(self._shown()):
            if len(piece.picture) > PICTURES:  # not even alone; those before it may stay
                piece.picture = b""
            room -= len(piece.picture)
            if room < 0:
                piece.picture = b""

    def _update(self, new: Piece) -> None:
        for piece in self._shown():
            if new.display_id is not None and piece.display_id == new.display_id:
                if piece is self._value:
                    piece.html, piece.markdown = new.html, new.markdown
                else:
                    self._size += len(new.text) - len(piece.text)
                piece.text, piece.image, piece.picture = new.text, new.image, new.picture
        self._forget_pictures()
        self._trim()

    def _add(self, piece: Piece) -> None:
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
        self._spool.add(text)
        self._cut = not text.endswith("\n")

    def _join(self) -> None:
        """Make one piece of each stretch of stream text."""
        pieces: deque[Piece] = deque()
        for display, stretch in groupby(self._pieces, key=lambda piece: piece.display):
            if display:
                pieces.extend(stretch)
            else:
                pieces.append(Piece("".join(piece.text for piece in stretch)))
        self._pieces = pieces
