"""What is sent, and how a long text becomes several messages.

Limits are in bytes of UTF-8, as the platforms count them: a Chinese character takes three,
most emoji four and more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WHITE = re.compile(r"\s+")
#: The longest code point, in bytes.
_WIDEST = 4


@dataclass(frozen=True, slots=True)
class Text:
    """A plain text.

    Attributes:
        content: the text, of any length; it is split to fit a channel.
    """

    content: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that goes along.

    Attributes:
        data: a PNG or JPEG file.
        name: its file name.
    """

    data: bytes = field(repr=False)
    name: str = "plot.png"


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes along.

    Attributes:
        data: its content.
        name: its name, without folders.
    """

    data: bytes = field(repr=False)
    name: str


Attachment = Image | File


@dataclass(frozen=True, slots=True)
class Message:
    """A text, and what goes along with it.

    Attributes:
        text: of any length; split to fit a channel. A function is called on the sending
            thread, when the target's secrets are known and can be masked.
        attachments: uploaded first, so that the text promises only what follows.
    """

    text: str | Callable[[], str]
    attachments: tuple[Attachment, ...] = ()

    @classmethod
    def of(cls, content: str | Text | Attachment | Sequence[str | Text | Attachment]) -> Message:
        """The message that *content* means: texts become paragraphs, the rest goes along."""
        many = [content] if isinstance(content, str | Text | Image | File) else content
        texts = [
            one if isinstance(one, str) else one.content
            for one in many
            if isinstance(one, str | Text)
        ]
        return cls("\n\n".join(texts), tuple(one for one in many if isinstance(one, Image | File)))

    @property
    def empty(self) -> bool:
        """Whether there is nothing to send."""
        return isinstance(self.text, str) and not self.text.strip() and not self.attachments

    def written(self) -> str:
        """The text, made now if it is made late."""
        return self.text if isinstance(self.text, str) else self.text()


def promise(images: int, files: Sequence[str], missing: int = 0) -> str:
    """The lines of a text that say what follows it, and how much does not.

    Args:
        images: how many pictures follow.
        files: the names of the files that follow.
        missing: how much could not be uploaded.
    """
    zh = [f"图 {images} 张"] if images else []
    en = [f"{images} plot{'s' if images > 1 else ''}"] if images else []
    if files:
        zh.append(f"文件 {len(files)} 个（{'、'.join(files)}）")
        en.append(f"{len(files)} file{'s' if len(files) > 1 else ''} ({', '.join(files)})")
    follow = "follows" if images + len(files) == 1 else "follow"
    lines = [say(f"📎 {'、'.join(zh)}随后", f"📎 {' and '.join(en)} {follow}")] if zh else []
    if missing:
        lines.append(
            say(
                f"另有 {missing} 个附件未能发送，在笔记本中查看",
                f"{missing} more could not be sent: see the notebook",
            )
        )
    return "\n".join(lines)


def split(text: str, max_bytes: int) -> list[str]:
    """Split *text* into parts of at most *max_bytes* bytes of UTF-8, their numbers included.

    A text that fits comes back unchanged and unnumbered. Else every part begins with its
    number, ``(1/3)`` and a space, so that a lock screen shows it. A cut is made at the end of a
    line; within a line that is longer than a part, at white space; within a word that is longer
    than a part, between characters as a reader sees them (grapheme clusters: an emoji family, a
    flag, a letter with its accents). Only a cluster that is longer than a part is cut between
    code points.

    The parts without their numbers, one after the other, are the text but for the white space
    at a cut: the line break there and blank lines beside it, or the white space between the
    two words. Blank lines at either end of a text that does not fit are left out too.

    A lone surrogate counts as one byte: it leaves as ``?``.

    Args:
        text: any text.
        max_bytes: the limit, in bytes of UTF-8.

    Returns:
        At least one part. The work is linear in the length of *text*.

    Raises:
        ValueError: *max_bytes* has no room for a number and one character.
    """
    if _size(text) <= max_bytes:
        return [text]
    bodies = _pack(text, max_bytes)
    digits = 0
    while len(bodies) > 1 and len(str(len(bodies))) > digits:  # longer numbers, more parts
        digits = len(str(len(bodies)))
        bodies = _pack(text, max_bytes - len("(/) ") - 2 * digits)
    if len(bodies) > 1:
        return [f"({k}/{len(bodies)}) {body}" for k, body in enumerate(bodies, 1)]
    return bodies or [""]


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _pack(text: str, room: int) -> list[str]:
    if room < _WIDEST:
        raise ValueError(f"a part of {room} bytes holds no character")
    packer = _Packer(room)
    for line in text.split("\n"):
        packer.add(line)
    packer.close()
    return packer.bodies


class _Packer:
    """Fills one part after the other, line by line.

    Attributes:
        bodies: the parts that are full.
    """

    def __init__(self, room: int) -> None:
        self.bodies: list[str] = []
        self._room = room
        self._lines: list[str] = []  # of the part being filled
        self._left = room  # bytes for another line, its line break counted

    def add(self, line: str) -> None:
        size = _size(line)
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
            size -= _size(line[at:after])
            at = after
        if at < len(line):
            self._append(line[at:], size)

    def close(self) -> None:
        """Finish the part being filled, without the blank lines at its end."""
        while self._lines and not self._lines[-1].strip():
            self._lines.pop()
        if self._lines:
            self.bodies.append("\n".join(self._lines).rstrip("\r"))
        self._lines = []
        self._left = self._room

    def _append(self, line: str, size: int) -> None:
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
    if border > word and _size(_word(line, word, room)) > room:
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
