"""The caller's mistakes raise, before anything leaves."""

from __future__ import annotations

import time

import pytest

from notebook_notify.errors import TargetError
from notebook_notify.messages import Message
from notebook_notify.targets import Target

CHAT, APP, DING = "wecom_chat", "wecom_app", "dingtalk_chat"


@pytest.mark.parametrize("text", ["", " \n\t　"])
def test_empty_messages_are_refused(quick, sandbox, text, to):
    """A message of nothing is the caller's mistake; no other target gets theirs either."""
    with pytest.raises(TargetError, match="the message is empty"):
        quick.send([(to(sandbox, DING), Message("x")), (to(sandbox), Message(text))])
    assert sandbox.stats["requests"] == 0


def test_unknown_channel(quick):
    """A channel that does not exist is named, with those that do."""
    with pytest.raises(TargetError, match=r"no channel is called fax; there are .*wecom_chat"):
        quick.send([(Target("fax", {}), Message("x"))])


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", r"some 4097 messages; .* as a File"), ("zh", r"约 4097 条消息.*文件")],
)
def test_a_huge_text_is_refused(quick, sandbox, monkeypatch, language, words, to):
    """A text of thousands of messages is refused at once, with the way to send it."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    text = "字" * ((8 << 20) // 3) + "abc"
    started = time.process_time()
    with pytest.raises(TargetError, match=words):
        quick.send([(to(sandbox), Message("x")), (to(sandbox), Message(text))])
    assert time.process_time() - started < 0.5
    assert sandbox.stats["requests"] == 0


def test_incomplete_target(quick, sandbox, to):
    """A target that lacks a field raises before anything leaves."""
    target = Target(CHAT, {"corp_id": "ww1"})
    with pytest.raises(TargetError, match="corp_secret"):
        quick.send([(to(sandbox), Message("x")), (target, Message("x"))])
    assert sandbox.stats["requests"] == 0
