"""What of a send is queued, in Python and in the shell; and how that is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from notebook_notify import send, sender
from notebook_notify.__main__ import MISTAKE, NOT_SENT, main
from notebook_notify.config import load
from notebook_notify.drain import Drain
from notebook_notify.errors import ConfigError, OutboxError, SendError, SendInterrupted
from notebook_notify.messages import Message
from notebook_notify.outgoing import Kept, act, cells
from notebook_notify.platforms import SPECS
from notebook_notify.reports import SendReport
from notebook_notify.targets import Target

DEAD = "http://127.0.0.1:9"


def waiting():
    """The items of the outbox."""
    return sender.DRAIN.outbox.items()


def test_send_is_queued(save):
    """A report that says so: not true, not an error unless one asks, and its item is on disk."""
    save(DEAD)
    report = send("done", to="ops")
    (result,) = report.results
    assert (report.outcome, bool(report), result.error) == ("queued", False, None)
    assert [item.id for item in waiting()] == [result.item]
    with pytest.raises(SendError, match="queued ops"):
        report.raise_for_status()
    assert result.code == -1001
    assert "var(--jp-info-color1" in report._repr_html_()


def test_in_chinese(save, monkeypatch):
    """The line of the report, as it is said in Chinese."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    save(DEAD)
    told = repr(send("done", to="ops"))
    assert told.startswith("… 排队中 ops（钉钉群）")
    assert "已存到本机，内核在时自动重试，" in told
    assert told.endswith("过期（%notify_outbox）")


def test_all_or_none(save, monkeypatch):
    """If one of several cannot be stored, the report says of all that they are not queued."""
    from notebook_notify.delivery import outbox

    save(DEAD)
    with Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"]).open("a") as file:
        file.write('[targets.two]\nchannel = "dingtalk_robot"\n')
        file.write(f'webhook = "{DEAD}/robot/send?access_token={"5" * 64}"\nbase_url = "{DEAD}"\n')
    monkeypatch.setattr(outbox, "MOST", 1)
    report = send("done", to=["ops", "two"])
    assert [one.outcome for one in report.results] == ["failed", "failed"]
    assert "not queued" in repr(report)
    assert waiting() == []


def test_a_message_that_cannot_be_made(save):
    """It costs a note, and no traceback."""

    def making():
        raise ValueError("our own mistake")

    report = sender.post([(sender.TARGETS.resolve("ops"), making)])
    assert report.outcome == "failed"
    assert "ValueError in notebook_notify: our own mistake; not queued" in repr(report)


def test_once_after_a_drop(save, sandbox, monkeypatch):
    """What was dropped unsent does not keep a repeated run from sending."""
    monkeypatch.setattr(sender.DRAIN, "start", lambda: None)
    sandbox.fail_next(errcode=-1, path="chat/send")
    (result,) = send("done", to="ops", once="daily").results
    act(sender.DRAIN, ["drop", str(result.item)], 1)
    assert send("done", to="ops", once="daily").outcome == "sent"
    assert len(sandbox.inbox) == 1


def test_once_counts_what_waits(save):
    """A run that is repeated while its message waits does not queue a second one."""
    save(DEAD)
    send("done", to="ops", once="daily")
    report = send("done", to="ops", once="daily")
    assert "already queued ops" in repr(report)
    assert len(waiting()) == 1


def test_what_was_refused_is_not_queued(save, sandbox):
    """Waiting would not help."""
    sandbox.fail_next(errcode=49010, path="chat/send")
    assert send("done", to="ops").outcome == "failed"
    assert not sender.DRAIN.outbox.path.exists()


def test_ctrl_c_queues_nothing(save, monkeypatch):
    """Whoever stops the wait has the report, and nothing waits."""
    save(DEAD)

    def stop(self, job, patience=5.0):
        raise KeyboardInterrupt

    monkeypatch.setattr(Drain, "put", stop)
    with pytest.raises(SendInterrupted) as stopped:
        send("done", to="ops")
    assert stopped.value.report.outcome == "failed"


