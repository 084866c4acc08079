"""Fenced code and tables within lines of text, which a cut had better not go through."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})(.*)")
#: A row of a table drawn with characters: Markdown's, or one in a frame.
_ROW = re.compile(r"\s*(?:[|│┃║┆┌├└┏┡┗┠┢╔╟╠╞╭╰╚╘╒]|\+[-=])")


def spare_blocks(lines: Sequence[str], cut: int, *, from_end: bool) -> int:
    """Where to cut *lines* instead of before ``lines[cut]``, so that no block is broken.

    Args:
        lines: the whole text.
        cut: the index of the first line after the cut.
        from_end: whether the lines after the cut are kept, else those before it.

    Returns:
        An index that keeps no more; *cut* itself if otherwise nothing would be kept.
    """
    for start, end in blocks(lines):
        if start < cut < end:
            better = end if from_end else start
            return better if 0 < better < len(lines) else cut
    return cut


def closing_fence(lines: Sequence[str]) -> str:
    """The line that closes the fenced code in which *lines* end, or an empty string."""
    opened = ""
    for line in lines:
        opened = _after(opened, line)
    return opened


def fence_of(line: str) -> str:
    """The marks with which *line* opens fenced code, or an empty string."""
    return _after("", line)


def closes(line: str, opened: str) -> bool:
    """Whether *line* closes the fenced code that the marks *opened* began."""
    return bool(opened) and not _after(opened, line)


def _after(opened: str, line: str) -> str:
    """The fence that is open after *line*, if *opened* was before it; empty means none."""
    found = _FENCE.match(line)
    if found is None:
        return opened
    fence, rest = found.groups()
    if not opened:
        return fence if fence[0] == "~" or "`" not in rest else ""
    closes = fence.startswith(opened) and not rest.strip()
    return "" if closes else opened


def blocks(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The index of each block's first line, and that after its last, in order."""
    opened, begun = "", 0
    rows = 0  # of the table that ends here
    for at, line in enumerate(lines):
        before, opened = opened, _after(opened, line)
        if opened and not before:
            begun = at
        elif before and not opened:
            yield begun, at + 1
        row = not before and not opened and _ROW.match(line) is not None
        if rows and not row:
            yield at - rows, at
        rows = rows + 1 if row else 0
    if rows:
        yield len(lines) - rows, len(lines)
    if opened:
        yield begun, len(lines)
