"""The outbox: messages that are to go out as soon as they can, on the disk. Stores, never sends.

One private SQLite file for all kernels of a user. What :meth:`Outbox.put` has returned an id for
is on the disk (``synchronous = FULL``) and stays until it is delivered or dropped. A message is
the sender's who holds its lease; it is marked *flying* on the disk before its request leaves, so
that one whose sender died is *queued* again if it had not left, else *unknown*.

Limits: ``ITEM_BYTES`` for one message with what goes along, ``FILE_BYTES`` and ``MOST`` for all.
"""

from __future__ import annotations

import json
import random
import time
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeAlias

from notebook_notify.delivery.outbox_rows import (
    COLUMNS,
    LAYOUT,
    Item,
    Lease,
    blobs_of,
    described,
    insert,
    item_of,
    item_with,
    message_of,
    too_many,
    too_much,
)
from notebook_notify.delivery.outbox_sweep import LEASE, REPEAT_AFTER, end, sweep
from notebook_notify.errors import OutboxError
from notebook_notify.ledger import LIFE, clipped
from notebook_notify.ledger_file import advice_on
from notebook_notify.private_file import PrivateFile
from notebook_notify.processes import this_process
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path
    from sqlite3 import Connection

    from notebook_notify.messages import Message

#: So many parts of a message are done with, of so many; ``None``: it is not known anew.
Parts: TypeAlias = tuple[int, int] | None

#: The file's name, beside the ledger's.
FILE = "outbox.sqlite3"
#: The most bytes of one message, text and what goes along, and of all; and the most messages.
ITEM_BYTES, FILE_BYTES, MOST = 32 << 20, 256 << 20, 10_000
#: The pause after a first failure, which doubles up to the second; in seconds, with jitter.
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 300.0
#: The longest that a platform may have a message wait, in seconds.
LONGEST_REST = 3600.0
#: After so many tries a message is dead.
MOST_TRIES = 500
#: How long another process is waited for, in seconds.
BUSY = 5.0

#: The first of each place's queue, and what is to be repeated; of places that nobody sends to.
_FREE = """
    (seq IN (SELECT min(seq) FROM items WHERE state = 'queued' GROUP BY place)
     OR (state = 'unknown' AND next_at IS NOT NULL))
    AND place NOT IN (SELECT place FROM items WHERE state IN ('leased', 'flying'))"""
#: Of the places that the caller can send to.
_HERE = "place IN (SELECT value FROM json_each(:places))"
#: Due; also what was written in the future, before the clock was set back.
_DUE = "(next_at <= :now OR changed > :now + 60)"


