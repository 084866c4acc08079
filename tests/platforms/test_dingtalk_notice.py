"""DingTalk work notice: whom it goes to, the wire form, and the time that each text carries."""

from __future__ import annotations

import json
import time

import pytest

from notebook_notify.delivery.transport import Reply
from notebook_notify.errors import TargetError
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Media, Words
from notebook_notify.targets import Target

CHANNEL = CHANNELS["dingtalk_notice"]
FIELDS = {"app_key": "dingabc", "app_secret": "s3cr3t-of-the-app", "agent_id": 1234567}


def saved(**fields):
    """A target of the config file."""
    return Target("dingtalk_notice", {**FIELDS, **fields}, name="notice")


def sent(target, content):
    """The body that is posted to *target*."""
    return json.loads(CHANNEL.request(target, content, "t").body())


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The time of day, as the reader has it, in seconds that a test may add to."""
    now = [time.mktime((2026, 11, 25, 8, 0, 12, 0, 0, -1))]
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


def test_wire_form():
    """It is posted to asyncsend_v2 with the legacy token, people between commas."""
    call = CHANNEL.request(saved(users=["zhangwei", "lisi"], parties=[7, 8]), Words("完成"), "t0k")
    assert call.url == ("https://oapi.dingtalk.com/topapi/message/corpconversation/asyncsend_v2")
    assert call.query == {"access_token": "t0k"}
    assert json.loads(call.body()) == {
        "agent_id": 1234567,
        "userid_list": "zhangwei,lisi",
        "dept_id_list": "7,8",
        "msg": {"msgtype": "text", "text": {"content": "完成\n08:00:12"}},
    }


def test_the_same_text_again(clock):
    """The platform drops the same text within a day: a second later it is another one."""
    first = sent(saved(users=["a"]), Words("完成"))
    clock[0] += 1
    assert sent(saved(users=["a"]), Words("完成"))["msg"] != first["msg"]


def test_markdown():
    """Markdown carries the time in a paragraph of its own, so that it breaks no list or quote."""
    msg = sent(saved(users=["a"]), Words("> ok", markdown=True, title="完成"))["msg"]
    assert msg == {
        "msgtype": "markdown",
        "markdown": {"title": "完成", "text": "> ok\n\n08:00:12"},
    }


@pytest.mark.parametrize("markdown", [False, True])
def test_the_longest_text_fits(markdown):
    """With its time and title the whole of ``msg`` stays within 2,048 bytes."""
    limit = CHANNEL.markdown.max_bytes if markdown else CHANNEL.text_limit
    words = Words("x" * limit, markdown=markdown, title="长" * 64)
    msg = sent(saved(users=["a"]), words)["msg"]
    assert len(json.dumps(msg, ensure_ascii=False).encode()) <= 2048


def test_media():
    """A picture goes by its media id."""
    msg = sent(saved(users=["a"]), Media("image", "@m1", "plot.png"))["msg"]
    assert msg == {"msgtype": "image", "image": {"media_id": "@m1"}}


def test_everyone_on_purpose():
    """``@all`` is everyone, and is told as that; the lists are left out."""
    target = saved(users="@all")
    CHANNEL.check(target)
    assert CHANNEL.everyone(target)
    body = sent(target, Words("x"))
    assert body["to_all_user"] is True
    assert not {"userid_list", "dept_id_list"} & set(body)
    assert not CHANNEL.everyone(saved(users=["a"]))


@pytest.mark.parametrize("fields", [{}, {"users": []}, {"users": " | "}])
@pytest.mark.parametrize("name", ["notice", None])
def test_it_names_its_people(fields, name):
    """A target that names no one is refused, be it made on the spot, with both ways to name some."""
    with pytest.raises(TargetError, match=r'names no one: .* users = "@all" on purpose'):
        CHANNEL.check(Target("dingtalk_notice", {**FIELDS, **fields}, name=name))


@pytest.mark.parametrize("fields", [{"users": ["@all", "a"]}, {"users": "@all", "parties": [7]}])
def test_everyone_stands_alone(fields):
    """``@all`` beside other names is refused: it would swallow them."""
    with pytest.raises(TargetError, match="must stand alone"):
        CHANNEL.check(saved(**fields))


@pytest.mark.parametrize(("field", "most"), [("users", 100), ("parties", 20)])
def test_as_many_as_one_call_takes(field, most):
    """More ids than one call takes are refused before anything runs."""
    CHANNEL.check(saved(**{field: [str(k) for k in range(most)]}))
    with pytest.raises(TargetError, match=str(most)):
        CHANNEL.check(saved(**{field: [str(k) for k in range(most + 1)]}))


def test_accepted():
    """The task's number is the message's id."""
    verdict = CHANNEL.read(Reply(200, b'{"errcode":0,"task_id":256271667526,"request_id":"r"}'))
    assert (verdict.kind, verdict.message_id) == ("ok", "256271667526")


def test_it_shares_the_chats_token():
    """One legacy token serves both channels of an application."""
    chat = Target("dingtalk_chat", {**FIELDS, "chat_id": "c"})
    assert CHANNEL.token_key(saved()) == CHANNELS["dingtalk_chat"].token_key(chat)
