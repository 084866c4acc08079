"""What has no answer yet goes on without its caller: kept on the disk, settled, told."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing

import pytest

from notebook_notify import sender
from notebook_notify.delivery import TIMEOUT
from notebook_notify.delivery.budget import Budget
from notebook_notify.delivery.outbox import FILE, Outbox
from notebook_notify.errors import OutboxError, SendInterrupted
from notebook_notify.ledger_file import path_of
from notebook_notify.messages import Message
from notebook_notify.sending.history import cells
from notebook_notify.sending.outcomes import Delivery
from notebook_notify.waiting import drain as drains
from notebook_notify.waiting import keeping
from notebook_notify.waiting.keeping import Kept

#: How long the caller is held here, and what a busy machine may add, in seconds.
HOLD, GRACE = 0.3, 3.0
#: The answer comes whole after about so many seconds, byte by byte.
SLOW = 3.0


@pytest.fixture
def ops(save):
    """The saved target."""
    save()
    return sender.TARGETS.resolve("ops")


@pytest.fixture
def held(ops):
    """Post texts, held for a moment; gives the report, and what is told later."""

    def post(*texts, hold=HOLD, timeout=TIMEOUT, **options):
        started = time.monotonic()
        messages = [(ops, Message(text)) for text in texts]
        report = sender.post(messages, budget=Budget.of(timeout, hold), **options)
        told = []
        for result in report.results:
            if result.item is not None:
                sender.DRAIN.watch(result.item, told.append)
        return report, told, time.monotonic() - started

    return post


def slowly(sandbox, path="chat/send", seconds=SLOW):
    """The next answer takes so long."""
    sandbox.fail_next("drip", path=path, seconds=seconds / 80)


def eventually(condition, seconds=20):
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def states():
    """How the items stand on the disk, put right for nobody."""
    with closing(sqlite3.connect(path_of().with_name(FILE))) as file:
        return [row[0] for row in file.execute("SELECT state FROM items ORDER BY seq")]


def texts(sandbox):
    """What arrived."""
    return [one["content"] for one in sandbox.inbox]


def test_it_goes_on_without_its_caller(held, sandbox):
    """Held for a moment, told that it is queued and why; then that it was sent, once, unmarked."""
    slowly(sandbox)
    report, told, seconds = held("loss 0.1")
    assert seconds < HOLD + GRACE
    assert repr(report) == (
        "… queued ops (DingTalk group) · still being sent; this box will tell what became of it "
        "(%notify_outbox)"
    )
    eventually(lambda: states() == ["flying"])
    eventually(lambda: told)
    assert [(one.here, one.result.outcome) for one in told] == [(False, "sent")]
    assert (texts(sandbox), states()) == (["loss 0.1"], [])


def test_in_chinese(held, sandbox, monkeypatch):
    """The line, as it is said in Chinese."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    slowly(sandbox, seconds=2)
    report, told, _ = held("done")
    assert repr(report) == (
        "… 排队中 ops（钉钉群）· 仍在发送，有结果时这里会更新（%notify_outbox）"
    )
    eventually(lambda: told)


def test_an_answer_in_time_is_not_kept(held, sandbox):
    """What is answered while the caller is held never touches the outbox."""
    report, _, _ = held("done", hold=10.0)
    assert report.ok
    assert not path_of().with_name(FILE).exists()


def test_what_had_not_left_is_marked_before_it_does(held, sandbox):
    """A token that comes late: stored as not yet on its way, and as flying before it leaves."""
    slowly(sandbox, "gettoken")
    seen = []
    fly = Outbox.fly

    def noted(self, lease):
        seen.append((states(), texts(sandbox)))
        fly(self, lease)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Outbox, "fly", noted)
        report, told, _ = held("done")
        assert states() == ["leased"]
        eventually(lambda: told)
    assert report.outcome == "queued"
    assert seen == [(["leased"], [])]
    assert (texts(sandbox), told[0].result.outcome) == (["done"], "sent")


def test_what_has_landed_by_then(held, sandbox, monkeypatch):
    """It stands as on its way until its outcome is written: a death before that marks it."""
    let, real = threading.Event(), Delivery.result

    def late(delivery, *args):
        if delivery.flight.parts_sent:
            let.wait(30)
        return real(delivery, *args)

    monkeypatch.setattr(Delivery, "result", late)
    held("loss 0.1")
    eventually(lambda: states() == ["flying"])
    let.set()
    eventually(lambda: states() == [])
    assert texts(sandbox) == ["loss 0.1"]


