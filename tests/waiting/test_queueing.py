"""What may be queued, and what a late message says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_notify import errors
from notebook_notify.delivery.outbox import Outbox
from notebook_notify.messages import File, Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Media, Words
from notebook_notify.reports import SendResult
from notebook_notify.targets import Target
from notebook_notify.waiting.queueing import (
    Passage,
    heading,
    may_queue,
    place_of,
    rest_of,
    standing,
)

FIELDS = {"corp_id": "ww1", "corp_secret": "s3cr3t-V4lue", "chat_id": "c", "base_url": "https://h"}
OPS = Target("wecom_chat", FIELDS, "ops", "/home/me/notebook_notify.toml")
ROBOT = Target("wecom_robot", {"webhook": "env:HOOK"}, "hook", "f")
NOW = 1_764_000_000.0


@pytest.mark.parametrize(
    ("target", "may"),
    [
        (OPS, True),
        (replace(OPS, name=None), False),  # the seed's functions, explicit credentials
        (replace(OPS, source="sandbox"), False),
        (replace(OPS, source="environment"), False),
        (replace(OPS, fields={**OPS.fields, "chat_id": "another"}), False),  # --to ops --chat-id
        (replace(OPS, name="unknown"), False),
    ],
)
def test_who_may_wait(target, may):
    """Only a target just as it is saved: whoever sends it later finds it by its name."""
    assert may_queue(target, {"ops": OPS}) is may


@pytest.mark.parametrize(
    ("field", "value", "same"),
    [
        ("corp_secret", "renewed", True),
        ("proxy", "http://p:1", True),
        ("mention", ["lisi"], True),
        ("chat_id", "another", False),
        ("corp_id", "ww2", False),
        ("base_url", "https://other", False),
    ],
)
def test_places(field, value, same):
    """A renewed secret leaves the place what it is; another chat, company or host is another."""
    changed = replace(OPS, fields={**OPS.fields, field: value})
    assert (place_of(changed) == place_of(OPS)) is same
    assert "s3cr3t-V4lue" not in place_of(OPS)


def test_a_robot_is_its_webhook(monkeypatch):
    """Behind the same variable may stand another group tomorrow."""
    monkeypatch.setenv("HOOK", "one")
    before = place_of(ROBOT)
    monkeypatch.setenv("HOOK", "two")
    assert place_of(ROBOT) != before
    monkeypatch.delenv("HOOK")
    with pytest.raises(errors.SecretError):
        place_of(ROBOT)


@pytest.mark.parametrize(
    ("kind", "code", "outcome", "todo"),
    [
        ("wecom_chat", None, "sent", "out"),
        ("wecom_chat", None, "partial", "out"),
        ("wecom_chat", errors.UNKNOWN, "unknown", "unknown"),
        ("wecom_chat", errors.NOT_CONNECTED, "failed", "later"),
        ("wecom_chat", errors.OVER_BUDGET, "failed", "later"),
        ("wecom_chat", errors.OVER_RATE, "failed", "later"),
        ("wecom_chat", errors.UNREADABLE, "failed", "later"),
        ("wecom_chat", None, "failed", "later"),  # a keyring that is locked
        ("wecom_chat", -1, "failed", "later"),
        ("wecom_chat", 45009, "failed", "later"),
        ("wecom_chat", 40001, "failed", "refused"),
        ("wecom_chat", 60020, "failed", "refused"),
        ("dingtalk_robot", 130101, "failed", "later"),
        ("dingtalk_robot", 300001, "failed", "refused"),
        ("dingtalk_app_robot", "system.busy", "failed", "later"),
        ("dingtalk_app_robot", "Forbidden.AccessDenied.IpNotInWhiteList", "failed", "refused"),
    ],
)
def test_what_is_left_to_do(kind, code, outcome, todo):
    """What time may mend is tried later; what the platform refused for good is not."""
    assert standing(SendResult("ops", "WeCom", outcome, code=code), CHANNELS[kind]) == todo


def test_how_long_it_rests():
    """As long as our own limit says, or the platform's."""
    kept = SendResult("ops", "", "failed", {"errcode": -1006, "retry_after": 42}, -1006)
    assert rest_of(kept, CHANNELS["wecom_chat"]) == 42
    limited = SendResult("ops", "", "failed", {"errcode": 130101}, 130101)
    assert rest_of(limited, CHANNELS["dingtalk_robot"]) == 600
    hostile = SendResult("ops", "", "failed", {"errcode": 1, "retry_after": "soon"}, 1)
    assert rest_of(hostile, CHANNELS["wecom_chat"]) == 0


