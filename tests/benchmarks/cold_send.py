"""The first message of a fresh process, its imports and its token included.

Nothing is kept from before: no token, no folder. The baseline imports ``requests``, asks for a
token and posts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from typing import TYPE_CHECKING

from bare import PAYLOAD
from saved import TEXT, saved_targets
from table import Row, interleave, ratio_row
from tls_server import TlsServer

if TYPE_CHECKING:
    from collections.abc import Iterable

OURS = """
from notebook_notify import send
assert send({text!r}, to="ops0").ok
"""
BARE = """
import requests
with requests.Session() as session:
    got = session.get("{url}/cgi-bin/gettoken", params={{"corpid": "ww1", "corpsecret": "s"}})
    path = "{url}/cgi-bin/appchat/send?access_token=" + got.json()["access_token"]
    assert session.post(path, json={payload!r}).json()["errcode"] == 0
"""
TIMED = """
import time
began = time.perf_counter()
{job}
print((time.perf_counter() - began) * 1000)
"""


def measure(pairs: int, _scale: float) -> Iterable[Row]:
    """The ratio of the two."""
    with TlsServer() as server, saved_targets(server):
        ours = partial(_run, OURS.format(text=TEXT))
        bare = partial(_run, BARE.format(url=server.url, payload=PAYLOAD))
        interleave(ours, bare, 1)  # writes what byte code there is to write
        yield ratio_row("cold send / requests", interleave(ours, bare, pairs), "{:.0f} ms")


def _run(job: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", TIMED.format(job=job)],
            env={**os.environ, "NOTEBOOK_NOTIFY_STATE": folder},
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    return float(done.stdout)
