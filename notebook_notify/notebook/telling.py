"""From a magic line to what is sent and shown: compose, send, report."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from notebook_notify import sender
from notebook_notify.content import context, enclosures
from notebook_notify.content.drafts import Draft
from notebook_notify.content.progress import alert_line, compose_happening
from notebook_notify.errors import NotifyError, SendError, SendInterrupted, TargetError
from notebook_notify.messages import Making, Message
from notebook_notify.notebook.calls import cell_of, title_of, unfilled
from notebook_notify.notebook.cells import attended
from notebook_notify.notebook.filling import fill
from notebook_notify.notebook.options import Options
from notebook_notify.notebook.recent import RECENT
from notebook_notify.notebook.recording import Recording
from notebook_notify.notebook.runs import run_of
from notebook_notify.notebook.showing import show, show_dry_run
from notebook_notify.notebook.watch import Untold, Watch
from notebook_notify.platforms import CHANNELS
from notebook_notify.reports import SendReport
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.content.facts import Run
    from notebook_notify.content.progress import Happening
    from notebook_notify.delivery.budget import Budget
    from notebook_notify.notebook.calls import Call
    from notebook_notify.notebook.recording import Ended
    from notebook_notify.platforms.base import Channel
    from notebook_notify.targets import Target


#: What is for cells that run, not for texts, and how it is written on the line.
_FOR_CELLS = {
    "title": "--title",
    "summary": "--summary",
    "source": "--source",
    "on": "--on",
    "after": "--after",
    "every": "--every",
    "stalled": "--stalled",
    "alert": "--alert",
    "images": "--no-images",
    "max_messages": "--max-messages",
}


@dataclass(frozen=True, slots=True)
class Running:
    """A cell that runs under a magic now."""

    call: Call
    shell: Any
    recording: Recording
    watch: Watch

    @classmethod
    def begin(cls, call: Call, source: str, shell: Any, count: int | None = None) -> Running:
        """Begin to listen to a cell.

        Args:
            call: its magic line.
            source: its code without that line.
            shell: the ``InteractiveShell``.
            count: its number, if that is known by now.
        """
        recording = Recording.begin(source, shell, call, count)
        options = call.options
        watch = Watch(
            recording.capture.screen,
            every=options.every,
            stalled=options.stalled,
            alerts=options.alert,
            tell=partial(_tell_happening, call, count, context.notebook_name(shell.user_ns)),
        )
        if not options.dry_run:
            watch.start()
        return cls(call, shell, recording, watch)

    def finish(self, result: Any) -> None:
        """Stop listening, send what became of the cell, and show the outcome.

        Args:
            result: IPython's ``ExecutionResult``; it has none for some cancelled cells.

        Raises:
            SendError: under ``--strict``, unless all was sent or the cell has its own error.
        """
        self.watch.hush()
        ended = self.recording.end(result)
        options = self.call.options
        budget = options.budget(watched=attended(self.shell))
        # The end is told whatever hangs: half of the budget is its own.
        untold = self.watch.stop(min(options.budget(watched=True).left, budget.patience / 2))
        tell(self.call, ended, self.shell, untold, budget)

    def close(self) -> None:
        """Stop listening and send nothing."""
        self.watch.close()
        self.recording.close()


def send_text(call: Call, text: str, shell: Any) -> None:
    """Send *text* with its fields filled in, and show the outcome.

    Raises:
        UsageError: the text is empty, or an option is given that is for cells that run.
        SendError: under ``--strict``, unless all was sent.
    """
    options = call.options
    for name, option in _FOR_CELLS.items():
        if getattr(options, name) != getattr(Options(), name):
            raise UsageError(
                say(
                    f"{option} 只用于运行单元时；发送文字时不适用",
                    f"{option} is for cells that run; a text is sent as it is",
                )
            )
    if options.form == "file":
        raise UsageError(
            say(
                "--as file 只用于运行单元时；要发文件用 --attach",
                "--as file is for cells that run; a file is sent by --attach",
            )
        )
    filled, failed = fill(text, shell.user_ns)
    named = enclosures.named_files(options.attach)
    notes = [*unfilled(failed), *named.notes]
    message = Message(
        filled,
        named.files,
        markdown=options.form == "markdown",
        mention=options.mention,
        missing=named.unread,
    )
    budget = options.budget(watched=attended(shell))
    messages = [(target, message) for target in call.targets]
    report = _deliver(call, messages, notes, shell, budget)
    if options.strict and report is not None:
        _insist(report)


def tell(call: Call, ended: Ended, shell: Any, untold: Untold, budget: Budget) -> None:
    """Send what became of a cell, if that is wanted, and show the outcome.

    Args:
        call: its magic line.
        ended: what became of it.
        shell: the ``InteractiveShell``.
        untold: what its watch left; an alert is told whatever ``--on`` and ``--after`` say.
        budget: how long the outcome is waited for.

    Raises:
        SendError: under ``--strict``, unless all was sent or the cell has an error of its own.
    """
    options = call.options
    well = ended.error is None and ended.record.error is None and not ended.interrupted
    wanted = {"always": True, "error": not well, "success": well}
    run = run_of(call, ended, "", shell)
    RECENT.keep(run)
    short = ended.took < options.after
    if untold.alert is None and (short or not wanted[options.on]):
        dry = (_left_out(options, short=short),) if options.dry_run else ()
        if told := (*untold.notes, *dry):
            show(SendReport((), told))
        if options.out:
            shell.user_ns[options.out] = None  # not the report of an earlier run
        return
    began = time.monotonic()
    summary, failed = fill(options.summary or "", shell.user_ns)
    if untold.alert is not None:
        summary = "\n".join(filter(None, (alert_line(untold.alert), summary)))
    notes = [*unfilled(failed), *untold.notes]
    run = replace(run, summary=summary or None)
    messages = messages_of(call, run, ended.value, notes)
    # A value that is computed when it is written out, or a slow disk, is not the network's time.
    budget = budget.put_off(time.monotonic() - began)
    strict = options.strict and ended.error is None
    try:
        report = _deliver(call, messages, notes, shell, budget, verdict=run.verdict)
    except UsageError as error:
        if strict:
            raise SendError(str(error), report=SendReport(())) from None
        raise
    if strict and report is not None:
        _insist(report)


def _left_out(options: Options, *, short: bool) -> str:
    """Why nothing of the run is told, for who tries that out."""
    why = "--after" if short else f"--on {options.on}"
    return say(
        f"试运行：{why} 略过这次运行，不会发送",
        f"dry run: {why} leaves this run out, nothing would be sent",
    )


def _insist(report: SendReport) -> None:
    """Raise ``SendError`` unless all was sent; IPython shows it without our frames."""
    try:
        report.raise_for_status()
    except SendError as error:
        told = [f"{type(error).__name__}: {error}"]
        error._render_traceback_ = lambda: told  # type: ignore[attr-defined]
        raise


def _tell_happening(
    call: Call, count: int | None, notebook: str, happening: Happening
) -> SendReport:
    """Send what happens while the cell runs; on the watch's thread."""
    cell = cell_of(count)

    def message(channel: Channel) -> Message:
        mark = channel.mark()
        where = f"{notebook} {cell}".strip()
        title = title_of(call, notebook, cell)
        limit = channel.text_limit
        return Message(compose_happening(title, context.who(), where, happening, limit, mark=mark))

    messages = [(target, partial(message, CHANNELS[target.channel])) for target in call.targets]
    later = happening.kind != "progress"  # how far it was an hour ago is no news
    budget = replace(call.options.budget(watched=True), release=None)  # it holds nobody
    return sender.post(messages, budget=budget, drops=True, queue=later)


