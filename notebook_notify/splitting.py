"""How a long text becomes several messages.

Limits are in bytes of UTF-8, as the platforms count them: a Chinese character takes three,
most emoji four and more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from notebook_notify.blocks import blocks, closes, fence_of
from notebook_notify.sizes import size_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WHITE = re.compile(r"\s+")
#: The longest code point, in bytes.
_WIDEST = 4
#: Fence lines longer than this share of a part are not repeated in every part.
_FENCE_SHARE = 6


def split(text: str, max_bytes: int, *, markdown: bool = False) -> list[str]:
    """Split *text* into parts of at most *max_bytes* bytes of UTF-8, their numbers included.

    A text that fits comes back unchanged and unnumbered. Else every part begins with its
    number, ``(1/3)`` and a space, so that a lock screen shows it. A cut is made at the end of a
    line; within a line that is longer than a part, at white space; within a word that is longer
    than a part, between characters as a reader sees them (grapheme clusters: an emoji family, a
    flag, a letter with its accents). Only a cluster that is longer than a part is cut between
    code points. A fenced code block, and a table of lines that begin with ``|`` or ``+``, is
    not cut if it fits into one part.

    The parts without their numbers, one after the other, are the text but for the white space
    at a cut: the line break there and blank lines beside it, or the white space between the
    two words. Blank lines at either end of a text that does not fit are left out too.

    A lone surrogate counts as one byte: it leaves as ``?``.

    Args:
        text: any text.
        max_bytes: the limit, in bytes of UTF-8.
        markdown: whether it is Markdown. Then a blank line instead of the space follows the
            number, so that a heading or a table stays one, and a fenced code block that is
            longer than a part is closed at a cut and opened again after it.

    Returns:
        At least one part. The work is linear in the length of *text*.

    Raises:
        ValueError: *max_bytes* has no room for a number and one character.
    """
    if size_of(text) <= max_bytes:
        return [text]
    text = text.strip("\n")  # ten million blank lines would be looked at one by one
    gap = "\n\n" if markdown else " "
    bodies = _pack(text, max_bytes, markdown=markdown)
    digits = 0
    while len(bodies) > 1 and len(str(len(bodies))) > digits:  # longer numbers, more parts
        digits = len(str(len(bodies)))
        room = max_bytes - len("(/)") - 2 * digits - len(gap)
        bodies = _pack(text, room, markdown=markdown)
    if len(bodies) > 1:
        return [f"({k}/{len(bodies)}){gap}{body}" for k, body in enumerate(bodies, 1)]
    return bodies or [""]


def _pack(text: str, room: int, *, markdown: bool) -> list[str]:
    if room < _WIDEST:
        raise ValueError(f"a part of {room} bytes holds no character")
    packer = _Packer(room)
    for block in _together(text.split("\n")):
        packer.add_block(block, fenced=markdown)
    packer.close()
    return packer.bodies


def _together(lines: Sequence[str]) -> Iterator[Sequence[str]]:
    """Lines that belong together: a fenced block, a table, or one line by itself."""
    at = 0
    for start, end in blocks(lines):
        yield from ([line] for line in lines[at:start])
        yield lines[start:end]
        at = end
    yield from ([line] for line in lines[at:])


class _Packer:
    """Fills one part after the other, line by line.

    Attributes:
        bodies: the parts that are full.
    """

    def __init__(self, room: int) -> None:
        self.bodies: list[str] = []
        self._room = room  # bytes of an empty part, but for a fence's lines
        self._lines: list[str] = []  # of the part being filled
        self._left = room  # bytes for another line, its line break counted
        self._fence: tuple[str, str] | None = None  # the lines that open and close it
        self._open = False  # whether the part being filled has opened it

    def add_block(self, lines: Sequence[str], *, fenced: bool) -> None:
        """Add *lines*, in one part if they fit into one.

        Args:
            lines: what belongs together.
            fenced: whether each part of a fenced block must be one.
        """
        if len(lines) > 1:
            size = sum(map(size_of, lines)) + len(lines) - 1
            if size > self._left and size <= self._room:
                self.close()
            elif size > self._room and fenced and self._add_fenced(lines):
                return
        for line in lines:
            self.add(line)

    def _add_fenced(self, lines: Sequence[str]) -> bool:
        """Add a fenced block that is longer than a part; ``False`` if it is none."""
        marks = fence_of(lines[0])
        most = self._room // _FENCE_SHARE
        if not marks or size_of(marks) > most:
            return False
        opening = lines[0].rstrip()
        self._fence = (opening if size_of(opening) <= most else marks, marks)
        overhead = sum(map(size_of, self._fence)) + len(self._fence)
        self._room -= overhead
        self._left -= overhead
        for line in lines[1:-1] if closes(lines[-1], marks) else lines[1:]:
            self.add(line)
        if self._open:
            self._lines.append(self._fence[1])
        else:
            self._left += overhead
        self._room += overhead
        self._fence, self._open = None, False
        return True

    def add(self, line: str) -> None:
        """Add one line, which begins a new part if it fits only there."""
        size = size_of(line)
        if size > self._left and size <= self._room:
            self.close()
        if not line.strip():
            if self._lines and size <= self._left:
                self._append(line, size)
            return
        at = 0
        while size > self._left:
            end, after = _cut(line, at, self._left, self._room)
            if end > at:
                self._append(line[at:end], 0)
            self.close()
            size -= size_of(line[at:after])
            at = after
        if at < len(line):
            self._append(line[at:], size)

    def close(self) -> None:
        """Finish the part being filled, without the blank lines at its end."""
        while self._lines and not self._lines[-1].strip():
            self._lines.pop()
        if self._open and self._fence:
            self._lines.append(self._fence[1])
            self._open = False
        if self._lines:
            self.bodies.append("\n".join(self._lines).rstrip("\r"))
        self._lines = []
        self._left = self._room

    def _append(self, line: str, size: int) -> None:
        if self._fence and not self._open:
            self._lines.append(self._fence[0])
            self._open = True
        self._lines.append(line)
        self._left -= size + 1


def _cut(line: str, start: int, left: int, room: int) -> tuple[int, int]:
    """Where to cut *line*, of which more than *left* bytes follow *start*.

    Args:
        line: one line.
        start: what comes before this index is dealt with.
        left: bytes that may be used now.
        room: bytes of a whole part; ``left == room`` in an empty one.

    Returns:
        The index at which the part ends, and that at which the next begins. Both are *start*
        if the rest is better begun in the next part.
    """
    from wcwidth import iter_graphemes

    fit = start + _count(line[start : start + max(left, 0)], left)
    border, space = start, None
    at = start
    # Two characters more: whether a border is at `fit`, and whether a space there stands alone.
    window = line[start : fit + 2]
    for cluster in window if window.isascii() else iter_graphemes(window):  # the quick way first
        if at > fit:
            break
        border = at
        if cluster.isspace():
            space = at
        at += len(cluster)
    word = start if space is None else space + 1
    if border > word and size_of(_word(line, word, room)) > room:
        return border, border
    if space is not None and (left == room or line[start:space].strip()):
        return space, _after_white(line, space)
    if left < room:
        return start, start
    if border > start:
        return border, border
    return fit, fit  # one cluster that is longer than a part


def _count(text: str, size: int) -> int:
    """How many code points of *text* fit into *size* bytes."""
    return len(text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore"))


def _word(line: str, start: int, room: int) -> str:
    """The word at *start*, or enough of it to tell that it is longer than *room* bytes."""
    space = _WHITE.search(line, start, start + room + 1)
    return line[start : space.start() if space else start + room + 1]


def _after_white(line: str, start: int) -> int:
    """The end of the white space at *start*, but for a space that carries an accent."""
    from wcwidth import iter_graphemes

    white = _WHITE.match(line, start)
    end = white.end() if white else start
    *_, last = iter_graphemes(line[end - 1 : end + 1])
    return end - 1 if end < len(line) and len(last) > 1 else end
