"""The one loop: every outcome, the budget, repeats where they are safe, and nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import textwrap
import threading
import time

import pytest
import trustme

from notebook_notify import dispatch, errors, outcomes
from notebook_notify.delivery import workers
from notebook_notify.delivery.flight import Flight, GivenUpError
from notebook_notify.dispatch import Sender
from notebook_notify.errors import SendInterrupted, TargetError
from notebook_notify.messages import Image, Message
from notebook_notify.outcomes import Delivery
from notebook_notify.platforms import CHANNELS
from notebook_notify.sandbox import Sandbox
from notebook_notify.secret import MASK, remember
from notebook_notify.targets import Target

CHAT, APP, DING = "wecom_chat", "wecom_app", "dingtalk_chat"
PATHS = {CHAT: "appchat/send", APP: "message/send", DING: "chat/send"}


def to(sandbox, channel=CHAT, **changed):
    """The sandbox's target for *channel*."""
    fields = {**sandbox.targets[f"sandbox-{channel}"], **changed}
    del fields["channel"]
    return Target(channel, fields, name=f"sandbox-{channel}", source="sandbox")


@pytest.fixture
def quick():
    """A sender that does not pause between its tries."""
    one = Sender(pauses=(0, 0, 0))
    yield one
    one.close()


def sent(sender, target, text="完成", **options):
    """The result of one text to one target."""
    (result,) = sender.send([(target, Message(text))], **options).results
    return result


def sends(sandbox):
    """How many requests that send the sandbox has seen."""
    return sandbox.stats["requests"] - sandbox.stats["token_requests"]


def eventually(condition, seconds=3):
    """Wait until *condition* holds."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


# ── outcomes ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
def test_sent(quick, sandbox, channel):
    """A text arrives as it was written, and the report says so."""
    result = sent(quick, to(sandbox, channel), "夜间回测\n完成 👨‍👩‍👧")
    assert (result.outcome, result.error, result.parts, result.parts_sent) == ("sent", None, 1, 1)
    (message,) = sandbox.inbox
    assert (message["channel"], message["content"]) == (channel, "夜间回测\n完成 👨‍👩‍👧")


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
def test_errcode_as_a_string(quick, sandbox, channel):
    """The platform's "0" is as good as its 0."""
    sandbox.fail_next("errcode_string", path="send")
    assert sent(quick, to(sandbox, channel)).outcome == "sent"


def test_wrapped_code(quick, sandbox):
    """DingTalk's code 88 is no success, and the code inside it is the one that is told."""
    sandbox.fail_next(sub_code="34001", path="send")
    result = sent(quick, to(sandbox, DING))
    assert (result.outcome, result.error["errcode"], result.code) == ("failed", 88, 34001)
    assert sandbox.inbox == []


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
@pytest.mark.parametrize("kind", ["html", "empty_404", "array", "no_errcode", "huge", "redirect"])
@pytest.mark.parametrize("path", ["send", "gettoken"])
def test_unreadable_answers(quick, sandbox, channel, kind, path):
    """What is not the platform's answer is a failure that shows how it begins; sent once."""
    sandbox.fail_next(kind, path=path)
    result = sent(quick, to(sandbox, channel))
    assert (result.outcome, result.error["errcode"]) == ("failed", errors.UNREADABLE)
    assert len(str(result.error)) < 500
    assert sends(sandbox) == (path == "send")
    assert sandbox.inbox == []


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
@pytest.mark.parametrize("kind", ["half", "reset", "drip"])
def test_lost_answers_are_unknown_and_not_repeated(quick, sandbox, channel, kind):
    """A text whose answer is lost may have arrived: it is never sent a second time by itself."""
    sandbox.fail_next(kind, path="send", seconds=0.1 if kind == "drip" else None)
    result = sent(quick, to(sandbox, channel), timeout=0.3 if kind == "drip" else 5)
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert sends(sandbox) == 1
    assert len(sandbox.inbox) == (kind != "reset")


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_gateways_page_is_unknown(quick, sandbox, status):
    """A gateway that had trouble may have passed the message on: unknown, and sent once."""
    sandbox.fail_next(status=status, path="send")
    result = sent(quick, to(sandbox))
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert f"HTTP {status}" in result.error["errmsg"]
    assert sends(sandbox) == 1