def messages_of(call: Call, run: Run, value: Any, notes: list[str]) -> list[tuple[Target, Making]]:
    """For each target its message, which is made on the sending thread.

    Args:
        call: where to, and with what.
        run: what is told.
        value: the value of the cell's last expression.
        notes: what its reader should know is added to these.
    """
    options = call.options
    found = enclosures.gather(run.record, value, attach=options.attach, images=options.images)
    notes += found.notes
    draft = Draft(
        replace(run, table=found.table), found, options.form, options.max_messages, options.mention
    )
    targets = call.alerts if run.verdict == "failed" else call.targets
    return [(target, partial(draft.message, target)) for target in targets]


def _deliver(
    call: Call,
    messages: Sequence[tuple[Target, Making]],
    notes: Sequence[str],
    shell: Any,
    budget: Budget,
    *,
    verdict: str = "text",
) -> SendReport | None:
    """Send to each target its message; show the report and return it."""
    options = call.options
    notes = (*call.notes, *notes)
    if options.out:
        shell.user_ns[options.out] = None  # not the report of an earlier run
    if options.dry_run:
        show_dry_run(messages, notes)
        return None
    try:
        key, without = _key(options, shell, verdict)
        notes = (*notes, *without)
        report = sender.post(
            messages,
            budget=budget,
            once=key,
            verdict=verdict,
            drops=verdict != "text",
            persist=not attended(shell),
            queue=not options.strict,
        )
    except SendInterrupted as interrupt:
        _show(call, replace(interrupt.report, notes=(*interrupt.report.notes, *notes)), shell)
        raise
    except NotifyError as error:
        message = str(error)
    else:
        report = replace(report, notes=(*report.notes, *notes))
        _show(call, report, shell)
        return report
    raise UsageError(message)


def _key(options: Options, shell: Any, verdict: str) -> tuple[str | None, tuple[str, ...]]:
    """The key of ``--once``, or ``None``; and what is to be said of it."""
    if options.once is None:
        return None, ()
    key, failed = fill(options.once, shell.user_ns)
    if not failed:
        return key, ()
    fields = ", ".join(failed)
    if verdict not in ("done", "text"):  # what would have been filled in may be what failed
        return None, (
            say(
                f"--once 中 {fields} 未能填入：这次不按它去重",
                f"--once: {fields} could not be filled in; sent without a key",
            ),
        )
    # The same for every day, it would keep tomorrow's message back.
    raise TargetError(
        say(
            f"--once 中 {fields} 未能填入，未发送",
            f"--once: {fields} could not be filled in; nothing was sent",
        )
    )


def _show(call: Call, report: SendReport, shell: Any) -> None:
    show(report)
    if call.options.out:
        shell.user_ns[call.options.out] = report
