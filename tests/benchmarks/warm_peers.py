"""A warm send by ours and by clients of others, each of these in a process of its own."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from saved import TEXT, saved_targets, timed
from table import Row, interleave, ratio_row
from tls_server import TlsServer

from notebook_notify import send

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A fifth of these; the others are there for scale. How many messages one call of them sends.
A_FIFTH = ("apprise", "dingtalkchatbot", "corpwechatbot")
PEERS = {**dict.fromkeys((*A_FIFTH, "wechatpy", "dingtalk"), 1), "knockknock": 2}


def measure(pairs: int, _scale: float) -> Iterable[Row]:
    """One ratio for each client that is installed."""
    with TlsServer() as server, saved_targets(server) as (name,):
        ours = timed(lambda: send(TEXT, to=name), lambda report: report.ok)
        ours()
        for peer, messages in PEERS.items():
            if importlib.util.find_spec(peer) is None:
                yield Row(f"warm send / {peer}", "not installed")
                continue
            yield _against(peer, messages, server, ours, pairs)


def _against(peer, messages, server, ours, pairs) -> Row:
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("peers.py")), peer, str(server.port)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process,
    ):

        def theirs() -> float:
            process.stdin.write("send\n")
            process.stdin.flush()
            return float(process.stdout.readline()) / messages

        theirs()
        measured = interleave(ours, theirs, pairs)
        process.stdin.close()
    at_most = 0.2 if peer in A_FIFTH else None
    return ratio_row(f"warm send / {peer}", measured, "{:.3f} ms", at_most=at_most)
