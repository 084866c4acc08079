"""Each outcome is told as it is, and what may have arrived is not sent again."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time

import pytest
import trustme

from notebook_notify import errors
from notebook_notify.delivery import workers
from notebook_notify.platforms import CHANNELS
from notebook_notify.secret import MASK, remember
from notebook_notify.sending.dispatch import Sender

CHAT, APP, DING = "wecom_chat", "wecom_app", "dingtalk_chat"


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
def test_sent(quick, sandbox, channel, to, sent):
    """A text arrives as it was written, and the report says so."""
    result = sent(quick, to(sandbox, channel), "夜间回测\n完成 👨‍👩‍👧")
    assert (result.outcome, result.error, result.parts, result.parts_sent) == ("sent", None, 1, 1)
    (message,) = sandbox.inbox
    assert (message["channel"], message["content"]) == (channel, "夜间回测\n完成 👨‍👩‍👧")


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
def test_errcode_as_a_string(quick, sandbox, channel, to, sent):
    """The platform's "0" is as good as its 0."""
    sandbox.fail_next("errcode_string", path="send")
    assert sent(quick, to(sandbox, channel)).outcome == "sent"


def test_wrapped_code(quick, sandbox, to, sent):
    """DingTalk's code 88 is no success, and the code inside it is the one that is told."""
    sandbox.fail_next(sub_code="34001", path="send")
    result = sent(quick, to(sandbox, DING))
    assert (result.outcome, result.error["errcode"], result.code) == ("failed", 88, 34001)
    assert sandbox.inbox == []


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
@pytest.mark.parametrize("kind", ["html", "empty_404", "array", "no_errcode", "redirect"])
@pytest.mark.parametrize("path", ["send", "gettoken"])
def test_unreadable_answers(quick, sandbox, channel, kind, path, to, sent, sends):
    """What is not the platform's answer is a failure that shows how it begins; sent once."""
    sandbox.fail_next(kind, path=path)
    result = sent(quick, to(sandbox, channel))
    assert (result.outcome, result.error["errcode"]) == ("failed", errors.UNREADABLE)
    assert len(str(result.error)) < 500
    assert sends(sandbox) == (path == "send")
    assert sandbox.inbox == []


@pytest.mark.parametrize("channel", [CHAT, APP, DING])
@pytest.mark.parametrize("kind", ["half", "reset", "drip"])
def test_lost_answers_are_unknown_and_not_repeated(quick, sandbox, channel, kind, to, sent, sends):
    """A text whose answer is lost may have arrived: it is never sent a second time by itself."""
    sandbox.fail_next(kind, path="send", seconds=0.1 if kind == "drip" else None)
    result = sent(quick, to(sandbox, channel), timeout=0.3 if kind == "drip" else 5)
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert sends(sandbox) == 1
    assert len(sandbox.inbox) == (kind != "reset")


@pytest.mark.parametrize("fault", [{"kind": "huge"}, {"body": '{"errcode":0,"errm'}])
def test_a_platforms_answer_that_is_cut_is_unknown(quick, sandbox, fault, to, sent, sends):
    """What begins as the platform's answer may have been a success: unknown, and sent once."""
    sandbox.fail_next(**fault, path="send")
    result = sent(quick, to(sandbox))
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert len(str(result.error)) < 500
    assert sends(sandbox) == 1
    sandbox.fail_next(**fault, path="gettoken")
    result = sent(Sender(), to(sandbox))
    assert (result.outcome, result.error["errcode"]) == ("failed", errors.UNREADABLE)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_gateways_page_is_unknown(quick, sandbox, status, to, sent, sends):
    """A gateway that had trouble may have passed the message on: unknown, and sent once."""
    sandbox.fail_next(status=status, path="send")
    result = sent(quick, to(sandbox))
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    assert f"HTTP {status}" in result.error["errmsg"]
    assert sends(sandbox) == 1


@pytest.mark.parametrize("status", [408, 502])
def test_a_gateways_page_is_repeated_where_the_platform_drops_doubles(
    quick, sandbox, status, to, sent, sends
):
    """With the platform's check against doubles, a gateway's page is as good as no answer."""
    sandbox.fail_next(status=status, path="send")
    assert sent(quick, to(sandbox, APP), once=True).outcome == "sent"
    assert (sends(sandbox), len(sandbox.inbox)) == (2, 1)


def test_time_up_after_a_gateways_page(sandbox, to, sent):
    """Who stops waiting between a gateway's page and the repeat is told that it may be there."""
    sandbox.fail_next(status=502, path="send")
    sender = Sender(pauses=(0.6, 0, 0))
    result = sent(sender, to(sandbox, APP), timeout=5, once=True)
    assert result.outcome == "sent"
    sandbox.fail_next(status=502, path="send")
    sandbox.fail_next("hang", path="send", seconds=6)
    result = sent(sender, to(sandbox, APP), "other", timeout=2.5, once=True)
    assert (result.outcome, result.error["errcode"]) == ("unknown", errors.UNKNOWN)
    sender.close()


