"""``%notify_outbox``, and what a cell is told whose message waits."""

from __future__ import annotations

import time

import pytest

from notebook_notify import load_ipython_extension, sender, unload_ipython_extension
from notebook_notify.delivery.outbox import FILE
from notebook_notify.ledger_file import path_of
from notebook_notify.notebook import outbox_magics

DEAD = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def attended(monkeypatch):
    """Somebody is there, so that nothing is tried for minutes."""
    monkeypatch.setattr("notebook_notify.notebook.telling.attended", lambda _shell: True)


def eventually(condition, seconds=10):
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def waiting():
    """The items of the outbox."""
    return sender.DRAIN.outbox.items()


def test_nothing_waits(run):
    """To look makes no file."""
    assert "nothing waits" in run("%notify_outbox")
    assert run("%notify_outbox flush").strip() == "nothing waits"
    assert not path_of().with_name(FILE).exists()


@pytest.mark.parametrize("line", ["what", "resend", "drop", "flush now", "resend 1 2"])
def test_a_bad_line(run, line):
    """It says what there is."""
    assert "usage: flush | resend ID | drop ID" in run(f"%notify_outbox {line}")


def test_no_such_message(run, save):
    """An id that is not there is named."""
    assert "there is no 7f3a" in run("%notify_outbox drop 7f3a")
    assert "there is no 7f3a" in run("%notify_outbox resend 7f3a")


def test_no_network(run, save, sandbox, monkeypatch):
    """The report says that it waits and until when; the list, how it stands; then it arrives."""
    save(DEAD)
    told = run("%notify_dingtalk --to ops done, loss 0.1")
    assert told.strip().startswith("… queued ops (DingTalk group")
    assert "saved here, retried while a kernel runs, expires" in told
    assert "DINGTALK" not in told
    (item,) = waiting()
    heading, row, *_ = (line.strip() for line in run("%notify_outbox").strip().splitlines())
    assert heading.split() == ["id", "when", "target", "first", "line", "state"]
    assert row.startswith(f"… {item.id}  ")
    eventually(lambda: waiting()[0].attempts == 1 and waiting()[0].state == "queued")
    listed = run("%notify_outbox")
    assert "  ops     done, loss 0.1  queued, next try " in listed
    assert "-1001" in listed
    assert listed.rstrip().endswith("drop ID deletes one")
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert "排队中" in run("%notify_outbox")
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    save()
    listed = run("%notify_outbox")
    assert f"ops is another target now: %notify_outbox resend {item.id} sends it there" in listed
    tried = run(f"%notify_outbox resend {item.id}")
    assert f"{item.id} · 1 sent · nothing waits" in tried
    assert [one["content"] for one in sandbox.inbox] == ["done, loss 0.1"]
    history = run("%notify_history")
    assert history.count("done, loss 0.1") == 2
    assert "queued" in history
    assert "sent" in history


def test_busy_then_flushed(run, save, sandbox):
    """A cell's message that was too many goes out by itself, or at once if one says so."""
    sandbox.fail_next(errcode=90018, path="chat/send")
    assert "queued ops" in run("%%notify_dingtalk --to ops\n6 * 7")
    time.sleep(1.1)  # our own limit of that code
    # It may be on its way by itself just then.
    eventually(lambda: "nothing waits" in run("%notify_outbox flush"))
    assert "42" in sandbox.inbox[0]["content"]


def test_what_may_have_arrived(run, save, sandbox):
    """It is said that it is repeated, when, and how to prevent that; dropped, it is not."""
    sandbox.fail_next("half", path="chat/send")
    told = run("%notify_dingtalk --to ops done")
    (item,) = waiting()
    assert told.strip().startswith("? unknown ops")
    assert f"possible repeat · {item.id}" in told
    assert f"%notify_outbox drop {item.id}" in told
    assert "unknown, to be repeated once at" in run("%notify_outbox")
    assert "nothing waits" in run(f"%notify_outbox drop {item.id}")


@pytest.mark.parametrize("how", ["--once key", "asks"])
def test_what_must_not_be_doubled(run, save, sandbox, how):
    """With ``--once``, and where the target asks, it waits for a word."""
    save(**({"unknown": "ask"} if how == "asks" else {}))
    sandbox.fail_next("half", path="chat/send")
    told = run(f"%notify_dingtalk --to ops {how if how != 'asks' else ''} done")
    (item,) = waiting()
    assert f"look first, then: %notify_outbox resend {item.id}" in told
    assert "unknown, not repeated by itself" in run("%notify_outbox")
    run(f"%notify_outbox resend {item.id}")
    assert sandbox.inbox[1]["content"] == f"possible repeat · {item.id}\ndone"


@pytest.mark.parametrize(
    "options",
    ["--to ops --strict", "--app-key k --app-secret env:K --chat-id c", "--to ops --chat-id other"],
)
def test_what_is_never_queued(run, save, sandbox, monkeypatch, options):
    """``--strict``, credentials of the line, a target that is not as it is saved: they fail."""
    monkeypatch.setenv("K", "s3cr3t-V4lue")
    save(DEAD)
    monkeypatch.setattr("notebook_notify.platforms.dingtalk.HOST", DEAD)
    sandbox.stop()
    told = run(f"%notify_dingtalk {options} --timeout 2s done")
    assert "✗ not sent" in told
    assert not path_of().with_name(FILE).exists()


def test_the_next_kernel_sends_it(run, shell, save, sandbox):
    """Loading the extension is enough."""
    sandbox.fail_next(errcode=90018, path="chat/send")
    assert "queued ops" in run("%notify_dingtalk --to ops done")
    sender.DRAIN.end(10)  # as a kernel's end does
    sender.DRAIN.renew(drains=True)
    time.sleep(1.1)
    sender.DRAIN.outbox.hasten()
    unload_ipython_extension(shell)
    load_ipython_extension(shell)
    eventually(lambda: [one["content"] for one in sandbox.inbox] == ["done"])


def test_loading_looks_where_the_outbox_is():
    """What loading the extension looks for is the outbox's file."""
    assert outbox_magics._FILE == FILE


def test_an_outbox_that_cannot_be_used(run, save):
    """The send is told as it would be without one, and why it does not wait."""
    path = path_of().with_name(FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("not a database " * 99)
    save(DEAD)
    told = run("%notify_dingtalk --to ops done")
    assert "✗ not sent ops" in told
    assert "the outbox cannot be used" in told
    assert "not queued" in told
    assert "the outbox cannot be used" in run("%notify_outbox")
