"""What became of a run, put into the text that a phone shows. Pure: facts in, text out.

Line 1 is what a lock screen shows: verdict, title, duration. Line 2 is the summary or the error,
line 3 who and where. Chat is set in a proportional font, so nothing is aligned by spaces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from notebook_notify.content.facts import Place, Run
from notebook_notify.content.plain import clip, clip_start, plain_lines, size_of
from notebook_notify.secret import scrub
from notebook_notify.texts import duration, local, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_notify.content.facts import Failure
    from notebook_notify.content.tables import Table

_Rows = tuple[tuple[str, tuple[str, ...]], ...]

#: The most output lines that a message carries.
LINES = 20
#: The longest title, and the longest summary or error line, in bytes of UTF-8.
TITLE_BYTES = 120
HEADLINE_BYTES = 400
#: The most of a message that a value may take when there is output too.
VALUE_SHARE = 0.6


#: The most rows of a table.
ROWS = 10
#: Room that is left for the line on what follows, in bytes of UTF-8.
PROMISE_BYTES = 240


def compose(run: Run, max_bytes: int) -> str:
    """The message on *run*: one text of at most *max_bytes* bytes of UTF-8.

    Of a value its beginning is kept, of the output its end; what is left out is counted.
    """
    run = _masked(run)
    text = "\n".join(_head(run))
    for section in _sections(run):
        body = section.fit(max_bytes - size_of(text) - 2)
        if body:
            text = f"{text}\n\n{body}"
    return clip(text, max_bytes)


def _masked(run: Run) -> Run:
    """*run* without secrets: masked before anything is cut, since half a secret is not found."""
    record, failed, table = run.record, run.failure, run.table
    return replace(
        run,
        title=" ".join(scrub(run.title).split()),
        summary=scrub(run.summary) if run.summary else None,
        source=scrub(run.source) if run.source else None,
        record=replace(
            record,
            lines=tuple(scrub("\n".join(record.lines)).split("\n")) if record.lines else (),
            value=scrub(record.value) if record.value else record.value,
        ),
        failure=replace(
            failed,
            headline=scrub(failed.headline),
            places=tuple(Place(scrub(one.where), scrub(one.code)) for one in failed.places),
        )
        if failed
        else None,
        table=replace(table, rows=_masked_rows(table.rows[:ROWS])) if table else None,
    )


def _masked_rows(rows: _Rows) -> _Rows:
    return tuple((scrub(key), tuple(map(scrub, values))) for key, values in rows)


def _head(run: Run) -> Iterator[str]:
    span = duration(run.ended - run.started)
    title = clip(run.title, TITLE_BYTES)
    if run.verdict == "done":
        yield say(f"✅ 完成 · {title} · {span}", f"✅ Done · {title} · {span}")
        if run.summary:
            yield clip(run.summary, HEADLINE_BYTES)
    elif run.verdict == "failed":
        yield say(f"❌ 失败 · {title} · {span}后", f"❌ Failed · {title} · after {span}")
        if run.summary:
            yield clip(run.summary, HEADLINE_BYTES)
        if run.failure is not None:
            yield clip(run.failure.headline, HEADLINE_BYTES)
    else:
        yield say(f"⏹ 已中断 · {title} · 运行 {span}后", f"⏹ Interrupted · {title} · after {span}")
        yield say(
            "有人按了停止，或执行超时（papermill）",
            "Stopped by hand, or by a time limit (papermill)",
        )
    yield " · ".join(filter(None, (run.who, _where(run), _when(run), run.mark)))
    if run.verdict == "interrupted" and run.record.lines:
        last = clip(run.record.lines[-1], HEADLINE_BYTES)
        yield say(f"中断前最后一行：{last}", f"Last line: {last}")


def _where(run: Run) -> str:
    line = run.failure.line if run.failure and run.verdict == "failed" else None
    if line is None:
        return run.where
    return f"{run.where} {say(f'第 {line} 行', f'line {line}')}".strip()


def _when(run: Run) -> str:
    """The start too if it went well: seconds, since a platform may drop equal texts."""
    ended = local(run.ended)
    if run.verdict != "done":
        return f"{ended:%m-%d %H:%M:%S}"
    started = local(run.started)
    same_day = started.date() == ended.date()
    return f"{started:%m-%d %H:%M:%S}→{ended:{'%H:%M:%S' if same_day else '%m-%d %H:%M:%S'}}"


@dataclass(frozen=True, slots=True)
class _Section:
    """Lines under a heading, cut to the room that is left for them.

    Attributes:
        lines: what there is to show.
        heading: the heading if all of it is shown.
        partly: the heading if not, with ``{shown}`` and ``{total}``.
        total: how many lines there would be.
        from_end: whether the end is what counts.
        share: the most of the room that it may take.
    """

    lines: tuple[str, ...]
    heading: str = ""
    partly: str = ""
    total: int = 0
    from_end: bool = False
    share: float = 1.0

    def fit(self, room: int) -> str:
        """The section in at most *room* bytes, or nothing."""
        room = int(room * self.share)
        kept: list[str] = []
        left = (
            room - size_of(self._head(0)) - 1 if self.partly else room - size_of(self.heading) - 1
        )
        for line in reversed(self.lines[-LINES:]) if self.from_end else self.lines:
            left -= size_of(line) + 1
            if left + 1 < 0:
                break
            kept.append(line)
        if not kept and self.lines:
            first = self.lines[-1] if self.from_end else self.lines[0]
            left += size_of(first) + 1
            if left < 12:  # noqa: PLR2004 - a few letters say nothing
                return ""
            kept = [clip_start(first, left) if self.from_end else clip(first, left)]
        if self.from_end:
            kept.reverse()
        head = self._head(len(kept))
        return "\n".join((head, *kept) if head else kept)

    def _head(self, shown: int) -> str:
        if shown >= self.total:
            return self.heading
        return self.partly.format(shown=shown or len(self.lines), total=f"{self.total:,}")


def _sections(run: Run) -> Iterator[_Section]:
    record = run.record
    if run.failure is not None and run.verdict == "failed" and run.failure.places:
        yield _Section(tuple(_places(run.failure)), say("出错位置", "Where"))
    if run.table is not None:
        yield _table(run.table, share=VALUE_SHARE if record.lines else 1.0)
    elif record.value is not None and record.value.strip():
        lines = tuple(plain_lines(record.value))
        yield _Section(
            lines,
            say("结果", "Result"),
            say("结果（前 {shown} 行，共 {total} 行）", "Result (first {shown} of {total} lines)"),
            len(lines),
            share=VALUE_SHARE if record.lines else 1.0,
        )
    left = record.images - run.enclosed
    if left > 0:
        more = say("另有", " more") if run.enclosed else ""
        plots = f"{left}{more} plot{'s' if left > 1 else ''}"
        yield _Section((say(f"{more}图 {left} 张，在笔记本中查看", f"{plots}: see the notebook"),))
    if record.lines and run.verdict != "interrupted":
        yield _Section(
            record.lines,
            say("输出", "Output")
            if run.verdict == "done"
            else say("出错前输出", "Output before it"),
            say("输出末 {shown} 行（共 {total} 行）", "Last {shown} of {total} output lines"),
            record.total,
            from_end=True,
        )
    if run.source:
        lines = tuple(run.source.rstrip().split("\n"))
        yield _Section(
            lines,
            say("代码", "Code"),
            say("代码（前 {shown} 行，共 {total} 行）", "Code (first {shown} of {total} lines)"),
            len(lines),
        )


def _table(table: Table, share: float) -> _Section:
    """The first rows of a narrow table; of a wide one the size, since it goes along as a file."""
    shape = say(
        f"{table.height:,} 行 × {table.width} 列", f"{table.height:,} rows × {table.width} columns"
    )
    if not table.narrow:
        return _Section((say(f"结果（{shape}）", f"Result ({shape})"),))
    return _Section(
        tuple(table.lines()[:ROWS]),
        say(f"结果（{shape}）", f"Result ({shape})"),
        say(f"结果（共 {shape}，显示前 {{shown}} 行）", f"Result ({shape}, first {{shown}})"),
        table.height,
        share=share,
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
