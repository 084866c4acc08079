"""What stands under the cell: the report, or the message that a dry run would have sent."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.display import display

from notebook_notify import sender
from notebook_notify.boxes import box
from notebook_notify.messages import Image, Making, Message, promise
from notebook_notify.secret import scrub
from notebook_notify.texts import local, say
from notebook_notify.waiting.keeping import queued
from notebook_notify.waiting.outgoing import ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.reports import SendReport, SendResult
    from notebook_notify.targets import Target
    from notebook_notify.waiting.changes import Change


def show(report: SendReport) -> None:
    """Show what became of a message, and later what becomes of that which is in the outbox."""
    waiting = [result.item for result in report.results if result.item is not None]
    if not waiting:
        display(report.bundle(), raw=True)
        return
    box = Box(report, display(report.bundle(), raw=True, display_id=True))
    for item in waiting:
        sender.DRAIN.watch(item, box.change)


class Box:
    """A box under a cell that changes when more is known of a message. Thread-safe.

    Args:
        report: what it shows now.
        handle: IPython's ``DisplayHandle`` of it.
    """

    def __init__(self, report: SendReport, handle: Any) -> None:
        self._report = report
        self._handle = handle
        self._lock = threading.Lock()

    def change(self, change: Change) -> None:
        """Show what became of one item, or what its last try came to."""
        with self._lock:  # shown in the order it is told
            results = tuple(
                later(one, change) if one.item == change.item.id else one
                for one in self._report.results
            )
            before, self._report = self._report, replace(self._report, results=results)
            if self._report.bundle() != before.bundle():  # a terminal shows it below, once more
                self._handle.update(self._report.bundle(), raw=True)


def later(result: SendResult, change: Change) -> SendResult:
    """What is told of *result*, whose message is or was in the outbox, once *change* has come."""
    if change.result is not None and change.here and change.item.state in ("queued", "unknown"):
        tried = change.result
        if change.item.lost and tried.outcome != "unknown":  # the repeat did not get through
            tried = replace(tried, outcome="unknown", advice=None)
        return queued(tried, change.item)
    told_so = change.here and change.result is None and not change.item.repeats
    if told_so and result.outcome == "unknown":
        return result
    asked, now = (
        f"{local(moment):%m-%d %H:%M:%S}" for moment in (change.item.created, time.time())
    )
    note = say(f"{asked} 排队，{now} 有了结果", f"queued {asked}, settled {now}")
    if change.result is not None and change.result.outcome == "sent":
        note = say(f"{asked} 排队，{now} 发出", f"queued {asked}, sent {now}")
        if change.item.lost:
            note = say(f"{asked} 起结果未知，{now} 重发", f"unknown since {asked}, repeated {now}")
    if change.result is None:  # it has expired, say, or another process dealt with it
        told, gone = ending(change), change.outcome in ("sent", "partial")
        error, notes = (None, (told, note)) if gone else ({"errmsg": told}, (note,))
        return replace(
            result, outcome=change.outcome, error=error, code=None, notes=(*result.notes, *notes)
        )
    return replace(change.result, notes=(*change.result.notes, note), item=result.item)


def show_dry_run(messages: Sequence[tuple[Target, Making]], notes: Sequence[str]) -> None:
    """Show what would have been sent to each target."""
    made = [(target, one if isinstance(one, Message) else one()) for target, one in messages]
    parts = [
        (
            say(f"试运行，未发送 → {target.label}", f"dry run, not sent → {target.label}"),
            scrub("\n\n".join(filter(None, (message.text, _follows(message))))),
        )
        for target, message in made
    ]
    more = (note for _, message in made for note in message.notes)
    noted = [scrub(note) for note in dict.fromkeys((*notes, *more))]
    plain = "\n\n".join(f"{head}\n{text}" for head, text in parts)
    html = [box(head, [("", text)]) for head, text in parts]
    html += [box(note, mark="·") for note in noted]
    display(
        {"text/plain": "\n· ".join([plain, *noted]), "text/html": "".join(html)},
        raw=True,
    )


def _follows(message: Message) -> str:
    files = [one.name for one in message.attachments if not isinstance(one, Image)]
    return promise(len(message.attachments) - len(files), files, message.missing)