@pytest.mark.parametrize("status", [408, 502])
def test_a_gateways_page_is_repeated_where_the_platform_drops_doubles(quick, sandbox, status):
    """With the platform's check against doubles, a gateway's page is as good as no answer."""
    sandbox.fail_next(status=status, path="send")
    assert sent(quick, to(sandbox, APP), once=True).outcome == "sent"
    assert (sends(sandbox), len(sandbox.inbox)) == (2, 1)


def test_time_up_after_a_gateways_page(sandbox):
    """Who stops waiting between a gateway's page and the repeat is told that it may be there."""
    sandbox.fail_next(status=502, path="send")
    sender = Sender(pauses=(0.6, 0, 0))
    result = sent(sender, to(sandbox, APP), timeout=0.9, once=True)
    assert result.outcome == "sent"
    sandbox.fail_next(status=502, path="send")
    sandbox.fail_next("hang", path="send", seconds=1)
    result = sent(sender, to(sandbox, APP), "other", timeout=0.8, once=True)
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    sender.close()


@pytest.mark.parametrize("ids", [1.5, {"a": 1}, True, [None], [["x"]]])
def test_accepted_stays_accepted(quick, sandbox, ids):
    """Whatever form the refused ids have, an accepted message is not called failed."""
    body = json.dumps({"errcode": 0, "errmsg": "ok", "invaliduser": ids})
    sandbox.fail_next(body=body, path="send")
    result = sent(quick, to(sandbox, APP))
    assert (result.outcome, result.refused) == ("partial", {"invaliduser": (str(ids),)})


def test_refused_ids_are_masked(quick, sandbox):
    """A secret among the ids that a reply names is masked like any other text of a server's."""
    remember("correct-horse-battery")
    body = {"errcode": 0, "invaliduser": ["lisi", "correct-horse-battery"]}
    sandbox.fail_next(body=json.dumps(body), path="send")
    assert sent(quick, to(sandbox, APP)).refused == {"invaliduser": ("lisi", MASK)}


def test_partial(quick, sandbox):
    """Who was not reached is named, although the platform says 0."""
    result = sent(quick, to(sandbox, APP, users=["lisi", "nobody", "wangwu"]))
    assert result.outcome == "partial"
    assert result.refused == {"invaliduser": ("nobody",), "unlicenseduser": ("wangwu",)}
    assert result.message_ids
    assert len(sandbox.inbox) == 1


def test_the_platforms_dict_is_kept(quick, sandbox):
    """A refusal comes with the platform's own dict and with advice."""
    sandbox.fail_next(errcode=60020, path="send")
    result = sent(quick, to(sandbox))
    assert (result.outcome, result.error["errcode"], result.code) == ("failed", 60020, 60020)
    assert "not allow to access from your ip" in result.error["errmsg"]
    assert result.advice.todo


def test_refused_credential(quick, sandbox):
    """A wrong secret fails with the token call's dict; nothing is posted."""
    result = sent(quick, to(sandbox, corp_secret="wrong-wrong-wrong"))
    assert (result.outcome, result.error["errcode"]) == ("failed", 40001)
    assert sandbox.stats["token_requests"] == 1
    assert sends(sandbox) == 0


def test_nobody_there(quick, sandbox):
    """A platform that is down fails as not connected, with the host named."""
    target = to(sandbox)
    sandbox.stop()
    result = sent(quick, target)
    assert (result.outcome, result.error["errcode"]) == ("failed", errors.NOT_CONNECTED)
    assert "127.0.0.1" in result.error["errmsg"]


