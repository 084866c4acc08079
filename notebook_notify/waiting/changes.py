"""What became of items that waited, and who is told: the ledger, and who watches one."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from notebook_notify.delivery.outbox_rows import Item
    from notebook_notify.reports import Outcome, SendResult

#: So long another process may take to tell what it has made of an item, in seconds.
UNTOLD = 90.0
#: So many changes that nobody watched for are kept, for who comes a moment too late.
MISSED = 100


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an item that waited, or what its last try came to.

    Attributes:
        item: the item as it is in the outbox, or was when it left it.
        result: what the last try came to, if this process made it.
        here: whether it is still in the outbox.
        elsewhere: what became of it in the hands of another process, if it left it so.
    """

    item: Item
    result: SendResult | None
    here: bool
    elsewhere: Outcome | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more becomes of it by itself."""
        return not self.here or self.item.next_at is None

    @property
    def outcome(self) -> Outcome:
        """What became of the message, if it has *ended*."""
        if self.elsewhere is not None:
            return self.elsewhere
        if self.result is not None and not self.here:
            return self.result.outcome
        return "unknown" if self.item.lost else "failed"


def swept(item: Item) -> Change:
    """What a look at the outbox has ended: what was left there, or had gone out whole."""
    if item.state in ("dead", "unknown"):
        return Change(item, None, here=True)
    return Change(item, None, here=False, elsewhere="sent")


@dataclass(slots=True)
class _Watch:
    callback: Callable[[Change], None]
    item: Item | None = None  # as it was seen last
    gone: float | None = None  # when it was seen to be gone, on the ``time.monotonic()`` clock


class Changes:
    """Who is told of what. Thread-safe; a reader's mistake is not the sender's.

    Args:
        told: is told of each end that this process has seen to.
        asked: what another process has told of an item that is gone; ``None``: nothing yet.
    """

    def __init__(
        self, told: Callable[[Change], None], asked: Callable[[Item], Outcome | None]
    ) -> None:
        self._told = told
        self._asked = asked
        self._lock = threading.Lock()
        self._watched: dict[str, _Watch] = {}
        self._missed: dict[str, Change] = {}
        self._telling: set[str] = set()

    def watch(self, one: str, callback: Callable[[Change], None]) -> None:
        """Have *callback* told of an item until it ends; it should be looked after at once."""
        with self._lock:
            self._watched[one] = _Watch(callback)

    def begun(self, item: Item) -> None:
        """*item* is new: what is kept of an older one that had its id is not told of it."""
        with self._lock:
            kept = self._missed.get(item.id)
            if kept is not None and kept.item.created != item.created:
                del self._missed[item.id]

    def watched(self) -> Collection[str]:
        """The ids of the items that are watched."""
        with self._lock:
            return set(self._watched)

    def look(self, there: Mapping[str, Item]) -> None:
        """Tell who watches of items that others have ended: those told the ledger.

        Args:
            there: the watched items that are in the outbox, by id.
        """
        for one in self.watched():
            with self._lock:
                missed, watch = self._missed.pop(one, None), self._watched.get(one)
            if missed is not None:
                self._show(missed)
            elif watch is None:
                continue
            elif (item := there.get(one)) is None:
                self._look_for(one, watch)
            else:
                watch.item = item
                if item.next_at is None:
                    self._show(Change(item, None, here=True))

    def _look_for(self, one: str, watch: _Watch) -> None:
        """Tell what became of what is gone, as soon as that is known, or that it never will be."""
        if watch.item is None:  # it was gone before it was seen
            with self._lock:
                self._watched.pop(one, None)
            return
        now = time.monotonic()
        watch.gone = now if watch.gone is None else watch.gone
        outcome: Outcome | None = None
        with contextlib.suppress(Exception):
            outcome = self._asked(watch.item)
        if outcome is None and now < watch.gone + UNTOLD:
            return
        with self._lock:  # this process may have told the ledger just now, and is about to show it
            if one in self._telling or self._watched.get(one) is not watch:
                return
        self._show(Change(watch.item, None, here=False, elsewhere=outcome or "unknown"))

    def tell(self, change: Change) -> None:
        """Tell all of it; but the ledger only of an end."""
        one = change.item.id
        with self._lock:
            self._telling.add(one)
        if change.ended:
            with contextlib.suppress(Exception):
                self._told(change)
        self._show(change)
        with self._lock:
            self._telling.discard(one)

    def _show(self, change: Change) -> None:
        one = change.item.id
        with self._lock:
            watch = self._watched.get(one)
            if change.ended:
                self._watched.pop(one, None)
            if watch is None:
                self._missed[one] = change
                while len(self._missed) > MISSED:
                    del self._missed[next(iter(self._missed))]
                return
        with contextlib.suppress(Exception):
            watch.callback(change)
