"""WeCom's group chats set up from Python, against the sandbox."""

from __future__ import annotations

import pytest

from notebook_notify import WeComApp, send
from notebook_notify.errors import PlatformError, TargetError

PAIR = ["zhangwei", "lisi"]


@pytest.fixture
def app(sandbox):
    """The sandbox's application."""
    wecom = sandbox.wecom
    return WeComApp(wecom.corp_id, wecom.app.corp_secret, base_url=sandbox.url)


def chats(sandbox):
    """How many chats there are; two stood there when the sandbox began."""
    return len(sandbox.wecom._chats._chats) - 2


def refusal(call):
    """The text and the result of what *call* raises."""
    with pytest.raises(PlatformError) as caught:
        call()
    return str(caught.value), caught.value.result


def test_from_nothing_to_a_message(sandbox, app):
    """A chat is made, saved under a name, and a message to that name arrives in it."""
    chat = app.create_chat("研究组", "zhangwei", PAIR, chat_id="research1")
    assert (chat.name, chat.owner, chat.users) == ("研究组", "zhangwei", ("zhangwei", "lisi"))
    assert chat.chat_id == "research1"
    assert sandbox.inbox == []
    chat.save("research")
    assert send("你好", to="research").ok
    assert [(one["to"], one["content"]) for one in sandbox.inbox] == [("research1", "你好")]


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "shows a new group only after its first message"), ("zh", "第一条消息之后才显示新群")],
)
def test_a_new_group_is_not_seen_at_once(app, monkeypatch, language, told):
    """Its maker is told that WeCom hides it until something is said in it."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    (note,) = app.create_chat("组", "zhangwei", PAIR).notes
    assert told in note


def test_an_id_is_made_up(app):
    """Without an id of one's own each chat gets another."""
    ids = {app.create_chat("组", "zhangwei", PAIR).chat_id for _ in range(2)}
    assert {len(one) for one in ids} == {32}
    assert len(ids) == 2


def test_again_makes_no_second_chat(sandbox, app):
    """The same call again gives the same chat, says so, and changes nothing."""
    app.create_chat("组", "zhangwei", PAIR, chat_id="c1")
    again = app.create_chat("组", "ZhangWei", ["LISI", "zhangwei"], chat_id="c1")
    assert (again.owner, again.users, again.chat_id) == ("zhangwei", ("zhangwei", "lisi"), "c1")
    assert again.notes == ("it was there already, and is as it was",)
    assert chats(sandbox) == 1
    assert again.target.get("chat_id") == "c1"


def test_an_id_of_another_chat(app):
    """A chat of that id which is another one is returned as it is, and the difference told."""
    app.create_chat("组", "zhangwei", PAIR, chat_id="c1")
    other = app.create_chat("别的组", "zhangwei", PAIR, chat_id="c1")
    assert other.name == "组"
    assert "update_chat changes them" in other.notes[1]


def test_an_id_of_another_application(sandbox, app):
    """An id that another application has cannot be used: one is told to choose another."""
    text, result = refusal(
        lambda: app.create_chat("组", "lisi", PAIR, sandbox.wecom.other_app.chat_id)
    )
    assert result.code == 86008
    assert "choose another" in text


def test_a_long_name_is_cut(app):
    """WeCom cuts a name without an error; its maker is told."""
    chat = app.create_chat("长" * 60, "zhangwei", PAIR)
    assert chat.name == app.get_chat(chat.chat_id).name == "长" * 50
    assert "keeps 50 characters" in chat.notes[1]


def test_update(app):
    """Name, owner and members change together, and what is then there is read back."""
    app.create_chat("组", "zhangwei", PAIR, chat_id="c1")
    changed = app.update_chat(
        "c1", name="新", owner="zhaomin", add=["zhaomin"], remove=["zhangwei"]
    )
    assert (changed.name, changed.owner, changed.users) == ("新", "zhaomin", ("lisi", "zhaomin"))
    assert app.get_chat("c1") == changed


