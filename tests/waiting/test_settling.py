"""What becomes of a try: what comes again for ever is given up, what passes waits."""

from __future__ import annotations

import contextlib
import sys

import pytest

from notebook_notify.delivery.outbox import Outbox
from notebook_notify.errors import (
    ConfigError,
    OutboxError,
    SecretError,
    StoreError,
    TargetError,
)
from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Words
from notebook_notify.reports import SendResult
from notebook_notify.waiting.changes import Changes
from notebook_notify.waiting.queueing import Passage
from notebook_notify.waiting.settling import TRIES, Settling, hopeless

MOON = "place of the moon"
CHANNEL = CHANNELS["dingtalk_chat"]


@pytest.fixture
def told():
    """What the ledger is told."""
    return []


@pytest.fixture
def settling(told):
    """As a drain has it."""
    return Settling(Changes(told.append, lambda _item: None))


def tried(outbox, settling, error, times=1):
    """Try what waits, so often, and fail by *error*."""
    for _ in range(times):
        outbox.hasten()
        lease = outbox.lease([MOON])
        passage = Passage(outbox, lease)
        passage.fail(error)
        kind = type(error).__name__
        result = SendResult("ops", "", "failed", {"errmsg": f"{kind} in notebook_notify: {error}"})
        settling.conclude(outbox, lease, CHANNEL, result, passage)


@pytest.mark.parametrize(
    "error", [TargetError("too many people"), KeyError("x"), ValueError("bad"), RecursionError()]
)
def test_what_comes_again_is_given_up(outbox, settling, told, error):
    """A target that cannot work, and our own mistakes, hold a queue up for three tries only."""
    first = outbox.put("ops", MOON, Message("1"))
    second = outbox.put("ops", MOON, Message("2"))
    tried(outbox, settling, error, TRIES)
    items = {item.id: item for item in outbox.items()}
    assert items[first.id].state == "dead"
    assert str(error) in items[first.id].error["errmsg"]
    assert outbox.lease([MOON]).item.id == second.id
    assert [(one.item.id, one.outcome) for one in told] == [(first.id, "failed")]


@pytest.mark.parametrize(
    "error",
    [
        SecretError("no keyring"),
        ConfigError("half written"),
        StoreError("locked"),
        OutboxError("the disk is full"),
        OSError("no space left"),
        MemoryError(),
        RuntimeError("can't start new thread"),
    ],
)
def test_what_passes_is_waited_for(outbox, settling, error):
    """A secret that cannot be had just now, a full disk: it waits its time."""
    assert not hopeless(error)
    outbox.put("ops", MOON, Message("1"))
    tried(outbox, settling, error, TRIES + 2)
    assert outbox.items()[0].state == "queued"


def test_another_mistake_each_time(outbox, settling):
    """Only what failed in the same way the time before is given up."""
    outbox.put("ops", MOON, Message("1"))
    for number in range(TRIES + 2):
        tried(outbox, settling, ValueError(number))
    assert outbox.items()[0].state == "queued"


def test_a_target_that_cannot_be_asked(outbox, settling):
    """What is refused before anything is tried, likewise."""
    outbox.put("ops", MOON, Message("1"))
    for _ in range(TRIES):
        outbox.hasten()
        settling.fail(outbox, outbox.lease([MOON]), TargetError("ops has no chat_id"))
    assert outbox.items()[0].state == "dead"


def test_time_was_up_as_a_part_arrived(outbox, settling):
    """A part that the platform has, and that is not noted yet, is not repeated unmarked."""
    outbox.put("ops", MOON, Message("long"))
    lease = outbox.lease([MOON])
    outbox.fly(lease)
    over = SendResult(
        "ops", "", "failed", {"errcode": -1005, "errmsg": "no time left"}, -1005,
        parts=3, parts_sent=1,
    )  # fmt: skip
    settling.conclude(outbox, lease, CHANNEL, over, Passage(outbox, lease))
    (item,) = outbox.items()
    assert (item.state, item.lost) == ("unknown", 1)


def before_line(number, function, other):
    """Have *other* done before so many lines of *function*, as by another thread; else after it."""
    lines = []

    def trace(frame, event, _arg):
        if frame.f_code is not function.__code__:
            return None
        if event == "line":
            lines.append(frame.f_lineno)
            if len(lines) == number:
                other()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
    if len(lines) < number:
        other()


@pytest.mark.parametrize("number", range(1, 9))
def test_time_is_up_while_a_part_is_noted(outbox, settling, number):
    """At whatever line of it: the part is noted, or what may be repeated is marked."""
    parts = [Words(f"({one}/3)") for one in (1, 2, 3)]
    outbox.put("ops", MOON, Message("long"))
    lease = outbox.lease([MOON])
    outbox.fly(lease)
    passage = Passage(outbox, lease)
    passage.plan(parts, 2048)
    over = SendResult(
        "ops", "", "failed", {"errcode": -1005, "errmsg": "no time left"}, -1005,
        parts=3, parts_sent=1,
    )  # fmt: skip

    def time_is_up():
        settling.conclude(outbox, lease, CHANNEL, over, passage)

    with contextlib.contextmanager(before_line)(number, Passage.land, time_is_up):
        passage.land(parts[0])
    (item,) = outbox.items()
    assert item.state == "unknown" or item.accepted == 1


def test_what_is_owed_is_told(outbox, settling, told, monkeypatch):
    """An outcome that could not be written is told once it is."""
    item = outbox.put("ops", MOON, Message("1"))
    lease = outbox.lease([MOON])
    done = Outbox.done

    def full(self, lease):
        raise OutboxError("the disk is full")

    monkeypatch.setattr(Outbox, "done", full)
    sent = SendResult("ops", "", "sent", parts_sent=1)
    with pytest.raises(OutboxError):
        settling.conclude(outbox, lease, CHANNEL, sent, Passage(outbox, lease))
    with pytest.raises(OutboxError):
        settling.pay()
    assert told == []
    monkeypatch.setattr(Outbox, "done", done)
    settling.pay()
    settling.pay()
    assert [(one.item.id, one.outcome) for one in told] == [(item.id, "sent")]
    assert outbox.items() == []
