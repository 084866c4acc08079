"""What of a send is queued, in Python and in the shell; and how that is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from notebook_notify import send, sender
from notebook_notify.__main__ import MISTAKE, NOT_SENT, main
from notebook_notify.config import load
from notebook_notify.delivery.budget import Budget
from notebook_notify.errors import ConfigError, OutboxError, SendError, SendInterrupted
from notebook_notify.messages import Message
from notebook_notify.platforms import SPECS
from notebook_notify.reports import SendReport
from notebook_notify.targets import Target
from notebook_notify.waiting.drain import Drain
from notebook_notify.waiting.outgoing import act, cells, do, drain_for, ending

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
    save(DEAD)
    with Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"]).open("a") as file:
        file.write('[targets.two]\nchannel = "dingtalk_robot"\n')
        file.write(f'webhook = "{DEAD}/robot/send?access_token={"5" * 64}"\nbase_url = "{DEAD}"\n')
    monkeypatch.setattr("notebook_notify.delivery.outbox_waiting.MOST", 1)
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


def test_the_setting(save):
    """``unknown`` is ``ask`` or ``repeat``; what else it says is told where it stands."""
    save(unknown="ask")
    assert sender.TARGETS.resolve("ops").get("unknown") == "ask"
    save(unknown="maybe")
    with pytest.raises(ConfigError, match="ask or repeat"):
        load([Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])], SPECS)


def put(*texts, target="ops", place=None, **options):
    """Queue texts without a send."""
    from notebook_notify.waiting.queueing import place_of

    place = place or place_of(sender.TARGETS.resolve("ops"))
    for text in texts:
        sender.DRAIN.outbox.put(target, place, Message(text), **options)


def test_how_items_stand(save, monkeypatch):
    """Each state in words, with the reason of the last try and what keeps it here."""
    put("held", place="another", error={"errcode": -1001})
    put("gone", target="nobody", place="x")
    put("lost", unknown=True, repeats=False)
    monkeypatch.setattr(sender.DRAIN.outbox, "_lasts", lambda: -1)
    put("late")
    told = {row[4]: (row[0], row[5]) for row in cells(sender.DRAIN)}
    assert "(-1001); ops is another target now" in told["held"][1]
    assert told["held"][1].startswith("queued · cannot reach the platform (-1001)")
    assert told["gone"][1].startswith("queued; it cannot go out from here: no target nobody")
    assert told["lost"] == ("?", "unknown, not repeated by itself")
    assert told["late"] == ("✗", "expired, not sent")


@pytest.mark.skipif(os.name != "posix", reason="no modes here")
@pytest.mark.parametrize("call", [cells, lambda drain: do(drain, [], 1)])
def test_a_folder_that_cannot_be_looked_into(save, call):
    """Neither "nothing waits" nor a traceback: what is wrong is told."""
    put("one")
    folder = sender.DRAIN.outbox.path.parent
    sender.DRAIN.end(10)
    sender.DRAIN.renew()
    folder.chmod(0)
    was = os.geteuid()
    if was == 0:  # whom no mode stops
        os.seteuid(65534)
    try:
        with pytest.raises(OutboxError, match=r"cannot be used: .*Permission denied"):
            call(sender.DRAIN)
    finally:
        os.seteuid(was)
        folder.chmod(0o700)


def test_the_shell(save, sandbox, capsys):
    """Lists, flushes, sends again and drops; the exit code says whether something waits."""
    assert main(["outbox"]) == 0
    assert capsys.readouterr().out == "nothing waits\n"
    put("one", rest=600)
    assert main(["outbox"]) == NOT_SENT
    assert re.search("  ops +one +queued, next try ", capsys.readouterr().out)
    assert main(["outbox", "flush"]) == 0
    assert capsys.readouterr().out == "1 sent\nnothing waits\n"
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
    assert re.search("  ops +done +queued", run("outbox").stdout)


def test_the_seed_never_queues(save, sandbox):
    """Its functions fail at once, with the dict."""
    target = sender.TARGETS.resolve("ops")
    fields = {**target.fields, "base_url": DEAD}
    message = (Target(target.channel, fields), Message("x"))
    report = sender.post([message], budget=Budget.of(2.0))
    assert isinstance(report, SendReport)
    assert report.outcome == "failed"
    assert not sender.DRAIN.outbox.path.exists()


def test_what_cannot_be_stored(save, monkeypatch):
    """A full outbox is a note in the report, which says that the message failed."""
    save(DEAD)
    monkeypatch.setattr("notebook_notify.delivery.outbox_waiting.MOST", 0)
    report = send("done", to="ops")
    assert report.outcome == "failed"
    assert "the outbox holds 0 messages, the most it takes" in report.notes[0]
    with pytest.raises(OutboxError):
        sender.DRAIN.outbox.drop("none")


def test_how_long_it_waits_is_a_setting(save, monkeypatch):
    """``expires`` in the config file, as of now; also for what is sent again."""
    monkeypatch.setattr(sender.DRAIN, "start", lambda: None)  # what is being sent is not sent again
    save(DEAD)
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    path.write_text(f'expires = "2h"\n{path.read_text()}')
    send("done", to="ops")
    (item,) = waiting()
    assert item.expires - item.created == 7200
    path.write_text(path.read_text().replace("2h", "3d"))
    act(sender.DRAIN, ["resend", item.id], 0)
    assert waiting()[0].expires - item.created > 3 * 86_400 - 60


def test_what_came_of_it(save, sandbox, monkeypatch):
    """``flush`` says how many were sent, how many still wait, and what else became of them."""
    assert do(sender.DRAIN, ["flush"], 5) == (0, "")
    put("one")
    put("two", place="another")
    assert do(sender.DRAIN, ["flush"], 10) == (1, "1 sent, 1 still waiting")
    (item,) = waiting()
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert do(sender.DRAIN, ["resend", item.id], 10) == (0, f"{item.id} · 1 条发出")
    put("three", rest=600)
    sandbox.fail_next(errcode=49010, path="chat/send")
    assert do(sender.DRAIN, ["flush"], 10) == (0, "1 条未能发出")
    (item,) = waiting()
    assert do(sender.DRAIN, ["drop", item.id], 10) == (0, f"{item.id} 已删除，没有发出")
    assert [one["content"] for one in sandbox.inbox] == ["one", "two"]


def test_sent_by_another_kernel(save, sandbox, monkeypatch):
    """Whoever shows it is told so, by the ledger, which has it once."""
    monkeypatch.setattr(sender.DRAIN, "start", lambda: None)
    put("done", rest=600)
    (item,) = waiting()
    told = []
    sender.DRAIN.watch(item.id, told.append)
    sender.DRAIN._look_after_watched()
    other = drain_for(sender.SENDER, sender.TARGETS)
    assert other.flush(10)
    sender.DRAIN._look_after_watched()
    (change,) = told
    assert (change.outcome, ending(change)) == ("sent", "sent by another kernel")
    other.end(10)
    assert [(one.outcome, one.title) for one in sender.history()] == [("sent", "done")]


def test_the_reason_in_words(save):
    """What the platform's code means, and its code; of what has no target, its own words."""
    put("refused", error={"errcode": 49010, "errmsg": "robot 不存在"})
    put(
        "gone",
        target="nobody",
        place="x",
        error={"errcode": 5, "errmsg": "password=hunter2hunter2"},
    )
    told = {row[4]: row[5] for row in cells(sender.DRAIN)}
    assert told["refused"].startswith("queued · ")
    assert told["refused"].endswith("(49010)")
    assert "不存在" not in told["refused"]
    assert "hunter2" not in told["gone"]
    assert " (5); it cannot go out from here" in told["gone"]


def test_once_after_its_time(save, sandbox, monkeypatch):
    """What has expired unsent does not keep a repeated run from sending, either."""
    monkeypatch.setattr(sender.DRAIN, "start", lambda: None)
    monkeypatch.setattr(sender.DRAIN.outbox, "_lasts", lambda: 0.5)
    sandbox.fail_next(errcode=-1, path="chat/send")
    send("done", to="ops", once="daily")
    time.sleep(0.6)
    assert [row[5][:7] for row in cells(sender.DRAIN)] == ["expired"]
    deadline = time.monotonic() + 10
    while sender.history()[0].outcome != "failed" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert send("done", to="ops", once="daily").outcome == "sent"
    assert len(sandbox.inbox) == 1