def test_untrusted_certificate_is_not_repeated(sandbox, monkeypatch):
    """An untrusted certificate fails at once: another try would meet the same."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    accepted = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    accepted.append(1)
                    with contextlib.suppress(OSError), connection:
                        context.wrap_socket(connection, server_side=True).close()

        threading.Thread(target=accept, daemon=True).start()
        sender = Sender(pauses=(0.5, 0.5, 0.5))
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        result = sent(sender, to(sandbox, base_url=url))
        sender.close()
    assert (result.outcome, result.error["errcode"]) == ("failed", errors.TLS_FAILED)
    assert time.monotonic() - started < 0.5
    assert len(accepted) == 1


def test_missing_secret(quick, sandbox):
    """A variable that is not set when the message is sent is a failure that names it."""
    result = sent(quick, to(sandbox, corp_secret="env:NOT_SET_ANYWHERE"))
    assert result.outcome == "failed"
    assert "NOT_SET_ANYWHERE" in result.error["errmsg"]
    assert "NOT_SET_ANYWHERE" in result.lines()[0][1]
    assert sandbox.stats["requests"] == 0


def test_our_own_mistakes_are_failures(quick, sandbox, monkeypatch):
    """A mistake in this package fails the message and hurts nobody's cell."""
    monkeypatch.setattr(CHANNELS[CHAT], "read", lambda _reply: 1 / 0)
    result = sent(quick, to(sandbox))
    assert result.outcome == "failed"
    assert "ZeroDivisionError" in result.error["errmsg"]


def test_no_thread_to_be_had(quick, sandbox, monkeypatch):
    """Where no thread can be started, as when Python ends, that is a failure in words."""

    def refuse(_job, _future):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(quick._workers, "submit", refuse)
    result = sent(quick, to(sandbox))
    assert result.outcome == "failed"
    assert "can't start new thread" in result.error["errmsg"]


def test_too_many_threads_hang(quick, sandbox, monkeypatch):
    """Where earlier sends hang without end, the next one fails at once and says so."""
    monkeypatch.setattr(workers, "MOST", 0)
    result = sent(quick, to(sandbox))
    assert result.outcome == "failed"
    assert "earlier sends still hang" in result.lines()[0][1]


# ── the caller's mistakes ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["", " \n\t　"])
def test_empty_messages_are_refused(quick, sandbox, text):
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
def test_a_huge_text_is_refused(quick, sandbox, monkeypatch, language, words):
    """A text of thousands of messages is refused at once, with the way to send it."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    text = "字" * ((8 << 20) // 3) + "abc"
    started = time.monotonic()
    with pytest.raises(TargetError, match=words):
        quick.send([(to(sandbox), Message("x")), (to(sandbox), Message(text))])
    assert time.monotonic() - started < 0.5
    assert sandbox.stats["requests"] == 0


def test_incomplete_target(quick, sandbox):
    """A target that lacks a field raises before anything leaves."""
    target = Target(CHAT, {"corp_id": "ww1"})
    with pytest.raises(TargetError, match="corp_secret"):
        quick.send([(to(sandbox), Message("x")), (target, Message("x"))])
    assert sandbox.stats["requests"] == 0


# ── tokens ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
def test_expired_token(quick, sandbox, channel):
    """An expired token costs one fetch and one resend, and the user sees nothing of it."""
    target = to(sandbox, channel)
    sent(quick, target, "first")
    sandbox.expire_tokens()
    assert sent(quick, target, "second").outcome == "sent"
    assert (sandbox.stats["token_requests"], sends(sandbox)) == (2, 3)
    assert [message["content"] for message in sandbox.inbox] == ["first", "second"]


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
def test_token_refused_twice(quick, sandbox, channel):
    """A platform that refuses the new token too is told of, and not asked for ever."""
    sandbox.fail_next("expired", count=9)
    result = sent(quick, to(sandbox, channel))
    assert result.outcome == "failed"
    assert result.code in (42001, 40014)
    assert (sandbox.stats["token_requests"], sends(sandbox)) == (2, 2)


def test_one_token_for_two_channels(quick, sandbox):
    """Channels of one application share its token."""
    quick.send([(to(sandbox, CHAT), Message("a")), (to(sandbox, APP), Message("b"))])
    assert sandbox.stats["token_requests"] == 1


def test_many_threads_share_one_token(quick, sandbox):
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


def test_tokens_that_expire_under_load(quick, sandbox):
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


def test_check(quick, sandbox):
    """A credential is proved by a new token, and nothing is posted."""
    for channel in (CHAT, DING):
        result = quick.check(to(sandbox, channel))
        assert (result.outcome, result.parts) == ("sent", 0)
    bad = quick.check(to(sandbox, corp_secret="wrong-wrong-wrong"))
    assert (bad.outcome, bad.error["errcode"]) == ("failed", 40001)
    assert sends(sandbox) == 0


# ── repeats ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("channel", "code"), [(CHAT, -1), (CHAT, 45033), (DING, -1)])
@pytest.mark.parametrize("path", ["send", "gettoken"])
def test_busy_is_repeated(quick, sandbox, channel, code, path):
    """A busy platform is asked up to three times more; the message arrives once."""
    sandbox.fail_next(errcode=code, count=3, path=path)
    assert sent(quick, to(sandbox, channel)).outcome == "sent"
    assert sandbox.stats["requests"] == 5
    assert len(sandbox.inbox) == 1


def test_always_busy(quick, sandbox):
    """After four times busy it is a failure, with the platform's dict."""
    sandbox.fail_next(errcode=45033, count=9, path="send")
    result = sent(quick, to(sandbox))
    assert (result.outcome, result.error["errcode"]) == ("failed", 45033)
    assert sends(sandbox) == 4


