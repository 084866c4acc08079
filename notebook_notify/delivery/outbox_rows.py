"""What the outbox's file holds: its tables, what a row says, and how a message becomes one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from notebook_notify.errors import OutboxError
from notebook_notify.messages import File, Image, Message
from notebook_notify.private_file import Layout
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Connection

State: TypeAlias = Literal["queued", "leased", "flying", "unknown", "dead"]
#: Why an item is where it is, if it is not for what the platform said: it *expired*, was tried
#: too often (*tries*), its senders died with it in hand (*deaths*), or the one did that had it
#: on its way (*sender*).
Why: TypeAlias = Literal["", "expired", "tries", "deaths", "sender"]

#: How long an id is, in bytes, if no item has that one.
_SHORT = 2

LAYOUT = Layout(
    application=0x4E424E4F,
    version=1,
    schema=(
        """CREATE TABLE items (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT UNIQUE NOT NULL,
            target TEXT NOT NULL,
            place TEXT NOT NULL,
            title TEXT NOT NULL,
            message TEXT NOT NULL, -- JSON
            size INTEGER NOT NULL, -- bytes, with what goes along
            state TEXT NOT NULL,
            why TEXT NOT NULL DEFAULT '',
            accepted INTEGER NOT NULL, -- parts that are done with
            pieces INTEGER NOT NULL, -- of so many
            created REAL NOT NULL, -- this and the next: seconds since the epoch
            expires REAL NOT NULL,
            changed REAL NOT NULL,
            next_at REAL, -- NULL: not by itself
            attempts INTEGER NOT NULL DEFAULT 0,
            deaths INTEGER NOT NULL DEFAULT 0, -- senders that died with it in hand
            lost INTEGER NOT NULL, -- how often it left without an answer
            repeats INTEGER NOT NULL, -- whether it is then repeated once
            error TEXT, -- JSON
            key TEXT,
            verdict TEXT NOT NULL,
            owner TEXT,
            until REAL,
            token TEXT
        )""",
        "CREATE INDEX by_state ON items (state, place, seq)",
        """CREATE TABLE blobs (
            item INTEGER NOT NULL,
            number INTEGER NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            data BLOB NOT NULL,
            PRIMARY KEY (item, number)
        )""",
        """CREATE TRIGGER gone AFTER DELETE ON items BEGIN
            DELETE FROM blobs WHERE item = old.seq;
        END""",
    ),
    # On the disk, even if the power fails; and what was delivered gives its room back.
    each=("PRAGMA synchronous = FULL", "PRAGMA journal_size_limit = 1048576"),
    first=("PRAGMA auto_vacuum = FULL",),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One message to one target, without what it says.

    Attributes:
        id: short, for people; no other item in the file has it.
        target: the name of where it goes.
        place: what tells that place from all others, even under the same name.
        title: its first line, secrets masked, at most 120 bytes of UTF-8.
        size: in bytes, with what goes along.
        state: ``queued``; ``leased`` (somebody has it in hand); ``flying`` (its request is on
            the way); ``unknown`` (it may have arrived); ``dead`` (given up).
        why: see :data:`Why`.
        accepted: how many of its parts are done with: the platform has them, but perhaps for
            files that it did not take.
        pieces: of how many; 0 if that is not known.
        created: when it was queued, in seconds since the epoch.
        expires: until when it is tried.
        next_at: when it is tried next; ``None``: not by itself.
        attempts: how often it was tried.
        lost: how often it left without an answer.
        repeats: whether it is then repeated once.
        error: the platform's dict, or ours, of the last try; secrets masked.
        key: that of ``--once``, secrets masked.
        verdict: as of :class:`ledger.Entry`.
    """

    id: str
    target: str
    place: str
    title: str
    size: int
    state: State
    why: Why
    accepted: int
    pieces: int
    created: float
    expires: float
    next_at: float | None
    attempts: int
    lost: int
    repeats: bool
    error: dict[str, Any] | None
    key: str | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send an item, which one sender at a time has.

    Attributes:
        item: the item, as it is now.
        message: what to send.
        token: which lease it is.
    """

    item: Item
    message: Message = field(repr=False)
    token: str


COLUMNS = ", ".join(Item.__slots__)
_REPEATS, _ERROR = Item.__slots__.index("repeats"), Item.__slots__.index("error")


def item_of(row: Sequence[Any]) -> Item:
    """The item of a row of ``COLUMNS``."""
    values = list(row)
    values[_REPEATS] = bool(values[_REPEATS])
    values[_ERROR] = None if values[_ERROR] is None else json.loads(values[_ERROR])
    return Item(*values)


def item_with(connection: Connection, one: str) -> Item:
    """The item with the id *one*; raises ``OutboxError`` if there is none."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM items WHERE id = ?",  # noqa: S608 - our names
        (one,),
    ).fetchone()
    if row is None:
        raise OutboxError(
            say(
                f"没有 {one} 这一条；%notify_outbox（命令行：outbox）列出全部",
                f"there is no {one}; %notify_outbox (in a shell: outbox) lists what there is",
            )
        )
    return item_of(row)


