"""What waits in the outbox: put on the disk, listed, dropped, queued again."""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from typing import TYPE_CHECKING, Any

from notebook_notify.delivery.outbox_rows import (
    COLUMNS,
    LAYOUT,
    Item,
    blobs_of,
    described,
    insert,
    item_of,
    item_with,
    too_many,
    too_much,
)
from notebook_notify.delivery.outbox_sweep import REPEAT_AFTER, sweep
from notebook_notify.errors import OutboxError
from notebook_notify.ledger import LIFE, clipped
from notebook_notify.ledger_file import advice_on
from notebook_notify.private_file import PrivateFile
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path
    from sqlite3 import Connection

    from notebook_notify.messages import Message

#: The most bytes of one message, text and what goes along, and of all; and the most messages.
ITEM_BYTES, FILE_BYTES, MOST = 32 << 20, 256 << 20, 10_000
#: The longest that a platform may have a message wait, in seconds.
LONGEST_REST = 3600.0
#: How long another process is waited for, in seconds.
BUSY = 5.0

#: The first of each place's queue, and what is to be repeated; of places that nobody sends to.
FREE = """
    (seq IN (SELECT min(seq) FROM items WHERE state = 'queued' GROUP BY place)
     OR (state = 'unknown' AND next_at IS NOT NULL))
    AND place NOT IN (SELECT place FROM items WHERE state IN ('leased', 'flying'))"""
#: Of the places that the caller can send to.
HERE = "place IN (SELECT value FROM json_each(:places))"
#: Due; also what was written in the future, before the clock was set back.
DUE = "(next_at <= :now OR changed > :now + 60)"