def test_limits_are_not_busy(quick, sandbox):
    """A limit that no second's wait clears is told at once, not hammered at."""
    sandbox.fail_next(errcode=45009, count=9, path="send")
    assert sent(quick, to(sandbox)).error["errcode"] == 45009
    assert sends(sandbox) == 1


def test_connect_errors_are_repeated():
    """A platform that comes up within the pauses still gets the message."""
    sandbox = Sandbox().start()
    target = to(sandbox)
    port = sandbox._server.server_port
    sandbox.stop()
    again = Sandbox(port)
    again.wecom = sandbox.wecom
    sender = Sender(pauses=(0.2, 0.3, 0.3))
    starter = threading.Timer(0.3, again.start)
    starter.start()
    result = sent(sender, target)
    starter.join()
    with again:
        assert result.outcome == "sent"
    sender.close()


def test_pauses_do_not_overrun_the_budget(sandbox):
    """A pause that does not fit any more is not begun: the failure is told at once."""
    target = to(sandbox)
    sandbox.stop()
    started = time.monotonic()
    result = sent(Sender(pauses=(10,)), target, timeout=5)
    assert result.error["errcode"] == errors.NOT_CONNECTED
    assert time.monotonic() - started < 1


def test_lost_answer_is_repeated_once_where_the_platform_drops_doubles(quick, sandbox):
    """With the platform's own check against doubles a lost answer is asked again, delivered once."""
    sandbox.fail_next("deliver_hang", path="send")
    result = sent(quick, to(sandbox, APP), "done 18:05:07", timeout=2, once=True)
    assert result.outcome == "sent"
    assert (sends(sandbox), len(sandbox.inbox)) == (2, 1)


def test_lost_twice_is_unknown(quick, sandbox):
    """The safe repeat is one: lost again, the outcome is unknown."""
    sandbox.fail_next("reset", path="send", count=9)
    result = sent(quick, to(sandbox, APP), timeout=5, once=True)
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert sends(sandbox) == 2


@pytest.mark.parametrize("code", [-1, 81013, 42001])
def test_a_repeat_that_fails_does_not_deny_the_first(quick, sandbox, code):
    """Whatever becomes of the repeat, the first may have arrived: unknown, not failed."""
    sandbox.fail_next("half", path="send")
    sandbox.fail_next(errcode=code, path="send", count=9)
    result = sent(quick, to(sandbox, APP), timeout=5, once=True)
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert len(sandbox.inbox) == 1


def test_time_up_during_the_repeat(quick, sandbox):
    """Who stops waiting while the repeat fetches a token is told that the first may be there."""
    target = to(sandbox, APP)
    sent(quick, target, "first")
    sandbox.fail_next("half", path="send")
    sandbox.fail_next(errcode=42001, path="send")
    sandbox.fail_next("hang", path="gettoken", seconds=1)
    result = sent(quick, target, "second", timeout=0.3, once=True)
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert [message["content"] for message in sandbox.inbox] == ["first", "second"]


def test_the_repeat_leaves_while_the_platform_remembers(quick, sandbox, monkeypatch):
    """A repeat that would come too late to be dropped as a double is not sent."""
    monkeypatch.setattr(dispatch, "REPEAT_WITHIN", -1)
    sandbox.fail_next("half", path="send")
    assert sent(quick, to(sandbox, APP), once=True).outcome == "unknown"
    assert sends(sandbox) == 1


