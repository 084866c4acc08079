"""DingTalk's people and groups: the wire forms, and what is refused before anything leaves."""

from __future__ import annotations

import json

import pytest

from notebook_notify.delivery.transport import Reply
from notebook_notify.errors import TargetError
from notebook_notify.platforms import dingtalk_admin
from notebook_notify.platforms.calls import Group
from notebook_notify.platforms.dingtalk_admin import Department, Member
from notebook_notify.targets import Target

APP = {"app_key": "k", "app_secret": "s3cr3t-of-the-app"}
OLD = Target("dingtalk_chat", {**APP, "chat_id": "x"})
NEW = Target("dingtalk_app_robot", {**APP, "open_conversation_id": "x"})
PAIR = ["zhangwei", "lisi"]
TEAM = dingtalk_admin.group("研究组", "lisi", PAIR)


def reply(status=200, **payload):
    """What the platform answers."""
    return Reply(status, json.dumps(payload, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    ("call", "path", "body"),
    [
        (dingtalk_admin.departments(1), "/topapi/v2/department/listsub", {"dept_id": 1}),
        (
            dingtalk_admin.members(2, 100),
            "/topapi/v2/user/list",
            {"dept_id": 2, "cursor": 100, "size": 100},
        ),
        (
            dingtalk_admin.user_id(" +86 138 0000 0001"),
            "/topapi/v2/user/getbymobile",
            {"mobile": "13800000001"},
        ),
        (
            dingtalk_admin.user_id("+852-51234567"),
            "/topapi/v2/user/getbymobile",
            {"mobile": "+852-51234567"},
        ),
        (
            dingtalk_admin.create_legacy(TEAM),
            "/chat/create",
            {"name": "研究组", "owner": "lisi", "useridlist": PAIR},
        ),
    ],
)
def test_calls_of_the_legacy_host(call, path, body):
    """They are POSTs with the token in the query, as the pages say."""
    request = call.request(OLD, "t0k3n")
    assert (request.method, request.url) == ("POST", f"https://oapi.dingtalk.com{path}")
    assert request.query == {"access_token": "t0k3n"}
    assert json.loads(request.body()) == body
    assert call.changes == (path == "/chat/create")


def test_chat_get():
    """A group is read by a GET; one that is gone says so."""
    call = dingtalk_admin.get("chatabc")
    request = call.request(OLD, "t0k3n")
    assert (request.method, request.url) == ("GET", "https://oapi.dingtalk.com/chat/get")
    assert request.query == {"access_token": "t0k3n", "chatid": "chatabc"}
    info = {"name": "组", "owner": "lisi", "useridlist": PAIR, "status": 1}
    team = Group("组", "lisi", ("zhangwei", "lisi"))
    for status, gone in ((1, False), (2, True)):
        verdict = call.read(reply(errcode=0, chat_info={**info, "status": status}))
        assert verdict.payload == {"group": team, "disbanded": gone}


def test_create():
    """A group is made on the new host: internal, its owner from within, the token in the header."""
    call = dingtalk_admin.create(TEAM)
    request = call.request(NEW, "t0k3n")
    assert (request.method, request.query) == ("POST", {})
    assert request.url == "https://api.dingtalk.com/v1.0/im/group/create"
    assert request.headers == {"x-acs-dingtalk-access-token": "t0k3n"}
    assert json.loads(request.body()) == {
        "name": "研究组",
        "owner": "lisi",
        "useridlist": PAIR,
        "ownerType": "emp",
        "conversationTag": 2,
    }
    assert call.changes
    ids = {"chatid": "chat1", "openConversationId": "cid1=="}
    assert call.read(reply(**ids, conversationTag=2)).payload == {
        "chat_id": "chat1",
        "open_conversation_id": "cid1==",
    }


def test_convert():
    """An id that is no plain word cannot lead to another path."""
    request = dingtalk_admin.convert("chat/../1?x").request(NEW, "t")
    path = "/v1.0/im/chat/chat%2F..%2F1%3Fx/convertToOpenConversationId"
    assert request.url == f"https://api.dingtalk.com{path}"


def test_departments_and_people():
    """Ids and names are taken as the platform has them, whatever they hold."""
    one = {"dept_id": 2, "name": "研究\u202e部", "parent_id": 1, "auto_add_user": False}
    verdict = dingtalk_admin.departments(1).read(reply(errcode=0, result=[one]))
    assert verdict.payload == {"departments": [Department(2, "研究\u202e部", 1)]}
    page = {"has_more": True, "next_cursor": 7, "list": [{"userid": "lisi", "name": "李四"}]}
    call = dingtalk_admin.members(2, 0)
    verdict = call.read(reply(errcode=0, result=page))
    assert verdict.payload == {"members": [Member("lisi", "李四")], "cursor": 7}
    verdict = call.read(reply(errcode=0, result={**page, "has_more": False}))
    assert verdict.payload["cursor"] is None


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        {"has_more": True, "list": []},
        {"has_more": True, "next_cursor": 5, "list": []},  # where this page began
        {"has_more": False, "list": [{"userid": 7, "name": "x"}]},
        {"has_more": False, "list": ["lisi"]},
    ],
)
def test_a_page_of_another_form(result):
    """A page that cannot be read, or would be read for ever, is none."""
    verdict = dingtalk_admin.members(2, 5).read(reply(errcode=0, result=result))
    assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1004)


@pytest.mark.parametrize("call", [dingtalk_admin.create(TEAM), dingtalk_admin.create_legacy(TEAM)])
def test_an_answer_that_leaves_it_open(call):
    """A group whose answer cannot be read may have been made."""
    assert call.read(Reply(502, b"<html>")).payload["errcode"] == -1003
    assert call.read(reply(errcode=0, errmsg="ok")).payload["errcode"] == -1003


@pytest.mark.parametrize("call", [dingtalk_admin.get("c"), dingtalk_admin.convert("c")])
def test_a_look_leaves_nothing_open(call):
    """What only looks has failed if a gateway answers."""
    assert call.read(Reply(502, b"<html>")).payload["errcode"] == -1004


@pytest.mark.parametrize(
    ("name", "owner", "users", "en", "zh"),
    [
        ("长" * 21, "a", ["a"], "20 characters at most, not 21", "最多 20 个字，这个有 21 个"),
        ("n", "c", ["a", "b"], "the owner 'c' must be among", "群主 'c' 应在成员之中"),
        ("n", "A", ["a", "b"], "the owner 'A' must be among", "群主 'A' 应在成员之中"),
        ("n", "a", "a", "users: expected a list of ids", "users 应为账号的列表"),
    ],
)
def test_what_cannot_be_a_group(monkeypatch, name, owner, users, en, zh):
    """A mistake is told in the reader's language before anything leaves."""
    for language, told in (("en", en), ("zh", zh)):
        monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
        with pytest.raises(TargetError, match=told):
            dingtalk_admin.group(name, owner, users)


def test_the_legacy_call_takes_forty():
    """More than 40 members are too many for the legacy call, not for the new one."""
    many = dingtalk_admin.group("n", "u0", [f"u{n}" for n in range(41)])
    dingtalk_admin.create(many)
    with pytest.raises(TargetError, match="takes 40 members at most, not 41"):
        dingtalk_admin.create_legacy(many)


def test_what_cannot_be_asked():
    """A department is a number, a mobile number a text."""
    with pytest.raises(TargetError, match="whole number"):
        dingtalk_admin.departments("1")
    with pytest.raises(TargetError, match="mobile: expected a text"):
        dingtalk_admin.user_id(13800000001)
