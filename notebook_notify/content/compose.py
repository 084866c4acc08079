"""What became of a run, put into the text that a phone shows. Pure: facts in, text out.

Line 1 is what a lock screen shows: verdict, title, duration. Line 2 is the summary or the error,
line 3 who and where. Chat is set in a proportional font, so nothing is aligned by spaces.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from notebook_notify.content.dialects import DIALECTS
from notebook_notify.content.facts import Place, Run
from notebook_notify.content.plain import fit
from notebook_notify.content.sections import sections
from notebook_notify.content.tables import ROWS
from notebook_notify.secret import scrub
from notebook_notify.sizes import size_of
from notebook_notify.texts import duration, local, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notebook_notify.content.dialects import Plain
    from notebook_notify.content.screen import Record

_Rows = tuple[tuple[str, tuple[str, ...]], ...]

#: The longest title, and the longest other line of the head, in bytes of UTF-8.
TITLE_BYTES = 120
HEADLINE_BYTES = 400
#: Room that is left for the line on what follows, in bytes of UTF-8.
PROMISE_BYTES = 240
#: The least room for a text, in bytes of UTF-8, however many people are named below it.
LEAST_BYTES = 512


@dataclass(frozen=True, slots=True)
class Form:
    """How a message is to be written.

    Attributes:
        max_bytes: the longest text, in bytes of UTF-8; at least 240, for the first line.
        dialect: ``plain``, or the Markdown of ``wecom`` or ``dingtalk``.
    """

    max_bytes: int
    dialect: str = "plain"


@dataclass(frozen=True, slots=True)
class Composed:
    """A message on a run.

    Attributes:
        text: what the phone shows.
        whole: whether all of the output, of the value and of its table is in it.
    """

    text: str
    whole: bool


def compose(run: Run, form: Form) -> Composed:
    """The message on *run*, in one text.

    Of a value its beginning is kept, of the output its end; what is left out is counted.

    Raises:
        KeyError: there is no such dialect.
    """
    run = _masked(run)
    dialect = DIALECTS[form.dialect]
    text, *facts = _head(run, dialect)
    joint = dialect.gap
    for fact in facts:
        if size_of(text + joint + fact) <= form.max_bytes:
            text, joint = text + joint + fact, "\n"
    whole = run.verdict != "interrupted" or _has_last_line_only(run.record, dialect)
    for section in sections(run, dialect):
        body, complete = section.fit(dialect, form.max_bytes - size_of(text) - 2)
        whole = whole and (complete or not section.shown)
        if body:
            text = f"{text.removesuffix(dialect.line_end)}\n\n{body}"
    return Composed(text.removesuffix(dialect.line_end), whole)


def _masked(run: Run) -> Run:
    """*run* without secrets: masked before anything is cut, since half a secret is not found."""
    record, failed, table = run.record, run.failure, run.table
    return replace(
        run,
        title=" ".join(scrub(run.title).split()),
        summary=scrub(run.summary) if run.summary else None,
        link=scrub(run.link),
        source=scrub(run.source) if run.source else None,
        record=replace(
            record,
            lines=tuple(scrub("\n".join(record.lines)).split("\n")) if record.lines else (),
            value=scrub(record.value) if record.value else record.value,
            markdown=scrub(record.markdown),
        ),
        failure=replace(
            failed,
            headline=scrub(failed.headline),
            places=tuple(Place(scrub(one.where), scrub(one.code)) for one in failed.places),
        )
        if failed
        else None,
        table=replace(
            table,
            columns=tuple(map(scrub, table.columns)),
            rows=_masked_rows(table.rows[:ROWS]),
        )
        if table
        else None,
    )


def _masked_rows(rows: _Rows) -> _Rows:
    return tuple((scrub(key), tuple(map(scrub, values))) for key, values in rows)


def _head(run: Run, dialect: Plain) -> Iterator[str]:
    span = duration(run.ended - run.started)
    title, _ = fit(dialect.inline, run.title, TITLE_BYTES)
    if run.verdict == "done":
        yield dialect.title(run.verdict, say("✅ 完成", "✅ Done"), f"{title} · {span}")
    elif run.verdict == "failed":
        rest = say(f"{title} · {span}后", f"{title} · after {span}")
        yield dialect.title(run.verdict, say("❌ 失败", "❌ Failed"), rest)
    else:
        rest = say(f"{title} · 运行 {span}后", f"{title} · after {span}")
        yield dialect.title(run.verdict, say("⏹ 已中断", "⏹ Interrupted"), rest)
        yield dialect.fact(
            say(
                "有人按了停止，或执行超时（papermill）",
                "Stopped by hand, or by a time limit (papermill)",
            )
        )
    if run.summary and run.verdict != "interrupted":
        yield _headline(dialect, run.summary)
    if run.failure is not None and run.verdict == "failed":
        yield _headline(dialect, run.failure.headline)
    where, _ = fit(dialect.line, " · ".join(filter(None, (run.who, _where(run)))), HEADLINE_BYTES)
    yield " · ".join(filter(None, (where, _when(run), run.mark))) + dialect.line_end
    if run.verdict == "interrupted" and run.record.lines:
        yield _last_line(dialect, run.record)[0]
    if run.link:
        yield dialect.link(run.link)


def _headline(dialect: Plain, text: str) -> str:
    return fit(dialect.fact, text, HEADLINE_BYTES)[0]


def _last_line(dialect: Plain, record: Record) -> tuple[str, bool]:
    before = say("中断前最后一行：", "Last line: ")
    return fit(lambda part: dialect.fact(before + part), record.lines[-1], HEADLINE_BYTES)


def _has_last_line_only(record: Record, dialect: Plain) -> bool:
    """Whether the head of an interrupted run has all of the output."""
    return record.total <= len(record.lines) <= 1 and (
        not record.lines or _last_line(dialect, record)[1]
    )


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
