"""Messages that are made late: on the sending thread, when the target's secrets are known."""

from __future__ import annotations

import threading
import time

from notebook_notify.messages import File, Message
from notebook_notify.secret import MASK, scrub


def test_made_on_the_sending_thread(quick, sandbox, to):
    """Composing does not hold up whoever sends, and knows the target's secrets by then."""
    secret = sandbox.wecom.app.corp_secret
    seen = []

    def make():
        seen.append((threading.current_thread(), scrub(secret)))
        return Message("made late")

    assert quick.send([(to(sandbox), make)])
    ((thread, masked),) = seen
    assert thread is not threading.main_thread()
    assert masked == MASK
    assert sandbox.inbox[0]["content"] == "made late"


def test_its_notes_are_told(quick, sandbox, to):
    """What a message's maker has to say stands in that target's result, masked."""
    made = [
        (to(sandbox, "wecom_chat"), lambda: Message("a", notes=("password=hunter22-hunter22",))),
        (to(sandbox, "dingtalk_chat"), Message("b", (File(b"1,2,3\n", "a.csv"),), notes=("kept",))),
    ]
    first, second = quick.send(made).results
    assert first.notes == (f"password={MASK}",)
    assert second.notes == ("kept", "a.csv is zipped")


def test_a_maker_that_fails_fails_its_own_target(quick, sandbox, to):
    """A mistake in the making of one message is told there, and the other one arrives."""
    bad, good = quick.send(
        [
            (to(sandbox, "wecom_chat"), lambda: Message(str(1 / 0))),
            (to(sandbox, "dingtalk_chat"), lambda: Message("ok")),
        ]
    ).results
    assert (bad.outcome, good.outcome) == ("failed", "sent")
    assert "ZeroDivisionError" in bad.lines()[0][1]
    assert [m["content"] for m in sandbox.inbox] == ["ok"]


def test_made_empty(quick, sandbox, to):
    """An empty message that is made late is not posted, and the result says why."""
    (result,) = quick.send([(to(sandbox), lambda: Message(" "))]).results
    assert result.outcome == "failed"
    assert "the message is empty" in result.lines()[0][1]
    assert sandbox.inbox == []


def test_a_slow_maker_does_not_hold_the_caller(quick, sandbox, to):
    """Whoever waits has an answer in time, and what is made after it does not leave."""

    def make():
        time.sleep(0.6)
        return Message("late")

    started = time.monotonic()
    (result,) = quick.send([(to(sandbox), make)], timeout=0.2).results
    assert time.monotonic() - started < 0.5
    assert result.outcome == "failed"
    time.sleep(0.6)
    assert sandbox.inbox == []
