"""wechatpy's enterprise client: WeCom's group chats, messages to people, uploads, tokens."""

from __future__ import annotations

import base64

import pytest

CLIENT = "wechatpy"

TEXT = "训练完成:准确率 0.97,用时 3 分 12 秒 🎉"
MARKDOWN = '**结果**\n> 损失:<font color="info">0.03</font>'
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def keys(sandbox):
    """What a WeCom administrator copies from the console."""
    return {"corp_id": sandbox.wecom.corp_id, "secret": sandbox.wecom.app.corp_secret}


def attempt(method, arguments, corp_id, secret, token=None):
    """Call one of the client's methods; return its answer, or the error that it raises."""
    from wechatpy.enterprise import WeChatClient
    from wechatpy.exceptions import WeChatClientException

    client = WeChatClient(corp_id, secret, access_token=token)
    part, name = method.split(".")
    try:
        answer = getattr(getattr(client, part), name)(**arguments)
    except WeChatClientException as error:
        return {"raised": type(error).__name__, "errcode": error.errcode, "errmsg": error.errmsg}
    return {"answer": answer, "token": client.access_token}


def upload_and_send(kind, name, data, corp_id, secret, chat_id):
    """Upload a file and show it in a chat; return the upload's answer."""
    from pathlib import Path

    from wechatpy.enterprise import WeChatClient

    Path(name).write_bytes(base64.b64decode(data))
    client = WeChatClient(corp_id, secret)
    with Path(name).open("rb") as file:
        upload = client.media.upload(kind, file)
    client.appchat.send(chat_id, kind, media_id=upload["media_id"])
    return upload


def test_chat_is_made_read_and_changed(judge, keys):
    """appchat.create gives the id that was asked for; get and update see the same chat."""
    made = judge(
        attempt,
        method="appchat.create",
        arguments={
            "chat_id": "lab1",
            "name": "实验室",
            "owner": "lisi",
            "user_list": ["lisi", "zhaomin"],
        },
        **keys,
    )
    assert made["answer"]["chatid"] == "lab1"
    change = {"chat_id": "lab1", "name": "新实验室", "add_user_list": ["zhangwei"]}
    assert (
        judge(attempt, method="appchat.update", arguments=change, **keys)["answer"]["errcode"] == 0
    )
    found = judge(attempt, method="appchat.get", arguments={"chat_id": "lab1"}, **keys)["answer"]
    assert (found["name"], found["owner"]) == ("新实验室", "lisi")
    assert sorted(found["userlist"]) == ["lisi", "zhangwei", "zhaomin"]


@pytest.mark.parametrize(("msgtype", "content"), [("text", TEXT), ("markdown", MARKDOWN)])
def test_words_arrive_in_the_chat(judge, sandbox, keys, msgtype, content):
    """appchat.send delivers a text and Markdown as they are, Chinese and an emoji included."""
    arguments = {"chat_id": sandbox.wecom.app.chat_id, "msg_type": msgtype, "content": content}
    judge(attempt, method="appchat.send", arguments=arguments, **keys)
    [message] = sandbox.inbox
    assert (message["msgtype"], message["content"]) == (msgtype, content)
    assert (message["channel"], message["to"]) == ("wecom_chat", sandbox.wecom.app.chat_id)


@pytest.mark.parametrize(
    ("kind", "name", "data"),
    [("image", "曲线.png", PNG), ("file", "报告 1.csv", "甲,乙\n1,2\n".encode())],
)
def test_uploads_arrive_in_the_chat(judge, sandbox, keys, kind, name, data):
    """media.upload takes an image and a file, and the chat shows it under its Chinese name."""
    upload = judge(
        upload_and_send,
        kind=kind,
        name=name,
        data=base64.b64encode(data).decode(),
        chat_id=sandbox.wecom.app.chat_id,
        **keys,
    )
    [message] = sandbox.inbox
    assert (upload["type"], message["msgtype"]) == (kind, kind)
    assert message["media"]["name"] == name
    assert sandbox.media_bytes(message["media"]) == data


