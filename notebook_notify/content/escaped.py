"""A long JSON string, as it stands in a message: cut, counted and decoded bit by bit."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How much is decoded at once, in bytes.
CHUNK = 64 << 10
#: So many doubled backslashes before an "n" are looked at: a text may consist of them.
_TRIES = 100
_HALF = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]")


def decoded(content: bytes, start: int, stop: int) -> Iterator[str]:
    """The JSON string between *start* and *stop*, bit by bit."""
    while start < stop:
        end = safe_cut(content, min(start + CHUNK, stop), start)
        yield decode(content[start:end])
        start = end


def safe_cut(content: bytes, at: int, start: int) -> int:
    r"""The first place from *at* on that is not inside an escape such as ``\n`` or ``\u4e2d``.

    Nor between the two that stand for one character.
    """
    for back in range(max(start, at - 5), at):
        if content[back] != ord("\\"):
            continue
        if not _is_whole(content, back, start):
            continue  # itself escaped
        end = back + (6 if content[back + 1 : back + 2] == b"u" else 2)
        if end > at:
            at = end
            break
    if at - 6 >= start and _HALF.match(content, at - 6) and _is_whole(content, at - 6, start):
        return at + 6
    while at < len(content) and content[at] & 0xC0 == 0x80:  # noqa: PLR2004 - inside a character
        at += 1
    return at


def lines_between(content: bytes, start: int, stop: int) -> tuple[int, int]:
    """The whole lines between *start* and *stop*: the end of the first line, and of the last.

    Both are *start* if there are none.
    """
    first = last = start
    for _ in range(_TRIES):
        at = content.find(rb"\n", first, stop)
        if at < 0 or _is_whole(content, at, start):
            first = at + 2 if at >= 0 else start
            break
        first = at + 1
    at = stop
    for _ in range(_TRIES):
        at = content.rfind(rb"\n", first, at)
        if at < 0 or _is_whole(content, at, start):
            last = at + 2 if at >= 0 else first
            break
    return (first, last) if start < first < last else (start, start)


def _is_whole(content: bytes, at: int, start: int) -> bool:
    """Whether no backslash escapes what stands at *at*."""
    run = 0
    while at - run > start:
        chunk = content[max(start, at - run - 4096) : at - run]
        slashes = len(chunk) - len(chunk.rstrip(b"\\"))
        run += slashes
        if slashes < len(chunk):
            break
    return run % 2 == 0


def count_newlines(content: bytes, start: int, stop: int) -> int:
    """How many lines the text between *start* and *stop* ends."""
    if content.find(rb"\\", start, stop) < 0:
        return content.count(rb"\n", start, stop)  # copies nothing
    count = 0
    while start < stop:
        end = safe_cut(content, min(start + CHUNK, stop), start)
        count += content[start:end].replace(rb"\\", b"").count(rb"\n")
        start = end
    return count


def decode(raw: bytes) -> str:
    """The text that *raw* stands for."""
    text = json.loads(f'"{raw.decode("utf-8", "ignore")}"', strict=False)
    return str(text)
