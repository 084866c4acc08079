"""What of a send does not end with it: what is queued, and what goes on behind the cell."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import Future, wait
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from notebook_notify.errors import OVER_RATE, NotifyError, OutboxError, SendInterrupted
from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.reports import Advice, SendResult
from notebook_notify.sending.outcomes import Hold
from notebook_notify.texts import local, say
from notebook_notify.waiting.queueing import Underway, may_queue, place_of, rest_of, standing
from notebook_notify.waiting.storing import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from notebook_notify.delivery.budget import Budget
    from notebook_notify.delivery.outbox import Outbox
    from notebook_notify.delivery.outbox_rows import Item, Lease
    from notebook_notify.messages import Making
    from notebook_notify.reports import SendReport
    from notebook_notify.sending.dispatch import Sender
    from notebook_notify.sending.outcomes import Delivery
    from notebook_notify.targets import Target
    from notebook_notify.waiting.drain import Drain
    from notebook_notify.waiting.queueing import Passage

#: How long a message that Ctrl-C has stopped may take to be taken out again, in seconds.
FORGET = 1.0


class Kept:
    """A message that is made once, however many threads ask for it."""

    def __init__(self, making: Making) -> None:
        self._making = making
        self._lock = threading.Lock()

    @property
    def message(self) -> Message | None:
        """The message, if it is made."""
        return self._making if isinstance(self._making, Message) else None

    def __call__(self) -> Message:
        """The message, made now if need be."""
        with self._lock:
            if not isinstance(self._making, Message):
                self._making = self._making()
            return self._making


class Keeper:
    """Keeps what one call sends: in the outbox, if it is to go out later, or while it goes on.

    Args:
        drain: whose outbox.
        saved: tells the config file's targets, the only ones that anything is kept for; asked
            only if something may have to be.
        key: that of ``--once``; what may have arrived is not repeated then.
        verdict: as of :class:`ledger.Entry`.
    """

    def __init__(
        self,
        drain: Drain,
        saved: Callable[[], Mapping[str, Target]],
        *,
        key: str | None,
        verdict: str,
    ) -> None:
        self._drain = drain
        self._saved = saved
        self._key = key
        self._verdict = verdict
        self._underway: list[Future[Passage]] = []

    def send(
        self,
        sender: Sender,
        messages: Iterable[tuple[Target, Making]],
        *,
        budget: Budget,
        **options: Any,
    ) -> SendReport:
        """Send, and keep what did not go out and may wait; what may have arrived is kept too.

        Args:
            sender: sends them.
            messages: targets and messages.
            budget: how long the outcome is waited for; what can be kept goes on after that.
            options: as of :meth:`Sender.send`.

        Returns:
            The report. If the outbox cannot be used, it says so, and why.

        Raises:
            TargetError: as of :meth:`Sender.send`.
            SendInterrupted: Ctrl-C; nothing was queued, and nothing goes on.
        """
        kept = [(target, Kept(message)) for target, message in messages]
        sent = [(target, one.message or one) for target, one in kept]
        held = budget.held
        hold = None if held is None else Hold(held, self._adopt)
        try:
            report = sender.send(sent, timeout=budget.left, hold=hold, **options)
        except SendInterrupted:
            self._forget()
            raise
        return self._queue(kept, report)

    def _adopt(
        self, delivery: Delivery, outcome: Callable[[], SendResult]
    ) -> Callable[[], SendResult | None]:
        """Begin to store *delivery*, which goes on; as :class:`Hold` has it."""
        target, message = delivery.target, delivery.message
        if message is None or not may_queue(target, self._saved()):
            return lambda: None
        stored: Future[Passage] = Future()
        self._underway.append(stored)
        way = Underway(delivery, stored)

        def store(outbox: Outbox) -> Lease:
            return outbox.board(
                str(target.name),
                place_of(target),
                message if isinstance(message, Message) else message(),
                flying=way.left,
                accepted=way.done or (0, 0),
                **self._terms(target),
            )

        until = min(time.monotonic() + PATIENCE, delivery.deadline)
        try:
            self._drain.adopt(stored, store, outcome, delivery.channel, way.landed)
        except OutboxError as error:
            stored.set_exception(error)
        return partial(self._adopted, delivery, stored, until)

    def _adopted(
        self, delivery: Delivery, stored: Future[Passage], until: float
    ) -> SendResult | None:
        """What the caller of *delivery* is told; ``None`` if it is not stored by then."""
        wait([stored], max(0.0, until - time.monotonic()))
        if stored.cancel() or stored.exception() is not None:
            return None
        waits = say(
            "仍在发送，有结果时这里会更新（%notify_outbox）",
            "still being sent; this box will tell what became of it (%notify_outbox)",
        )
        parts, gone = max(1, len(delivery.parts)), delivery.flight.parts_sent
        return SendResult(
            delivery.target.label,
            say(*delivery.channel.spec.title),
            "queued",
            parts=parts,
            parts_sent=gone,
            seconds=time.monotonic() - delivery.started,
            item=stored.result().item.id,
            waits=waits + _so_far(gone, parts),
        )

    def _terms(self, target: Target) -> dict[str, Any]:
        """How whatever is kept for *target* is dealt with."""
        repeats = self._key is None and target.get("unknown") != "ask"
        return {"repeats": repeats, "key": self._key, "verdict": self._verdict}

    def _forget(self) -> None:
        """Take out what goes on: Ctrl-C has stopped it, and its report has been made."""
        # If it cannot be taken out now, %notify_outbox lists it; a second Ctrl-C changes nothing.
        with contextlib.suppress(NotifyError, KeyboardInterrupt):
            stored = [one for one in self._underway if not one.cancel() and one.exception() is None]

            def forget(_outbox: Outbox) -> None:
                for one in stored:
                    one.result().forget()

            if stored:
                self._drain.ask(forget, FORGET)

    def _queue(self, messages: Sequence[tuple[Target, Kept]], report: SendReport) -> SendReport:
        """Queue what of *report* did not go out and may wait; the report as it is then.

        Raises:
            SendInterrupted: Ctrl-C; nothing was queued.
        """
        waiting = [
            (number, target, message, result)
            for number, ((target, message), result) in enumerate(
                zip(messages, report.results, strict=True)
            )
            if result.item is None
            and standing(result, CHANNELS[target.channel]) in ("later", "unknown")
            and may_queue(target, self._saved())
        ]
        if not waiting:
            return report

        def store(outbox: Outbox) -> list[Item]:
            # All are made before the file is held, which others want too.
            made = [
                (target, place_of(target), message(), result)
                for _, target, message, result in waiting
            ]
            return [
                outbox.put(
                    str(target.name),
                    place,
                    message,
                    error=result.error,
                    unknown=result.outcome == "unknown",
                    accepted=(result.parts_sent, result.parts) if result.parts_sent else (0, 0),
                    rest=rest_of(result, CHANNELS[target.channel]),
                    **self._terms(target),
                )
                for target, place, message, result in made
            ]

        try:
            items = self._drain.put(store)
        except OutboxError as error:
            return replace(report, notes=(*report.notes, str(error)))
        except KeyboardInterrupt:
            raise SendInterrupted(report) from None
        results = list(report.results)
        for (number, _, _, result), item in zip(waiting, items, strict=True):
            results[number] = queued(result, item)
        return replace(report, results=tuple(results))


def queued(result: SendResult, item: Item) -> SendResult:
    """*result* as it is told once its message is in the outbox as *item*."""
    if item.state == "unknown":
        note = say(
            f"先看群里有没有；没有再执行 %notify_outbox resend {item.id}",
            f"look first, then: %notify_outbox resend {item.id}",
        )
        if item.next_at is not None:
            note = say(
                f"一分钟后重发一次，首行写“可能重复 · {item.id}”；"
                f"不要重发：%notify_outbox drop {item.id}",
                f"it is repeated once, a minute later, headed 'possible repeat · {item.id}'; "
                f"to prevent that: %notify_outbox drop {item.id}",
            )
        told = result.advice or Advice(say("可能已送达", "it may have arrived"), "")
        return replace(result, item=item.id, advice=replace(told, todo=note))
    until = f"{local(item.expires):%m-%d %H:%M}"
    reason = result.advice.what if result.advice else str((result.error or {}).get("errmsg", ""))
    waits = say(
        f"{reason}，已存到本机，内核在时自动重试，{until} 过期（%notify_outbox）",
        f"{reason}; saved here, retried while a kernel runs, expires {until} (%notify_outbox)",
    )
    if result.code == OVER_RATE:
        at = f"{local(item.next_at or time.time()):%H:%M:%S}"
        waits = say(
            f"已到频率上限，已存到本机，内核在时 {at} 起自动发出，{until} 过期（%notify_outbox）",
            f"the rate limit is reached; saved here, goes out by itself from {at} while a kernel "
            f"runs, expires {until} (%notify_outbox)",
        )
    # What did not go along this time goes along with the next.
    clean = replace(result, notes=(), advice=None, error=None)
    waits += _so_far(result.parts_sent, result.parts)
    return replace(clean, outcome="queued", item=item.id, waits=waits)


def _so_far(gone: int, parts: int) -> str:
    """How much of a message that waits has gone, if that is not nothing."""
    told = say(f" · {parts} 条中已发 {gone} 条", f" · {gone} of {parts} parts were sent")
    return told if gone and parts > 1 else ""
