"""A message's text at one channel: Markdown in its own type, people named, all within limits."""

from __future__ import annotations

import pytest

from notebook_notify import File, Image, Markdown, send
from notebook_notify.errors import TargetError
from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Mention, Words
from notebook_notify.secret import MASK, remember
from notebook_notify.sender import SENDER
from notebook_notify.sending.parts import check, limit_of, notes_on, words_of
from notebook_notify.targets import Target

KINDS = ["wecom_chat", "wecom_app", "dingtalk_chat"]
CHAT = CHANNELS["wecom_chat"]


class Ringing(type(CHAT)):
    """A channel that can ring those who are named, some of them by a line of the text."""

    def mention(self, people, *, markdown):
        """In Markdown it takes ids alone, in a form of its own."""
        if not markdown:
            return Mention(people)
        ids = tuple(one for one in people if not one.isdecimal())
        rest = tuple(one for one in people if one.isdecimal())
        return Mention(ids, " ".join(f"<{one}>" for one in people), rest)


@pytest.fixture(params=KINDS)
def target(request, sandbox):
    """The sandbox's target of each channel."""
    fields = dict(sandbox.targets[f"sandbox-{request.param}"])
    del fields["channel"]
    return Target(request.param, fields, name=f"sandbox-{request.param}", source="sandbox")


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────


def test_markdown_arrives_as_markdown(sandbox, target):
    """Markdown goes out as the platform's own type, untouched."""
    assert send(Markdown("**完成** `x`"), target)
    (message,) = sandbox.inbox
    assert (message["msgtype"], message["content"]) == ("markdown", "**完成** `x`")


def test_plain_text_with_marks_stays_plain(sandbox, target):
    """A text is no Markdown because it looks like it."""
    send("**x**", target)
    assert [m["msgtype"] for m in sandbox.inbox] == ["text"]


def test_long_markdown_arrives_in_whole_parts(sandbox, target):
    """Each part of long Markdown is one by itself: numbered, within the limit, its code fenced."""
    code = "\n".join(f"step({number:04})" for number in range(400))
    result = send(Markdown(f"# 日志\n\n```python\n{code}\n```"), target).results[0]
    parts = [m["content"] for m in sandbox.inbox]
    assert (result.outcome, result.parts) == ("sent", len(parts))
    assert len(parts) > 1
    assert {m["msgtype"] for m in sandbox.inbox} == {"markdown"}
    for number, part in enumerate(parts, 1):
        assert part.startswith(f"({number}/{len(parts)})\n\n")
        assert part.endswith("\n```")
        assert "```python\n" in part
        assert len(part.encode()) <= 2048


def test_markdown_promises_what_follows(sandbox, target):
    """The line on what follows is a paragraph of its own, and a file's name in it is no markup."""
    assert send([Markdown("> quoted"), File(b"%PDF-1.7", "[a](b)`c`~~d~~.pdf")], target)
    assert sandbox.inbox[0]["content"] == (
        "> quoted\n\n📎 1 file (［a］(b)｀c｀～～d～～.pdf) follows"
    )
    assert sandbox.inbox[1]["msgtype"] == "file"


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("### ✅ 完成 · **夜间** `回测`\n\nmore", "✅ 完成 · 夜间 回测"),
        ("\n----\n> - 5 [apples](https://example.com)\n", "5 apples"),
        ("-5.0% today", "-5.0% today"),
        ("***", "message"),
        ("[" * 2_000, "message"),
        ("token correct-horse-battery", f"token {MASK}"),
    ],
)
def test_without_a_title_the_first_line_is_one(content, title):
    """A lock screen shows the first line that says something, as plain text without secrets."""
    remember("correct-horse-battery")
    words, *_ = words_of(Message(content, markdown=True), CHAT, "")
    assert words.title == title


def test_each_part_has_a_title():
    """The parts of one Markdown text share its title, numbered as they are."""
    message = Message("字\n" * 1500, markdown=True, title="日报")
    titles = [words.title for words in words_of(message, CHAT, "")]
    assert titles == [f"({n}/{len(titles)}) 日报" for n in range(1, len(titles) + 1)]
    assert len(titles) > 1


