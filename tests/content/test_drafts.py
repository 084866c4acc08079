"""A draft becomes, for each channel, the message that this channel can carry."""

from __future__ import annotations

import json
import re

import pytest

from notebook_notify import texts
from notebook_notify.content.drafts import Draft
from notebook_notify.content.enclosures import Found
from notebook_notify.content.facts import Failure, Run
from notebook_notify.content.screen import Record
from notebook_notify.content.tables import Table
from notebook_notify.messages import File, Image
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.wecom_app import WeComApp
from notebook_notify.sending.parts import words_of
from notebook_notify.targets import Target

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
LINES = tuple(f"line {n} " + "x" * 200 for n in range(20))


@pytest.fixture(autouse=True)
def english(monkeypatch):
    """English, whatever the machine's language."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    texts.configure(timezone="Asia/Shanghai")


def run(verdict="done", **facts):
    """A run of two minutes."""
    return Run(verdict, "run", 1_764_000_000.0, 1_764_000_120.0, "me@here", **facts)


def target(channel, **fields):
    """A target of *channel*, as a config file has it."""
    return Target(channel, fields, name="ops")


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize("form", ["auto", "text", "markdown", "file"])
def test_every_channel_gets_a_text_within_its_limit(kind, form):
    """Whatever form is asked for, the text fits into one message, verdict first."""
    channel = CHANNELS[kind]
    record = Record(lines=LINES, total=20, images=1, pictures=(PNG,))
    found = Found(record=record, plots=(Image(PNG, "plot-1.png"),))
    message = Draft(run(record=record), found, form).message(target(kind))
    limit = channel.markdown.max_bytes if form == "markdown" else channel.text_limit
    assert len(message.text.encode()) <= limit
    assert "Done" in message.text.split("\n")[0]
    assert message.markdown is (form == "markdown")


@pytest.mark.parametrize("form", ["auto", "markdown"])
def test_a_log_of_json_is_one_message_too(form):
    """Where the platform counts what JSON makes of a text, less of the output is in it."""
    line = json.dumps({f"key{n}": f"value{n}" for n in range(5)})
    logged = Record(lines=(line,) * 60, total=60)
    found = Found(record=logged, plots=(Image(PNG, "plot-1.png"),))
    message = Draft(run(record=logged), found, form).message(target("dingtalk_notice"))
    told = words_of(message, CHANNELS["dingtalk_notice"], "📎 2 images and 1 file follow")
    assert len(told) == 1
    assert re.search(r"Last \d+ of 60 output lines", told[0].text)


def test_a_text_alone_may_use_all_of_the_room():
    """Room for the line on what follows is kept only where something follows."""
    record = Record(lines=LINES, total=20)
    alone = Draft(run(record=record)).message(target("wecom_chat"))
    found = Found(record=Record(), plots=(Image(PNG, "plot-1.png"),))
    followed = Draft(run(record=record), found).message(target("wecom_chat"))
    assert len(alone.text) > len(followed.text)


def test_a_wide_table_that_cannot_go_along_is_told_by_its_first_columns():
    """Where a channel takes neither picture nor file, the text has the rows' beginning."""
    table = Table(tuple("abcdef"), (("0", tuple("123456")),), 1, 6)
    draft = Draft(run(table=table), Found(table=table))
    text = draft.message(target("dingtalk_robot")).text
    assert text.endswith("Result (1 row × 6 columns, first 1 × 4)\n0: a 1, b 2, c 3, d 4, …")


def test_files_that_do_not_go_along_are_named():
    """Who reads the phone learns of a file that was missing, or that was one too many."""
    found = Found(named=(File(b"123456", "a.csv"),), unread=("b.csv",))
    draft = Draft(run(), found, most=1)
    assert draft.message(target("wecom_chat")).missing == ("b.csv", "a.csv")
    assert Draft(run(), found).message(target("wecom_chat")).missing == ("b.csv",)


def test_people_are_mentioned_in_failures_alone():
    """``--mention`` comes before those whom the target names; nobody is rung for a success."""
    ops = target("wecom_robot", mention=["lisi"])
    failed = run("failed", failure=Failure("ValueError: x"))
    assert Draft(failed).message(ops).mention == ("lisi",)
    assert Draft(failed, mention=("zhangwei",)).message(ops).mention == ("zhangwei",)
    assert Draft(run(), mention=("zhangwei",)).message(ops).mention == ()
    one = target("wecom_robot", mention="lisi")  # as a config file may have it
    assert Draft(failed).message(one).mention == ("lisi",)


def test_very_many_people_leave_room_for_the_verdict():
    """A list of a thousand names does not take the text's place."""
    failed = run("failed", failure=Failure("ValueError: x"))
    many = tuple(f"user{n:04}" for n in range(1000))
    text = Draft(failed, mention=many).message(target("wecom_chat")).text
    assert "ValueError: x" in text


def test_two_runs_of_one_second_are_two_messages():
    """Where the platform drops what it has seen, each text has a mark of its own."""
    app = target("wecom_app", users=["zhangwei"])
    assert WeComApp.drops_repeats
    first, second = (Draft(run()).message(app).text for _ in range(2))
    assert first != second
    first, second = (Draft(run()).message(target("wecom_chat")).text for _ in range(2))
    assert first == second
