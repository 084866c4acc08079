"""Setting up from Python: what the applications share, and how a chat is saved."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from notebook_notify import Chat, DingTalkApp, WeComApp, admin, sender
from notebook_notify.errors import PlatformError, SecretError, TargetError
from notebook_notify.platforms.calls import Group
from notebook_notify.reports import SendResult
from notebook_notify.targets import Target

SECRET = "s3cr3t-of-the-app"
WECOM = {"corp_id": "ww1", "corp_secret": SECRET}
DING = {"app_key": "ding1", "app_secret": SECRET}


@pytest.fixture
def saved(monkeypatch):
    """Saves a chat, and gives what the file holds of it."""
    monkeypatch.setenv("OPS_SECRET", SECRET)

    def save(secret, **options):
        target = Target("wecom_chat", {"corp_id": "ww1", "corp_secret": secret, "chat_id": "c"})
        path = Chat("组", "lisi", ("lisi", "b"), target).save("ops", **options)
        assert isinstance(path, Path)
        return path.read_text()

    return save


def test_a_reference_is_saved_as_one(saved):
    """A secret given as ``env:`` never stands in the file; the target can be sent to by its name."""
    text = saved("env:OPS_SECRET")
    assert 'corp_secret = "env:OPS_SECRET"' in text
    assert SECRET not in text
    assert sender.TARGETS.resolve("ops").get("chat_id") == "c"
    assert "[defaults]" not in text


def test_the_default_of_its_magic(saved):
    """With ``default`` the channel's magic uses it from then on."""
    assert 'wechat = "ops"' in saved("env:OPS_SECRET", default=True)
    assert sender.TARGETS.resolve(magic="wechat").name == "ops"


def test_a_name_that_cannot_be():
    """A bad name is told, and nothing is written."""
    target = Target("wecom_chat", {**WECOM, "chat_id": "c"})
    with pytest.raises(TargetError, match="a name is not empty"):
        Chat("组", "a", ("a", "b"), target).save("o ps")
    assert not sender.TARGETS.looked_in[0].exists()


@pytest.mark.parametrize(
    ("app", "shown"),
    [
        (
            lambda: WeComApp("ww1", SECRET, proxy="http://me:pr0xy-pw@egress:3128"),
            "WeComApp(corp_id='ww1', corp_secret=Secret('••••'), proxy=Secret('••••'))",
        ),
        (
            lambda: DingTalkApp("ding1", "env:DING_SECRET"),
            "DingTalkApp(app_key='ding1', app_secret=Secret(env:DING_SECRET))",
        ),
    ],
)
def test_applications_are_masked(app, shown):
    """An application shows what it is, and no secret, however it is looked at."""
    assert repr(app()) == shown
    made = app()
    assert SECRET not in f"{made} {vars(made)} {copy.copy(made)}"


def test_a_chat_is_masked():
    """A chat shows its names so that they cannot steer a terminal, and no secret."""
    target = Target("wecom_chat", {**WECOM, "chat_id": "c"})
    shown = repr(Chat.of(Group("\x1b[2J\u202e组", "a", ("a", "b")), target, chat_id="c"))
    assert "组" in shown
    assert not {"\x1b", "\u202e"} & {*shown}
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("app", "told"),
    [
        (lambda: WeComApp("", SECRET), "lacks corp_id"),
        (lambda: WeComApp("ww1", ""), "lacks corp_secret"),
        (
            lambda: WeComApp("ww1", SECRET, base_url="http://example.com"),
            "base_url: expected https",
        ),
        (lambda: DingTalkApp("", SECRET), "lacks app_key"),
        (lambda: DingTalkApp("k", SECRET, media_url="ftp://x"), "media_url: expected https"),
    ],
)
def test_what_cannot_be_a_credential(app, told):
    """What is missing or of a wrong kind is told by its field, before anything leaves."""
    with pytest.raises(TargetError, match=told):
        app()


@pytest.mark.parametrize("secret", [None, 7, "env:no-variable"])
def test_what_cannot_be_a_secret(secret):
    """A secret that is none is told without being repeated."""
    with pytest.raises(SecretError):
        WeComApp("ww1", secret)


def test_a_variable_that_is_not_set(sandbox):
    """A reference that leads nowhere is named when it is needed."""
    app = WeComApp("ww1", "env:NOT_SET_HERE", base_url=sandbox.url)
    with pytest.raises(PlatformError, match="NOT_SET_HERE is not set"):
        app.get_chat("c")
    assert sandbox.stats["requests"] == 0


@pytest.mark.parametrize(
    ("of", "name"),
    [
        (WeComApp.of, "sandbox-wecom_chat"),
        (WeComApp.of, "sandbox-wecom_app"),
        (DingTalkApp.of, "sandbox-dingtalk_app_robot"),
        (DingTalkApp.of, "sandbox-dingtalk_notice"),
        (DingTalkApp.of, "sandbox-dingtalk_chat"),
    ],
)
def test_the_application_of_a_target(sandbox, of, name):
    """Any target of an application lends its credential and its address, by name or itself."""
    sender.TARGETS.use_sandbox(sandbox.targets)
    target = sender.TARGETS.resolve(name)
    app = of(name, timeout=3)
    assert repr(app) == repr(of(target))
    assert app.timeout == 3
    assert sandbox.url in repr(app)
    chat = app.create_chat("组", "lisi", ["lisi", "zhangwei"])
    assert chat.target.source == "sandbox"
    assert {chat.target.get("base_url"), app.sandbox} == {sandbox.url, True}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_target_without_an_application(sandbox, monkeypatch, language):
    """A robot's webhook, or the other platform's credential, cannot set anything up."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    sender.TARGETS.use_sandbox(sandbox.targets)
    for of, name in (
        (WeComApp.of, "sandbox-wecom_robot"),
        (WeComApp.of, "sandbox-dingtalk_chat"),
        (DingTalkApp.of, "sandbox-dingtalk_robot"),
    ):
        with pytest.raises(TargetError, match=f"^{name} (is a|是)"):
            of(name)


def test_the_budget_is_of_a_method(sandbox):
    """However many calls a method makes, it ends in time, and says how to wait longer."""
    app = DingTalkApp.of(Target("dingtalk_chat", {**DING, "chat_id": "c", "base_url": sandbox.url}))
    app.timeout = 0.3
    sandbox.fail_next("hang", path="gettoken")
    with pytest.raises(
        PlatformError, match=r"not done within 0\.3 s; try again with a larger timeout"
    ) as caught:
        app.departments(deep=True)
    assert caught.value.result.outcome == "failed"


def test_lost_says_what_to_do_of_the_unknown_alone():
    """What the platform refused stays as it was told."""
    refused = PlatformError("60011: …", result=SendResult("x", "x", "failed", about="call"))
    assert admin.lost(refused, "甲", "a") is refused