def insert(
    connection: Connection, row: dict[str, Any], blobs: Sequence[tuple[str, str, bytes]]
) -> Item:
    """Add a row, and what goes along; gives the item, which has an id of its own."""
    one, size = token_hex(_SHORT), _SHORT
    while connection.execute("SELECT 1 FROM items WHERE id = ?", (one,)).fetchone():
        size += 1
        one = token_hex(size)
    row["id"] = one
    names = ", ".join(f":{name}" for name in row)
    seq = connection.execute(
        f"INSERT INTO items ({', '.join(row)}) VALUES ({names})",  # noqa: S608 - our names
        row,
    ).lastrowid
    connection.executemany(
        "INSERT INTO blobs VALUES (?, ?, ?, ?, ?)",
        [(seq, number, *blob) for number, blob in enumerate(blobs)],
    )
    return item_with(connection, one)


def too_many(count: int) -> OutboxError:
    """What is said if there is no room for another message."""
    return OutboxError(
        say(
            f"待发件箱已有 {count} 条，放不下了；%notify_outbox 查看",
            f"the outbox holds {count} messages, the most it takes; see %notify_outbox",
        )
    )


def too_much(size: int, limit: int) -> OutboxError:
    """What is said if so many bytes are more than the limit."""
    zh, en = f"{size >> 20} MB，上限 {limit >> 20} MB", f"{size >> 20} of {limit >> 20} MB"
    return OutboxError(say(f"待发件箱放不下（{zh}）", f"too much for the outbox ({en})"))


def described(message: Message) -> str:
    """*message* without what goes along, as JSON, secrets masked."""
    return json.dumps(
        {
            "text": scrub(message.text),
            "markdown": message.markdown,
            "mention": list(map(scrub, message.mention)),
            "title": scrub(message.title),
            "missing": list(map(scrub, message.missing)),
        }
    )


def blobs_of(message: Message) -> list[tuple[str, str, bytes]]:
    """What goes along with *message*: kind, name and bytes of each."""
    return [
        ("image" if isinstance(one, Image) else "file", _storable(scrub(one.name)), one.data)
        for one in message.attachments
    ]


def message_of(connection: Connection, one: str) -> Message:
    """The message of the item with the id *one*."""
    seq, whole = connection.execute(
        "SELECT seq, message FROM items WHERE id = ?", (one,)
    ).fetchone()
    rows = connection.execute(
        "SELECT kind, data, name FROM blobs WHERE item = ? ORDER BY number", (seq,)
    )
    told = cast("dict[str, Any]", json.loads(whole))
    return Message(
        told["text"],
        tuple(
            Image(data, name) if kind == "image" else File(data, name) for kind, data, name in rows
        ),
        markdown=told["markdown"],
        mention=tuple(told["mention"]),
        title=told["title"],
        missing=tuple(told["missing"]),
    )


def _storable(text: str) -> str:
    """*text* without half characters, which SQLite does not take."""
    return text.encode("utf-8", "replace").decode()
