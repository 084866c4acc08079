"""Tokens are fetched once, renewed unseen, and no secret leaves or is shown."""

from __future__ import annotations

import threading

import pytest

from notebook_notify.messages import Message
from notebook_notify.secret import MASK, remember

CHAT, APP, DING = "wecom_chat", "wecom_app", "dingtalk_chat"


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
def test_expired_token(quick, sandbox, channel, to, sent, sends):
    """An expired token costs one fetch and one resend, and the user sees nothing of it."""
    target = to(sandbox, channel)
    sent(quick, target, "first")
    sandbox.expire_tokens()
    assert sent(quick, target, "second").outcome == "sent"
    assert (sandbox.stats["token_requests"], sends(sandbox)) == (2, 3)
    assert [message["content"] for message in sandbox.inbox] == ["first", "second"]


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
def test_token_refused_twice(quick, sandbox, channel, to, sent, sends):
    """A platform that refuses the new token too is told of, and not asked for ever."""
    sandbox.fail_next("expired", count=9)
    result = sent(quick, to(sandbox, channel))
    assert result.outcome == "failed"
    assert result.code in (42001, 40014)
    assert (sandbox.stats["token_requests"], sends(sandbox)) == (2, 2)


def test_one_token_for_two_channels(quick, sandbox, to):
    """Channels of one application share its token."""
    quick.send([(to(sandbox, CHAT), Message("a")), (to(sandbox, APP), Message("b"))])
    assert sandbox.stats["token_requests"] == 1


def test_many_threads_share_one_token(quick, sandbox, to, sent):
    """Twenty that send at once need one token, and all their messages arrive."""
    target = to(sandbox)
    barrier = threading.Barrier(20)
    outcomes = []

    def one(number):
        barrier.wait()
        outcomes.append(sent(quick, target, f"message {number}").outcome)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == ["sent"] * 20
    assert sandbox.stats["token_requests"] == 1
    assert {m["content"] for m in sandbox.inbox} == {f"message {n}" for n in range(20)}


def test_tokens_that_expire_under_load(quick, sandbox, to, sent, eventually):
    """Tokens that expire while many send lose no message and double none."""
    target = to(sandbox)
    outcomes = []

    def one(name):
        outcomes.extend(sent(quick, target, f"{name}-{n}").outcome for n in range(15))

    threads = [threading.Thread(target=one, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for seen in (20, 50):
        assert eventually(lambda seen=seen: len(sandbox.inbox) >= seen)
        sandbox.expire_tokens()
    for thread in threads:
        thread.join()
    assert outcomes == ["sent"] * 90
    assert sorted(m["content"] for m in sandbox.inbox) == sorted(
        f"{name}-{n}" for name in range(6) for n in range(15)
    )
    assert sandbox.stats["token_requests"] == 3


def test_check(quick, sandbox, to):
    """A credential is proved by a new token each time, and nothing is posted."""
    for number in (1, 2):
        result = quick.check(to(sandbox, CHAT))
        assert (result.outcome, result.parts) == ("sent", 0)
        assert sandbox.stats["token_requests"] == number
    bad = quick.check(to(sandbox, corp_secret="wrong-wrong-wrong"))
    assert (bad.outcome, bad.error["errcode"]) == ("failed", 40001)
    assert sandbox.inbox == []


def test_known_secrets_do_not_leave(quick, sandbox, to, sent):
    """What the text says of known secrets, or what looks like one, leaves masked."""
    remember("correct-horse-battery")
    target = to(sandbox)
    sent(
        quick,
        target,
        f"pw correct-horse-battery, {sandbox.wecom.app.corp_secret}, mysql://me:hunter22@db",
    )
    (message,) = sandbox.inbox
    assert message["content"] == f"pw {MASK}, {MASK}, mysql://me:{MASK}@db"


def test_a_dict_that_repeats_the_token_is_masked(quick, sandbox, to, sent):
    """A platform, or a proxy before it, that repeats the token tells it to nobody."""
    target = to(sandbox)
    sent(quick, target)
    (token,) = sandbox.wecom._tokens._tokens
    sandbox.fail_next(errcode=40035, errmsg=f"bad {token} access_token={token}", path="send")
    result = sent(quick, target)
    assert result.error["errcode"] == 40035
    for shown in (repr(result), repr(result.error), str(result.lines()), str(result.advice)):
        assert token not in shown
