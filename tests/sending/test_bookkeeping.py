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
from notebook_notify.errors import LedgerError, SendInterrupted
from notebook_notify.ledger import Ledger
from notebook_notify.ledger_file import path_of
from notebook_notify.messages import Markdown, Message
from notebook_notify.sender import post, send
from notebook_notify.sending import bookkeeping

CHAT, APP = "sandbox-wecom_chat", "sandbox-wecom_app"


def contents(sandbox):
    """The texts that arrived."""
    return [message["content"] for message in sandbox.inbox]


def spoil():
    """A ledger that cannot be used."""
    path_of().parent.mkdir()
    path_of().write_bytes(b"no database, " * 100)


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
