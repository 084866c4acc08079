"""What waits in the outbox is sent in the background: as soon as it can be, once, in order."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from concurrent.futures import wait
from typing import TYPE_CHECKING

from notebook_notify.errors import NotifyError, OutboxError
from notebook_notify.platforms import CHANNELS
from notebook_notify.texts import say
from notebook_notify.waiting.changes import Change
from notebook_notify.waiting.queueing import Passage, place_of
from notebook_notify.waiting.storing import Storing

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.delivery.outbox import Outbox
    from notebook_notify.delivery.outbox_rows import Item, Lease
    from notebook_notify.reports import Outcome, SendReport
    from notebook_notify.targets import Target

#: How long one message may take, in seconds: less than its lease lasts.
TIMEOUT = 30.0
#: How often it is looked into while nothing is due, in seconds: for what other processes leave.
IDLE = 60.0
#: The shortest pause between two looks that found nothing, in seconds.
SOON = 0.5
#: How long what has no answer in time takes to be written down, in seconds.
SETTLE = 2.0
#: How long Python's end is held up for what is due, in seconds; then for the file to be closed.
FLUSH, CLOSING = 2.0, 1.0


class Drain(Storing):
    """Stores what is to be sent later, and sends it on a thread of its own. Thread-safe.

    Args:
        opened: as the last two, of :class:`Storing`.
        find: the target of a name; raises ``NotifyError``.
        send: sends one item, in so many seconds, and lets its passage know of it.
        told: is told of ends.
        asked: knows what others have told.
    """

    def __init__(
        self,
        opened: Callable[[], Outbox],
        find: Callable[[str], Target],
        send: Callable[[Target, Passage, float], SendReport],
        told: Callable[[Change], None] = lambda _change: None,
        asked: Callable[[Item], Outcome | None] = lambda _item: None,
    ) -> None:
        super().__init__(opened, told, asked)
        self.find = find
        self._send = send
        self.renew(drains=True)

    def renew(self, *, drains: bool = False) -> None:
        """Make threads and locks anew, as a forked child must, which sends nothing from here."""
        super().renew()
        self._drains = drains
        self._thread: threading.Thread | None = None
        #: how many looks were asked for, and how many of these are done with.
        self._asked = self._looked = 0
        self._news = threading.Condition(self._lock)
        self._ending = False
        self._noticed = -IDLE  # when it was looked for a file, on the monotonic clock
        self._until: float | None = None  # when sending is to end, on the monotonic clock
        #: why the last look failed, if it did: nothing is sent from here until one does not.
        self.trouble = ""

    def watch(self, one: str, callback: Callable[[Change], None]) -> None:
        """Have *callback* told, on a thread, of each try of the item until it leaves or stays.

        Also if it has just been tried: it may be sent before its report is shown.
        """
        self._changes.watch(one, callback)
        self.start()

    def drop(self, one: str) -> None:
        """Take an item out, unsent, so that its ``--once`` key may be used again.

        Raises:
            OutboxError: as of :meth:`Outbox.drop`.
        """
        self._changes.tell(Change(self.outbox.drop(one), None, here=False))

    def start(self) -> None:
        """Have the thread look at the outbox now; a forked child has none."""
        with self._lock:
            if not self._drains or self._ending:
                return
            self._asked += 1
            self._news.notify_all()
            if self._thread is None or not self._thread.is_alive():
                thread = threading.Thread(
                    target=self._work, name="notebook_notify outbox", daemon=True
                )
                # None starts if Python is ending, or has too many: the next kernel sends it.
                with contextlib.suppress(RuntimeError):
                    thread.start()
                    self._thread = thread

    def notice(self) -> None:
        """Look now and then, off this thread, whether another process has begun an outbox.

        Costs who never queues anything a look at a folder, where it is called, each ``IDLE``
        seconds at most; whoever has looked into an outbox once goes on by itself.
        """
        now = time.monotonic()
        if self._thread is not None or now < self._noticed + IDLE:
            return
        self._noticed = now

        def look() -> None:
            if self.outbox.path.exists():
                self.start()

        with contextlib.suppress(NotifyError, RuntimeError):  # no thread for it
            self._workers.submit(look)

    def flush(self, seconds: float, *, last: bool = False) -> bool:
        """Have all that is queued sent now; whether all was tried within so many seconds.

        Args:
            seconds: so long it is waited for.
            last: whether nothing is to be on its way after that, since Python ends: what has no
                answer by then is *unknown*.

        Raises:
            OutboxError: it cannot be read or written.
        """
        if last:
            self._until = time.monotonic() + seconds
        self.ask(lambda outbox: outbox.hasten())
        return self._look(seconds + SETTLE if last else seconds)

    def close(self) -> None:
        """End the thread, once what is due has gone or ``FLUSH`` seconds have passed.

        What then waits is told on stderr, in one line.
        """
        if self._thread is None and not self._jobs:
            return
        until = time.monotonic() + FLUSH
        self._until = until if self._until is None else min(until, self._until)
        wait(set(self._jobs), FLUSH)
        looked = self._look(max(0.0, until - time.monotonic()))
        if not looked:  # the thread is at a message, and has not counted since it took that up
            with contextlib.suppress(NotifyError):
                self.ask(lambda _outbox: self._count(), SOON)
        # A thread that sends is not waited for any more; one that does not ends at once.
        self.end(CLOSING if looked else 0.0)
        if self._left and sys.__stderr__ is not None:
            with contextlib.suppress(OSError, ValueError):  # closed: nobody reads it
                print(_waits(self._left), file=sys.__stderr__)

    def end(self, seconds: float) -> None:
        """Let the thread send no more; wait so many seconds at most to close the outbox too."""
        with self._lock:
            self._ending = True
            self._news.notify_all()
        if self._thread is not None:
            self._thread.join(seconds)
            if self._thread.is_alive():
                return
        if self._outbox is not None:
            self._outbox.close()

    def _look(self, seconds: float) -> bool:
        """Ask for a look, and wait until it is done."""
        self.start()
        with self._lock:
            asked = self._asked
            return self._news.wait_for(lambda: self._looked >= asked, seconds)

    # ── what runs on the thread ──────────────────────────────────────────────────────────────

    def _work(self) -> None:
        while not self._ending:
            asked = self._asked
            try:
                seconds = self._pass()
                self.trouble = ""
            except OutboxError as error:
                self.trouble, seconds = str(error), IDLE
            except Exception as error:  # noqa: BLE001 - not even our own mistakes may end it
                self.trouble = f"{type(error).__name__} in notebook_notify: {error}"
                seconds = IDLE
            with self._lock:
                self._looked = asked
                self._news.notify_all()
                self._news.wait_for(lambda: self._ending or self._asked != self._looked, seconds)

    def _pass(self) -> float:
        """Send all that is due; in how many seconds to look again."""
        self._settling.pay()
        self._count()
        targets, _ = self.targets()
        while self._sends() and (lease := self.outbox.lease(targets)) is not None:
            self._deliver(lease, targets[lease.item.place])
            self._count()
        self._look_after_watched()
        due = self.outbox.due_in(targets)
        return IDLE if due is None else min(max(due, SOON), IDLE)

    def _sends(self) -> bool:
        """Whether another message may be begun."""
        return not self._ending and (self._until is None or time.monotonic() < self._until)

    def _count(self) -> None:
        self._left = sum(self.outbox.waiting().values())

    def targets(self) -> tuple[dict[str, Target], dict[str, str]]:
        """The targets of all that waits, by place; and by name why one cannot be used here."""
        targets, without = {}, {}
        for name in self.outbox.waiting():
            try:
                target = self.find(name)
                targets[place_of(target)] = target
            except NotifyError as error:
                without[name] = str(error)
        return targets, without

    def _deliver(self, lease: Lease, target: Target) -> None:
        passage = Passage(self.outbox, lease)
        left = TIMEOUT if self._until is None else self._until - time.monotonic()
        try:
            (result,) = self._send(target, passage, min(TIMEOUT, left)).results
        except NotifyError as problem:  # the target lacks something
            self._settling.fail(self.outbox, lease, problem)
            return
        channel = CHANNELS[target.channel]
        self._settling.conclude(self.outbox, lease, channel, result, passage)

    def _look_after_watched(self) -> None:
        if watched := self._changes.watched():
            self._changes.look({one.id: one for one in self.outbox.items() if one.id in watched})


def _waits(left: int) -> str:
    return "notebook_notify: " + say(
        f"{left} 条消息待发：下一个加载本扩展的内核会发出；或运行 "
        "python -m notebook_notify outbox flush",
        f"{left} queued: the next kernel that loads the extension sends what waits; or run "
        "python -m notebook_notify outbox flush",
    )
