"""What becomes of an item that was tried: written down, and told; what cannot be is owed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from notebook_notify.errors import ConfigError, NotifyError, OutboxError, TargetError
from notebook_notify.waiting.changes import Change
from notebook_notify.waiting.queueing import rest_of, standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from notebook_notify.delivery.outbox import Outbox
    from notebook_notify.delivery.outbox_rows import Item, Lease
    from notebook_notify.platforms.base import Channel
    from notebook_notify.reports import SendResult
    from notebook_notify.waiting.changes import Changes
    from notebook_notify.waiting.queueing import Passage

#: So often is tried what fails by itself: by a target that cannot work, or our own mistake.
TRIES = 3


class Settling:
    """Writes down and tells what tries came to. Thread-safe.

    Args:
        changes: who is told.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._owed: list[Callable[[], Change | None]] = []

    def conclude(
        self,
        outbox: Outbox,
        lease: Lease,
        channel: Channel,
        result: SendResult,
        passage: Passage,
    ) -> None:
        """Settle an item by what a try came to.

        Args:
            outbox: where it is.
            lease: the right to send it.
            channel: that of its target.
            result: what the try came to.
            passage: knows its way.

        Raises:
            OutboxError: that cannot be written now; it is owed.
        """
        error, stands = result.error or {}, standing(result, channel)
        if stands == "later" and result.parts_sent > passage.landed:
            stands = "unknown"  # time was up when a part had just arrived, and was not yet noted
        parts = passage.done  # after that: of what had landed nothing is missing here
        mistaken = result.code is None and hopeless(passage.trouble)
        if stands == "later" and mistaken and _again(lease, error):
            stands = "refused"
        ended: Callable[[], Item | None]
        match stands:
            case "out":
                self._settle(partial(_out, outbox, lease, result))
                return
            case "unknown":
                ended = partial(outbox.lose, lease, error, parts=parts)
            case "later":
                rest = rest_of(result, channel)
                ended = partial(outbox.later, lease, error, rest=rest, parts=parts)
            case "refused":
                ended = partial(outbox.bury, lease, error, parts=parts)
        self._settle(partial(_stays, ended, result))

    def fail(self, outbox: Outbox, lease: Lease, problem: NotifyError) -> None:
        """Settle an item that could not even be tried; raises ``OutboxError`` as above."""
        told = {"errmsg": str(problem)}
        given_up = hopeless(problem) and _again(lease, told)
        write = outbox.bury if given_up else outbox.later
        self._settle(partial(_stays, partial(write, lease, told), None))

    def withdraw(self, outbox: Outbox, lease: Lease) -> None:
        """Take out an item that was stored too late; raises ``OutboxError`` as above."""
        self._settle(partial(_withdrawn, outbox, lease))

    def pay(self) -> None:
        """Write down and tell what is owed; raises ``OutboxError`` if that still cannot be."""
        while self._owed:
            change = self._owed[0]()
            self._owed.pop(0)
            if change is not None:
                self._changes.tell(change)

    def _settle(self, write: Callable[[], Change | None]) -> None:
        try:
            change = write()
        except OutboxError:
            self._owed.append(write)
            raise
        if change is not None:
            self._changes.tell(change)


def hopeless(error: Exception | None) -> bool:
    """Whether *error* comes again however long one waits: a target's fault, or our own mistake.

    A secret that cannot be had, a config file that is being written, a full disk and a process
    that gets no thread are none of these.
    """
    if error is None or isinstance(error, ConfigError):
        return False
    if isinstance(error, TargetError):
        return True
    passing = isinstance(error, NotifyError | OSError | MemoryError)
    return not passing and type(error) is not RuntimeError


def _again(lease: Lease, error: dict[str, Any]) -> bool:
    """Whether it was tried ``TRIES`` times, and failed the time before as it did now."""
    return lease.item.attempts >= TRIES and lease.item.error == error


def _out(outbox: Outbox, lease: Lease, result: SendResult) -> Change:
    outbox.done(lease)
    return Change(lease.item, result, here=False)


def _withdrawn(outbox: Outbox, lease: Lease) -> None:
    outbox.done(lease)


def _stays(write: Callable[[], Item | None], result: SendResult | None) -> Change | None:
    item = write()
    if item is None or (result is None and item.next_at is not None):
        return None
    return Change(item, result, here=True)