def test_a_long_budget_does_not_delay_the_repeat(quick, sandbox, monkeypatch):
    """With minutes to wait, the safe repeat still comes within the platform's memory."""
    monkeypatch.setattr(dispatch, "REPEAT_AFTER", 0.2)
    sandbox.fail_next("deliver_hang", path="send")
    started = time.monotonic()
    assert sent(quick, to(sandbox, APP), timeout=300, once=True).outcome == "sent"
    assert time.monotonic() - started < 1
    assert len(sandbox.inbox) == 1


@pytest.mark.parametrize("channel", [CHAT, DING])
def test_once_changes_nothing_where_doubles_are_not_dropped(quick, sandbox, channel):
    """A channel without a check against doubles never repeats what may have arrived."""
    sandbox.fail_next("half", path="send")
    assert sent(quick, to(sandbox, channel), once=True).outcome == "unknown"
    assert (sends(sandbox), len(sandbox.inbox)) == (1, 1)


def test_a_deliberate_second_one_arrives(quick, sandbox):
    """The same plain text twice is two messages."""
    for _ in range(2):
        sent(quick, to(sandbox, APP), "done")
    assert len(sandbox.inbox) == 2


def test_two_runs_of_the_same_words_arrive(quick, sandbox):
    """Runs whose texts do not differ are as many messages: the platform's check drops no run."""
    for _ in range(3):
        assert sent(quick, to(sandbox, APP), "✅ Done · job", once=True).outcome == "sent"
    assert len(sandbox.inbox) == 3


def test_two_targets_of_one_text_arrive(quick, sandbox):
    """Two targets of one application that are told the same at once both get it."""
    target = to(sandbox, APP)
    assert quick.send([(target, Message("job")), (target, Message("job"))], once=True)
    assert len(sandbox.inbox) == 2


def test_the_same_picture_twice_arrives(quick, sandbox):
    """Two runs that show the same picture send it twice, though it is uploaded once."""
    picture = Image(b"\x89PNG\r\n\x1a\n" + bytes(100))
    for number in range(2):
        message = Message(f"run {number}", (picture,))
        assert quick.send([(to(sandbox, APP), message)], once=True)
    assert [m["msgtype"] for m in sandbox.inbox] == ["text", "image"] * 2


def test_a_second_one_is_not_repeated(quick, sandbox):
    """A text that went without the check against doubles is not repeated: unknown if lost."""
    sent(quick, to(sandbox, APP), "job", once=True)
    sandbox.fail_next("half", path="send")
    assert sent(quick, to(sandbox, APP), "job", once=True).outcome == "unknown"
    assert len(sandbox.inbox) == 2


def test_what_the_platform_forgot_is_checked_again(quick, sandbox, monkeypatch):
    """After the platform's memory is over, the same text is protected again."""
    monkeypatch.setattr(dispatch, "REMEMBERED", -5.0)
    sent(quick, to(sandbox, APP), "job", timeout=5, once=True)
    time.sleep(0.01)
    sandbox.fail_next("reset", path="send")
    assert sent(quick, to(sandbox, APP), "job", once=True).outcome == "sent"
    assert sends(sandbox) == 3


def test_repeat_false(quick, sandbox):
    """Who asked for one try gets one."""
    sandbox.fail_next(errcode=-1, path="send")
    assert sent(quick, to(sandbox), repeat=False).error["errcode"] == -1
    assert sends(sandbox) == 1


# ── the budget ───────────────────────────────────────────────────────────────────────────────

TIMEOUT, GRACE = 0.3, 0.5


def in_time(sender, target, **options):
    """The result of a send that must end within the budget."""
    started = time.monotonic()
    result = sent(sender, target, timeout=TIMEOUT, **options)
    assert time.monotonic() - started < TIMEOUT + GRACE
    return result


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
@pytest.mark.parametrize("kind", ["hang", "deliver_hang", "drip"])
def test_no_answer_to_the_message(quick, sandbox, channel, kind):
    """A platform that does not answer releases the caller in time, with the truth: unknown."""
    sandbox.fail_next(kind, path="send", seconds=0.2 if kind == "drip" else None)
    result = in_time(quick, to(sandbox, channel))
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)