def test_no_answer_at_all(held, sandbox, monkeypatch):
    """It becomes unknown at its own deadline, says so, and is repeated once with the mark."""
    from notebook_notify.delivery import outbox

    monkeypatch.setattr(outbox, "REPEAT_AFTER", 1.0)
    sandbox.fail_next("deliver_hang", path="chat/send")
    report, told, seconds = held("done", timeout=2.0)
    assert (report.outcome, seconds < HOLD + GRACE) == ("queued", True)
    eventually(lambda: len(told) == 2)
    lost, repeated = told
    assert (lost.here, lost.item.state, lost.result.outcome) == (True, "unknown", "unknown")
    assert lost.item.next_at is not None
    assert (repeated.here, repeated.result.outcome) == (False, "sent")
    first, second = texts(sandbox)
    assert (first, second) == ("done", f"possible repeat · {lost.item.id}\ndone")


def test_no_answer_under_a_key(held, sandbox):
    """With ``--once`` it is unknown for good; a repeated run says so and sends nothing."""
    sandbox.fail_next("deliver_hang", path="chat/send")
    _, told, _ = held("done", timeout=2.0, once="daily")
    assert "already queued ops" in repr(held("done", once="daily")[0])
    eventually(lambda: told)
    assert (told[0].item.state, told[0].ended) == ("unknown", True)
    eventually(lambda: "may have been sent" in repr(held("done", once="daily")[0]))
    assert texts(sandbox) == ["done"]


def test_sent_under_a_key(held, sandbox):
    """Once it is out, a repeated run says that it was sent."""
    slowly(sandbox, seconds=2)
    _, told, _ = held("done", once="daily")
    eventually(lambda: told)
    again, _, _ = held("done", once="daily")
    assert "already sent ops" in repr(again)
    assert again.ok
    assert texts(sandbox) == ["done"]


def test_the_history_tells_both(held, sandbox):
    """That it was queued, and then that it was sent."""
    slowly(sandbox, seconds=2)
    _, told, _ = held("done")
    eventually(lambda: told)
    assert [mark for mark, *_ in cells(sender.history())] == ["✓", "…"]


def test_refused_after_all(held, sandbox):
    """A refusal that comes late is told as one, and stands in the list as not sent."""
    slowly(sandbox, "gettoken")
    sandbox.fail_next(errcode=49010, path="chat/send")
    _, told, _ = held("done")
    eventually(lambda: told)
    assert (told[0].item.state, told[0].result.code) == ("dead", 49010)
    assert sandbox.inbox == []


def test_busy_after_all(held, sandbox):
    """What time may mend waits as anything else that is queued, and goes out."""
    slowly(sandbox, "gettoken", 2)
    sandbox.fail_next(errcode=-1, path="chat/send")
    _, told, _ = held("done")
    eventually(lambda: told)
    assert (told[0].item.state, told[0].here) == ("queued", True)
    sender.DRAIN.flush(10)
    assert told[-1].result.outcome == "sent"
    assert texts(sandbox) == ["done"]


def test_a_part_is_out(held, sandbox):
    """The report says how many of its parts have gone; the rest follows once, in order."""
    long = "\n".join(f"{number:04} {'x' * 60}" for number in range(80))
    second(sandbox, kind="drip", seconds=0.1)
    report, told, _ = held(long, hold=3.0)
    (result,) = report.results
    assert (result.parts_sent, result.parts > 2) == (1, True)
    assert repr(report).endswith(f"(%notify_outbox) · 1 of {result.parts} parts were sent")
    eventually(lambda: told)
    assert told[-1].result.outcome == "sent"
    assert len(texts(sandbox)) == result.parts
    assert not any("possible repeat" in one for one in texts(sandbox))


def second(sandbox, **fault):
    """Have the second message meet a fault."""
    real = sandbox.faults.take
    sends = []

    def take(path, *, token_request):
        if "chat/send" in path:
            sends.append(path)
            if len(sends) == 2:
                sandbox.fail_next(path="chat/send", **fault)
        return real(path, token_request=token_request)

    sandbox.faults.take = take


