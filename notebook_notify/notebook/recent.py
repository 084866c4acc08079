"""The last cells that ran under a magic or ``%notify_auto``, so that one can be sent afterwards.

What is kept is what a message could tell of them: the end of what they showed, no object of the
user's. Nothing is kept of other cells.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakMethod

from notebook_notify.content.drafts import Draft
from notebook_notify.content.enclosures import gather
from notebook_notify.content.screen import PICTURES

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.content.facts import Run
    from notebook_notify.messages import Message
    from notebook_notify.targets import Target

#: So many cells are kept.
MOST = 10


@dataclass(frozen=True, slots=True)
class RecentCell:
    """A cell that has run.

    Attributes:
        number: tells it from all others of this process; ``[12]`` may run twice.
        run: what a message tells of it.
    """

    number: int
    run: Run

    def message(self, target: Target, *, summary: str = "", form: str = "auto") -> Message:
        """The message on it for *target*, as its own magic would have made it.

        Of a table the rows that were shown go along: the whole of it is not kept.

        Args:
            target: where to.
            summary: a line of the sender's own.
            form: ``auto``, ``text``, ``markdown`` or ``file``, as of ``--as``.
        """
        found = gather(self.run.record, None)
        run = replace(self.run, table=found.table, summary=summary or self.run.summary)
        message = Draft(run, found, form).message(target)
        return replace(message, notes=(*found.notes, *message.notes))


class Recent:
    """The last cells, the newest first. Thread-safe: a kernel's subshells run some at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cells: deque[RecentCell] = deque(maxlen=MOST)
        self._number = 0
        self._listeners: list[WeakMethod[Callable[[], None]]] = []

    def keep(self, run: Run) -> None:
        """Keep the cell that *run* tells of, and of all together at most 32 MB of pictures."""
        with self._lock:
            self._number += 1
            self._cells.appendleft(RecentCell(self._number, run))
            room = PICTURES
            for at, cell in enumerate(self._cells):
                room -= sum(map(len, cell.run.record.pictures))
                if room < 0:
                    record = replace(cell.run.record, pictures=())
                    self._cells[at] = replace(cell, run=replace(cell.run, record=record))
            self._listeners = [one for one in self._listeners if one() is not None]
            listeners = list(self._listeners)
        for one in listeners:
            with contextlib.suppress(Exception):  # the cell that has ended comes first
                if (call := one()) is not None:
                    call()

    def listen(self, call: Callable[[], None]) -> None:
        """Call *call*, a method, whenever a cell was kept, for as long as its object lives.

        It must be quick: the cell waits for it. What it raises is dropped.
        """
        with self._lock:
            self._listeners.append(WeakMethod(call))

    def cells(self) -> tuple[RecentCell, ...]:
        """Those that are kept, the newest first."""
        with self._lock:
            return tuple(self._cells)

    def clear(self) -> None:
        """Keep none of them."""
        with self._lock:
            self._cells.clear()


#: Those of this kernel.
RECENT = Recent()