def test_a_message_is_made_once():
    """What was made late for the send is what is queued."""
    made = []
    kept = Kept(lambda: made.append(1) or Message("late"))
    assert kept.message is None
    assert kept() is kept() is kept.message
    assert made == [1]


def test_the_setting(save):
    """``unknown`` is ``ask`` or ``repeat``; what else it says is told where it stands."""
    save(unknown="ask")
    assert sender.TARGETS.resolve("ops").get("unknown") == "ask"
    save(unknown="maybe")
    with pytest.raises(ConfigError, match="ask or repeat"):
        load([Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])], SPECS)


def put(*texts, target="ops", place=None, **options):
    """Queue texts without a send."""
    from notebook_notify.queueing import place_of

    place = place or place_of(sender.TARGETS.resolve("ops"))
    for text in texts:
        sender.DRAIN.outbox.put(target, place, Message(text), **options)


def test_how_items_stand(save):
    """Each state in words, with the code of the last try and what keeps it here."""
    put("held", place="another", error={"errcode": -1001})
    put("gone", target="nobody", place="x")
    put("lost", unknown=True, repeats=False)
    put("late", lasts=-1)
    told = {row[4]: (row[0], row[5]) for row in cells(sender.DRAIN)}
    assert told["held"][1].startswith("queued · -1001; ops is another target now")
    assert told["gone"][1].startswith("queued; it cannot go out from here: no target nobody")
    assert told["lost"] == ("?", "unknown, not repeated by itself")
    assert told["late"] == ("✗", "expired, not sent")


def test_the_shell(save, sandbox, capsys):
    """Lists, flushes, sends again and drops; the exit code says whether something waits."""
    assert main(["outbox"]) == 0
    assert capsys.readouterr().out == "nothing waits\n"
    put("one", rest=600)
    assert main(["outbox"]) == NOT_SENT
    assert "ops · one · queued, next try " in capsys.readouterr().out
    assert main(["outbox", "flush"]) == 0
    assert capsys.readouterr().out == "nothing waits\n"
    put("two", unknown=True, repeats=False)
    (item,) = waiting()
    assert main(["outbox", "resend", item.id]) == 0
    assert [one["content"] for one in sandbox.inbox] == [
        "one",
        f"possible repeat · {item.id}\ntwo",
    ]
    put("three", rest=600)
    assert main(["outbox", "drop", waiting()[0].id]) == 0
    assert waiting() == []
    assert main(["outbox", "drop"]) == MISTAKE
    assert "usage: flush | resend ID | drop ID" in capsys.readouterr().err


def test_a_script_that_ends(save, sandbox):
    """``send`` from a script without a network: its end says what waits; the next run sends it."""
    save(DEAD)
    command = [sys.executable, "-m", "notebook_notify"]

    def run(*words):
        return subprocess.run(
            [*command, *words], capture_output=True, text=True, timeout=60, check=False
        )

    done = run("send", "--to", "ops", "--timeout", "1", "done")
    assert done.returncode == NOT_SENT
    assert "… queued ops" in done.stderr
    assert "1 queued: the next kernel" in done.stderr
    assert "ops · done · queued" in run("outbox").stdout


def test_the_seed_never_queues(save, sandbox):
    """Its functions fail at once, with the dict."""
    target = sender.TARGETS.resolve("ops")
    fields = {**target.fields, "base_url": DEAD}
    report = sender.post([(Target(target.channel, fields), Message("x"))], timeout=2)
    assert isinstance(report, SendReport)
    assert report.outcome == "failed"
    assert not sender.DRAIN.outbox.path.exists()


def test_what_cannot_be_stored(save, monkeypatch):
    """A full outbox is a note in the report, which says that the message failed."""
    save(DEAD)
    monkeypatch.setattr("notebook_notify.delivery.outbox.MOST", 0)
    report = send("done", to="ops")
    assert report.outcome == "failed"
    assert "the outbox holds 0 messages, the most it takes" in report.notes[0]
    with pytest.raises(OutboxError):
        sender.DRAIN.outbox.drop("none")
