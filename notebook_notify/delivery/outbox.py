"""The outbox: messages that are to go out as soon as they can, on the disk. Stores, never sends.

One private SQLite file for all kernels of a user. What :meth:`Outbox.put` has returned an id for
is on the disk (``synchronous = FULL``) and stays until it is delivered or dropped. A message is
the sender's who holds its lease; it is marked *flying* on the disk before its request leaves, so
that one whose sender died is *queued* again if it had not left, else *unknown*.
"""

from __future__ import annotations

import json
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeAlias

from notebook_notify.delivery.outbox_rows import Item, Lease, item_with, message_of
from notebook_notify.delivery.outbox_sweep import LEASE, REPEAT_AFTER, end
from notebook_notify.delivery.outbox_waiting import DUE, FREE, HERE, LONGEST_REST, Waiting
from notebook_notify.errors import OutboxError
from notebook_notify.processes import this_process
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from notebook_notify.messages import Message

#: So many parts of a message are done with, of so many; ``None``: it is not known anew.
Parts: TypeAlias = tuple[int, int] | None

#: The file's name, beside the ledger's.
FILE = "outbox.sqlite3"
#: The pause after a first failure, which doubles up to the second; in seconds, with jitter.
FIRST_PAUSE, LONGEST_PAUSE = 10.0, 300.0
#: After so many tries a message is dead.
MOST_TRIES = 500


class Outbox(Waiting):
    """The outbox, with all that its senders do; see :class:`Waiting` for what it is made of."""

    def lease(self, places: Collection[str]) -> Lease | None:
        """Take the next item that is due for one of *places*, to send it; ``None``: none is.

        The caller is the only one to have it, for ``LEASE`` seconds or until it dies. The queued
        items of a place come in the order they were put, one at a time. What is unknown or dead
        does not keep the later ones back.
        """
        token = token_hex(8)
        with self._swept() as connection:
            now = self._clock()
            row = connection.execute(
                f"""SELECT id FROM items WHERE {FREE} AND {DUE} AND {HERE}
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

    def board(
        self, target: str, place: str, message: Message, *, flying: bool, **given: Any
    ) -> Lease:
        """Take on a message that the caller is sending already, who has its lease from the start.

        Args:
            target: where to, as the two after it: as of :meth:`put`.
            place: its place.
            message: what is being sent.
            flying: whether its request is on the way.
            given: as of :meth:`put`.
        """
        token = token_hex(8)
        held = {
            "state": "flying" if flying else "leased",
            "owner": this_process(),
            "until": self._clock() + LEASE,
            "token": token,
            "attempts": 1,
        }
        return Lease(self.put(target, place, message, held=held, **given), message, token)

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
        """It was delivered. Counts also for who lost the lease on the way, since it is true.

        A repeat that another process has begun meanwhile is not called off by that, but none
        is begun any more. An id is given again, so that it alone does not say which item it was.
        """
        with self._writing() as connection:
            connection.execute(
                "DELETE FROM items WHERE id = ? AND created = ?",
                (lease.item.id, lease.item.created),
            )

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

    def _write(self, statement: str, lease: Lease, **given: Any) -> bool:
        with self._writing() as connection:
            return connection.execute(statement, given | {"token": lease.token}).rowcount == 1

    def _end(
        self, lease: Lease, state: str, error: Mapping[str, Any] | None, **given: Any
    ) -> Item | None:
        with self._writing() as connection:
            mine = connection.execute("SELECT 1 FROM items WHERE token = ?", (lease.token,))
            if mine.fetchone() is None:
                return None
            end(connection, lease.item.id, state, self._clock(), error, **given)
            return item_with(connection, lease.item.id)