# ── people ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("markdown", [False, True])
def test_a_channel_that_rings_nobody_names_the_people(
    sandbox, target, monkeypatch, language, markdown
):
    """Who should be told is named in the text, and the report says that nobody was rung."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    message = Message("失败", markdown=markdown, mention=("zhangwei", "@13800000000", "all"))
    (result,) = SENDER.send([(target, message)]).results
    assert sandbox.inbox[0]["content"] == "失败\n\n@zhangwei @13800000000 @all"
    words = {"en": "rings nobody in particular", "zh": "不能单独提醒谁"}[language]
    assert words in result.notes[0]
    assert words in "\n".join(text for _, text in result.lines())
    assert result.outcome == "sent"


def test_nobody_named_nothing_said(sandbox, target):
    """Without a mention there is neither a line nor a note."""
    (result,) = SENDER.send([(target, Message("x", mention=("", " @ ")))]).results
    assert (sandbox.inbox[0]["content"], result.notes) == ("x", ())


def test_a_channel_that_rings_gets_the_ids_with_the_first_part():
    """People are rung once, by the first part, and the text is left to the channel."""
    message = Message("字\n" * 1500, mention=("@zhangwei", " 13800000000", "@all"))
    first, *rest = words_of(message, Ringing(), "")
    assert first.mention == ("zhangwei", "13800000000", "all")
    assert rest
    assert not any(words.mention for words in rest)
    assert not any("zhangwei" in words.text for words in (first, *rest))
    assert notes_on(message, Ringing()) == ()


def test_who_must_be_named_is_rung_by_the_part_that_names_them():
    """Where the text must hold the names, those are rung with it; whom it cannot ring is told."""
    message = Message("字\n" * 1500, markdown=True, mention=("zhangwei", "13800000000"))
    *rest, last = words_of(message, Ringing(), "📎")
    assert last.text.endswith("<zhangwei> <13800000000>\n\n📎")
    assert last.mention == ("zhangwei",)
    assert rest
    assert not any(words.mention for words in rest)
    (note,) = notes_on(message, Ringing())
    assert "cannot ring @13800000000" in note


def test_the_people_come_before_what_follows():
    """The promise is last, where what it promises comes."""
    told = words_of(Message("x", mention=("a",)), CHAT, "📎 1 image follows")
    assert told == [Words("x\n\n@a\n\n📎 1 image follows")]


# ── checks ───────────────────────────────────────────────────────────────────────────────────


def test_limits_are_those_of_the_form():
    """A text has the text's limit, Markdown that of Markdown."""
    assert limit_of(Message("x"), CHAT) == CHAT.text_limit
    assert limit_of(Message("x", markdown=True), CHAT) == CHAT.markdown.max_bytes


@pytest.mark.parametrize("markdown", [False, True])
@pytest.mark.parametrize("mark", ['"', "\\", "\n", "\x01"])
def test_a_text_that_json_makes_longer(sandbox, mark, markdown):
    """Where the platform counts the whole as JSON, such a text arrives in more parts."""
    fields = dict(sandbox.targets["sandbox-dingtalk_notice"])
    notice = Target(fields.pop("channel"), fields, name="notice", source="sandbox")
    report = SENDER.send([(notice, Message(f"a{mark}" * 900, markdown=markdown))])
    assert report.outcome == "sent", report
    assert sum(message["content"].count("a") for message in sandbox.inbox) == 900


@pytest.mark.parametrize("message", [Message(" "), Message("字" * 30_000)])
def test_what_cannot_be_sent_is_refused(message):
    """Nothing, and far too much, are the caller's mistakes."""
    with pytest.raises(TargetError):
        check(message, CHAT)
    check(Message("", (Image(b"123456"),)), CHAT)


def test_a_robot_takes_fewer_parts():
    """A text is refused at once that a robot's 20 messages a minute would cut off in the middle."""
    message = Message("字" * 682 * 25)
    check(message, CHAT)
    for kind in ("wecom_robot", "dingtalk_robot"):
        with pytest.raises(TargetError, match="some 25 messages"):
            check(message, CHANNELS[kind])