class Waiting:
    """What waits in the file at *path*, which is made for its owner alone; all may share it.

    Every method but ``close`` raises ``OutboxError`` if the file cannot be used.

    Args:
        path: where it is, or will be.
        clock: the time in seconds since the epoch.
        chance: a number from 0 to 1, for the jitter of pauses.
        lasts: for how long a message is tried, in seconds.

    Attributes:
        ended: is told what a look at the file has ended, such as what has expired: as of
            :func:`sweep`; on the thread that looked.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
        lasts: Callable[[], float] = lambda: LIFE,
    ) -> None:
        self.path = path
        self.ended: Callable[[list[Item]], None] = lambda _ended: None
        self._clock = clock
        self._chance = chance
        self._lasts = lasts
        self._begun = threading.local()
        self._file = PrivateFile(path, LAYOUT, busy=BUSY, problem=self._unusable)

    def close(self) -> None:
        """Close it; it is opened again when it is needed."""
        self._file.close()

    def put(
        self,
        target: str,
        place: str,
        message: Message,
        *,
        error: Mapping[str, Any] | None = None,
        unknown: bool = False,
        accepted: tuple[int, int] = (0, 0),
        repeats: bool = True,
        rest: float = 0.0,
        key: str | None = None,
        verdict: str = "text",
        held: Mapping[str, Any] | None = None,
    ) -> Item:
        """Take *message* on; when this returns, it is on the disk.

        Args:
            target: the name of where it goes.
            place: what tells that place from all others, even under the same name.
            message: what to send; stored with secrets masked, its files as they are.
            error: why it waits, secrets masked.
            unknown: whether it may have arrived.
            accepted: how many of its parts the platform has, and of how many.
            repeats: whether it is repeated once if it may have arrived.
            rest: before so many seconds it is not tried.
            key: that of ``--once``.
            verdict: as of :class:`ledger.Entry`.
            held: columns that say who sends it already, if anybody does.

        Raises:
            OutboxError: also if it is too large, or the outbox is full.
        """
        whole, blobs = described(message), blobs_of(message)
        size = len(whole) + sum(len(data) for _, _, data in blobs)
        if size > ITEM_BYTES:
            raise too_much(size, ITEM_BYTES)
        now = self._clock()
        next_at: float | None = now + min(rest, LONGEST_REST)
        if unknown:
            next_at = now + REPEAT_AFTER if repeats else None
        with self._writing() as connection:
            count, total = connection.execute(
                "SELECT count(*), coalesce(sum(size), 0) FROM items"
            ).fetchone()
            if count >= MOST:
                raise too_many(count)
            if total + size > FILE_BYTES:
                raise too_much(total + size, FILE_BYTES)
            row = {
                "target": target,
                "place": place,
                "title": clipped(message.text),
                "message": whole,
                "size": size,
                "state": "unknown" if unknown else "queued",
                "accepted": accepted[0],
                "pieces": accepted[1],
                "created": now,
                "expires": now + self._lasts(),
                "changed": now,
                "next_at": next_at,
                "lost": int(unknown),
                "repeats": int(repeats),
                "error": None if error is None else json.dumps(error),
                "key": None if key is None else scrub(key),
                "verdict": verdict,
                **(held or {}),
            }
            return insert(connection, row, blobs)

    def items(self) -> list[Item]:
        """All that is there, the oldest first."""
        with self._swept() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM items ORDER BY seq")  # noqa: S608
            return [item_of(row) for row in rows]

    def waiting(self) -> dict[str, int]:
        """How many wait to be sent or repeated, by the name of their target."""
        with self._file.using() as connection:
            rows = connection.execute(
                """SELECT target, count(*) FROM items WHERE state != 'dead'
                   AND (state != 'unknown' OR next_at IS NOT NULL) GROUP BY target"""
            )
            return dict(rows.fetchall())

    def due_in(self, places: Collection[str]) -> float | None:
        """In how many seconds :meth:`lease` may have something; ``None``: nothing waits."""
        now = self._clock()
        with self._file.using() as connection:
            (moment,) = connection.execute(
                f"""SELECT min(CASE WHEN until IS NOT NULL THEN until
                                WHEN {DUE} THEN :now ELSE next_at END)
                    FROM items WHERE {HERE}
                    AND (state IN ('leased', 'flying') OR ({FREE}))""",  # noqa: S608
                {"now": now, "places": json.dumps(list(places))},
            ).fetchone()
        return None if moment is None else max(0.0, moment - now)

    def hasten(self) -> None:
        """Make all that is queued due."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE items SET next_at = ? WHERE state = 'queued'", (self._clock(),)
            )

    def resend(self, one: str, place: str) -> Item:
        """Queue an item again, whatever became of it, for what its target means now.

        Raises:
            OutboxError: also if there is none of that id, or it is being sent.
        """
        now, lasts = self._clock(), self._lasts()
        with self._swept() as connection:
            _idle(connection, one)
            connection.execute(
                """UPDATE items SET state = 'queued', place = ?, next_at = ?, expires = ?,
                   changed = ?, attempts = 0, deaths = 0, why = '' WHERE id = ?""",
                (place, now, now + lasts, now, one),
            )
            return item_with(connection, one)

    def drop(self, one: str) -> Item:
        """Take an item out, unsent.

        Raises:
            OutboxError: also if there is none of that id, or it is being sent.
        """
        with self._swept() as connection:
            item = _idle(connection, one)
            connection.execute("DELETE FROM items WHERE id = ?", (one,))
            return item

    @contextlib.contextmanager
    def together(self, agreed: Callable[[], None]) -> Iterator[None]:
        """Make all that this thread writes within it one transaction: all of it stays, or none.

        It begins with the first of it.

        Args:
            agreed: is called last, before it is on the disk; what it raises undoes all.
        """
        with contextlib.ExitStack() as stack:
            self._begun.stack, self._begun.connection = stack, None
            try:
                yield
                agreed()
            finally:
                self._begun.stack = None

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Connection]:
        """The connection within one transaction; within :meth:`together`, within that."""
        stack: contextlib.ExitStack | None = getattr(self._begun, "stack", None)
        if stack is None:
            with self._file.writing() as connection:
                yield connection
            return
        if self._begun.connection is None:
            self._begun.connection = stack.enter_context(self._file.writing())
        yield self._begun.connection

    @contextlib.contextmanager
    def _swept(self) -> Iterator[Connection]:
        """One transaction, begun by what is to be put right; that is told once it is written."""
        with self._writing() as connection:
            ended = sweep(connection, self._clock())
            yield connection
        if ended:
            self.ended(ended)

    def _unusable(self, reason: str, name: str) -> OutboxError:
        told, (zh, en) = f"{self.path} · {reason}", advice_on(name)
        return OutboxError(
            say(f"待发件箱用不了：{told}；{zh}", f"the outbox cannot be used: {told}; {en}")
        )


def _idle(connection: Connection, one: str) -> Item:
    """The item of that id; raises ``OutboxError`` if it is being sent."""
    item = item_with(connection, one)
    if item.state in ("leased", "flying"):
        raise OutboxError(say(f"{one} 正在发送，稍后再看", f"{one} is being sent; look later"))
    return item
