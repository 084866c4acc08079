"""DingTalk's people and groups set up from Python, against the sandbox."""

from __future__ import annotations

import pytest

from notebook_notify import DingTalkApp, send
from notebook_notify.errors import PlatformError, TargetError
from notebook_notify.platforms.dingtalk_admin import Department, Member
from notebook_notify.sandbox.dingtalk_org import User

PAIR = ["zhangwei", "lisi"]


@pytest.fixture
def app(sandbox):
    """The sandbox's application."""
    org = sandbox.dingtalk
    return DingTalkApp(org.app_key, org.app_secret, base_url=sandbox.url)


def refusal(call):
    """The text and the result of what *call* raises."""
    with pytest.raises(PlatformError) as caught:
        call()
    return str(caught.value), caught.value.result


def test_departments(app):
    """The tree is read level by level, with its Chinese names."""
    near = [Department(2, "研究部", 1), Department(4, "运维部", 1)]
    assert app.departments() == near
    assert app.departments(2) == [Department(3, "数据组", 2)]
    assert app.departments(deep=True) == [*near, Department(3, "数据组", 2)]
    assert app.departments(4) == []


def test_members(app):
    """People are found in one department, or in all below it, each once."""
    assert app.members(2) == [Member("zhangwei", "张伟"), Member("lisi", "李四")]
    assert app.members() == []
    everyone = app.members(deep=True)
    assert sorted(one.id for one in everyone) == ["lisi", "wangwu", "zhangwei", "zhaomin"]


def test_more_than_a_page(sandbox, app):
    """All pages are read."""
    org = sandbox.dingtalk
    org.users = tuple(User(f"u{n}", f"员工{n}", f"139{n:08}", (4,)) for n in range(230))
    assert [one.id for one in app.members(4)] == [f"u{n}" for n in range(230)]
    assert sandbox.stats["requests"] == 4  # a token, three pages


def test_a_tree_that_bites_its_tail(sandbox, app):
    """A tree that the platform gives in a circle is walked once."""
    org = sandbox.dingtalk
    org.departments = tuple(
        type(one)(one.dept_id, one.name, 3 if one.dept_id == 2 else one.parent)
        for one in org.departments
    )
    assert sorted(one.id for one in app.departments(2, deep=True)) == [3]


def test_by_mobile(app):
    """A user id is found by a mobile number, however it is written."""
    assert {app.user_id(one) for one in ("13800000002", "+86 138 0000 0002")} == {"lisi"}


def test_names_are_data(sandbox, app):
    """A name is taken as it is, whatever somebody wrote; a repr shows it harmless."""
    name = "\x1b[31m<b>张\u202e伟</b>"
    sandbox.dingtalk.users = (User("zhangwei", name, "13800000001", (2,)),)
    (member,) = app.members(2)
    assert member.name == name
    assert "\x1b" not in repr(member)


def test_from_nothing_to_a_message(sandbox, app):
    """A group is made and saved; once the robot is in it, a message to its name arrives."""
    chat = app.create_chat("研究组", "lisi", PAIR)
    assert (chat.name, chat.owner, chat.users) == ("研究组", "lisi", ("zhangwei", "lisi"))
    assert chat.target.channel == "dingtalk_app_robot"
    assert "add this application's robot" in chat.notes[0]
    chat.save("ding")
    assert send("早", to="ding").results[0].code == "resource.not.found"
    sandbox.dingtalk.add_robot(chat.open_conversation_id)
    assert send("你好", to="ding").ok
    assert [(one["to"], one["content"]) for one in sandbox.inbox] == [
        (chat.open_conversation_id, "你好")
    ]


def test_the_legacy_call(sandbox, app):
    """Asked for, a group is made by the old call, and messages go by the old one."""
    chat = app.create_chat("旧组", "lisi", PAIR, legacy=True)
    assert (chat.target.channel, chat.notes) == ("dingtalk_chat", ())
    chat.save("old")
    assert send("你好", to="old").ok
    assert sandbox.inbox[0]["to"] == chat.chat_id


def test_the_legacy_call_is_never_tried_unasked(sandbox, app):
    """A missing permission is told by its name; no other call is made instead."""
    sandbox.dingtalk.permissions.remove("qyapi_chat_manage")
    text, result = refusal(lambda: app.create_chat("组", "lisi", PAIR))
    assert str(result.code).endswith("AccessTokenPermissionDenied")
    assert "qyapi_chat_manage" in text + str(result.error)
    assert len(sandbox.dingtalk.chats) == 1


def test_a_new_application_is_not_let_in_to_the_legacy_call(sandbox, app):
    """The legacy call's refusal is told."""
    sandbox.dingtalk.legacy_chat_open = False
    _, result = refusal(lambda: app.create_chat("组", "lisi", PAIR, legacy=True))
    assert result.code == 48002


