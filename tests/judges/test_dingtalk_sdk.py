"""dingtalk-sdk: DingTalk's older host, as an application of one organisation uses it."""

from __future__ import annotations

import base64

import pytest

CLIENT = "dingtalk"

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
TEXT = "训练完成:准确率 0.97 🎉"


@pytest.fixture
def keys(sandbox):
    """What a DingTalk administrator copies from the console."""
    return {"app_key": sandbox.dingtalk.app_key, "app_secret": sandbox.dingtalk.app_secret}


def attempt(method, arguments, app_key, app_secret, body=None, file=None):
    """Call one of the client's methods; return its answer, or the error that it raises.

    `body` is a class for messages and its arguments, `file` a name and base64 for an upload.
    """
    from pathlib import Path

    from dingtalk.client import AppKeyClient
    from dingtalk.core.exceptions import DingTalkClientException
    from dingtalk.model import message

    client = AppKeyClient("dingcorp", app_key, app_secret)
    part, _, name = method.rpartition(".")
    call = getattr(getattr(client, part) if part else client, name)
    if body is not None:
        arguments["msg_body"] = getattr(message, body[0])(**body[1])
    try:
        if file is None:
            return {"answer": call(**arguments)}
        Path(file[0]).write_bytes(base64.b64decode(file[1]))
        with Path(file[0]).open("rb") as opened:
            return {"answer": call(**arguments, media_file=opened)}
    except DingTalkClientException as error:
        return {"raised": error.errcode, "errmsg": error.errmsg}


def to_chat(sandbox, msg, chat_id=None):
    """Return what posts a message to a chat in the form that the document has."""
    data = {"chatid": chat_id or sandbox.dingtalk.chat_id, "msg": msg}
    return {"method": "post", "arguments": {"uri": "/chat/send", "data": data}}


@pytest.mark.parametrize(
    "msg",
    [
        {"msgtype": "text", "text": {"content": TEXT}},
        {"msgtype": "markdown", "markdown": {"title": "结果", "text": "## 结果\n> **0.97**"}},
    ],
)
def test_words_arrive_in_the_chat(judge, sandbox, keys, msg):
    """The client's own calls and tokens deliver a text and Markdown to a chat."""
    answer = judge(attempt, **to_chat(sandbox, msg), **keys)["answer"]
    assert (answer["errcode"], answer["messageId"][:3]) == (0, "msg")
    [message] = sandbox.inbox
    assert (message["channel"], message["to"]) == ("dingtalk_chat", sandbox.dingtalk.chat_id)
    payload = msg[msg["msgtype"]]
    assert message["content"] == payload.get("content", payload.get("text"))
    assert message["title"] == payload.get("title", "")


def test_flat_message_is_refused(judge, sandbox, keys):
    """chat.send puts the message beside chatid, as years ago; the document puts it under `msg`."""
    refused = judge(
        attempt,
        method="chat.send",
        arguments={"chatid": sandbox.dingtalk.chat_id},
        body=["TextBody", {"content": TEXT}],
        **keys,
    )
    assert refused["raised"] == 34014
    assert sandbox.inbox == []


@pytest.mark.parametrize(
    ("kind", "name", "data"),
    [("image", "曲线.png", PNG), ("file", "报告.xlsx", b"PK\x03\x04 12345")],
)
def test_uploads_arrive_in_the_chat(judge, sandbox, keys, kind, name, data):
    """message.media_upload takes an image and a file with Chinese names, and the chat shows them."""
    upload = judge(
        attempt,
        method="message.media_upload",
        arguments={"media_type": kind},
        file=[name, base64.b64encode(data).decode()],
        **keys,
    )["answer"]
    assert upload["type"] == kind
    msg = {"msgtype": kind, kind: {"media_id": upload["media_id"]}}
    judge(attempt, **to_chat(sandbox, msg), **keys)
    [message] = sandbox.inbox
    assert (message["msgtype"], message["media"]["name"]) == (kind, name)
    assert sandbox.media_bytes(message["media"]) == data


def test_departments_and_people(judge, keys):
    """department.list gives the tree and user.get_dept_member who is in one of its departments.

    The client writes fetch_child as True, which counts like true.
    """
    below = {"method": "department.list", "arguments": {"fetch_child": False}}
    some = judge(attempt, **below, **keys)["answer"]
    assert [one["name"] for one in some] == ["研究部", "运维部"]
    below["arguments"]["fetch_child"] = True
    every = judge(attempt, **below, **keys)["answer"]
    assert {one["name"]: one["parentid"] for one in every}["数据组"] == 2
    arguments = {"dept_id": 2}
    members = judge(attempt, method="user.get_dept_member", arguments=arguments, **keys)["answer"]
    assert members == ["zhangwei", "lisi"]


def test_chat_is_made_and_read(judge, sandbox, keys):
    """chat.create gives the chat's id, and chat.get what was asked for."""
    arguments = {"name": "实验室", "owner": "lisi", "useridlist": ["lisi", "zhaomin"]}
    chat_id = judge(attempt, method="chat.create", arguments=arguments, **keys)["answer"]
    chat = judge(attempt, method="chat.get", arguments={"chatid": chat_id}, **keys)["answer"]
    assert {name: chat[name] for name in arguments} == arguments


def test_refusals_are_its_exceptions(judge, sandbox, keys):
    """An unknown chat, an owner who is no member, a wrong secret: DingTalkClientException."""
    words = {"msgtype": "text", "text": {"content": TEXT}}
    unknown = judge(attempt, **to_chat(sandbox, words, "chat0"), **keys)
    arguments = {"name": "实验室", "owner": "lisi", "useridlist": ["zhaomin"]}
    ownerless = judge(attempt, method="chat.create", arguments=arguments, **keys)
    wrong = judge(attempt, **to_chat(sandbox, words), **keys | {"app_secret": "wrong"})
    assert [refused["raised"] for refused in (unknown, ownerless, wrong)] == [34001, 49006, 40096]
    assert sandbox.inbox == []


@pytest.mark.parametrize("errcode", [40014, 42001])
def test_plain_expiry_is_renewed(judge, sandbox, keys, errcode):
    """On a bare 40014 or 42001 the client fetches a token again and sends: one message."""
    words = {"msgtype": "text", "text": {"content": TEXT}}
    tokens = sandbox.stats["token_requests"]
    sandbox.fail_next(errcode=errcode, path="chat/send")
    answer = judge(attempt, **to_chat(sandbox, words), **keys)["answer"]
    assert (answer["errcode"], len(sandbox.inbox)) == (0, 1)
    assert sandbox.stats["token_requests"] == tokens + 2


def test_wrapped_expiry_is_not_understood(judge, sandbox, keys):
    """The gateway wraps 40014 in errcode 88, which is younger than this client: it raises 88."""
    words = {"msgtype": "text", "text": {"content": TEXT}}
    sandbox.fail_next("expired", path="chat/send")
    refused = judge(attempt, **to_chat(sandbox, words), **keys)
    assert refused["raised"] == 88
    assert "subcode=40014" in refused["errmsg"]
    assert sandbox.inbox == []