def test_what_cannot_be_stored_is_waited_for(held, sandbox, monkeypatch):
    """Without the outbox the caller has the whole answer, as if nobody could go on."""

    def refuse(*_, **__):
        raise OutboxError("no room")

    monkeypatch.setattr(Outbox, "board", refuse)
    slowly(sandbox, seconds=2)
    report, _, _ = held("done")
    assert report.ok
    assert texts(sandbox) == ["done"]


def test_an_outbox_that_hangs(held, sandbox, monkeypatch):
    """It is waited for a moment; what it stores too late is taken out again."""
    monkeypatch.setattr(keeping, "PATIENCE", 0.2)
    let, real = threading.Event(), Outbox.board

    def board(self, *args, **options):
        let.wait(20)
        return real(self, *args, **options)

    monkeypatch.setattr(Outbox, "board", board)
    slowly(sandbox, seconds=2)
    report, _, _ = held("done")
    assert report.ok
    let.set()
    eventually(lambda: not sender.DRAIN._jobs)
    assert (states(), texts(sandbox)) == ([], ["done"])


def test_a_slow_disk_costs_once(held, sandbox, monkeypatch):
    """However many messages are to be stored, their caller waits for the disk but once."""
    monkeypatch.setattr(keeping, "PATIENCE", 3.0)
    let, begun = threading.Event(), []

    def board(*_, **__):
        begun.append(time.monotonic())
        let.wait(20)

    monkeypatch.setattr(Outbox, "board", board)
    slowly(sandbox, "gettoken", 4.0)
    assert held("one", "two", "three")[0].ok
    let.set()
    assert len(begun) == 3
    assert max(begun) - min(begun) < keeping.PATIENCE


def test_who_may_not_be_queued_is_waited_for(held, sandbox):
    """``--strict``, and targets that are in no config file, have their answer in the report."""
    slowly(sandbox, seconds=2)
    assert held("done", queue=False)[0].ok
    slowly(sandbox, seconds=2)
    sender.TARGETS.use_sandbox(sandbox.targets)
    target = sender.TARGETS.resolve("sandbox-dingtalk_chat")
    assert sender.post([(target, Message("done"))], budget=Budget.of(hold=HOLD)).ok
    assert not path_of().with_name(FILE).exists()


def test_ctrl_c_after_one_goes_on(held, sandbox, monkeypatch):
    """Ctrl-C before the report stops all: nothing of it is kept, and nothing more leaves."""
    adopt, asked = drains.Drain.adopt, []

    def again(self, *args):
        asked.append(args)
        if len(asked) == 2:
            asked[0][0].result(10)  # the first is on the disk
            raise KeyboardInterrupt
        adopt(self, *args)

    monkeypatch.setattr(drains.Drain, "adopt", again)
    slowly(sandbox, "gettoken")
    with pytest.raises(SendInterrupted) as stopped:
        held("one", "two")
    assert [one.outcome for one in stopped.value.report.results] == ["failed", "failed"]
    assert states() == []
    eventually(lambda: not sender.DRAIN._jobs)
    assert (states(), texts(sandbox)) == ([], [])


def test_a_message_of_parts_that_waits(held, sandbox):
    """One that is queued when some of it has gone says how much."""
    long = "\n".join(f"{number:04} {'x' * 60}" for number in range(80))
    second(sandbox, errcode=-1)
    report, _, _ = held(long, hold=None)
    (result,) = report.results
    assert f"(%notify_outbox) · 1 of {result.parts} parts were sent" in repr(report)


def test_a_message_is_made_once():
    """What was made late for the send is what is queued."""
    made = []
    kept = Kept(lambda: made.append(1) or Message("late"))
    assert kept.message is None
    assert kept() is kept() is kept.message
    assert made == [1]


@pytest.mark.parametrize("key", [None, "daily"])
def test_its_end_before_its_report(held, sandbox, monkeypatch, key):
    """What was sent while its report was being made is not told as queued for ever."""
    send = keeping.Keeper.send

    def slower(self, *args, **options):
        report = send(self, *args, **options)
        eventually(lambda: not sender.DRAIN._jobs)
        return report

    monkeypatch.setattr(keeping.Keeper, "send", slower)
    slowly(sandbox, seconds=1)
    assert held("done", once=key)[0].outcome == "queued"
    assert next(mark for mark, *_ in cells(sender.history())) == "✓"
    if key is not None:
        assert "already sent ops" in repr(held("done", once=key)[0])
