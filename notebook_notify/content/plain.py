"""Text as it stands on a page, and its beginning or end within a size."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from notebook_notify.secret import scrub
from notebook_notify.sizes import clip, size_of
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable

_ESCAPES = re.compile(
    r"\x1b\[[0-9;:?<=>]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)?"  # OSC: titles, links
    r"|\x1b(?:[ -/]+[0-~]|[0-Z\\-~])"  # character sets, cursor
)
_CONTROL = re.compile(r"[\x00-\x07\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, which UTF-8 cannot carry
#: Room for a character and ``…``, in bytes of UTF-8.
_SHORTEST = 7


def plain_lines(text: str) -> list[str]:
    """The lines that *text* leaves on a page: ANSI dropped, carriage returns applied."""
    text = _SURROGATE.sub("\ufffd", _ESCAPES.sub("", text)).replace("\r\n", "\n")
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


def fit(
    write: Callable[[str], str],
    text: str,
    max_bytes: int,
    cut: Callable[[str, int], str] = clip,
) -> tuple[str, bool]:
    """*text* as *write* writes it, in at most *max_bytes* bytes; and whether that is all of it.

    What is written may be longer than what it was: as much of *text* is cut off as that takes.
    """
    said = write(text)
    if size_of(said) <= max_bytes:
        return said, True
    text = cut(text, max(max_bytes, _SHORTEST))
    # The least limit that is too much: all others were tried or are below one that is not.
    over = bisect_left(
        range(max_bytes + 1),
        True,
        lo=min(_SHORTEST, max_bytes + 1),
        key=lambda limit: size_of(write(cut(text, limit))) > max_bytes,
    )
    return (write(cut(text, over - 1)), False) if over > _SHORTEST else ("", False)


def line_of(text: str, max_bytes: int) -> str:
    """*text* on one line without secrets, its beginning in at most *max_bytes* bytes of UTF-8."""
    # Masked before it is cut, since half a secret is not found.
    return clip(" ".join(scrub(text).split()), max_bytes)


def size_text(size: int) -> str:
    """A size as one says it; *size* is in bytes."""
    if size < 1000:  # noqa: PLR2004 - kilo
        return say(f"{size} 字节", f"{size} byte{'s' if size != 1 else ''}")
    if size < 999_500:  # noqa: PLR2004 - what is rounded to 1000 kB
        return say(f"{size / 1000:.0f} KB", f"{size / 1000:.0f} kB")
    return f"{size / 1e6:.1f} MB"
