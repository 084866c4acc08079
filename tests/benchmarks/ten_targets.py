"""One message to ten targets at once, each answer 50 ms away as over the internet, against one.

On loopback alone the time would be the interpreter's, which runs one thread at a time: that is
reported as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from bare import by_requests
from saved import TEXT, saved_targets, timed
from table import Row, interleave, ratio_row
from tls_server import TlsServer

from notebook_notify import send

if TYPE_CHECKING:
    from collections.abc import Iterable

FAR = 0.05


def measure(pairs: int, _scale: float) -> Iterable[Row]:
    """Ten against one, then against ten posts one after the other."""
    with (
        TlsServer() as server,
        saved_targets(server, 10) as names,
        requests.Session() as session,
    ):
        ten = timed(lambda: send(TEXT, to=names), lambda report: report.ok)
        one = timed(lambda: send(TEXT, to=names[0]), lambda report: report.ok)
        post = by_requests(server, session)

        def posts() -> float:
            return sum(post() for _ in names)

        for delay, told in ((FAR, "50 ms away"), (0.0, "on loopback")):
            server.stats(delay)
            interleave(ten, one, 2)  # both warm
            at_most = 1.5 if delay else None
            measured = interleave(ten, one, pairs)
            yield ratio_row(f"10 targets, {told} / one", measured, "{:.1f} ms", at_most=at_most)
            measured = interleave(ten, posts, max(1, pairs // 2))
            yield ratio_row(f"10 targets, {told} / 10 Session.post", measured, "{:.1f} ms")
