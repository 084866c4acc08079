"""The store of one user's kernels on this machine: a private SQLite file.

Nothing in it is dear: a token is fetched again, a limit counted anew. So nothing waits for the
disk (``synchronous = OFF``), and what the power's failing leaves is at worst a damaged file.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from notebook_notify.errors import StoreError
from notebook_notify.ledger_file import advice_on
from notebook_notify.private_file import Layout, PrivateFile
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: The file's name, beside the ledger's.
FILE = "store.sqlite3"
#: What marks the file as ours, and its layout.
APPLICATION, VERSION = 0x4E424E53, 1
#: How long another process, or another thread's hanging call, is waited for, in seconds.
BUSY = 0.8
#: A value from the future is none, but for so many seconds, which a clock may be set back
#: without harm: an hour's jump must not keep a dead token for an hour.
SLACK = 60.0
#: Values that have expired are dropped once in so many new keys.
_SWEEP_EVERY = 50
_SCHEMA = """
CREATE TABLE kept (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    born REAL NOT NULL, -- seconds since the epoch
    expires REAL NOT NULL
) WITHOUT ROWID"""
_LIVE = f"born <= :now + {SLACK} AND expires > :now"
_GET = f"SELECT value FROM kept WHERE key = :key AND {_LIVE}"  # noqa: S608
_REPLACE = f"""
    UPDATE kept SET value = :new, born = :now, expires = :now + :ttl
    WHERE key = :key AND value = :old AND {_LIVE}"""  # noqa: S608
_ADD = f"""
    INSERT INTO kept VALUES (:key, :new, :now, :now + :ttl)
    ON CONFLICT (key) DO UPDATE SET value = :new, born = :now, expires = :now + :ttl
    WHERE NOT ({_LIVE})"""  # noqa: S608
_FORGET = f"DELETE FROM kept WHERE key = :key AND value = :old AND {_LIVE}"  # noqa: S608
_SWEEP = f"DELETE FROM kept WHERE NOT ({_LIVE})"  # noqa: S608

_LAYOUT = Layout(
    APPLICATION,
    VERSION,
    (_SCHEMA,),
    each=("PRAGMA synchronous = OFF",),
    first=("PRAGMA page_size = 1024",),  # quicker: few bytes change at once
)


class FileStore:
    """The file at *path*, made for its owner alone; processes and threads may share it.

    Every method but ``now`` and ``close`` raises ``StoreError`` if the file cannot be used.

    Args:
        path: where it is, or will be.
        clock: the time in seconds since the epoch.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._file = PrivateFile(path, _LAYOUT, busy=BUSY, problem=self._unusable)
        self._clock = clock
        self._added = 0

    def get(self, key: str) -> str | None:
        """See :meth:`Store.get`."""
        with self._file.using() as connection:
            row = connection.execute(_GET, {"key": key, "now": self._clock()}).fetchone()
            return None if row is None else str(row[0])

    def compare_and_set(self, key: str, old: str | None, new: str | None, ttl: float) -> bool:
        """See :meth:`Store.compare_and_set`: one statement, and so one transaction."""
        if new is None and old is None:
            return self.get(key) is None
        given = {"key": key, "old": old, "new": new, "ttl": ttl, "now": self._clock()}
        change = _FORGET if new is None else _ADD if old is None else _REPLACE
        with self._file.using() as connection:
            changed = connection.execute(change, given).rowcount == 1
            if changed and change is _ADD:
                self._added += 1
                if self._added % _SWEEP_EVERY == 0:
                    connection.execute(_SWEEP, given)
            return changed

    def now(self) -> float:
        """See :meth:`Store.now`: the machine's clock."""
        return self._clock()

    def close(self) -> None:
        """See :meth:`Store.close`."""
        self._file.close()

    def _unusable(self, reason: str, name: str) -> StoreError:
        told, (zh, en) = f"{self.path} · {reason}", advice_on(name)
        return StoreError(say(f"{told}；{zh}", f"{told}; {en}"))
