"""The box under a cell, once its message is queued."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from notebook_notify.delivery.outbox_rows import Item
from notebook_notify.drain import Change
from notebook_notify.notebook.showing import Box
from notebook_notify.reports import SendReport, SendResult


def item(state, why=""):
    """An item of the outbox that has ended."""
    now = time.time()
    values = dict.fromkeys(Item.__slots__) | {"id": "7f3a", "state": state, "why": why}
    return Item(**values | {"created": now, "lost": int(state == "unknown")})


@pytest.mark.parametrize(
    ("state", "why", "line"),
    [
        ("dead", "expired", "✗ not sent ops (DingTalk group) · expired, not sent"),
        ("unknown", "", "? unknown ops (DingTalk group) · unknown, not repeated by itself"),
    ],
)
def test_what_was_given_up(state, why, line):
    """The box does not say for ever that it waits."""
    shown = []
    handle = SimpleNamespace(update=lambda bundle, raw: shown.append(bundle["text/plain"]))
    queued = SendResult("ops", "DingTalk group", "queued", code=-1001, item="7f3a", waits="waits")
    other = SendResult("two", "DingTalk group", "queued", item="9999", waits="waits")
    Box(SendReport((queued, other)), handle).change(Change(item(state, why), None, here=True))
    assert shown[0].startswith(line)
    assert shown[0].endswith("… queued two (DingTalk group) · waits")
