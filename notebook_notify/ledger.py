"""What went out, to whom and when: an SQLite file of the user's own.

It keeps a run that is repeated from sending twice (``--once KEY``), and is the user's history.
It holds first lines, never a message's text. Nothing here hurries: who must not wait calls from
a thread, as ``bookkeeping`` does.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notebook_notify.config import LONGEST_LIFE
from notebook_notify.ledger_file import (
    APPLICATION,
    VERSION,
    advice_on,
    foreign,
    is_there,
    make_file,
    unusable,
)
from notebook_notify.processes import is_alive, this_process
from notebook_notify.secret import Secret, scrub
from notebook_notify.sizes import clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from sqlite3 import Connection

    from notebook_notify.targets import Target

#: So many messages without a key are kept, and for how long any is, in seconds.
MOST, LASTS = 1_000, 90 * 86_400.0
#: The longest first line or key that is kept, in bytes of UTF-8.
LONGEST = 120
#: How long a queued message waits in the outbox, in seconds, unless the config file says else.
LIFE = 86_400.0
#: How long another process is waited for, in seconds.
BUSY = 5.0
#: Old messages are looked for once in so many.
_PRUNE_EVERY = 100
#: Fields that do not say who is meant.
_NO_IDS = frozenset({"proxy", "alert", "mention"})
_SCHEMA = """
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    identity TEXT UNIQUE, -- of a key at a target, or of what was in the outbox; else NULL
    target TEXT NOT NULL,
    channel TEXT NOT NULL,
    key TEXT,
    verdict TEXT NOT NULL,
    outcome TEXT NOT NULL,
    code INTEGER, -- or a word
    time REAL NOT NULL,
    title TEXT NOT NULL,
    owner TEXT, -- who is sending it, and until when at the latest
    until REAL
)"""
_COLUMNS = "target, channel, key, verdict, outcome, code, time, title, owner, until"


@dataclass(frozen=True, slots=True)
class Entry:
    """One message to one target.

    Attributes:
        target: the target's name, or its channel if it has none.
        channel: the channel's kind.
        key: what was given with ``--once``, or ``None``; secrets masked, and clipped.
        verdict: ``done``, ``failed`` or ``interrupted``, of a run; ``text`` of a text.
        outcome: ``sent``, ``partial``, ``queued``, ``unknown`` or ``failed``; ``sending`` while
            its process lives. One whose process is gone is ``unknown``, and so is one that was
            queued for longer than any waits.
        code: the platform's number or word for what went wrong, or ours, or ``None``.
        time: when it was sent or given up, in seconds since the epoch.
        title: its first line, secrets masked, at most 120 bytes of UTF-8.
    """

    target: str
    channel: str
    key: str | None
    verdict: str
    outcome: str
    code: int | str | None
    time: float
    title: str


def _now() -> float:
    return time.time()


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one message to *target*, to be written down; as :class:`Entry`.

    *item* is a name, for ever, of what was in the outbox, if it was.
    """

    target: Target
    outcome: str
    code: int | str | None = None
    text: str = ""
    item: str | None = None
    time: float = field(default_factory=_now)