@pytest.fixture
def lease(tmp_path):
    """Queue a message and lease it; gives outbox and lease."""
    opened = []

    def make(message=None, **options):
        outbox = Outbox(tmp_path / "outbox.sqlite3", lambda: NOW)
        opened.append(outbox)
        outbox.put("ops", "moon", message or Message("loss 0.1"), **options)
        if options.get("unknown"):
            outbox._clock = lambda: NOW + 60
        return outbox, outbox.lease(["moon"])

    yield make
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (60, "", ""),
        (150, "迟到 2 分钟 · ", "2 min late · "),
        (3 * 3600, "迟到 3 小时 · ", "3 h late · "),
        (47 * 3600, "迟到 47 小时 · ", "47 h late · "),
        (49 * 3600, "迟到 2 天 · ", "2 days late · "),
    ],
)
def test_late(lease, monkeypatch, seconds, zh, en):
    """A late message says by how much, and when it was written."""
    item = lease()[1].item
    monkeypatch.setenv("TZ", "UTC")
    assert heading(item, NOW + seconds) == (en and en + "11-24 16:00")
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert heading(item, NOW + seconds) == (zh and zh + "11-24 16:00")


def test_the_mark_of_a_repeat(lease, monkeypatch):
    """A message that may have come before says so, with the id that the sender sees."""
    item = lease(unknown=True)[1].item
    assert heading(item, NOW + 60) == f"possible repeat · {item.id}"
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert heading(item, NOW + 7200).startswith(f"可能重复 · {item.id} · 迟到 2 小时 · ")


def test_where_the_heading_stands(lease):
    """On the first line; of Markdown in a paragraph of its own, and not in its title."""
    text = Passage(*lease(Message("loss 0.1")), now=NOW + 3600).message.text
    assert text.splitlines()[1:] == ["loss 0.1"]
    assert text.startswith("1 h late")


def test_the_heading_of_markdown(lease):
    """A list of chats goes on to show what the message is about."""
    told = Passage(*lease(Message("# Loss\n\n0.1", markdown=True)), now=NOW + 3600).message
    assert told.text.split("\n\n")[1:] == ["# Loss", "0.1"]
    assert told.title == "Loss"


def test_the_heading_of_a_file(lease):
    """A message without a text has the heading for one."""
    told = Passage(*lease(Message("", (File(b"x", "a.csv"),))), now=NOW + 3600).message
    assert told.text.startswith("1 h late")


PARTS = [Words("(1/3) a"), Words("(2/3) b"), Words("(3/3) c"), Media("file", "id", "a.csv")]


def test_only_the_rest_is_sent_again(lease):
    """What the platform has is left out, and the first line of the rest says what it should."""
    outbox, one = lease(accepted=(1, 4))
    passage = Passage(outbox, one, now=NOW + 3600)
    assert passage.message.text == "loss 0.1"  # cut as it was cut before
    first, *others = passage.plan(PARTS, 2048)
    assert first.text.splitlines()[1:] == ["(2/3) b"]
    assert others == PARTS[2:]
    passage.land(first)
    assert (outbox.items()[0].accepted, passage.done) == (2, (2, 4))


def test_the_heading_of_a_rest_that_is_full(lease):
    """If it does not fit, it goes before; it does not count as a part."""
    outbox, one = lease(accepted=(1, 4))
    passage = Passage(outbox, one, now=NOW + 3600)
    heading_alone, *others = passage.plan(PARTS, 10)
    assert heading_alone.text.startswith("1 h late")
    assert others == PARTS[1:]
    passage.land(heading_alone)
    assert passage.done is None


def test_a_text_that_is_cut_otherwise(lease):
    """If it cannot be told what was sent, all of it is sent, and marked."""
    outbox, one = lease(accepted=(1, 3))
    planned = Passage(outbox, one, now=NOW).plan(PARTS, 2048)
    assert planned[0].text == f"possible repeat · {one.item.id}\n(1/3) a"
    assert planned[1:] == PARTS[1:]
