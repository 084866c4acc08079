"""The parts under a message's head: each a heading and lines, cut to the room that is left.

Of a value its beginning is kept, of the output its end; what is left out is counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_notify.blocks import closing_fence, spare_blocks
from notebook_notify.content.batch import part_lines
from notebook_notify.content.plain import fit, plain_lines, size_text
from notebook_notify.content.tables import NARROW, ROWS
from notebook_notify.sizes import clip, clip_start, size_of
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_notify.content.dialects import Plain
    from notebook_notify.content.facts import Failure, Run
    from notebook_notify.content.tables import Table

#: The most output lines that a message carries.
LINES = 20
#: The most of a message that a value may take when there is output too.
VALUE_SHARE = 0.6
#: The least room for a line that is cut, in bytes of UTF-8: a few letters say nothing.
_LEAST = 12
#: The longest first line of Markdown that is sent as it is, in bytes of UTF-8.
_LONGEST_FIRST = 400
#: The text form of an object that has no other.
_BARE = re.compile(r"<[^\n]*>")


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a heading.

    Attributes:
        lines: what there is to show.
        write: how the dialect writes a line.
        heading: the heading if all of it is shown.
        partly: the heading if not, with ``{shown}``, ``{total}`` and ``{left}``.
        total: how many lines there would be.
        total_bytes: the size of these, in bytes of UTF-8; 0 means not known.
        from_end: whether the end is what counts.
        share: the most of the room that it may take.
        shown: whether it is of what the cell showed, so that a message without it is not whole.
        verbatim: whether it is the user's own markup.
    """

    lines: tuple[str, ...]
    write: Callable[[str], str]
    heading: str = ""
    partly: str = ""
    total: int = 0
    total_bytes: int = 0
    from_end: bool = False
    share: float = 1.0
    shown: bool = False
    verbatim: bool = False

    def fit(self, dialect: Plain, room: int) -> tuple[str, bool]:
        """The section in at most *room* bytes, or nothing; and whether that is all of it."""
        room = int(room * self.share)
        head = max((self._head(dialect, shown, 10**9) for shown in (0, self.total)), key=size_of)
        left = room - size_of(head + dialect.gap if head else "")
        if left < 0:
            return "", False
        written = self._written(left)
        if written or not self.lines:
            shown = len(written)
            told = self.lines[-shown:] if self.from_end else self.lines[:shown]
            whole = shown >= self.total
        else:
            line = self.lines[-1] if self.from_end else self.lines[0]
            cut = clip_start if self.from_end else clip
            said, _ = fit(self.write, line, left, cut) if left >= _LEAST else ("", False)
            if not said or self.verbatim:
                return "", False
            written, told, whole = [said], (said,), False
        kept = sum(size_of(line) + 1 for line in told)
        head = self._head(dialect, len(told), 0 if whole else self.total_bytes - kept)
        body = "\n".join(written)
        return (f"{head}{dialect.gap}{body}" if head and body else head or body), whole

    def _written(self, room: int) -> list[str]:
        """The lines that are within *room* as a whole."""
        lines = self.lines[-LINES:] if self.from_end else self.lines
        written: list[str] = []
        left = room + 1
        for line in reversed(lines) if self.from_end else lines:
            said = self.write(line)
            left -= size_of(said) + 1
            if left < 0:
                break
            written.append(said)
        count = len(written)
        if 0 < count < len(self.lines):
            cut = len(self.lines) - count if self.from_end else count
            cut = spare_blocks(self.lines, cut, from_end=self.from_end)
            count = len(self.lines) - cut if self.from_end else cut
            del written[count:]
        if self.verbatim:
            return _closed(written, room)
        if self.from_end:
            written.reverse()
        return written

    def _head(self, dialect: Plain, shown: int, left_out: int) -> str:
        """The heading, if *shown* lines are there and *left_out* bytes are not."""
        left = size_text(left_out) if left_out > 0 else ""
        if shown < self.total and self.partly:
            text = self.partly.format(
                shown=shown,
                total=f"{self.total:,}",
                left=left and say(f"，另有 {left}", f" · {left} left out"),
            )
        else:
            text = self.heading
            if left:
                text += say(f"（另有 {left}）", f" · {left} left out")
        return dialect.heading(text) if text else ""