class Outbox:
    """The file at *path*, made for its owner alone; threads and processes may share it.

    Every method but ``close`` raises ``OutboxError`` if the file cannot be used.

    Args:
        path: where it is, or will be.
        clock: the time in seconds since the epoch.
        chance: a number from 0 to 1, for the jitter of pauses.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.path = path
        self._clock = clock
        self._chance = chance
        self._file = PrivateFile(path, LAYOUT, busy=BUSY, problem=self._unusable)

    def close(self) -> None:
        """Close it; it is opened again when it is needed."""
        self._file.close()

    # ── what waits ───────────────────────────────────────────────────────────────────────────

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
        lasts: float = LIFE,
        rest: float = 0.0,
        key: str | None = None,
        verdict: str = "text",
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
            lasts: for how long it is tried, in seconds.
            rest: before so many seconds it is not tried.
            key: that of ``--once``.
            verdict: as of :class:`ledger.Entry`.

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
        with self._file.writing() as connection:
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
                "expires": now + lasts,
                "changed": now,
                "next_at": next_at,
                "lost": int(unknown),
                "repeats": int(repeats),
                "error": None if error is None else json.dumps(error),
                "key": None if key is None else scrub(key),
                "verdict": verdict,
            }
            return insert(connection, row, blobs)

    def items(self) -> list[Item]:
        """All that is there, the oldest first."""
        with self._file.writing() as connection:
            sweep(connection, self._clock())
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
                                WHEN {_DUE} THEN :now ELSE next_at END)
                    FROM items WHERE {_HERE}
                    AND (state IN ('leased', 'flying') OR ({_FREE}))""",  # noqa: S608
                {"now": now, "places": json.dumps(list(places))},
            ).fetchone()
        return None if moment is None else max(0.0, moment - now)

    def hasten(self) -> None:
        """Make all that is queued due."""
        with self._file.writing() as connection:
            connection.execute(
                "UPDATE items SET next_at = ? WHERE state = 'queued'", (self._clock(),)
            )

    def resend(self, one: str, place: str) -> Item:
        """Queue an item again, whatever became of it, for what its target means now.

        Raises:
            OutboxError: also if there is none of that id, or it is being sent.
        """
        now = self._clock()
        with self._file.writing() as connection:
            self._idle(connection, one)
            connection.execute(
                """UPDATE items SET state = 'queued', place = ?, next_at = ?, expires = ?,
                   changed = ?, attempts = 0, deaths = 0, why = '' WHERE id = ?""",
                (place, now, now + LIFE, now, one),
            )
            return item_with(connection, one)

    def drop(self, one: str) -> Item:
        """Take an item out, unsent.

        Raises:
            OutboxError: also if there is none of that id, or it is being sent.
        """
        with self._file.writing() as connection:
            item = self._idle(connection, one)
            connection.execute("DELETE FROM items WHERE id = ?", (one,))
            return item

    # ── who sends ────────────────────────────────────────────────────────────────────────────

    def lease(self, places: Collection[str]) -> Lease | None:
        """Take the next item that is due for one of *places*, to send it; ``None``: none is.

        The caller is the only one to have it, for ``LEASE`` seconds or until it dies. The queued
        items of a place come in the order they were put, one at a time. What is unknown or dead
        does not keep the later ones back.
        """
        token = token_hex(8)
        with self._file.writing() as connection:
            now = self._clock()
            sweep(connection, now)
            row = connection.execute(
                f"""SELECT id FROM items WHERE {_FREE} AND {_DUE} AND {_HERE}
                    ORDER BY next_at, seq LIMIT 1""",  # noqa: S608
                {"now": now, "places": json.dumps(list(places))},
            ).fetchone()
            if row is None:
                return None
            connection.execute(
                """UPDATE items SET state = 'leased', owner = ?, until = ?, token = ?,
                   attempts = attempts + 1 WHERE id = ?""",
                (this_process(), now + LEASE, token, row[0]),
            )
            item = item_with(connection, row[0])
            return Lease(item, message_of(connection, row[0]), token)

    def fly(self, lease: Lease) -> None:
        """Its request is about to leave; raises ``OutboxError`` if it must not, the lease lost."""
        if not self._write(
            "UPDATE items SET state = 'flying', until = :until WHERE token = :token",
            lease,
            until=self._clock() + LEASE,
        ):
            one = lease.item.id
            raise OutboxError(say(f"{one} 已由别的进程接手", f"another process has {one} now"))

    def accept(self, lease: Lease, accepted: int, pieces: int) -> None:
        """So many of its parts are done with, of so many: only the rest is sent again."""
        self._write(
            "UPDATE items SET accepted = :accepted, pieces = :pieces WHERE token = :token",
            lease,
            accepted=accepted,
            pieces=pieces,
        )

    def done(self, lease: Lease) -> None:
        """It was delivered. Counts also for who lost the lease on the way, since it is true."""
        with self._file.writing() as connection:
            connection.execute("DELETE FROM items WHERE id = ?", (lease.item.id,))

    def later(
        self, lease: Lease, error: Mapping[str, Any], *, rest: float = 0.0, parts: Parts = None
    ) -> Item | None:
        """It did not leave, or was sent back: try it again after a pause, *rest* s at least.

        After ``MOST_TRIES`` it is dead. *parts*, here and below: as of :meth:`accept`, should
        that have failed. ``None``, here and below: the lease was lost.
        """
        tries = lease.item.attempts
        if tries >= MOST_TRIES:
            state = "unknown" if lease.item.lost else "dead"
            return self._end(lease, state, error, why="tries", parts=parts)
        pause = min(FIRST_PAUSE * 2 ** min(tries - 1, 10), LONGEST_PAUSE)
        pause = max(pause * (0.8 + 0.4 * self._chance()), min(rest, LONGEST_REST))
        # What may have arrived before still may.
        state = "unknown" if lease.item.lost else "queued"
        return self._end(lease, state, error, next_at=self._clock() + pause, parts=parts)

    def lose(self, lease: Lease, error: Mapping[str, Any], *, parts: Parts = None) -> Item | None:
        """It may have arrived: repeat it once in a minute, if it may be repeated."""
        again = lease.item.repeats and not lease.item.lost
        next_at = self._clock() + REPEAT_AFTER if again else None
        return self._end(lease, "unknown", error, next_at=next_at, lost=1, parts=parts)

    def bury(self, lease: Lease, error: Mapping[str, Any], *, parts: Parts = None) -> Item | None:
        """It was refused for good; the repeat of an unknown one leaves that unknown."""
        state = "unknown" if lease.item.lost else "dead"
        return self._end(lease, state, error, parts=parts)

    # ── within ───────────────────────────────────────────────────────────────────────────────

    def _write(self, statement: str, lease: Lease, **given: Any) -> bool:
        with self._file.writing() as connection:
            return connection.execute(statement, given | {"token": lease.token}).rowcount == 1

    def _end(
        self, lease: Lease, state: str, error: Mapping[str, Any] | None, **given: Any
    ) -> Item | None:
        with self._file.writing() as connection:
            mine = connection.execute("SELECT 1 FROM items WHERE token = ?", (lease.token,))
            if mine.fetchone() is None:
                return None
            end(connection, lease.item.id, state, self._clock(), error, **given)
            return item_with(connection, lease.item.id)

    def _idle(self, connection: Connection, one: str) -> Item:
        """The item of that id; raises ``OutboxError`` if it is being sent."""
        sweep(connection, self._clock())
        item = item_with(connection, one)
        if item.state in ("leased", "flying"):
            raise OutboxError(say(f"{one} 正在发送，稍后再看", f"{one} is being sent; look later"))
        return item

    def _unusable(self, reason: str, name: str) -> OutboxError:
        told, (zh, en) = f"{self.path} · {reason}", advice_on(name)
        return OutboxError(
            say(f"待发件箱用不了：{told}；{zh}", f"the outbox cannot be used: {told}; {en}")
        )
