"""WeCom's group chats: the wire forms, and what is refused before anything leaves."""

from __future__ import annotations

import json

import pytest

from notebook_notify.delivery.transport import Reply
from notebook_notify.errors import TargetError
from notebook_notify.platforms import wecom_admin
from notebook_notify.platforms.calls import Group
from notebook_notify.targets import Target

TARGET = Target(
    "wecom_chat",
    {"corp_id": "ww1", "corp_secret": "s3cr3t-of-the-app", "chat_id": "x", "proxy": "http://e:1"},
)
PAIR = ["zhangwei", "lisi"]


def reply(status=200, **payload):
    """What the platform answers."""
    return Reply(status, json.dumps(payload, ensure_ascii=False).encode())


def test_create():
    """A chat is made by a POST, with the id that it is to have, as the page says."""
    call = wecom_admin.create(wecom_admin.group(" 研究组 ", "lisi", PAIR), "research1")
    request = call.request(TARGET, "t0k3n")
    assert (request.method, request.proxy) == ("POST", "http://e:1")
    assert request.url == "https://qyapi.weixin.qq.com/cgi-bin/appchat/create"
    assert request.query == {"access_token": "t0k3n"}
    assert json.loads(request.body()) == {
        "name": "研究组",
        "owner": "lisi",
        "userlist": PAIR,
        "chatid": "research1",
    }
    assert call.changes
    verdict = call.read(reply(errcode=0, errmsg="ok", chatid="research1"))
    assert (verdict.kind, verdict.payload) == ("ok", {"chat_id": "research1"})


def test_get():
    """A chat is read by a GET; nothing is changed by it."""
    call = wecom_admin.get("research1")
    request = call.request(TARGET, "t0k3n")
    assert request.method == "GET"
    assert request.url == "https://qyapi.weixin.qq.com/cgi-bin/appchat/get"
    assert request.query == {"access_token": "t0k3n", "chatid": "research1"}
    assert not call.changes
    info = {"chatid": "research1", "name": "组", "owner": "lisi", "userlist": PAIR}
    verdict = call.read(reply(errcode=0, chat_info=info))
    assert verdict.payload == {"group": Group("组", "lisi", ("zhangwei", "lisi"))}


def test_update():
    """Only what is to be changed is said."""
    call = wecom_admin.update("research1", None, "lisi", ["a", "A", "b"], [])
    request = call.request(TARGET, "t0k3n")
    assert request.url == "https://qyapi.weixin.qq.com/cgi-bin/appchat/update"
    assert json.loads(request.body()) == {
        "chatid": "research1",
        "owner": "lisi",
        "add_user_list": ["a", "b"],
    }
    assert call.changes
    assert call.read(reply(errcode=0, errmsg="ok")).kind == "ok"


@pytest.mark.parametrize(
    "call", [wecom_admin.create(wecom_admin.group("n", "lisi", PAIR), "c"), wecom_admin.get("c")]
)
@pytest.mark.parametrize(
    ("code", "kind"), [(40014, "refresh"), (42001, "refresh"), (-1, "busy"), (60011, "failed")]
)
def test_a_refusal_is_read_as_of_every_call(call, code, kind):
    """Token codes call for a new token, busy ones for another try; the dict stays as it came."""
    payload = {"errcode": code, "errmsg": "…"}
    verdict = call.read(reply(**payload))
    assert (verdict.kind, verdict.payload) == (kind, payload)


@pytest.mark.parametrize("info", [None, [], {}, {"name": 1, "owner": "a", "userlist": []}])
def test_an_answer_of_another_form(info):
    """An answer without what was asked for is no chat."""
    verdict = wecom_admin.get("c").read(reply(errcode=0, chat_info=info))
    assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1004)


def test_an_answer_that_leaves_it_open():
    """A chat whose answer cannot be read may have been made; of a look nothing is left open."""
    create = wecom_admin.create(wecom_admin.group("n", "lisi", PAIR), "c")
    assert create.read(reply(errcode=0)).payload["errcode"] == -1003
    assert create.read(Reply(502, b"<html>")).payload["errcode"] == -1003
    assert wecom_admin.get("c").read(Reply(502, b"<html>")).payload["errcode"] == -1004


def test_members_are_told_apart_without_their_case():
    """``Lisi`` and ``lisi`` are one member, as spelled first; the owner may be spelled otherwise."""
    assert wecom_admin.group("n", "LISI", ["Lisi", "lisi", "b"]).users == ("Lisi", "b")
    with pytest.raises(TargetError, match="2 to 2,000 members, not 1"):
        wecom_admin.group("n", "lisi", ["Lisi", "lisi"])


@pytest.mark.parametrize(
    ("name", "owner", "users", "en", "zh"),
    [
        ("n", "a", ["a"], "2 to 2,000 members, not 1", "应有 2 到 2000 名成员，给了 1 名"),
        ("n", "a", [f"u{n}" for n in range(2001)], "not 2001", "给了 2001 名"),
        ("n", "c", ["a", "b"], "the owner 'c' must be among", "群主 'c' 应在成员之中"),
        ("n", " ", ["a", "b"], "owner: expected a text, not empty", "owner 应为非空的文字"),
        ("", "a", ["a", "b"], "name: expected a text, not empty", "name 应为非空的文字"),
        (7, "a", ["a", "b"], "name: expected a text", "name 应为非空的文字"),
        ("n", "a", "ab", "users: expected a list of ids", "users 应为账号的列表"),
        ("n", "a", ["a", 7], "users: expected a list of ids", "users 应为账号的列表"),
        ("n", "a", ["a", " "], "users: expected a list of ids", "users 应为账号的列表"),
        ("n", "a", None, "users: expected a list of ids", "users 应为账号的列表"),
    ],
)
def test_what_cannot_be_a_group(monkeypatch, name, owner, users, en, zh):
    """A mistake is told in the reader's language before anything leaves."""
    for language, told in (("en", en), ("zh", zh)):
        monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
        with pytest.raises(TargetError, match=told):
            wecom_admin.group(name, owner, users)


@pytest.mark.parametrize("chat_id", ["", "a-b", "中", "a" * 33, "a\nb", 7, None, "٣"])
def test_what_cannot_be_a_chat_id(chat_id):
    """Ids are of at most 32 digits and Latin letters."""
    with pytest.raises(TargetError, match="chat_id: expected"):
        wecom_admin.checked_id(chat_id)


def test_what_cannot_be_changed():
    """Nothing to change, or somebody who comes and goes at once, is a mistake."""
    with pytest.raises(TargetError, match="nothing to change"):
        wecom_admin.update("c", None, None, (), ())
    with pytest.raises(TargetError, match="both in add and in remove: 'lisi'"):
        wecom_admin.update("c", None, None, ["Lisi"], ["lisi"])


def test_alike():
    """A name that WeCom would cut, and the case and order of ids, make no difference."""
    one = Group("长" * 60, "Lisi", ("lisi", "b"))
    assert wecom_admin.alike(one, Group("长" * 50, "lisi", ("B", "lisi")))
    assert not wecom_admin.alike(one, Group("长" * 49, "lisi", ("B", "lisi")))
    assert not wecom_admin.alike(one, Group("长" * 50, "lisi", ("B", "lisi", "c")))
