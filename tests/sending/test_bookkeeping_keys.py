"""A key keeps a message that went out from going out again; however the claim of it ends."""

from __future__ import annotations

import threading
import time

import pytest

from notebook_notify import sender
from notebook_notify.delivery.budget import Budget
from notebook_notify.errors import SendInterrupted, TargetError
from notebook_notify.ledger import Ledger
from notebook_notify.ledger_file import path_of
from notebook_notify.messages import Message
from notebook_notify.sender import post, send
from notebook_notify.sending import bookkeeping

CHAT, APP = "sandbox-wecom_chat", "sandbox-wecom_app"


def contents(sandbox):
    """The texts that arrived."""
    return [message["content"] for message in sandbox.inbox]


def test_a_repeated_send_tells_when_it_went_out(known, monkeypatch):
    """The second send of a key posts nothing, is no failure, and says when the first went out."""
    moment = time.mktime((2026, 11, 25, 8, 0, 12, 0, 0, -1))
    with monkeypatch.context() as then:
        then.setattr(time, "time", lambda: moment)
        assert "earlier" not in repr(send("done", CHAT, once="daily"))
    again = send("done", CHAT, once="daily")
    assert contents(known) == ["done"]
    assert again.ok
    assert again.results[0].earlier == moment
    assert (
        repr(again)
        == "✓ already sent sandbox-wecom_chat (WeCom group) · 11-25 08:00:12 (--once daily)"
    )
    assert send("done", CHAT)  # without a key it is a message like any other
    assert len(contents(known)) == 2


def test_only_the_target_that_has_it_is_left_out(known):
    """Of several targets each gets it once; results come in the order of the targets."""
    known.fail_next(errcode=60020, errmsg="no", path="appchat/send")
    first = send("done", [CHAT, APP], once="daily")
    assert [one.outcome for one in first.results] == ["failed", "sent"]
    second = send("done", [CHAT, APP], once="daily")
    assert [(one.outcome, one.earlier is None) for one in second.results] == [
        ("sent", True),
        ("sent", False),
    ]
    assert len(contents(known)) == 2


def test_success_is_told_after_failure(known):
    """A run that failed, and then succeeds when it is retried, is told as both."""
    (target,) = sender.targets(CHAT)
    for verdict in ("failed", "done", "done"):
        post([(target, lambda v=verdict: Message(f"it is {v}"))], once="daily", verdict=verdict)
    assert contents(known) == ["it is failed", "it is done"]


def test_unknown_is_not_repeated(known):
    """What may have arrived is left to the reader: look, then take another key."""
    known.fail_next("reset", path="send")
    assert send("done", CHAT, once="daily").outcome == "unknown"
    again = send("done", CHAT, once="daily")
    assert again.outcome == "unknown"
    first, second = repr(again).splitlines()
    assert first.startswith("? may have been sent sandbox-wecom_chat (WeCom group) · ")
    assert first.endswith("(--once daily) · its outcome was unknown; not sent again")
    assert "look into the chat first" in second
    assert send("done", CHAT, once="daily again")


def test_another_run_is_at_it(known):
    """While another run sends, this one does not, and says so."""
    Ledger(path_of()).claim(sender.targets(CHAT), "daily", "text", lasts=60)
    report = send("done", CHAT, once="daily")
    assert "another run is sending it; not sent again" in repr(report)
    assert not report.ok
    assert contents(known) == []


@pytest.mark.parametrize("key", ["", " \n"])
def test_a_blank_key(known, key):
    """A key that came out empty would hold back every other report: it is a mistake."""
    with pytest.raises(TargetError, match="the key of --once is blank"):
        send("done", CHAT, once=key)
    assert contents(known) == []


def test_a_mistake_uses_no_key_up(known):
    """What raised before anything left may be sent when it is put right."""
    with pytest.raises(TargetError, match="empty"):
        send(" ", CHAT, once="daily")
    assert send("done", CHAT, once="daily").results[0].earlier is None


def test_ctrl_c_is_written_down(known, monkeypatch):
    """Ctrl-C before anything left is a failure: the next run sends it."""
    with monkeypatch.context() as now:
        now.setattr(sender.SENDER._workers, "submit", _interrupt)
        with pytest.raises(SendInterrupted) as caught:
            send("done", CHAT, once="daily")
    assert caught.value.report.outcome == "failed"
    assert send("done", CHAT, once="daily")
    assert contents(known) == ["done"]


def _interrupt(*_, **__):
    raise KeyboardInterrupt


def test_ctrl_c_that_tells_nothing_is_no_failure(known, monkeypatch):
    """Ctrl-C of which nobody knows whether the message left by then: it is not sent again."""
    with monkeypatch.context() as now:
        now.setattr(sender.SENDER, "send", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            send("done", CHAT, once="daily")
    assert send("done", CHAT, once="daily").outcome == "unknown"
    assert contents(known) == []


def test_ctrl_c_while_the_key_is_claimed(known, monkeypatch):
    """A claim that comes true after Ctrl-C is given back."""
    go, claim = threading.Event(), Ledger.claim

    def slow(*args, **kwargs):
        go.wait(5)
        return claim(*args, **kwargs)

    class Interrupted(bookkeeping.Workers):
        def submit(self, job, future):
            super().submit(job, future)

            def result(_seconds):
                del future.result
                raise KeyboardInterrupt

            future.result = result
            return future

    monkeypatch.setattr(Ledger, "claim", slow)
    with monkeypatch.context() as now:
        now.setattr(sender.BOOKKEEPING, "_workers", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            send("done", CHAT, once="daily")
    go.set()
    until = time.monotonic() + 5
    while [one.outcome for one in sender.history()] != ["failed"] and time.monotonic() < until:
        time.sleep(0.02)
    assert send("done", CHAT, once="daily").results[0].earlier is None


@pytest.mark.parametrize("fault", [None, {"errcode": 60020, "errmsg": "no"}])
def test_a_key_that_is_claimed_too_late(known, monkeypatch, fault):
    """It ends with its message all the same: the next run is told of that, or sends it."""
    go, claim, late = threading.Event(), Ledger.claim, []

    def slow(self, *args, **kwargs):
        go.wait(20)
        late.append(claim(self, *args, **kwargs))
        return late[0]

    if fault:
        known.fail_next(path="send", **fault)
    with monkeypatch.context() as now:
        now.setattr(Ledger, "claim", slow)
        (target,) = sender.targets(CHAT)
        report = post([(target, Message("done"))], budget=Budget.of(hold=0.6), once="daily")
        assert "sent without asking" in repr(report)
        go.set()
        until = time.monotonic() + 10
        outcome = "failed" if fault else "sent"
        while time.monotonic() < until and not (
            late and [one.outcome for one in sender.history()] == [outcome]
        ):
            time.sleep(0.02)
    again = send("done", CHAT, once="daily").results[0]
    assert (again.outcome, again.earlier is None) == ("sent", bool(fault))


def test_ctrl_c_as_the_claim_starts(known, monkeypatch):
    """However early it comes, the key is free again."""
    submit = sender.BOOKKEEPING._workers.submit
    begun = []

    def interrupted(*given):
        begun.append(submit(*given))
        raise KeyboardInterrupt

    with monkeypatch.context() as now:
        now.setattr(sender.BOOKKEEPING._workers, "submit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            send("done", CHAT, once="daily")
    begun[0].exception(10)
    until = time.monotonic() + 10
    while [one.outcome for one in sender.history()] != ["failed"] and time.monotonic() < until:
        time.sleep(0.02)
    assert send("done", CHAT, once="daily").results[0].earlier is None
