"""Fifty processes with one user's store, that all send at once: how many token requests.

Each is what a kernel is to a platform: its own imports, connection and memory.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from saved import saved_targets
from table import Row, yes
from tls_server import TlsServer

if TYPE_CHECKING:
    from collections.abc import Iterable

KERNELS = 50
CODE = """
import sys
from notebook_notify import send
print("ready", flush=True)
sys.stdin.readline()
print(send("done", to=sys.argv[1], timeout=60).outcome, flush=True)
"""


def measure(_pairs: int, scale: float) -> Iterable[Row]:
    """The count, once."""
    many = max(3, int(KERNELS * scale))
    with TlsServer() as server, saved_targets(server, many) as names, ExitStack() as stack:
        kernels = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", CODE, name],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for name in names
        ]
        assert all(one.stdout.readline() == "ready\n" for one in kernels)
        began = time.perf_counter()
        for one in kernels:
            one.stdin.write("go\n")
            one.stdin.flush()
        assert all(one.stdout.readline() == "sent\n" for one in kernels)
        took = time.perf_counter() - began
        stats = server.stats()
    assert stats["sends"] == many
    requests = stats["token_requests"]
    yield Row(
        f"{many} kernels on one store",
        f"{requests} token request(s), all sent in {took:.1f} s",
        f"{many} token requests",
        target="1",
        met=yes(requests == 1),
    )