def test_people_get_a_message_and_strangers_are_named(judge, sandbox, keys):
    """message.send_text reaches those who are there; the answer names the others."""
    arguments = {"agent_id": 1000002, "user_ids": ["zhangwei", "nobody"], "content": TEXT}
    answer = judge(attempt, method="message.send_text", arguments=arguments, **keys)["answer"]
    assert (answer["errcode"], answer["invaliduser"]) == (0, "nobody")
    [message] = sandbox.inbox
    assert (message["channel"], message["to"]) == ("wecom_app", "zhangwei")
    assert message["content"] == TEXT


@pytest.mark.parametrize(
    ("method", "arguments", "errcode"),
    [
        ("appchat.send_text", {"chat_id": "nowhere", "content": TEXT}, 86003),
        ("appchat.send_text", {"chat_id": "OTHER", "content": TEXT}, 86008),
        ("appchat.get", {"chat_id": "nowhere"}, 86003),
        ("appchat.create", {"name": "一人", "user_list": ["lisi"]}, 86006),
        ("appchat.send", {"chat_id": "OWN", "msg_type": "image", "media_id": "3x"}, 40007),
        ("message.send_text", {"agent_id": 1000003, "user_ids": "lisi", "content": TEXT}, 301002),
        ("message.send_text", {"agent_id": 1000002, "user_ids": "nobody", "content": TEXT}, 81013),
    ],
)
def test_refusals_are_its_exceptions(judge, sandbox, keys, method, arguments, errcode):
    """What WeCom refuses raises WeChatClientException with the errcode, and nothing arrives."""
    ids = {"OTHER": sandbox.wecom.other_app.chat_id, "OWN": sandbox.wecom.app.chat_id}
    arguments = {name: ids.get(str(one), one) for name, one in arguments.items()}
    refused = judge(attempt, method=method, arguments=arguments, **keys)
    assert refused["raised"] == "WeChatClientException"
    assert refused["errcode"] == errcode
    assert f"e={errcode}" in refused["errmsg"]
    assert sandbox.inbox == []


@pytest.mark.parametrize(("wrong", "errcode"), [("secret", 40001), ("corp_id", 40013)])
def test_wrong_credentials(judge, sandbox, keys, wrong, errcode):
    """A wrong secret is 40001, a wrong corp id 40013, both when the token is fetched."""
    arguments = {"chat_id": sandbox.wecom.app.chat_id, "content": TEXT}
    refused = judge(
        attempt, method="appchat.send_text", arguments=arguments, **keys | {wrong: "wrong"}
    )
    assert (refused["raised"], refused["errcode"]) == ("WeChatClientException", errcode)


def test_expired_and_unknown_tokens_are_renewed(judge, sandbox, keys):
    """On 42001 and on 40014 the client fetches a new token and sends again: one message each."""
    arguments = {"chat_id": sandbox.wecom.app.chat_id, "content": TEXT}
    send = {"method": "appchat.send_text", "arguments": arguments, **keys}
    old = judge(attempt, **send)["token"]
    sandbox.expire_tokens()
    for token in (old, "made-up"):
        sandbox.clear()
        again = judge(attempt, **send, token=token)
        assert again["answer"]["errcode"] == 0
        assert again["token"] not in {old, "made-up"}
        assert [message["content"] for message in sandbox.inbox] == [TEXT]


def test_too_fast_has_its_own_exception(judge, sandbox, keys):
    """45009 is what the client calls APILimitedException."""
    sandbox.fail_next(errcode=45009, path="appchat/send")
    arguments = {"chat_id": sandbox.wecom.app.chat_id, "content": TEXT}
    refused = judge(attempt, method="appchat.send_text", arguments=arguments, **keys)
    assert (refused["raised"], refused["errcode"]) == ("APILimitedException", 45009)
