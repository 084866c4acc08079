"""The complete output of a cell: its beginning in a private file on disk, its end in memory."""

from __future__ import annotations

import codecs
import contextlib
import io
import threading
from typing import TYPE_CHECKING, Any

from notebook_notify.content.escaped import count_newlines, decode, safe_cut
from notebook_notify.content.plain import plain_lines
from notebook_notify.secret import scrub
from notebook_notify.sizes import size_of
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: The largest text that is given, in bytes: no platform takes a larger file.
MOST = 20 << 20
#: So much text is gathered before it is written, in characters.
GATHER = 64 << 10
#: Text is scrubbed in pieces of about this size, in characters, ...
PIECE = 256 << 10
#: ... and a secret of several lines that is no longer than this is masked wherever it stands.
REACH = 16 << 10
#: So much is read at a time, in bytes.
BLOCK = 1 << 20
#: No escape is longer, in bytes: two of six that stand for one character.
_ESCAPE = 12
#: Room for the line that says what was left out, in bytes.
_SAID = 200
#: What a page does not show as it is: lines that have any are looked at one by one.
_CONTROL = bytes([*range(0x0A), *range(0x0B, 0x20), 0x7F]).replace(b"\t", b"")


class Spool:
    """Takes the text that no longer fits in memory, and keeps the first ``MOST`` bytes of it.

    The file has no name that another could open, and is gone when it is closed or collected, or
    its process dies. It is written without a buffer: a forked child has nothing to flush into it.

    Attributes:
        size: bytes of UTF-8 of all the text that has left the memory, as it stands on the page;
            of escaped text, as it was written, but for its newlines.
        lines: how many lines that ended.
        failed: whether the disk did not take it: then there is nothing to read.
    """

    def __init__(self) -> None:
        self.size = 0
        self.lines = 0
        self.failed = False
        self._file: Any = None
        self._parts: list[tuple[int, bool]] = []  # what is in it: how many bytes, and if escaped
        self._lock = threading.Lock()  # messages to several targets are made at the same time
        self._waiting: list[str] = []
        self._gathered = 0

    @property
    def waiting(self) -> str:
        """The text that was taken last, and is in memory yet: what follows may overwrite it."""
        return "".join(self._waiting)

    def add(self, text: str) -> None:
        """Take what follows the text before; raises nothing."""
        self._waiting.append(text)
        self._gathered += len(text)
        if self._gathered >= GATHER:
            self._settle()

    @property
    def full(self) -> bool:
        """Whether what follows is only counted."""
        return self.failed or self.size >= MOST

    def add_escaped(self, content: bytes, start: int, stop: int) -> None:
        """Take what follows the text before, a part of a JSON string; raises nothing.

        It is written as it is, at once: decoding waits until somebody reads it.
        """
        self._write_down(self.waiting)
        self._waiting, self._gathered = [], 0
        lines = count_newlines(content, start, stop)
        if not self.full:
            end = min(stop, start + MOST - self.size)
            end = end if end == stop else safe_cut(content, end, start)
            self._write(memoryview(content)[start:end], escaped=True)
        self.lines += lines
        self.size += stop - start - lines

    def read(self) -> Iterator[str]:
        """What is on the disk, piece by piece.

        Raises:
            OSError: the disk does not give it back.
        """
        at = 0
        for size, escaped in self._parts:
            blocks = self._blocks(at, at + size)
            yield from _unescaped(blocks) if escaped else _plain(blocks)
            at += size

    def _blocks(self, at: int, stop: int) -> Iterator[bytes]:
        while self._file is not None and at < stop:
            with self._lock:
                self._file.seek(at)
                data = self._file.read(min(BLOCK, stop - at))
            if not data:
                return
            at += len(data)
            yield data

    def close(self) -> None:
        """Delete the file; twice is harmless."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __del__(self) -> None:
        self.close()

    def _settle(self) -> None:
        """Write the lines that have ended; of one that has not, keep what matters."""
        text = self.waiting
        end = text.rfind("\n") + 1
        if not end:
            text = _redrawn(text)
            # A line as long as that is given up to carriage returns no more.
            end = len(text) if len(text) > GATHER // 2 else 0
        self._waiting, self._gathered = [text[end:]], len(text) - end
        self._write_down(text[:end])

    def _write_down(self, text: str) -> None:
        if text:
            data = _on_page(text)
            if not self.full:
                self._write(data[: MOST - self.size])
            self.size += len(data)
            self.lines += data.count(b"\n")

    def _write(self, data: bytes | memoryview, *, escaped: bool = False) -> None:
        try:
            if self._file is None:
                import tempfile

                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - see close
            left = memoryview(data)
            while left:
                left = left[self._file.write(left) :]
            if self._parts and not escaped and not self._parts[-1][1]:
                before, _ = self._parts.pop()
                self._parts.append((before + len(data), escaped))
            else:
                self._parts.append((len(data), escaped))
        except OSError:  # no room, no folder, no descriptor
            self.failed = True
            with contextlib.suppress(OSError):
                self.close()


def _plain(blocks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")  # the last may be cut in two
    return map(decoder.decode, blocks)


def _unescaped(blocks: Iterable[bytes]) -> Iterator[str]:
    """The text of a part that was written as it came, as it stands on the page."""
    left, line = b"", ""
    for block in blocks:
        left += block
        end = safe_cut(left, max(0, len(left) - _ESCAPE), 0)
        lines, newline, line = (line + decode(left[:end])).rpartition("\n")
        left = left[end:]
        yield _on_page(lines + newline).decode()
    yield _on_page(line + decode(left)).decode()


def _redrawn(line: str) -> str:
    """A line without an end, less what carriage returns have overwritten."""
    at = line.rfind("\r")
    return "".join(plain_lines(line[:at])) + line[at:] if at > 0 else line


def _on_page(text: str) -> bytes:
    """*text* as it stands on the page, in UTF-8; quick where nothing is to be done."""
    with contextlib.suppress(UnicodeEncodeError):  # half a character
        data = text.encode()
        if len(data.translate(None, _CONTROL)) == len(data):
            return data
    return ("\n".join(plain_lines(text)) + "\n" * text.endswith("\n")).encode()


class Complete:
    """All that a cell showed, as the page has it.

    But for this: an update of a display that had left the memory before does not change it.

    Attributes:
        size: bytes of UTF-8.
        lines: how many lines there are.
    """

    def __init__(self, spool: Spool, end: str, lines: int) -> None:
        self._spool = spool
        self._end = end  # goes on where the spool leaves off
        self.size = spool.size + size_of(end)
        self.lines = lines

    def file(self) -> bytes:
        """The text without secrets, in UTF-8, at most ``MOST`` bytes; from any thread.

        Of more than that, the first part and the end, and between them a line that says how much
        was left out. Takes a second or so for the largest.

        Raises:
            OSError: the disk does not give it back.
        """
        if self.size <= MOST:
            data = _joined(map(scrub, _pieces((*self._spool.read(), self._end), whole=True)))
            if len(data) <= MOST:  # masks can be longer than what they hide
                return data
        return _joined(self._parts())

    def _parts(self) -> Iterator[str]:
        end = _last_part(self._end)
        room = MOST - size_of(scrub(end)) - _SAID
        lines, size = self.lines - _count(end), self.size - size_of(end)
        for piece in _pieces(self._spool.read(), whole=False):
            clean = scrub(piece)
            room -= size_of(clean)
            if room < 0:
                break
            lines -= piece.count("\n")
            size -= size_of(piece)
            yield clean
        yield say(
            f"\n… 此处省略 {lines:,} 行（{size:,} 字节）…\n\n",
            f"\n… {lines:,} lines ({size:,} bytes) are left out here …\n\n",
        )
        yield scrub(end)


def _joined(texts: Iterable[str]) -> bytes:
    file = io.BytesIO()
    for text in texts:
        file.write(text.encode())
    return file.getvalue()


def _count(text: str) -> int:
    return text.count("\n") + (bool(text) and not text.endswith("\n"))


# ── where a text may be cut ──────────────────────────────────────────────────────────────────


def _pieces(texts: Iterable[str], *, whole: bool) -> Iterator[str]:
    """*texts*, cut so that each piece can be scrubbed by itself.

    Unless that is the *whole* text, its last part is not given: what stands there may be half a
    secret.
    """
    text, at = "", PIECE
    for more in texts:
        text += more
        while at + 2 * REACH <= len(text):
            at = _line_end(text, at)
            if _may_cut(text, at):
                yield text[:at]
                text, at = text[at:], PIECE
            else:
                at += REACH // 8
    if whole:
        yield text
        return
    last = len(text) - 2 * REACH
    for start in range(last, max(0, last - PIECE), -REACH // 8):
        at = _line_end(text, start)
        if _may_cut(text, at):
            yield text[:at]
            return


def _last_part(text: str) -> str:
    """The end of a text whose beginning may be half a secret."""
    for start in range(REACH, len(text), REACH // 8):
        at = _line_end(text, start)
        if _may_cut(text, at):
            return text[at:]
    return ""


def _line_end(text: str, at: int) -> int:
    """The first end of a line from *at* on; *at* if that is far."""
    return text.find("\n", at, at + REACH) + 1 or at


def _may_cut(text: str, at: int) -> bool:
    """Whether no secret stands across *at*."""
    before, after = text[max(0, at - REACH) : at], text[at : at + REACH]
    return scrub(before + after) == scrub(before) + scrub(after)
