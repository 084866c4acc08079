"""From a magic line to what is sent and shown: resolve, compose, send, report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from html import escape
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.display import display

from notebook_notify import sender
from notebook_notify.content import context, enclosures
from notebook_notify.content.compose import PROMISE_BYTES, compose
from notebook_notify.content.facts import Failure, Run, Verdict
from notebook_notify.content.failures import failure
from notebook_notify.content.tables import read_table
from notebook_notify.errors import NotifyError, SendInterrupted
from notebook_notify.messages import Image, Message, promise
from notebook_notify.notebook.calls import unfilled
from notebook_notify.notebook.filling import fill
from notebook_notify.notebook.options import Options
from notebook_notify.notebook.recording import Recording
from notebook_notify.platforms import CHANNELS
from notebook_notify.reports import SendReport
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.content.screen import Record
    from notebook_notify.notebook.calls import Call
    from notebook_notify.notebook.recording import Ended
    from notebook_notify.platforms.base import Channel
    from notebook_notify.targets import Target


@dataclass(frozen=True, slots=True)
class Running:
    """A cell that runs under a magic now."""

    call: Call
    shell: Any
    recording: Recording

    @classmethod
    def begin(cls, call: Call, source: str, shell: Any) -> Running:
        """Begin to listen to a cell; *source* is its code without the magic line."""
        return cls(call, shell, Recording.begin(source, shell))

    def finish(self, result: Any) -> None:
        """Stop listening, send what became of the cell, and show the outcome.

        Args:
            result: IPython's ``ExecutionResult``; it has none for some cancelled cells.

        Raises:
            SendError: under ``--strict``, unless all was sent or the cell has its own error.
        """
        tell(self.call, self.recording.end(result), self.shell)

    def close(self) -> None:
        """Stop listening and send nothing."""
        self.recording.capture.close()


def send_text(call: Call, text: str, shell: Any) -> None:
    """Send *text* with its fields filled in, and show the outcome.

    Raises:
        UsageError: the text is empty, or an option is given that is for cells that run.
        SendError: under ``--strict``, unless all was sent.
    """
    for name in ("title", "summary", "source", "on", "after"):
        if getattr(call.options, name) != getattr(Options(), name):
            raise UsageError(
                say(
                    f"--{name} 只用于运行单元时；发送文字时不适用",
                    f"--{name} is for cells that run; a text is sent as it is",
                )
            )
    filled, failed = fill(text, shell.user_ns)
    notes = list(unfilled(failed))
    files = tuple(enclosures.named_files(call.options.attach, notes))
    messages = [(target, Message(filled, files)) for target in call.targets]
    report = _deliver(call, messages, notes, shell)
    if call.options.strict and report is not None:
        report.raise_for_status()


def tell(call: Call, ended: Ended, shell: Any) -> None:
    """Send what became of a cell, if that is wanted, and show the outcome.

    Raises:
        SendError: under ``--strict``, unless all was sent or the cell has an error of its own.
    """
    options = call.options
    well = ended.error is None and ended.record.error is None and not ended.interrupted
    wanted = {"always": True, "error": not well, "success": well}
    if not wanted[options.on] or ended.took < options.after:
        if options.out:
            shell.user_ns[options.out] = None  # not the report of an earlier run
        return
    summary, failed = fill(options.summary or "", shell.user_ns)
    notes = list(unfilled(failed))
    table = read_table(ended.record.html)
    images = tuple(enclosures.pictures(ended.record)) if options.images else ()
    files = (
        *enclosures.table_file(table, ended.value, notes),
        *enclosures.named_files(options.attach, notes),
    )
    run = replace(_run(call, ended, summary, shell), table=table, enclosed=len(images))
    room = PROMISE_BYTES if images or files else 0
    messages = [
        (target, Message(partial(_text, run, CHANNELS[target.channel], room), images + files))
        for target in call.targets
    ]
    report = _deliver(call, messages, notes, shell, once=True)
    if options.strict and report is not None and ended.error is None:
        report.raise_for_status()


def _text(run: Run, channel: Channel, room: int) -> str:
    """The text for *channel*, with *room* left, in bytes of UTF-8; made on the sending thread."""
    # A platform that drops repeats would take two runs of one second for one.
    mark = f"#{token_hex(2)}" if channel.drops_repeats else ""
    return compose(replace(run, mark=mark), channel.text_limit - room)


def _run(call: Call, ended: Ended, summary: str, shell: Any) -> Run:
    notebook = context.notebook_name(shell.user_ns)
    cell = f"[{ended.count}]" if ended.count is not None else ""
    error = ended.error
    # `%run` and a value whose form fails show an error and raise none: that is not well either.
    verdict: Verdict = "done" if error is None and ended.record.error is None else "failed"
    if ended.interrupted:
        verdict = "interrupted"
    return Run(
        verdict=verdict,
        title=call.title or notebook.removesuffix(".ipynb") or say(f"单元 {cell}", f"cell {cell}"),
        where=f"{notebook} {cell}".strip(),
        started=ended.started,
        ended=ended.started + ended.took,
        who=context.who(),
        record=_before(ended.record, error),
        summary=summary or None,
        failure=_failure(ended, shell) if verdict == "failed" else None,
        source=ended.source if call.options.source else None,
    )


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
    lost = len(record.lines) - at
    return replace(record, lines=record.lines[:at], total=record.total - lost)


def _deliver(
    call: Call,
    messages: Sequence[tuple[Target, Message]],
    notes: Sequence[str],
    shell: Any,
    *,
    once: bool = False,
) -> SendReport | None:
    """Send to each target its message; show the report and return it."""
    notes = (*call.notes, *notes)
    if call.options.out:
        shell.user_ns[call.options.out] = None  # not the report of an earlier run
    if call.options.dry_run:
        _show_dry_run(messages, notes)
        return None
    try:
        report = sender.SENDER.send(messages, timeout=call.options.timeout, once=once)
    except SendInterrupted as interrupt:
        _show(call, SendReport(interrupt.report.results, notes), shell)
        raise
    except NotifyError as error:
        message = str(error)
    else:
        report = SendReport(report.results, notes)
        _show(call, report, shell)
        return report
    raise UsageError(message)


def _show(call: Call, report: SendReport, shell: Any) -> None:
    display(report.bundle(), raw=True)
    if call.options.out:
        shell.user_ns[call.options.out] = report


def _show_dry_run(messages: Sequence[tuple[Target, Message]], notes: Sequence[str]) -> None:
    parts = [
        (
            say(f"试运行，未发送 → {target.label}", f"dry run, not sent → {target.label}"),
            scrub("\n\n".join(filter(None, (message.written(), _follows(message))))),
        )
        for target, message in messages
    ]
    noted = "".join(f"\n· {note}" for note in notes)
    html = "".join(
        f"<div><b>{escape(head)}</b></div>"
        '<pre style="white-space:pre-wrap;overflow-wrap:anywhere;'
        f'border-left:3px solid #9e9e9e;padding-left:.75em">{escape(text)}</pre>'
        for head, text in parts
    )
    plain = "\n\n".join(f"{head}\n{text}" for head, text in parts)
    display({"text/plain": plain + noted, "text/html": html + escape(noted)}, raw=True)


def _follows(message: Message) -> str:
    files = [one.name for one in message.attachments if not isinstance(one, Image)]
    return promise(len(message.attachments) - len(files), files)