@pytest.mark.parametrize("kind", ["hang", "drip"])
def test_no_answer_to_the_token_call(quick, sandbox, kind):
    """No token in time means that nothing left, and nothing leaves later."""
    sandbox.fail_next(kind, path="gettoken", seconds=0.02 if kind == "drip" else 0.6)
    result = in_time(quick, to(sandbox))
    assert result.outcome == "failed"
    assert result.error["errcode"] in (errors.OVER_BUDGET, errors.NOT_CONNECTED)
    time.sleep(0.6)
    assert (sends(sandbox), sandbox.inbox) == (0, [])


def test_a_server_that_never_answers(quick, sandbox):
    """An address that takes connections and says nothing releases the caller in time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result = in_time(quick, to(sandbox, base_url=f"http://127.0.0.1:{silent.getsockname()[1]}"))
    assert result.outcome == "failed"
    assert result.error["errcode"] in (errors.OVER_BUDGET, errors.NOT_CONNECTED)


def test_slow_names(quick, sandbox, monkeypatch):
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


def test_a_slow_name_does_not_fail_a_checked_text(quick, sandbox, monkeypatch):
    """A text with the platform's check may leave as late as one without: only the wait is halved."""
    target = to(sandbox, APP)
    real = socket.getaddrinfo
    sent(quick, target, "first")
    quick._transport.close()

    def slow(*args, **kwargs):
        time.sleep(0.8)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    result = sent(quick, target, "second", timeout=1.4, once=True)
    assert (result.outcome, len(sandbox.inbox)) == ("sent", 2)


def test_no_time_at_all(quick, sandbox):
    """A budget of nothing sends nothing and says so."""
    result = sent(quick, to(sandbox), timeout=0)
    assert result.outcome == "failed"
    assert result.error["errcode"] == errors.OVER_BUDGET
    time.sleep(0.1)
    assert sandbox.inbox == []


def test_no_limit(quick, sandbox):
    """Who would wait for ever may."""
    assert sent(quick, to(sandbox), timeout=float("inf")).outcome == "sent"


def test_accepted_at_the_last_moment(quick, sandbox, monkeypatch):
    """What the platform has accepted is never told as failed, however close the time was."""
    monkeypatch.setattr(CHANNELS[CHAT], "everyone", lambda _target: time.sleep(0.6) or False)
    result = sent(quick, to(sandbox), timeout=0.3)
    assert (result.outcome, len(sandbox.inbox)) == ("sent", 1)


def test_next_message_after_a_hang(quick, sandbox):
    """A hanging send holds up no other."""
    sandbox.fail_next("hang", path="send")
    target = to(sandbox)
    assert in_time(quick, target).outcome == "unknown"
    assert sent(quick, target, "next").outcome == "sent"


# ── several targets, several parts ───────────────────────────────────────────────────────────


def test_ten_targets_side_by_side(quick, sandbox):
    """Ten slow targets take as long as one, and each has its result, in order."""
    targets = [
        to(sandbox, channel)
        for channel in (CHAT, APP, DING, CHAT, APP, DING, CHAT, APP, DING, CHAT)
    ]
    for target in targets[:3]:
        sent(quick, target)
    sandbox.clear()
    sandbox.fail_next("drip", path="send", count=10, seconds=0.01)
    started = time.monotonic()
    report = quick.send([(target, Message(f"to {n}")) for n, target in enumerate(targets)])
    assert report.ok
    assert 0.25 < time.monotonic() - started < 2
    assert [result.target for result in report.results] == [target.name for target in targets]
    assert {m["content"] for m in sandbox.inbox} == {f"to {n}" for n in range(10)}


def test_each_target_has_its_own_outcome(quick, sandbox):
    """One target's trouble is its own; the report is as good as the worst."""
    sandbox.fail_next(errcode=86003, path="appchat")
    report = quick.send([(to(sandbox, channel), Message("x")) for channel in (CHAT, APP, DING)])
    assert [result.outcome for result in report.results] == ["failed", "sent", "sent"]
    assert (report.outcome, bool(report)) == ("failed", False)


LONG = "\n".join(f"{n:04} 行" + "字" * 30 for n in range(60))