@pytest.mark.parametrize("ids", [1.5, {"a": 1}, True, [None], [["x"]]])
def test_accepted_stays_accepted(quick, sandbox, ids, to, sent):
    """Whatever form the refused ids have, an accepted message is not called failed."""
    body = json.dumps({"errcode": 0, "errmsg": "ok", "invaliduser": ids})
    sandbox.fail_next(body=body, path="send")
    result = sent(quick, to(sandbox, APP))
    assert (result.outcome, result.refused) == ("partial", {"invaliduser": (str(ids),)})


def test_refused_ids_are_masked(quick, sandbox, to, sent):
    """A secret among the ids that a reply names is masked like any other text of a server's."""
    remember("correct-horse-battery")
    body = {"errcode": 0, "invaliduser": ["lisi", "correct-horse-battery"]}
    sandbox.fail_next(body=json.dumps(body), path="send")
    assert sent(quick, to(sandbox, APP)).refused == {"invaliduser": ("lisi", MASK)}


def test_partial(quick, sandbox, to, sent):
    """Who was not reached is named, although the platform says 0."""
    result = sent(quick, to(sandbox, APP, users=["lisi", "nobody", "wangwu"]))
    assert result.outcome == "partial"
    assert result.refused == {"invaliduser": ("nobody",), "unlicenseduser": ("wangwu",)}
    assert result.message_ids
    assert len(sandbox.inbox) == 1


def test_the_platforms_dict_is_kept(quick, sandbox, to, sent):
    """A refusal comes with the platform's own dict and with advice."""
    sandbox.fail_next(errcode=60020, path="send")
    result = sent(quick, to(sandbox))
    assert (result.outcome, result.error["errcode"], result.code) == ("failed", 60020, 60020)
    assert "not allow to access from your ip" in result.error["errmsg"]
    assert result.advice.todo


def test_refused_credential(quick, sandbox, to, sent, sends):
    """A wrong secret fails with the token call's dict; nothing is posted."""
    result = sent(quick, to(sandbox, corp_secret="wrong-wrong-wrong"))
    assert (result.outcome, result.error["errcode"]) == ("failed", 40001)
    assert sandbox.stats["token_requests"] == 1
    assert sends(sandbox) == 0


def test_nobody_there(quick, sandbox, to, sent):
    """A platform that is down fails as not connected, with the host named."""
    target = to(sandbox)
    sandbox.stop()
    result = sent(quick, target)
    assert (result.outcome, result.error["errcode"]) == ("failed", errors.NOT_CONNECTED)
    assert "127.0.0.1" in result.error["errmsg"]


def test_untrusted_certificate_is_not_repeated(sandbox, monkeypatch, to, sent):
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
        sender = Sender(pauses=(5, 5, 5))
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        result = sent(sender, to(sandbox, base_url=url))
        sender.close()
    assert (result.outcome, result.error["errcode"]) == ("failed", errors.TLS_FAILED)
    assert time.monotonic() - started < 4
    assert len(accepted) == 1


def test_missing_secret(quick, sandbox, to, sent):
    """A variable that is not set when the message is sent is a failure that names it."""
    result = sent(quick, to(sandbox, corp_secret="env:NOT_SET_ANYWHERE"))
    assert result.outcome == "failed"
    assert "NOT_SET_ANYWHERE" in result.error["errmsg"]
    assert "NOT_SET_ANYWHERE" in result.lines()[0][1]
    assert sandbox.stats["requests"] == 0


def test_our_own_mistakes_are_failures(quick, sandbox, monkeypatch, to, sent):
    """A mistake in this package fails the message and hurts nobody's cell."""
    monkeypatch.setattr(CHANNELS[CHAT], "read", lambda _reply: 1 / 0)
    result = sent(quick, to(sandbox))
    assert result.outcome == "failed"
    assert "ZeroDivisionError" in result.error["errmsg"]


def test_no_thread_to_be_had(quick, sandbox, monkeypatch, to, sent):
    """Where no thread can be started, as when Python ends, that is a failure in words."""

    def refuse(_job, _future):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(quick._workers, "submit", refuse)
    result = sent(quick, to(sandbox))
    assert result.outcome == "failed"
    assert "can't start new thread" in result.error["errmsg"]


def test_too_many_threads_hang(quick, sandbox, monkeypatch, to, sent):
    """Where earlier sends hang without end, the next one fails at once and says so."""
    monkeypatch.setattr(workers, "MOST", 0)
    result = sent(quick, to(sandbox))
    assert result.outcome == "failed"
    assert "earlier sends still hang" in result.lines()[0][1]