class Ledger:
    """The file at *path*, opened for each call; several processes and threads may share it.

    Every method raises ``LedgerError`` if the file cannot be used. Folder and file are made for
    their owner alone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def claim(
        self, targets: Sequence[Target], key: str, verdict: str, *, lasts: float
    ) -> list[Entry | None]:
        """Take on to send for *key*, at each target that nobody has yet: all or none at once.

        What failed may be tried again. What was begun by a process that is gone may have
        arrived: it is ``unknown``.

        Args:
            targets: where to; the key counts for each by itself, by name, channel and ids.
            key: what must go out once.
            verdict: the key counts for each by itself: a success is told after a failure.
            lasts: until when the claim ends by itself, in seconds from now.

        Returns:
            For each target ``None`` if it is the caller's to send, and to :meth:`record`; else
            what is there.
        """
        now = time.time()
        with self._writing(durable=True) as connection:
            found: list[Entry | None] = []
            for target in targets:
                identity = _identity(target, key, verdict)
                row = connection.execute(
                    f"SELECT {_COLUMNS} FROM messages WHERE identity = ?",  # noqa: S608
                    (identity,),
                ).fetchone()
                entry = None if row is None else _entry(row)
                if entry is None or entry.outcome == "failed":
                    begun = Line(target, "sending")
                    _write(connection, begun, identity, key, verdict, (this_process(), now + lasts))
                    found.append(None)
                else:
                    found.append(entry)
            return found

    def record(self, lines: Iterable[Line], verdict: str, key: str | None = None) -> None:
        """Write down what became of messages; with a *key*, in the place of their claims."""
        with self._writing(durable=key is not None) as connection:
            for line in lines:
                _write(connection, line, _identity_of(line, key, verdict), key, verdict)

    def told(self, line: Line, verdict: str, key: str | None) -> Entry | None:
        """What was told last of the message that *line* is of, if it has a key or is an *item*."""
        if not is_there(self.path):
            return None
        with self._opened() as connection:
            connection.execute("BEGIN")
            if self._is_new(connection):
                return None
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM messages WHERE identity = ?",  # noqa: S608
                (_identity_of(line, key, verdict),),
            ).fetchone()
            return None if row is None else _entry(row)

    def recent(self, count: int) -> list[Entry]:
        """The latest *count* messages, the newest first; none if there is no file yet."""
        if not is_there(self.path):
            return []
        with self._opened() as connection:
            connection.execute("BEGIN")
            if self._is_new(connection):
                return []
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM messages ORDER BY time DESC, id DESC LIMIT ?",  # noqa: S608
                (count,),
            )
            return [_entry(row) for row in rows]

    # ── the file ─────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _writing(self, *, durable: bool) -> Iterator[Connection]:
        """One transaction; *durable*: on the disk when it ends, even if the power fails."""
        with self._opened(make=True) as connection:
            connection.execute("BEGIN")  # what is looked at must be of one moment
            new = self._is_new(connection)
            connection.execute("COMMIT")
            if new:
                # Not on every file system, NFS for one; the older way then stays.
                with contextlib.suppress(_sqlite().OperationalError):
                    connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            if new and self._is_new(connection):  # nobody else was faster
                connection.execute(_SCHEMA)
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
            yield connection
            connection.execute("COMMIT")

    @contextmanager
    def _opened(self, *, make: bool = False) -> Iterator[Connection]:
        sqlite = _sqlite()
        try:
            if make:
                make_file(self.path)
            # Closing it undoes what was not committed.
            with closing(
                sqlite.connect(self.path, timeout=BUSY, isolation_level=None)
            ) as connection:
                if not make:
                    connection.execute("PRAGMA query_only = 1")
                yield connection
            return
        except (sqlite.Error, OSError) as error:
            name = getattr(error, "sqlite_errorname", "")
            reason = getattr(error, "strerror", None) or str(error)
        raise unusable(self.path, reason, *advice_on(name))

    def _is_new(self, connection: Connection) -> bool:
        marks = tuple(
            connection.execute(f"PRAGMA {mark}").fetchone()[0]
            for mark in ("application_id", "user_version")
        )
        if marks == (APPLICATION, VERSION):
            return False
        if marks == (0, 0) and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            return True
        raise foreign(self.path)


def _sqlite() -> Any:
    """SQLite, which only those wait for who use the ledger."""
    import sqlite3

    return sqlite3


# ── its lines ────────────────────────────────────────────────────────────────────────────────


def _write(
    connection: Connection,
    line: Line,
    identity: str | None,
    key: str | None,
    verdict: str,
    held: tuple[str | None, float | None] = (None, None),
) -> None:
    ended = """SELECT 1 FROM messages WHERE identity = ? AND time >= ?
               AND outcome NOT IN ('sending', 'queued')"""
    # It may go out, and be written down as sent, before it is written down that it waits.
    if line.outcome == "queued" and connection.execute(ended, (identity, line.time)).fetchone():
        return
    connection.execute("DELETE FROM messages WHERE identity = ?", (identity,))
    cursor = connection.execute(
        f"INSERT INTO messages (identity, {_COLUMNS}) VALUES ({', '.join('?' * 11)})",  # noqa: S608
        (
            identity,
            scrub(line.target.label),
            line.target.channel,
            None if key is None else clipped(key),
            verdict,
            line.outcome,
            line.code,
            line.time,
            clipped(line.text),
            *held,
        ),
    )
    newest = cursor.lastrowid or 0
    if newest % _PRUNE_EVERY == 0:
        connection.execute(
            "DELETE FROM messages WHERE time < ? OR (key IS NULL AND id <= ?)",
            (line.time - LASTS, newest - MOST),
        )


def _entry(row: Sequence[Any]) -> Entry:
    target, channel, key, verdict, outcome, code, moment, title, owner, until = row
    if outcome == "sending" and not (time.time() < until and is_alive(owner)):
        outcome = "unknown"
    if outcome == "queued" and time.time() > moment + LONGEST_LIFE:  # nobody told its end
        outcome = "unknown"
    return Entry(target, channel, key, verdict, outcome, code, moment, title)


def _identity_of(line: Line, key: str | None, verdict: str) -> str | None:
    """A name for what *line* is of; ``None`` if it has none."""
    if key is not None:
        return _identity(line.target, key, verdict)
    return None if line.item is None else hashlib.sha256(f"item {line.item}".encode()).hexdigest()


def _identity(target: Target, key: str, verdict: str) -> str:
    """A name for *key* at *target*, from which no secret can be read.

    Secrets have no part in it. Of a target without a name, what they refer to has: nothing else
    may tell two robots apart.
    """
    ids = {
        name: str(value.reference if isinstance(value, Secret) else value)
        for name, value in target.fields.items()
        if name not in _NO_IDS and (target.name is None or not isinstance(value, Secret))
    }
    whole = json.dumps([target.name, target.channel, ids, key, verdict], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def clipped(text: str) -> str:
    """The first line of *text* that is not blank, secrets masked, of at most ``LONGEST`` bytes."""
    # Scrubbed first: of a secret that is cut, the rest would not be known as one.
    line = next(filter(str.strip, scrub(text).splitlines()), "").strip()
    # SQLite takes no half character.
    return clip(line, LONGEST).encode("utf-8", "replace").decode()