def _closed(lines: list[str], room: int) -> list[str]:
    """*lines* and, if they end within fenced code, the line that closes it."""
    while lines and (fence := closing_fence(lines)):
        if size_of("\n".join([*lines, fence])) <= room:
            return [*lines, fence]
        lines = lines[:-1]
    return lines


def sections(run: Run, dialect: Plain) -> Iterator[Section]:
    """What a message says of *run* under its head; secrets are masked already."""
    record = run.record
    if run.failure is not None and run.verdict == "failed" and run.failure.places:
        yield Section(tuple(_places(run.failure)), dialect.output, say("出错位置", "Where"))
    if run.parts:
        yield Section(part_lines(run.parts), dialect.output, say("各单元", "Cells"))
    share = VALUE_SHARE if record.lines else 1.0
    if dialect.markdown and _is_short(record.markdown):
        yield _value(record.markdown, str, share, verbatim=True)
    elif run.table is not None:
        yield _table(run.table, dialect, share, follows=run.table_follows)
    else:
        value = record.value or ""
        if record.markdown and _BARE.fullmatch(value.strip()):
            value = record.markdown
        if value.strip():
            yield _value(value, dialect.output, share)
    left = record.images - run.enclosed
    if left > 0:
        more = say("另有", " more") if run.enclosed else ""
        plots = f"{left}{more} plot{'s' if left > 1 else ''}"
        line = say(f"{more}图 {left} 张，在笔记本中查看", f"{plots}: see the notebook")
        yield Section((line,), dialect.fact)
    if record.total and run.verdict != "interrupted":
        done = run.verdict == "done"
        yield Section(
            record.lines,
            dialect.output,
            say("输出", "Output") if done else say("出错前输出", "Output before it"),
            say(
                "输出末 {shown} 行（共 {total} 行{left}）",
                "Last {shown} of {total} output lines{left}",
            ),
            record.total,
            record.total_bytes,
            from_end=True,
            shown=True,
        )
    if run.source:
        lines = tuple(run.source.rstrip().split("\n"))
        yield Section(
            lines,
            dialect.code,
            say("代码", "Code"),
            say(
                "代码（前 {shown} 行，共 {total} 行{left}）",
                "Code (first {shown} of {total} lines{left})",
            ),
            len(lines),
            size_of(run.source),
        )


def _is_short(markdown: str) -> bool:
    """Whether there is Markdown, and its first line may go along uncut."""
    return 0 < size_of(markdown.strip().partition("\n")[0]) <= _LONGEST_FIRST


def _value(
    text: str, write: Callable[[str], str], share: float, *, verbatim: bool = False
) -> Section:
    lines = tuple(plain_lines(text.strip("\n") if verbatim else text))
    return Section(
        lines,
        write,
        say("结果", "Result"),
        say(
            "结果（前 {shown} 行，共 {total} 行{left}）",
            "Result (first {shown} of {total} lines{left})",
        ),
        len(lines),
        sum(size_of(line) + 1 for line in lines),
        share=share,
        shown=True,
        verbatim=verbatim,
    )


def _table(table: Table, dialect: Plain, share: float, *, follows: bool) -> Section:
    """The first rows of a table; of a wide one that goes along the size alone."""
    shape = table.shape
    heading = say(f"结果（{shape}）", f"Result ({shape})")
    if not table.narrow and follows:
        return Section((), dialect.output, heading, total=table.height, shown=True)
    lines = tuple(table.lines()[:ROWS])
    zh, en = ("", "") if table.narrow else (f"、前 {NARROW} 列", f" × {NARROW}")
    return Section(
        lines,
        dialect.output,
        heading,
        say(
            f"结果（共 {shape}，显示前 {{shown}} 行{zh}）", f"Result ({shape}, first {{shown}}{en})"
        ),
        # Columns of a wide one are missing: it is never whole.
        table.height if table.narrow else max(table.height, len(lines) + 1),
        share=share,
        shown=True,
    )


def _places(failure: Failure) -> Iterator[str]:
    first, *rest = failure.places
    yield first.where
    if first.code:
        yield f"    {first.code}"
    for place in rest:
        yield say(f"调用自 {place.where}", f"called from {place.where}")
        if place.code:
            yield f"    {place.code}"
