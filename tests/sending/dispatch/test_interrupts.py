"""Ctrl-C ends the wait at once, and nothing more leaves."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from notebook_notify.errors import SendInterrupted
from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Words
from notebook_notify.sending import dispatch, outcomes
from notebook_notify.sending.dispatch import Sender
from notebook_notify.sending.outcomes import Delivery

CHAT, APP, DING = "wecom_chat", "wecom_app", "dingtalk_chat"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_during_a_send(quick, sandbox, interrupt, to, sent):
    """Ctrl-C ends the wait at once, as a KeyboardInterrupt with a truthful report of each target."""
    targets = [to(sandbox, CHAT), to(sandbox, DING), to(sandbox, APP)]
    sent(quick, targets[0], "first")
    sandbox.clear()
    sandbox.fail_next("deliver_hang", path="appchat/send")
    sandbox.fail_next("hang", path="/gettoken", seconds=6)  # DingTalk's; WeCom's token is there
    interrupt(2)
    started = time.monotonic()
    with pytest.raises(SendInterrupted) as caught:
        quick.send([(target, Message("x")) for target in targets])
    assert time.monotonic() - started < 5
    assert isinstance(caught.value, KeyboardInterrupt)
    assert [r.outcome for r in caught.value.report.results] == ["unknown", "failed", "sent"]
    time.sleep(5)
    assert sorted(message["channel"] for message in sandbox.inbox) == [APP, CHAT]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_during_a_pause(sandbox, interrupt, to):
    """Interrupted between two tries, the message does not leave with the next one."""
    sender = Sender(pauses=(0.6,))
    sandbox.fail_next(errcode=-1, path="send")
    interrupt(0.3)
    with pytest.raises(SendInterrupted) as caught:
        sender.send([(to(sandbox), Message("x"))])
    assert [r.outcome for r in caught.value.report.results] == ["failed"]
    time.sleep(0.6)
    assert sandbox.inbox == []


def test_interrupted_while_threads_start(quick, sandbox, monkeypatch, to):
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


def test_interrupted_after_one_was_accepted(quick, sandbox, monkeypatch, to):
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


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_answer_just_after_ctrl_c(quick, sandbox, interrupt, monkeypatch, to, eventually):
    """What had left by then may have arrived, even if its thread ends before anybody asks."""

    def late(delivery):
        delivery.future.exception(20)
        return outcomes.stopped(delivery)

    def press():
        if eventually(lambda: sandbox.inbox, 10):
            interrupt(0)

    monkeypatch.setattr(dispatch, "stopped", late)
    sandbox.fail_next("drip", path="appchat/send", seconds=0.08)  # for each byte
    threading.Thread(target=press).start()
    with pytest.raises(SendInterrupted) as caught:
        quick.send([(to(sandbox), Message("x"))])
    assert [message["content"] for message in sandbox.inbox] == ["x"]
    assert [one.outcome for one in caught.value.report.results] == ["unknown"]


def test_a_result_that_does_not_come(sandbox, monkeypatch, to):
    """A thread that hangs after all was accepted holds the caller a moment, not for ever."""
    monkeypatch.setattr(outcomes, "LAST_MOMENT", 0.1)
    delivery = Delivery(
        to(sandbox), CHANNELS[CHAT], Message("x"), time.monotonic(), repeat=True, once=False
    )
    delivery.parts = [Words("x")]
    delivery.flight.depart()
    delivery.flight.land(accepted=True)
    assert outcomes.stopped(delivery).outcome == "sent"
    delivery.refused["invaliduser"] = ("lisi",)
    assert outcomes.stopped(delivery).outcome == "partial"
