"""A cell that has run becomes the facts that a message tells of it."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from notebook_notify import sender
from notebook_notify.content import context
from notebook_notify.content.facts import Failure, Run, Verdict
from notebook_notify.content.failures import failure
from notebook_notify.errors import NotifyError
from notebook_notify.notebook.calls import cell_of, title_of
from notebook_notify.sizes import size_of

if TYPE_CHECKING:
    from notebook_notify.content.screen import Record
    from notebook_notify.notebook.calls import Call
    from notebook_notify.notebook.recording import Ended


def run_of(call: Call, ended: Ended, summary: str, shell: Any) -> Run:
    """What a message tells of a cell."""
    notebook = context.notebook_name(shell.user_ns)
    cell = cell_of(ended.count)
    error = ended.error
    # `%run` and a value whose form fails show an error and raise none: that is not well either.
    verdict: Verdict = "done" if error is None and ended.record.error is None else "failed"
    if ended.interrupted:
        verdict = "interrupted"
    return Run(
        verdict=verdict,
        title=title_of(call, notebook, cell),
        where=f"{notebook} {cell}".strip(),
        started=ended.started,
        ended=ended.started + ended.took,
        who=context.who(),
        record=_before(ended.record, error),
        summary=summary or None,
        failure=_failure(ended, shell) if verdict == "failed" else None,
        source=ended.source if call.options.source else None,
        link=_link(shell),
    )


def _link(shell: Any) -> str:
    with contextlib.suppress(NotifyError):  # a config file that was good when the cell began
        return context.link(sender.TARGETS.config.link or "", shell.user_ns)
    return ""


def _failure(ended: Ended, shell: Any) -> Failure:
    if ended.error is not None:
        return failure(ended.error, shell, ended.count)
    return Failure(str(ended.record.error))


def _before(record: Record, error: BaseException | None) -> Record:
    """*record* without the traceback of a group, which IPython prints as the cell's output."""
    if not isinstance(error, BaseExceptionGroup):
        return record
    opening = "+ Exception Group Traceback (most recent call last):"
    at = next((n for n, line in enumerate(record.lines) if line.strip() == opening), None)
    if at is None:
        return record
    lost = record.lines[at:]
    return replace(
        record,
        lines=record.lines[:at],
        total=record.total - len(lost),
        total_bytes=max(0, record.total_bytes - sum(size_of(one) + 1 for one in lost)),
    )
