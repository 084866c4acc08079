"""What waits in the outbox is sent in the background: as soon as it can be, once, in order."""

from __future__ import annotations

import contextlib
import sys
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from notebook_notify.delivery.workers import Workers
from notebook_notify.errors import NotifyError, OutboxError
from notebook_notify.platforms import CHANNELS
from notebook_notify.queueing import Passage, place_of, rest_of, standing
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from notebook_notify.delivery.outbox import Outbox
    from notebook_notify.delivery.outbox_rows import Item, Lease
    from notebook_notify.reports import SendReport, SendResult
    from notebook_notify.targets import Target

#: How long one message may take, in seconds: less than its lease lasts.
TIMEOUT = 30.0
#: How long the outbox is waited for, in seconds, by who has a message for it.
PATIENCE = 5.0
#: How often it is looked into while nothing is due, in seconds: for what other processes leave.
IDLE = 60.0
#: The shortest pause between two looks that found nothing, in seconds.
SOON = 0.5
#: So many changes that nobody watched for are kept, for who comes a moment too late.
MISSED = 100
#: How long Python's end is held up for what is due, in seconds.
FLUSH = 2.0


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an item that waited.

    Attributes:
        item: the item as it is in the outbox, or was when it left it.
        result: what the last try came to, if this process made it.
        here: whether it is still in the outbox.
    """

    item: Item
    result: SendResult | None
    here: bool


class Drain:
    """Stores what is to be sent later, and sends it on a thread of its own. Thread-safe.

    Args:
        opened: opens the outbox.
        find: the target of a name; raises ``NotifyError``.
        send: sends one item, in ``TIMEOUT`` seconds, and lets its passage know of it.
        told: is told of each item that left the outbox, or stays there for good; on the thread.
    """

    def __init__(
        self,
        opened: Callable[[], Outbox],
        find: Callable[[str], Target],
        send: Callable[[Target, Passage], SendReport],
        told: Callable[[Change], None] = lambda _change: None,
    ) -> None:
        self._opening = opened
        self.find = find
        self._send = send
        self._told = told
        self.renew(drains=True)

    def renew(self, *, drains: bool = False) -> None:
        """Make threads and locks anew, as a forked child must, which sends nothing from here."""
        self._drains = drains
        self._lock = threading.Lock()
        self._workers = Workers()
        self._outbox: Outbox | None = None
        self._thread: threading.Thread | None = None
        #: how many looks were asked for, and how many of these are done with.
        self._asked = self._looked = 0
        self._news = threading.Condition(self._lock)
        self._ending = False
        self._owed: list[Callable[[], object]] = []
        self._watched: dict[str, Callable[[Change], None]] = {}
        self._missed: dict[str, Change] = {}
        self._left = 0  # how many wait, as far as is known
        #: why the last look failed, if it did.
        self.trouble = ""

    @property
    def outbox(self) -> Outbox:
        """The outbox; raises ``OutboxError`` if there is no folder for it."""
        with self._lock:
            if self._outbox is None:
                self._outbox = self._opening()
            return self._outbox

    # ── what is called by who sends ──────────────────────────────────────────────────────────

    def put(self, job: Callable[[Outbox], list[Item]], patience: float = PATIENCE) -> list[Item]:
        """Store messages, by *job*, and have them sent; when this returns they are on the disk.

        Args:
            job: calls :meth:`Outbox.put` for each; on a thread of its own.
            patience: the longest wait, in seconds.

        Raises:
            OutboxError: none is stored, or none stays stored; says why.
            KeyboardInterrupt: none stays stored.
        """
        try:
            stored = self._workers.submit(lambda: job(self.outbox))
        except (NotifyError, RuntimeError) as error:  # no thread: too many, or Python is ending
            raise OutboxError(str(error)) from None
        try:
            items = stored.result(patience)
        except TimeoutError:
            stored.add_done_callback(self._undo)
            trouble = say("待发件箱没有及时应答", "the outbox did not answer in time")
        except KeyboardInterrupt:
            stored.add_done_callback(self._undo)
            raise
        except NotifyError as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
            trouble = f"{type(error).__name__} in notebook_notify: {error}"
        else:
            self._left += len(items)
            self.start()
            return items
        raise OutboxError(trouble)

    def watch(self, one: str, callback: Callable[[Change], None]) -> None:
        """Have *callback* told, on the drain's thread, when the item leaves or stays for good.

        Also if it has just done so: it may be sent before its report is shown.
        """
        with self._lock:
            self._watched[one] = callback
            missed = one in self._missed
        if missed:
            self.start()

    def drop(self, one: str) -> None:
        """Take an item out, unsent, so that its ``--once`` key may be used again.

        Raises:
            OutboxError: as of :meth:`Outbox.drop`.
        """
        item = self.outbox.drop(one)
        with contextlib.suppress(Exception):  # as for all that is told
            self._told(Change(item, None, here=False))

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

    def flush(self, seconds: float) -> bool:
        """Have all that is queued sent now; whether all was tried within so many seconds.

        Raises:
            OutboxError: it cannot be read or written.
        """
        self.outbox.hasten()
        return self._look(seconds)

    def close(self) -> None:
        """End the thread, once what is due has gone or ``FLUSH`` seconds have passed.

        What then waits is told on stderr, in one line.
        """
        if self._thread is None:
            return
        self._look(FLUSH)
        self.end()
        if self._left and sys.__stderr__ is not None:
            with contextlib.suppress(OSError, ValueError):  # closed: nobody reads it
                print(_waits(self._left), file=sys.__stderr__)

    def end(self, seconds: float = 0.0) -> None:
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
        while self._owed:
            self._owed[0]()
            self._owed.pop(0)
        self._count()
        targets, _ = self.targets()
        while not self._ending and (lease := self.outbox.lease(targets)) is not None:
            self._deliver(lease, targets[lease.item.place])
            self._count()
        self._look_after_watched()
        due = self.outbox.due_in(targets)
        return IDLE if due is None else min(max(due, SOON), IDLE)

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
        try:
            (result,) = self._send(target, passage).results
        except NotifyError as problem:  # the target lacks something
            told = {"errmsg": str(problem)}
            self._settle(partial(self.outbox.later, lease, told), None)
            return
        channel, error, parts = CHANNELS[target.channel], result.error or {}, passage.done
        match standing(result, channel):
            case "out":
                self._settle(partial(self.outbox.done, lease), None)
                self._tell(Change(lease.item, result, here=False))
            case "unknown":
                self._settle(partial(self.outbox.lose, lease, error, parts=parts), result)
            case "later":
                rest = rest_of(result, channel)
                later = partial(self.outbox.later, lease, error, rest=rest, parts=parts)
                self._settle(later, result)
            case "refused":
                self._settle(partial(self.outbox.bury, lease, error, parts=parts), result)

    def _settle(self, job: Callable[[], Item | None], result: SendResult | None) -> None:
        """Write down what became of an item; if that cannot be done now, before the next one."""
        try:
            item = job()
        except OutboxError:
            self._owed.append(job)
            raise
        if item is not None and item.next_at is None:
            self._tell(Change(item, result, here=True))

    def _look_after_watched(self) -> None:
        """Tell of watched items that have ended otherwise, such as by their time's end.

        What others have sent or dropped is not known here: nobody is told.
        """
        with self._lock:
            watched = set(self._watched)
        if not watched:
            return
        there = {item.id: item for item in self.outbox.items() if item.id in watched}
        for one in watched:
            with self._lock:
                missed = self._missed.pop(one, None)
            item = there.get(one)
            if missed is not None:
                self._show(missed)
            elif item is None:
                with self._lock:
                    self._watched.pop(one, None)
            elif item.next_at is None:
                self._tell(Change(item, None, here=True))

    def _tell(self, change: Change) -> None:
        with contextlib.suppress(Exception):  # a reader's mistake is not the sender's
            self._told(change)
        self._show(change)

    def _show(self, change: Change) -> None:
        one = change.item.id
        with self._lock:
            watcher = self._watched.pop(one, None)
            if watcher is None:
                self._missed[one] = change
                while len(self._missed) > MISSED:
                    del self._missed[next(iter(self._missed))]
                return
        with contextlib.suppress(Exception):  # as above
            watcher(change)

    def _undo(self, stored: Future[list[Item]]) -> None:
        """Take out again what was stored too late: its caller was told that it is not."""
        if stored.exception() is None:
            for item in stored.result():
                with contextlib.suppress(OutboxError):
                    self.outbox.drop(item.id)


def _waits(left: int) -> str:
    return "notebook_notify: " + say(
        f"{left} 条消息待发：下一个加载本扩展的内核会发出；或运行 "
        "python -m notebook_notify outbox flush",
        f"{left} queued: the next kernel that loads the extension sends what waits; or run "
        "python -m notebook_notify outbox flush",
    )
