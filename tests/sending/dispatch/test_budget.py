"""Whatever hangs, whoever waits has the truth in time."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from notebook_notify import errors
from notebook_notify.platforms import CHANNELS

CHAT, APP, DING = "wecom_chat", "wecom_app", "dingtalk_chat"


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
@pytest.mark.parametrize("kind", ["hang", "deliver_hang", "drip"])
def test_no_answer_to_the_message(quick, sandbox, channel, kind, to, in_time):
    """A platform that does not answer releases the caller in time, with the truth: unknown."""
    sandbox.fail_next(kind, path="send", seconds=0.2 if kind == "drip" else None)
    result = in_time(quick, to(sandbox, channel))
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)


@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_no_answer_to_the_token_call(quick, sandbox, kind, to, sends, in_time):
    """No token in time means that nothing left, and nothing leaves later."""
    sandbox.fail_next(kind, path="gettoken", seconds=0.02 if kind == "drip" else 0.6)
    result = in_time(quick, to(sandbox))
    assert result.outcome == "failed"
    assert result.error["errcode"] in (errors.OVER_BUDGET, errors.NOT_CONNECTED)
    time.sleep(0.6)
    assert (sends(sandbox), sandbox.inbox) == (0, [])


def test_a_server_that_never_answers(quick, sandbox, to, in_time):
    """An address that takes connections and says nothing releases the caller in time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = in_time(quick, to(sandbox, base_url=f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert result.outcome == "failed"
    assert result.error["errcode"] in (errors.OVER_BUDGET, errors.NOT_CONNECTED)


def test_slow_names(quick, sandbox, monkeypatch, to, sent, in_time):
    """A slow name look-up releases the caller in time, and the message does not leave after it."""
    target = to(sandbox)
    sent(quick, target, "first")
    quick.close()
    real = socket.getaddrinfo
    done = threading.Event()

    def slow(*args, **kwargs):
        time.sleep(0.6)
        done.set()
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    result = in_time(quick, target)
    assert (result.outcome, result.error["errcode"]) == ("failed", errors.OVER_BUDGET)
    assert done.wait(2)
    time.sleep(0.2)
    assert [message["content"] for message in sandbox.inbox] == ["first"]


def test_a_slow_name_does_not_fail_a_checked_text(quick, sandbox, monkeypatch, to, sent):
    """A text with the platform's check may leave as late as one without: only the wait is halved."""
    target = to(sandbox, APP)
    real = socket.getaddrinfo
    sent(quick, target, "first")
    quick._transport.close()

    def slow(*args, **kwargs):
        time.sleep(2.2)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    result = sent(quick, target, "second", timeout=4, once=True)
    assert (result.outcome, len(sandbox.inbox)) == ("sent", 2)


def test_no_time_at_all(quick, sandbox, to, sent):
    """A budget of nothing sends nothing and says so."""
    result = sent(quick, to(sandbox), timeout=0)
    assert result.outcome == "failed"
    assert result.error["errcode"] == errors.OVER_BUDGET
    time.sleep(0.1)
    assert sandbox.inbox == []


def test_no_limit(quick, sandbox, to, sent):
    """Who would wait for ever may."""
    assert sent(quick, to(sandbox), timeout=float("inf")).outcome == "sent"


def test_accepted_at_the_last_moment(quick, sandbox, monkeypatch, to, sent):
    """What the platform has accepted is never told as failed, however close the time was."""
    monkeypatch.setattr(CHANNELS[CHAT], "everyone", lambda _target: time.sleep(2.5) or False)
    result = sent(quick, to(sandbox), timeout=2)
    assert (result.outcome, len(sandbox.inbox)) == ("sent", 1)


def test_next_message_after_a_hang(quick, sandbox, to, sent, in_time):
    """A hanging send holds up no other."""
    sandbox.fail_next("hang", path="send")
    target = to(sandbox)
    assert in_time(quick, target).outcome == "unknown"
    assert sent(quick, target, "next").outcome == "sent"
