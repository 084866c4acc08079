"""A warm send over loopback TLS, against the same body by ``requests`` and ``http.client``.

Ours is all that a user's ``send`` does: the target's name looked up, the text scrubbed and
split, handed to the sender's thread, sent, its reply read, a report made. The baselines post to
the same URL, token included, over one connection. Besides: how many connections and token
requests 100 sends take.

Two wakes of a thread are part of ours. Where a core falls asleep between them, as in a virtual
machine, they take a tenth of a send; load of the idle class on each core keeps them awake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from bare import by_http_client, by_requests, by_requests_bytes
from saved import FIELDS, TEXT, saved_targets, timed
from table import Row, interleave, ratio_row, yes
from tls_server import TlsServer

from notebook_notify import send
from notebook_notify.sender import SENDER, wechat_group_chat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SENDS = 100
#: So many calls follow each other in a loop.
LOOP = 20


def measure(pairs: int, scale: float) -> Iterable[Row]:
    """Three ratios, then the counts."""
    sends = max(3, int(SENDS * scale))
    with TlsServer() as server, saved_targets(server) as (name,), requests.Session() as session:
        counts = [
            _counted(f"{sends} sends: send", server, sends, lambda: send(TEXT, to=name).ok),
            _counted(
                f"{sends} sends: wechat_group_chat",
                server,
                sends,
                lambda: wechat_group_chat(**FIELDS, message=TEXT, base_url=server.url) is True,
            ),
        ]
        ours = timed(lambda: send(TEXT, to=name), lambda report: report.ok)
        for title, baseline, at_most in (
            ("Session.post(json=)", by_requests(server, session), 0.85),
            ("Session.post(data=bytes)", by_requests_bytes(server, session), None),
            ("http.client", by_http_client(server), None),
        ):
            measured = interleave(_loop(ours), _loop(baseline), max(3, pairs // LOOP))
            yield ratio_row(f"warm sends / {title}", measured, "{:.3f} ms", at_most=at_most)
            measured = interleave(ours, baseline, pairs)
            yield ratio_row(f"one warm send / {title}", measured, "{:.3f} ms")
        yield from counts


def _loop(call: Callable[[], float]) -> Callable[[], float]:
    """What makes *LOOP* calls and gives the milliseconds of one; the first is not counted."""

    def run() -> float:
        call()
        return sum(call() for _ in range(LOOP)) / LOOP

    return run


def _counted(name: str, server: TlsServer, sends: int, call: Callable[[], bool]) -> Row:
    SENDER.close()
    SENDER.renew()
    server.stats()
    assert all(call() for _ in range(sends))
    stats = server.stats()
    assert stats["sends"] == sends
    met = stats["connections"] == 1 >= stats["token_requests"]  # none: another kernel has one
    return Row(
        name,
        f"{stats['connections']} connection(s), {stats['token_requests']} token request(s)",
        target="1 and at most 1",
        met=yes(met),
    )