def test_long_texts_are_numbered_parts(quick, sandbox):
    """A text over the limit arrives in order, numbered, whole, each part within the limit."""
    result = sent(quick, to(sandbox), LONG)
    parts = [message["content"] for message in sandbox.inbox]
    assert (result.parts, result.parts_sent) == (len(parts), len(parts))
    assert len(parts) > 1
    assert all(part.startswith(f"({k}/{len(parts)}) ") for k, part in enumerate(parts, 1))
    assert "\n".join(part.partition(" ")[2] for part in parts) == LONG
    assert all(len(part.encode()) <= 2048 for part in parts)


def test_failure_of_a_later_part(quick, sandbox):
    """If part 2 of 3 is refused, the rest stays back and the report says how many went out."""
    sandbox.fail_next("errcode_string", path="send")  # the first part passes
    sandbox.fail_next(errcode=86003, path="send")
    result = sent(quick, to(sandbox), LONG)
    assert (result.outcome, result.parts, result.parts_sent) == ("failed", 3, 1)
    assert "1 of 3 parts were sent" in result.lines()[0][1]
    assert (result.seed_answer()["errcode"], result.seed_answer()["parts_sent"]) == (86003, 1)
    assert len(sandbox.inbox) == 1


def test_hang_in_a_later_part(quick, sandbox):
    """If part 2 has no answer in time, it is unknown, and part 3 does not leave afterwards."""
    target = to(sandbox)
    sandbox.fail_next("errcode_string", path="send")
    sandbox.fail_next("deliver_hang", path="send", seconds=0.6)
    result = in_time(quick, target, text=LONG)
    assert (result.outcome, result.parts_sent) == ("unknown", 1)
    time.sleep(0.7)
    assert len(sandbox.inbox) == 2


# ── secrets ──────────────────────────────────────────────────────────────────────────────────


def test_known_secrets_do_not_leave(quick, sandbox):
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


def test_a_dict_that_repeats_the_token_is_masked(quick, sandbox):
    """A platform, or a proxy before it, that repeats the token tells it to nobody."""
    target = to(sandbox)
    sent(quick, target)
    (token,) = sandbox.wecom._tokens._tokens
    sandbox.fail_next(errcode=40035, errmsg=f"bad {token} access_token={token}", path="send")
    result = sent(quick, target)
    assert result.error["errcode"] == 40035
    for shown in (repr(result), repr(result.error), str(result.lines()), str(result.advice)):
        assert token not in shown


# ── Ctrl-C ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def interrupt():
    """Press Ctrl-C in so many seconds."""
    timers = []

    def press(seconds):
        main = threading.main_thread().ident
        timers.append(threading.Timer(seconds, signal.pthread_kill, (main, signal.SIGINT)))
        timers[-1].start()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield press
    for timer in timers:
        timer.join()
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_during_a_send(quick, sandbox, interrupt):
    """Ctrl-C ends the wait at once, as a KeyboardInterrupt with a truthful report of each target."""
    targets = [to(sandbox, CHAT), to(sandbox, DING), to(sandbox, APP)]
    sent(quick, targets[0], "first")
    sandbox.clear()
    sandbox.fail_next("deliver_hang", path="appchat/send")
    sandbox.fail_next("hang", path="/gettoken", seconds=0.8)  # DingTalk's; WeCom's token is there
    interrupt(0.3)
    started = time.monotonic()
    with pytest.raises(SendInterrupted) as caught:
        quick.send([(target, Message("x")) for target in targets])
    assert time.monotonic() - started < 0.8
    assert isinstance(caught.value, KeyboardInterrupt)
    assert [r.outcome for r in caught.value.report.results] == ["unknown", "failed", "sent"]
    time.sleep(0.8)
    assert sorted(message["channel"] for message in sandbox.inbox) == [APP, CHAT]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_during_a_pause(sandbox, interrupt):
    """Interrupted between two tries, the message does not leave with the next one."""
    sender = Sender(pauses=(0.6,))
    sandbox.fail_next(errcode=-1, path="send")
    interrupt(0.3)
    with pytest.raises(SendInterrupted) as caught:
        sender.send([(to(sandbox), Message("x"))])
    assert [r.outcome for r in caught.value.report.results] == ["failed"]
    time.sleep(0.6)
    assert sandbox.inbox == []