def test_changed_but_not_read_back(sandbox, app):
    """A change that was made is called made, also if it cannot be read back."""
    app.create_chat("组", "zhangwei", PAIR, chat_id="c1")
    sandbox.fail_next(errcode=48002, path="appchat/get")
    text, result = refusal(lambda: app.update_chat("c1", name="新"))
    assert text.startswith("it was changed, but could not be read back · 48002")
    assert result.code == 48002
    assert app.get_chat("c1").name == "新"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda app, box: app.get_chat("nobody"), 86003),
        (lambda app, box: app.get_chat(box.wecom.other_app.chat_id), 86008),
        (lambda app, box: app.create_chat("组", "lisi", ["lisi", "nobody"]), 40031),
        (
            lambda app, box: app.update_chat(box.wecom.app.chat_id, remove=["lisi", "zhaomin"]),
            86006,
        ),
        (lambda app, box: app.update_chat(box.wecom.app.chat_id, owner="wangwu"), 86207),
        (lambda app, box: app.update_chat(box.wecom.other_app.chat_id, name="x"), 86008),
    ],
)
def test_refusals(sandbox, app, call, code):
    """What WeCom refuses raises with its code, in the text and in the result, and its own dict."""
    text, result = refusal(lambda: call(app, sandbox))
    assert (result.outcome, result.code, result.about) == ("failed", code, "call")
    assert text.startswith(str(code))
    assert result.error["errcode"] == code
    assert chats(sandbox) == 0


def test_a_scope_that_is_not_the_root(sandbox, app):
    """An application that does not see the root department is told to be shown it."""
    sandbox.wecom.app.root_visible = False
    text, result = refusal(lambda: app.create_chat("组", "lisi", PAIR))
    assert result.code == 60011
    assert "must be the root department" in text


def test_an_address_that_is_not_listed(sandbox, app):
    """A refused address is named, so that it can be listed."""
    sandbox.wecom.trusted_ips = ["203.0.113.9"]
    text, result = refusal(lambda: app.create_chat("组", "lisi", PAIR))
    assert result.code == 60020
    assert "127.0.0.1" in text


def test_an_expired_token_is_renewed(sandbox, app):
    """An expired token is renewed unseen, and the chat made once."""
    app.get_chat(sandbox.wecom.app.chat_id)
    sandbox.expire_tokens()
    app.create_chat("组", "lisi", PAIR)
    assert chats(sandbox) == 1
    assert sandbox.stats["token_requests"] == 2


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("fault", ["deliver_hang", "half", "html"])
def test_a_lost_answer(sandbox, app, monkeypatch, fault, language):
    """A lost answer is unknown, and not asked again; the id to repeat it with is named and safe."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    app.timeout = 0.8
    sandbox.fail_next(fault, path="create", status=502)
    requests = sandbox.stats["requests"]
    text, result = refusal(lambda: app.create_chat("组", "lisi", PAIR, chat_id="c1"))
    assert (result.outcome, result.code) == ("unknown", -1003)
    assert {"en": "with the same chat_id='c1' is safe", "zh": "chat_id='c1' 再运行一次是安全的"}[
        language
    ] in text
    assert sandbox.stats["requests"] == requests + 2  # the token's, and its own
    app.timeout = 15
    app.create_chat("组", "lisi", PAIR, chat_id="c1")
    assert chats(sandbox) == 1


def test_a_lost_answer_to_a_change(sandbox, app):
    """A change that may have been made is not made again; one is told to look."""
    sandbox.fail_next("half", path="update")
    text, result = refusal(lambda: app.update_chat(sandbox.wecom.app.chat_id, name="新"))
    assert result.outcome == "unknown"
    assert "look with get_chat" in text


def test_mistakes_leave_nothing(sandbox, app):
    """What cannot be is told before anything leaves."""
    for call in (
        lambda: app.create_chat("组", "zhaomin", PAIR),
        lambda: app.create_chat("组", "lisi", ["lisi"]),
        lambda: app.create_chat("组", "lisi", PAIR, chat_id="no-id"),
        lambda: app.get_chat(""),
        lambda: app.update_chat("c1"),
    ):
        with pytest.raises(TargetError):
            call()
    assert sandbox.stats["requests"] == 0
