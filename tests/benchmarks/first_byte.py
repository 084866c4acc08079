"""From a cell's end to the request's first byte at the server, and to the whole message there.

The cell notes the machine's monotonic clock as its last act, the server when it has the first
bytes of the request in plain text, and when it has all. The baseline is a cell of the same kernel
that notes it and then calls ``Session.post``. All is warm but for the first message, told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bare import PATH, PAYLOAD
from kernel import execute, kernel
from saved import saved_targets
from table import Row, interleave, ratio_row
from tls_server import TlsServer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_client.blocking.client import BlockingKernelClient

CELL = """%%notify_wechat --to ops0
import time
print("Sharpe 1.87")
ended = time.monotonic()"""
SETUP = """%load_ext notebook_notify
import requests, time
session = requests.Session()"""
BARE = """print("Sharpe 1.87")
ended = time.monotonic()
assert session.post({url!r}, json={payload!r}).json()["errcode"] == 0"""


def measure(pairs: int, _scale: float) -> Iterable[Row]:
    """Two ratios, warm; and the first message of a kernel."""
    with TlsServer() as server, saved_targets(server), kernel() as (client, _):
        execute(client, SETUP)
        bare = BARE.format(url=server.url + PATH, payload=PAYLOAD)
        cold = _run(client, server, CELL)
        interleave(lambda: _run(client, server, CELL), lambda: _run(client, server, bare), 3)
        measured = interleave(
            lambda: _run(client, server, CELL), lambda: _run(client, server, bare), pairs
        )
        firsts = [(ours[0], plain[0]) for ours, plain in measured]
        wholes = [(ours[1], plain[1]) for ours, plain in measured]
        yield ratio_row("cell's end to first byte / Session.post", firsts, "{:.2f} ms")
        yield ratio_row("cell's end to arrival / Session.post", wholes, "{:.2f} ms")
        first, whole = cold
        yield Row("… of a kernel's first message", f"{first:.0f} ms, {whole:.0f} ms")


def _run(client: BlockingKernelClient, server: TlsServer, cell: str) -> tuple[float, float]:
    """Milliseconds to the first byte and to arrival."""
    execute(client, cell)
    ended = float(execute(client, "print(ended)")[1])
    stats = server.stats()
    return (stats["first_byte"] - ended) * 1000, (stats["arrived"] - ended) * 1000
