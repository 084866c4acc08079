"""How items of the outbox end, and what is put right before anything is leased or listed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from notebook_notify.delivery.outbox_rows import item_with
from notebook_notify.errors import UNKNOWN
from notebook_notify.processes import is_alive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from sqlite3 import Connection

    from notebook_notify.delivery.outbox_rows import Item, Why

#: How long a lease lasts, in seconds, if its holder does not die.
LEASE = 120.0
#: When an unknown message is repeated, in seconds after that became known.
REPEAT_AFTER = 60.0
#: With so many senders that died with an item in hand, before it left, it is dead: it may be
#: what they died of.
MOST_DEATHS = 5
#: What has ended is kept so long, in seconds, and of it so many are kept longer.
KEPT, KEPT_LONGER = 7 * 86_400.0, 200

_GONE = {
    "errcode": UNKNOWN,
    "errmsg": "the process that was sending it is gone; it may have arrived",
}
_END = """
    UPDATE items SET state = :state, why = :why, next_at = :next_at, changed = :now,
        error = :error, lost = lost + :lost, accepted = coalesce(:accepted, accepted),
        pieces = coalesce(:pieces, pieces), owner = NULL, until = NULL, token = NULL
    WHERE id = :id"""
_LATE = """
    expires <= :now AND (state = 'queued' OR (state = 'unknown' AND next_at IS NOT NULL))"""
_EXPIRE = f"""
    UPDATE items SET why = 'expired', changed = :now, next_at = NULL,
        state = CASE state WHEN 'queued' THEN 'dead' ELSE state END
    WHERE {_LATE}"""  # noqa: S608
_SETTLED = "(state = 'dead' OR (state = 'unknown' AND next_at IS NULL))"
_PRUNE = f"""
    DELETE FROM items WHERE {_SETTLED} AND changed < :now - {KEPT} AND seq NOT IN (
        SELECT seq FROM items WHERE {_SETTLED} ORDER BY changed DESC, seq DESC
        LIMIT {KEPT_LONGER})"""  # noqa: S608


def end(
    connection: Connection,
    one: str,
    state: str,
    now: float,
    error: Mapping[str, Any] | None,
    *,
    why: Why = "",
    next_at: float | None = None,
    lost: int = 0,
    parts: tuple[int, int] | None = None,
) -> None:
    """Put the item with the id *one* where it belongs; nobody has its lease from here on.

    Args:
        connection: within a transaction.
        one: its id.
        state: where to.
        now: the time, in seconds since the epoch.
        error: what the last try came to.
        why: if it is not for that.
        next_at: when it is tried next, if it is.
        lost: 1 if it may have arrived by this try.
        parts: as of :meth:`Outbox.accept`; ``None`` leaves them as they are.
    """
    given = {"id": one, "state": state, "why": why, "next_at": next_at, "lost": lost, "now": now}
    given["accepted"], given["pieces"] = parts or (None, None)
    told = None if error is None else json.dumps(error)
    connection.execute(_END, given | {"error": told})


def sweep(connection: Connection, now: float) -> list[Item]:
    """Take leases from who has died, end what has expired, and drop what is old.

    A clock that was set back must not make a lease longer: one that seems to be is over. Where
    its holder goes on nevertheless, it learns so before its request leaves.

    Returns:
        What has ended by this, as it is now; what had gone out whole as it was.
    """
    ended = []
    rows = connection.execute(
        """SELECT id, state, owner, until, deaths, lost, repeats, accepted, pieces, error
           FROM items WHERE state IN ('leased', 'flying')"""
    ).fetchall()
    for one, state, owner, until, deaths, lost, repeats, accepted, pieces, told in rows:
        if now < until <= now + 2 * LEASE and is_alive(owner):
            continue
        if 0 < pieces == accepted:  # all of it went out
            ended.append(item_with(connection, one))
            connection.execute("DELETE FROM items WHERE id = ?", (one,))
            continue
        if state == "flying":
            again = repeats and not lost
            next_at = now + REPEAT_AFTER if again else None
            end(connection, one, "unknown", now, _GONE, why="sender", next_at=next_at, lost=1)
            if not again:
                ended.append(item_with(connection, one))
            continue
        error = None if told is None else json.loads(told)
        connection.execute("UPDATE items SET deaths = deaths + 1 WHERE id = ?", (one,))
        if deaths + 1 < MOST_DEATHS:
            end(connection, one, "unknown" if lost else "queued", now, error, next_at=now)
        else:
            end(connection, one, "unknown" if lost else "dead", now, error, why="deaths")
            ended.append(item_with(connection, one))
    late = connection.execute(
        f"SELECT id FROM items WHERE {_LATE}",  # noqa: S608
        {"now": now},
    ).fetchall()
    connection.execute(_EXPIRE, {"now": now})
    ended += [item_with(connection, one) for (one,) in late]
    connection.execute(_PRUNE, {"now": now})
    return ended
