"""A warm send over loopback TLS, against a bare ``requests.Session.post`` of the same body.

Ours is all that a user's ``send`` does: the target's name looked up, the text scrubbed and
split, handed to the sender's thread, sent, its reply read, a report made. The baseline posts to
the same URL, token included, through one ``Session``. Both find proxies and the CA bundle in the
environment by themselves. Besides: how many connections and token requests 100 sends take.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

import requests
from table import Row, interleave, ratio_row, yes
from tls_server import TOKEN, TlsServer

from notebook_notify import send
from notebook_notify.platforms.wecom_chat import WeComChat
from notebook_notify.sender import SENDER, wechat_group_chat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
TEXT = ("回测 nightly 完成：夏普 1.87，最大回撤 4.2%。\n" * 20)[:500]
SENDS = 100
FIELDS: dict[str, Any] = {
    "corp_id": "ww0123456789abcdef",
    "corp_secret": "s" * 43,
    "chat_id": "wrchat0001",
}


def measure(pairs: int) -> Iterable[Row]:
    """Two ratios, then the counts."""
    with TlsServer() as server, _environment(server), requests.Session() as session:
        counts = [
            _counted("100 sends: send", server, lambda: send(TEXT, to="ops").ok),
            _counted(
                "100 sends: wechat_group_chat",
                server,
                lambda: wechat_group_chat(**FIELDS, message=TEXT, base_url=server.url) is True,
            ),
        ]
        url = f"{server.url}/cgi-bin/appchat/send?access_token={TOKEN}"
        payload = {
            "chatid": FIELDS["chat_id"],
            "msgtype": "text",
            "text": {"content": TEXT},
            "safe": 0,
        }
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json"}
        ours = _timed(lambda: send(TEXT, to="ops"), lambda report: report.ok)
        for name, post in (
            ("post(json=)", lambda: session.post(url, json=payload)),
            ("post(data=bytes)", lambda: session.post(url, data=body, headers=headers)),
        ):
            baseline = _timed(post, lambda response: response.json()["errcode"] == 0)
            interleave(ours, baseline, 20)  # both warm
            measured = interleave(ours, baseline, pairs)
            yield ratio_row(f"warm send / {name}", measured, "{:.3f} ms", at_most=0.9)
        yield from counts


@contextmanager
def _environment(server: TlsServer) -> Iterator[None]:
    """One saved target, the server's CA to trust, and no proxy."""
    with ExitStack() as stack:
        config = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "notebook_notify.toml"
        fields = {"channel": "wecom_chat", **FIELDS, "base_url": server.url}
        lines = [f"{key} = {json.dumps(value)}" for key, value in fields.items()]
        config.write_text("\n".join(["[targets.ops]", *lines, ""]), encoding="utf-8")
        config.chmod(0o600)
        stack.enter_context(mock.patch.dict(os.environ))
        for name in list(os.environ):
            if name.lower().endswith("_proxy"):
                del os.environ[name]
        os.environ["NOTEBOOK_NOTIFY_CONFIG"] = str(config)
        os.environ["NOTEBOOK_NOTIFY_STATE"] = str(config.parent / "state")
        os.environ["REQUESTS_CA_BUNDLE"] = server.ca
        # Counted as ever, but never kept back: no chat takes so many.
        pace = dataclasses.replace(WeComChat.pace, most=10**9)
        stack.enter_context(mock.patch.object(WeComChat, "pace", pace))
        yield


def _timed(call: Callable[[], T], good: Callable[[T], bool]) -> Callable[[], float]:
    """What times *call* in milliseconds, and looks at its answer afterwards."""

    def run() -> float:
        began = time.perf_counter()
        answer = call()
        took = time.perf_counter() - began
        assert good(answer)
        return took * 1000

    return run


def _counted(name: str, server: TlsServer, call: Callable[[], bool]) -> Row:
    SENDER.close()
    SENDER.renew()
    server.stats()
    assert all(call() for _ in range(SENDS))
    stats = server.stats()
    assert stats["sends"] == SENDS
    met = stats["connections"] == 1 >= stats["token_requests"]  # none: another kernel has one
    return Row(
        name,
        f"{stats['connections']} connection(s), {stats['token_requests']} token request(s)",
        target="1 and at most 1",
        met=yes(met),
    )
