"""The box under a cell, once its message is queued."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from notebook_notify.delivery.outbox_rows import Item
from notebook_notify.notebook.showing import Box
from notebook_notify.reports import SendReport, SendResult
from notebook_notify.waiting.changes import Change


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


def tried(state, result, **more):
    """What the box of a message that was queued says, once its item was tried."""
    shown = []
    handle = SimpleNamespace(update=lambda bundle, raw: shown.append(bundle["text/plain"]))
    before = SendResult("ops", "DingTalk group", "queued", item="7f3a", waits="still being sent")
    ends = {"next_at": time.time() + 60, "expires": time.time() + 600, **more}
    change = Change(replace(item(state), **ends), replace(before, **result), here=state != "out")
    Box(SendReport((before,)), handle).change(change)
    return shown[0]


LOST = {"outcome": "unknown", "code": -1003, "error": {"errcode": -1003, "errmsg": "no answer"}}
AWAY = {"outcome": "failed", "code": -1001, "error": {"errcode": -1001, "errmsg": "no network"}}


def test_no_answer_yet():
    """It says that the message may have arrived, and what comes of that by itself."""
    told = tried("unknown", LOST)
    assert told.startswith("? unknown ops (DingTalk group) · it may have arrived")
    assert "repeated once, a minute later, headed 'possible repeat · 7f3a'" in told


def test_no_answer_and_no_repeat():
    """What is not repeated by itself says how one does so."""
    assert "look first, then: %notify_outbox resend 7f3a" in tried("unknown", LOST, next_at=None)


def test_it_waits_after_all():
    """Why it waits now, instead of that it is being sent."""
    told = tried("queued", AWAY)
    assert told.startswith("… queued ops (DingTalk group) · no network; saved here, retried while")


def test_a_repeat_that_does_not_get_through():
    """The first may have arrived, so it is still unknown; the reply is the repeat's."""
    told = tried("unknown", AWAY)
    assert told.startswith("? unknown ops (DingTalk group) · it may have arrived")
    assert "no network" in told


def test_a_repeat_that_arrived():
    """It says since when nobody knew."""
    told = tried("out", {"outcome": "sent", "parts_sent": 1}, lost=1)
    assert told.startswith("✓ sent ops (DingTalk group) · 1 text")
    assert "·  unknown since " in told