def test_get_chat(sandbox, app):
    """A group is read by its old id, and its new id asked for along with it."""
    chat = app.get_chat(sandbox.dingtalk.chat_id)
    assert (chat.name, chat.owner) == ("研究小组", "zhangwei")
    assert chat.users == ("zhangwei", "lisi", "zhaomin")
    assert chat.open_conversation_id == sandbox.dingtalk.chat.open_id
    assert app.convert(sandbox.dingtalk.chat_id) == chat.open_conversation_id
    assert send("你好", to=chat.target).ok
    old = app.get_chat(sandbox.dingtalk.chat_id, legacy=True)
    assert (old.target.channel, old.open_conversation_id) == ("dingtalk_chat", "")
    assert send("你好", to=old.target).ok


def test_a_group_that_is_gone(sandbox, app):
    """Of a group that was disbanded one is told so."""
    sandbox.dingtalk.chat.disbanded = True
    assert app.get_chat(sandbox.dingtalk.chat_id).notes == ("the group was disbanded",)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda app: app.user_id("13900000000"), 60121),
        (lambda app: app.user_id("no number"), 40104),
        (lambda app: app.departments(77), 60003),
        (lambda app: app.members(77), 60003),
        (lambda app: app.get_chat("chatnone"), 40016),
        (lambda app: app.convert("chatnone"), "invalideChatId"),
        (lambda app: app.create_chat("组", "nobody", ["nobody"]), "permession.checkFailed"),
        (lambda app: app.create_chat("组", "lisi", ["lisi", "nobody"]), "parameter.invalid"),
        (lambda app: app.create_chat("组", "lisi", ["lisi", "no"], legacy=True), 40031),
    ],
)
def test_refusals(sandbox, app, call, code):
    """What DingTalk refuses raises with its code, in the text and in the result."""
    text, result = refusal(lambda: call(app))
    assert (result.outcome, result.code) == ("failed", code)
    assert text.startswith(str(code))
    assert len(sandbox.dingtalk.chats) == 1


@pytest.mark.parametrize(
    ("call", "permission"),
    [
        (lambda app: app.departments(), "qyapi_get_department_list"),
        (lambda app: app.members(2), "qyapi_get_department_member"),
        (lambda app: app.user_id("13800000001"), "qyapi_get_member_by_mobile"),
        (lambda app: app.get_chat("chat1"), "qyapi_chat_read"),
        (lambda app: app.convert("chat1"), "qyapi_chat_read"),
    ],
)
def test_permissions(sandbox, app, call, permission):
    """The permission that a call lacks is named."""
    sandbox.dingtalk.permissions.clear()
    text, result = refusal(lambda: call(app))
    assert permission in text + str(result.error)


def test_an_address_that_is_not_listed(sandbox, app):
    """A refused address is named, on both hosts."""
    sandbox.dingtalk.trusted_ips = ["203.0.113.9"]
    for call in (app.departments, lambda: app.create_chat("组", "lisi", PAIR)):
        assert "127.0.0.1" in refusal(call)[0]


def test_an_expired_token_is_renewed(sandbox, app):
    """An expired token is renewed unseen, and the group made once."""
    app.create_chat("组", "lisi", PAIR)
    sandbox.expire_tokens()
    app.create_chat("组二", "lisi", PAIR)
    assert len(sandbox.dingtalk.chats) == 3


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize(
    ("language", "told"), [("en", "let its owner look"), ("zh", "请群主先在钉钉里看看")]
)
def test_a_lost_answer(sandbox, app, monkeypatch, legacy, language, told):
    """A lost answer is unknown, and never asked again: a second group would stand there."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    sandbox.fail_next("half", path="create")
    text, result = refusal(lambda: app.create_chat("组", "lisi", PAIR, legacy=legacy))
    assert (result.outcome, result.code) == ("unknown", -1003)
    assert told in text
    assert len(sandbox.dingtalk.chats) == 2


def test_two_addresses(sandbox):
    """People are asked of ``media_url``, groups of ``base_url``, as messages and uploads are."""
    org = sandbox.dingtalk
    nowhere = "http://127.0.0.1:9"
    app = DingTalkApp(org.app_key, org.app_secret, base_url=nowhere, media_url=sandbox.url)
    assert app.user_id("13800000001") == "zhangwei"
    app = DingTalkApp(
        org.app_key, org.app_secret, robot_code="r", base_url=sandbox.url, media_url=nowhere
    )
    target = app.create_chat("组", "lisi", PAIR).target
    assert [target.get(one) for one in ("robot_code", "base_url", "media_url")] == [
        *("r", sandbox.url, nowhere)
    ]


def test_mistakes_leave_nothing(sandbox, app):
    """What cannot be is told before anything leaves."""
    for call in (
        lambda: app.create_chat("组", "zhaomin", PAIR),
        lambda: app.create_chat("长" * 21, "lisi", PAIR),
        lambda: app.get_chat(" "),
        lambda: app.convert(""),
        lambda: app.user_id(""),
    ):
        with pytest.raises(TargetError):
            call()
    assert sandbox.stats["requests"] == 0
