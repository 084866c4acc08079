"""The outbox: how many messages a second are stored on the disk, and then delivered.

Storing is compared with the floor, one row inserted by ``sqlite3`` and on the disk; delivering
with as many ``Session.post``.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from bare import by_requests
from saved import TEXT, saved_targets, timed
from table import Row, interleave, ratio_row
from tls_server import TlsServer

from notebook_notify.messages import Message
from notebook_notify.sender import DRAIN, TARGETS
from notebook_notify.waiting.queueing import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable

WAITING = 100


def measure(pairs: int, scale: float) -> Iterable[Row]:
    """Two ratios, of one message each."""
    waiting = max(2, int(WAITING * scale))
    with (
        TlsServer() as server,
        saved_targets(server) as (name,),
        requests.Session() as session,
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "floor", isolation_level=None)) as floor,
    ):
        floor.execute("PRAGMA journal_mode = WAL")
        floor.execute("PRAGMA synchronous = FULL")
        floor.execute("CREATE TABLE items (text)")
        place = place_of(TARGETS.resolve(name))
        put = timed(lambda: DRAIN.outbox.put(name, place, Message(TEXT)), bool)
        insert = timed(lambda: floor.execute("INSERT INTO items VALUES (?)", (TEXT,)), bool)
        post = by_requests(server, session)
        stored, drained = [], []
        for _ in range(pairs):
            stored += interleave(put, insert, waiting)
            server.stats()
            drain = timed(lambda: DRAIN.flush(120), bool)() / waiting
            assert server.stats()["sends"] == waiting
            drained.append((drain, statistics.fmean(post() for _ in range(waiting))))
        yield ratio_row("outbox: put / sqlite3 insert", stored, "{:.2f} ms")
        yield _rate("… a second", stored)
        yield ratio_row("outbox: delivered / Session.post", drained, "{:.2f} ms")
        yield _rate("… a second", drained)


def _rate(name: str, measured: list[tuple[float, float]]) -> Row:
    ours, other = (1000 / statistics.median(side) for side in zip(*measured, strict=True))
    return Row(name, f"{ours:.0f}", f"{other:.0f}")