def test_interrupted_while_threads_start(quick, sandbox, monkeypatch):
    """Ctrl-C before all threads run keeps back what has not left, and every target is told of."""
    real = quick._workers.submit
    calls = []

    def submit(job, future):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(job, future)

    sandbox.fail_next("hang", path="gettoken", seconds=0.3)
    monkeypatch.setattr(quick._workers, "submit", submit)
    with pytest.raises(SendInterrupted) as caught:
        quick.send([(to(sandbox, CHAT), Message("x")), (to(sandbox, DING), Message("x"))])
    assert [r.outcome for r in caught.value.report.results] == ["failed", "failed"]
    time.sleep(0.5)
    assert sandbox.inbox == []


def test_interrupted_after_one_was_accepted(quick, sandbox, monkeypatch):
    """Ctrl-C while threads start does not hang, and tells what was accepted by then as sent."""
    real = quick._workers.submit
    futures = []

    def submit(job, *future):
        if futures:
            futures[0].result(5)
            raise KeyboardInterrupt
        futures.append(real(job, *future))
        return futures[0]

    monkeypatch.setattr(quick._workers, "submit", submit)
    caught = []

    def send():
        try:
            quick.send([(to(sandbox, CHAT), Message("x")), (to(sandbox, DING), Message("x"))])
        except SendInterrupted as interrupted:
            caught.extend(interrupted.report.results)

    thread = threading.Thread(target=send, daemon=True)  # should it hang, the test does not
    thread.start()
    thread.join(3)
    assert [result.outcome for result in caught] == ["sent", "failed"]
    assert [message["channel"] for message in sandbox.inbox] == [CHAT]


def test_a_result_that_does_not_come(sandbox, monkeypatch):
    """A thread that hangs after all was accepted holds the caller a moment, not for ever."""
    monkeypatch.setattr(outcomes, "LAST_MOMENT", 0.1)
    delivery = Delivery(
        to(sandbox), CHANNELS[CHAT], Message("x"), time.monotonic(), repeat=True, once=False
    )
    delivery.parts = ["x"]
    delivery.flight.depart()
    delivery.flight.land(accepted=True)
    assert outcomes.stopped(delivery).outcome == "sent"
    delivery.refused["invaliduser"] = ("lisi",)
    assert outcomes.stopped(delivery).outcome == "partial"


# ── what has left ────────────────────────────────────────────────────────────────────────────


def test_flight_stays_down_once_given_up():
    """After the caller has gone, nothing departs and nothing is counted."""
    flight = Flight()
    assert not flight.give_up()
    for move in (flight.depart, flight.lose, lambda: flight.land(accepted=True)):
        with pytest.raises(GivenUpError):
            move()
    assert flight.parts_sent == 0


def test_flight_knows_what_is_on_its_way():
    """On its way is what has departed and not landed, and what was lost until a repeat lands."""
    flight = Flight()
    flight.depart()
    flight.land(accepted=True)
    flight.depart()
    flight.lose()
    flight.depart()
    flight.land(accepted=False)
    assert flight.parts_sent == 1
    flight.depart()
    flight.land(accepted=True)
    assert flight.parts_sent == 2
    assert not flight.give_up()
    other = Flight()
    other.depart()
    other.lose()
    other.depart()
    other.land(accepted=False)
    assert other.give_up()


# ── fork ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
def test_a_forked_child_sends():
    """A forked child sends by a connection of its own, though the parent's locks were held."""
    code = """
        import os, sys, threading, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        from notebook_notify import secret, send, sender
        from notebook_notify.sandbox import Sandbox
        with Sandbox() as box:
            sender.TARGETS.use_sandbox(box.targets)
            assert send("parent", to="sandbox-wecom_chat")
            S = sender.SENDER
            locks = [S._transport._routes._lock, S._workers._lock, S._tokens._guard, secret._lock,
                     *S._tokens._locks.values()]
            for lock in locks:
                lock.acquire()
            child = os.fork()
            if not child:
                report = send("child", to="sandbox-wecom_chat", timeout=5)
                os._exit(0 if report else 3)
            for lock in locks:
                lock.release()
            _, status = os.waitpid(child, 0)
            assert send("parent again", to="sandbox-wecom_chat")
            print(os.waitstatus_to_exitcode(status), *[m["content"] for m in box.inbox], sep="|")
            print(box.stats["connections"])
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.stdout == "0|parent|child|parent again\n2\n", run.stderr
