"""Messages are stored on threads of their own, since a disk may be slow; nobody waits for long."""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from notebook_notify.delivery.workers import Workers
from notebook_notify.errors import NotifyError, OutboxError
from notebook_notify.texts import say
from notebook_notify.waiting.changes import Change, Changes, swept
from notebook_notify.waiting.queueing import Passage
from notebook_notify.waiting.settling import Settling

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.delivery.outbox import Outbox
    from notebook_notify.delivery.outbox_rows import Item, Lease
    from notebook_notify.platforms.base import Channel
    from notebook_notify.reports import Outcome, SendResult

_T = TypeVar("_T")

#: How long the outbox is waited for, in seconds, by who has a message for it.
PATIENCE = 5.0


class Storing(ABC):
    """Stores what is to be sent later, or is on its way. Thread-safe.

    Args:
        opened: opens the outbox.
        told: is told of each item that this process has seen to the end of; on a thread.
        asked: what another process has told of an item that is gone, if it has.
    """

    def __init__(
        self,
        opened: Callable[[], Outbox],
        told: Callable[[Change], None],
        asked: Callable[[Item], Outcome | None],
    ) -> None:
        self._opening = opened
        self._told = told
        self._asking = asked

    def renew(self) -> None:
        """Make threads and locks anew, as a forked child must."""
        self._lock = threading.Lock()
        self._workers = Workers()
        self._outbox: Outbox | None = None
        self._jobs: set[Future[None]] = set()  # what Python's end waits for
        self._changes = Changes(self._told, self._asking)
        self._settling = Settling(self._changes)
        self._left = 0  # how many wait, as far as is known

    @abstractmethod
    def start(self) -> None:
        """Have what is stored sent."""

    @property
    def outbox(self) -> Outbox:
        """The outbox; raises ``OutboxError`` if there is no folder for it."""
        with self._lock:
            if self._outbox is None:
                self._outbox = self._opening()
                self._outbox.ended = self._told_of
            return self._outbox

    def ask(self, job: Callable[[Outbox], _T], patience: float = PATIENCE) -> _T:
        """Have *job* done on a thread of its own, since a disk may be slow, and give its result.

        Args:
            job: what to do; it is done to its end even if nobody waits any more.
            patience: the longest wait, in seconds.

        Raises:
            NotifyError: as *job* does; or the outbox did not answer.
        """
        done = self._begin(lambda: job(self.outbox))
        try:
            return done.result(patience)
        except TimeoutError:
            raise OutboxError(_silent()) from None

    def put(self, job: Callable[[Outbox], list[Item]], patience: float = PATIENCE) -> list[Item]:
        """Store messages, by *job*, and have them sent; when this returns they are on the disk.

        Args:
            job: calls :meth:`Outbox.put` for each; on a thread of its own, in one transaction.
            patience: the longest wait, in seconds; as long again if the disk is at it then.

        Raises:
            OutboxError: none is stored; says why. Or if the disk does not come to an end with
                it, as it says then, it is not known.
            KeyboardInterrupt: none is stored, or none stays: what the disk was at is taken out
                again, unless another process was so fast as to send it.
        """
        gate = _Gate()
        stored: Future[list[Item]] = Future()  # before Ctrl-C can come

        def store() -> list[Item]:
            outbox = self.outbox
            with outbox.together(gate.passes):
                return job(outbox)

        try:
            self._begin(store, stored)
            items = _waited(stored, gate, patience)
        except TimeoutError:
            unsure = say(
                "；是否已排队不清楚（%notify_outbox）",
                "; it is not known whether it is queued (%notify_outbox)",
            )
            raise OutboxError(_silent() + unsure) from None
        except KeyboardInterrupt:
            if not gate.shut():
                stored.add_done_callback(self._undo)
            raise
        except NotifyError as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
            trouble = f"{type(error).__name__} in notebook_notify: {error}"
        else:
            for item in items:
                self._changes.begun(item)
            self._left += len(items)
            self.start()
            return items
        raise OutboxError(f"{trouble}{say('；没有排队', '; not queued')}")

    def _undo(self, stored: Future[list[Item]]) -> None:
        if stored.exception() is None:
            for item in stored.result():
                with contextlib.suppress(OutboxError):
                    self.outbox.drop(item.id)

    def adopt(
        self,
        stored: Future[Passage],
        store: Callable[[Outbox], Lease],
        outcome: Callable[[], SendResult],
        channel: Channel,
        landed: int,
    ) -> None:
        """Store a message that is on its way, and settle it when its outcome is known.

        Args:
            stored: takes its passage once it is on the disk, or what kept it from there; if it
                is cancelled before, the message is taken out again, and its outcome left alone.
            store: stores it; on a thread of its own, as what follows.
            outcome: waits for what becomes of it.
            channel: that of its target.
            landed: how many of its parts the platform is known to have taken by now.

        Raises:
            OutboxError: there is no thread for it.
        """

        def job() -> None:
            if stored.cancelled():
                return
            try:
                lease = store(self.outbox)
                passage = Passage(self.outbox, lease)
                passage.landed = landed
            except Exception as error:  # noqa: BLE001 - who asked is told
                if stored.set_running_or_notify_cancel():
                    stored.set_exception(error)
                return
            if not stored.set_running_or_notify_cancel():
                try:
                    self._settling.withdraw(self.outbox, lease)
                finally:
                    self.start()  # should that be owed
                return
            self._changes.begun(lease.item)
            self._left += 1
            stored.set_result(passage)
            try:
                self._settling.conclude(self.outbox, lease, channel, outcome(), passage)
            finally:
                self.start()  # for what came after it in its place, and for what is owed

        self._own(job)

    def _own(self, job: Callable[[], None]) -> None:
        """Have *job* done on a thread of its own, for which Python's end waits a moment."""
        future = self._begin(job)
        self._jobs.add(future)
        future.add_done_callback(self._jobs.discard)

    def _begin(self, job: Callable[[], _T], future: Future[_T] | None = None) -> Future[_T]:
        """Have *job* done on a thread of its own; raises ``OutboxError`` if there is none."""
        try:
            return self._workers.submit(job, future)
        except (NotifyError, RuntimeError) as error:  # too many, or Python is ending
            raise OutboxError(str(error)) from None

    def _told_of(self, ended: list[Item]) -> None:
        """Tell of what a look at the outbox has ended; the ledger may be slow."""

        def job() -> None:
            for item in ended:
                self._changes.tell(swept(item))

        try:
            self._own(job)
        except OutboxError:  # no thread is left for it
            job()


def _waited(stored: Future[list[Item]], gate: _Gate, patience: float) -> list[Item]:
    """What was stored; raises ``TimeoutError`` if it cannot be said whether anything was."""
    try:
        return stored.result(patience)
    except TimeoutError:
        if gate.shut():
            raise OutboxError(_silent()) from None
    return stored.result(patience)


class _Gate:
    """Agreed upon by who stores and who waits: whether what is stored is to stay.

    What is put is anybody's to send as soon as it is stored, so that must be said before; what
    is adopted has a lease, and can be taken out after.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shut = self._passed = False

    def shut(self) -> bool:
        """Let nothing be stored any more; whether that is so."""
        with self._lock:
            self._shut = True
            return not self._passed

    def passes(self) -> None:
        """What follows stores it; raises ``OutboxError`` if nobody wants it any more."""
        with self._lock:
            if self._shut:
                raise OutboxError("nobody waits for it any more")
            self._passed = True


def _silent() -> str:
    return say("待发件箱没有及时应答", "the outbox did not answer in time")
