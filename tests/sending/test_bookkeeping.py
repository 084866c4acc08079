"""What ``bookkeeping.py`` promises, through :func:`sender.post` and :func:`sender.send`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from notebook_notify import sender
from notebook_notify.delivery.budget import Budget
from notebook_notify.errors import LedgerError, SendInterrupted, TargetError
from notebook_notify.ledger import Entry, Ledger
from notebook_notify.ledger_file import path_of
from notebook_notify.messages import Markdown, Message
from notebook_notify.sender import post, send
from notebook_notify.sending import bookkeeping
from notebook_notify.sending.history import cells

CHAT, APP = "sandbox-wecom_chat", "sandbox-wecom_app"


@pytest.fixture
def known(sandbox):
    """The sandbox's targets are known by name."""
    sender.TARGETS.use_sandbox(sandbox.targets)
    return sandbox


def contents(sandbox):
    """The texts that arrived."""
    return [message["content"] for message in sandbox.inbox]


def spoil():
    """A ledger that cannot be used."""
    path_of().parent.mkdir()
    path_of().write_bytes(b"no database, " * 100)


# ── once ─────────────────────────────────────────────────────────────────────────────────────


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


# ── a ledger that cannot be used ─────────────────────────────────────────────────────────────


def test_a_damaged_ledger_stops_no_message(known):
    """The message goes out; one note says what is wrong, and that it was not asked for the key."""
    spoil()
    for _ in range(2):
        report = send("done", CHAT, once="daily")
        assert report.ok
        (note,) = report.notes
        assert "it is damaged: move it away" in note
        assert note.endswith("sent without asking whether it had been before (--once daily)")
    (note,) = send("done", CHAT).notes
    assert note.endswith("it is damaged: move it away")
    assert len(contents(known)) == 3


def test_a_ledger_that_hangs_holds_no_cell_for_longer(known, monkeypatch):
    """Who is held for a moment is not held for seconds by the claim of a key."""
    let = threading.Event()
    monkeypatch.setattr(bookkeeping, "_claimed", lambda *_: let.wait(20))
    (target,) = sender.targets(CHAT)
    started = time.monotonic()
    report = post([(target, Message("done"))], budget=Budget.of(hold=0.6), once="daily")
    assert time.monotonic() - started < 3
    let.set()
    assert report.ok
    assert "sent without asking whether it had been before" in repr(report)


def test_a_ledger_that_hangs_costs_little(known, monkeypatch):
    """A file server that does not answer delays a message by a moment, and a note says so."""
    go = threading.Event()
    for place, name in ((Ledger, "claim"), (Ledger, "record"), (bookkeeping, "look_at")):
        monkeypatch.setattr(place, name, lambda *_, **__: go.wait(20))
    started = time.monotonic()
    assert send("done", CHAT).ok
    assert time.monotonic() - started < 1.5
    report = send("done", CHAT, once="daily", timeout=1)
    assert report.ok
    assert "did not answer; sent without asking" in report.notes[0]
    assert time.monotonic() - started < 4
    go.set()
    assert contents(known) == ["done", "done"]


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


def test_a_disk_that_fills_up_is_told_with_the_next_message(known, monkeypatch):
    """No message waits for its history to be written; that it could not be is told a little later."""

    def full(*_):
        raise LedgerError("the disk is full")

    with monkeypatch.context() as now:
        now.setattr(Ledger, "record", full)
        assert send("one", CHAT).notes == ()
        sender.BOOKKEEPING.flush()
    assert send("two", CHAT).notes == ("the disk is full",)
    assert send("three", CHAT).notes == ()


# ── history ──────────────────────────────────────────────────────────────────────────────────


