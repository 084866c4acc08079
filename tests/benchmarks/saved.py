"""Saved targets at the TLS server, its CA to trust, and no proxy: in this process's environment."""

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

from notebook_notify.platforms.wecom_chat import WeComChat
from notebook_notify.sender import BOOKKEEPING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tls_server import TlsServer

T = TypeVar("T")
TEXT = ("回测 nightly 完成：夏普 1.87，最大回撤 4.2%。\n" * 20)[:500]
FIELDS: dict[str, Any] = {
    "corp_id": "ww0123456789abcdef",
    "corp_secret": "s" * 43,
    "chat_id": "wrchat0001",
}


@contextmanager
def saved_targets(server: TlsServer, count: int = 1) -> Iterator[list[str]]:
    """*count* chats of one WeCom application; gives the targets' names."""
    names = [f"ops{number}" for number in range(count)]
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.callback(BOOKKEEPING.flush)  # a thread writes down the last messages
        config = home / "notebook_notify" / "notebook_notify.toml"
        config.parent.mkdir()
        lines = []
        for name in names:
            fields = {**FIELDS, "chat_id": name, "channel": "wecom_chat", "base_url": server.url}
            lines.append(f"[targets.{name}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in fields.items()]
        config.write_text("\n".join([*lines, ""]), encoding="utf-8")
        config.chmod(0o600)
        stack.enter_context(mock.patch.dict(os.environ))
        for name in list(os.environ):
            if name.lower().endswith("_proxy") or name.startswith("NOTEBOOK_NOTIFY_"):
                del os.environ[name]
        os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_STATE_HOME"] = str(home)
        os.environ["REQUESTS_CA_BUNDLE"] = os.environ["SSL_CERT_FILE"] = server.ca
        # Counted as ever, but never kept back: no chat takes so many.
        pace = dataclasses.replace(WeComChat.pace, most=10**9)
        stack.enter_context(mock.patch.object(WeComChat, "pace", pace))
        yield names


def timed(call: Callable[[], T], good: Callable[[T], bool]) -> Callable[[], float]:
    """What times *call* in milliseconds, and looks at its answer afterwards."""

    def run() -> float:
        began = time.perf_counter()
        answer = call()
        took = time.perf_counter() - began
        assert good(answer)
        return took * 1000

    return run