def test_no_folder_for_it_is_told_and_stops_no_message(known, monkeypatch):
    """A state folder below a home that nobody has costs a note."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_STATE", "~nobody-of-that-name/state")
    report = send("done", CHAT)
    assert report.ok
    assert "name one in NOTEBOOK_NOTIFY_STATE" in report.notes[0]
    assert contents(known) == ["done"]


def test_a_history_goes_on_after_a_want_of_threads(known, monkeypatch):
    """When no thread could be had to write a message down, it is written with the next one."""
    send("first", CHAT)  # the file is known to be fine
    sender.BOOKKEEPING.flush()

    def refuse(*_):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as now:
        now.setattr(sender.BOOKKEEPING._workers, "submit", refuse)
        send("second", CHAT)
    send("third", CHAT)
    assert [one.title for one in sender.history()] == ["third", "second", "first"]


def test_every_message_is_in_the_history(known):
    """What went out and what did not, the newest first, with its first line as it was made."""
    known.fail_next(errcode=60020, errmsg="no", path="send")
    send("first\nmore", CHAT)
    (target,) = sender.targets(APP)
    post([(target, lambda: Message("\nmade late"))], once="daily", verdict="done")
    assert [(one.target, one.outcome, one.title, one.code) for one in sender.history()] == [
        (APP, "sent", "made late", None),
        (CHAT, "failed", "first", 60020),
    ]
    assert len(sender.history(1)) == 1


def test_of_markdown_the_history_has_the_words(known):
    """Marks and colours are for the phone."""
    send(Markdown('<font color="info">✅ Done</font> · **run** · 2m\n> x'), CHAT)
    assert [one.title for one in sender.history()] == ["✅ Done · run · 2m"]


def test_a_script_that_ends_at_once_has_a_history(known):
    """What was sent last is written down before Python ends."""
    code = (
        "import sys, json\nfrom notebook_notify import send, Target\n"
        "fields = json.loads(sys.argv[1])\n"
        "assert send('the last', Target(fields.pop('channel'), fields, 'ops'))\n"
    )
    fields = json.dumps(known.targets[CHAT])
    subprocess.run([sys.executable, "-c", code, fields], check=True)
    assert [(one.target, one.title) for one in sender.history()] == [("ops", "the last")]


def test_cells():
    """A line of it for people: mark, when, where, what, and what became of it; all harmless."""
    entry = Entry("ops", "wecom_chat", "daily", "done", "failed", 60020, 0.0, "a\x1b[2J\u202eb")
    ((mark, _, where, title, became),) = cells([entry])
    assert (mark, where, title) == ("✗", "ops", "a [2J b")
    address = "this machine's public IP is not among the app's trusted IPs"
    assert became == f"not sent · 60020: {address} (--once daily)"


@pytest.mark.parametrize(
    ("channel", "code", "told"),
    [
        ("dingtalk_chat", -1001, "not sent · -1001: cannot reach the platform"),
        ("wecom_robot", 987654, "not sent · 987654: the platform refused this"),
        ("dingtalk_app_robot", "Throttling.Sub", "not sent · Throttling.Sub · "),
        ("of another version", 60020, "not sent"),
    ],
)
def test_a_failed_line_says_why(channel, code, told):
    """A code is followed by what it means, by that of its platform; one unknown is a code alone."""
    ((*_, became),) = cells([Entry("ops", channel, None, "done", "failed", code, 0.0, "a")])
    assert became.startswith(told)


def test_the_seeds_functions_leave_no_trace(sandbox):
    """The seed's functions neither read nor write the ledger: it is not there after them."""
    app = sandbox.wecom.app
    given = (sandbox.wecom.corp_id, app.corp_secret, app.chat_id, "done")
    assert sender.wechat_group_chat(*given, base_url=sandbox.url) is True
    sender.BOOKKEEPING.flush()
    assert not path_of().exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_writes_too(known):
    """A child that was forked after a send has a history of its own threads' making."""
    send("parent", CHAT)
    child = os.fork()
    if not child:
        post([(sender.targets(CHAT)[0], Message("child"))])
        sender.BOOKKEEPING.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert {one.title for one in sender.history()} == {"parent", "child"}


def test_ctrl_c_after_the_send_still_tells_what_became_of_it(known, monkeypatch):
    """The message went out: that the user is impatient with the history does not hide it."""

    def impatient(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sender.BOOKKEEPING, "_note", impatient)
    with pytest.raises(SendInterrupted) as interrupted:
        send("the text", CHAT)
    assert interrupted.value.report.ok
    assert [one["content"] for one in known.inbox] == ["the text"]
