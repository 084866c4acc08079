"""The site's `allow_all = false`: nothing goes to all in an application's visible scope."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from notebook_notify import send, sender
from notebook_notify.config import FILE, site_path
from notebook_notify.errors import ConfigError, TargetError
from notebook_notify.targets import Target


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Write the administrator's file."""
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "site"))

    def write(text: str) -> Path:
        path = site_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def mine(monkeypatch, tmp_path):
    """Write the user's file, found where it is looked for without a variable."""
    monkeypatch.delenv("NOTEBOOK_NOTIFY_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))

    def write(text: str) -> Path:
        path = tmp_path / "user" / "notebook_notify" / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write


@pytest.fixture
def to(sandbox):
    """Gives the sandbox's target of a channel, of other fields if any are given."""

    def target(channel, **changed):
        fields = {**sandbox.targets[f"sandbox-{channel}"], **changed}
        del fields["channel"]
        given = {key: value for key, value in fields.items() if value is not None}
        return Target(channel, given)

    return target


CASES = [
    ("wecom_app", {"users": ["@all"]}),
    ("wecom_app", {"users": None}),
    ("dingtalk_notice", {"users": "@all"}),
]


@pytest.mark.parametrize(("channel", "changed"), CASES)
@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "which the administrator forbids"), ("zh", "管理员不允许")],
)
def test_all_are_forbidden(
    site, to, sandbox, monkeypatch, language, told, channel, changed
) -> None:
    """Whoever would reach everyone is told before anything leaves, and by whom it is forbidden."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    path = site("allow_all = false\n")
    with pytest.raises(TargetError) as caught:
        send("x", to(channel, **changed))
    assert told in str(caught.value)
    assert str(path) in str(caught.value)
    assert sandbox.stats["requests"] == 0


def test_people_are_not_forbidden(site, to, sandbox) -> None:
    """Named people, groups, and a mention of all in a group are what they were."""
    site("allow_all = false\n")
    assert send("x", [to("wecom_app"), to("wecom_robot"), to("wecom_chat")])
    assert len(sandbox.inbox) == 3


@pytest.mark.parametrize("text", [None, "", "allow_all = true\n", 'language = "en"\n'])
def test_all_are_allowed_unless_it_is_said(site, to, text) -> None:
    """Without that word everyone can be reached on purpose, as before."""
    if text is not None:
        site(text)
    assert send("x", to("wecom_app", users=["@all"]))


def test_the_seeds_function_raises(site, sandbox) -> None:
    """`wechat_application` reaches everyone: it raises before anything leaves, and gives no dict."""
    site("allow_all = false\n")
    app = sandbox.targets["sandbox-wecom_app"]
    with pytest.raises(TargetError, match="administrator forbids"):
        sender.wechat_application(
            app["corp_id"], app["corp_secret"], app["agent_id"], "x", base_url=sandbox.url
        )
    chat = sandbox.targets["sandbox-wecom_chat"]
    assert sender.wechat_group_chat(
        chat["corp_id"], chat["corp_secret"], chat["chat_id"], "x", base_url=sandbox.url
    )
    assert [one["channel"] for one in sandbox.inbox] == ["wecom_chat"]


def test_an_alert_to_all(site, to, sandbox) -> None:
    """Where failures would go to everyone, that is told before the cell runs as well."""
    site("allow_all = false\n")
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    path.parent.mkdir(parents=True)
    app = sandbox.targets["sandbox-wecom_app"]
    path.touch(0o600)
    path.write_text(
        f'[targets.all]\nchannel = "wecom_app"\ncorp_id = "{app["corp_id"]}"\n'
        f'corp_secret = "{app["corp_secret"]}"\nagent_id = {app["agent_id"]}\nusers = "@all"\n'
        f'base_url = "{sandbox.url}"\n'
    )
    with pytest.raises(TargetError, match="target all would reach everyone"):
        sender.targets(to("wecom_chat", alert="all"))


@pytest.mark.parametrize("value", ["true", "false"])
def test_only_the_administrator_says_it(site, mine, to, value) -> None:
    """In another file the word is refused, and switches nothing on again."""
    forbids = site("allow_all = false\n")
    mine(f"allow_all = {value}\n")
    with pytest.raises(ConfigError, match="only the administrator says that") as caught:
        _ = sender.TARGETS.config
    assert str(forbids) in str(caught.value)
    with pytest.raises(TargetError, match="administrator forbids"):
        send("x", to("wecom_app", users=["@all"]))


def test_another_file_named_by_the_variable(site, to, tmp_path, monkeypatch) -> None:
    """Who names a config file of his own is under the rule all the same."""
    site("allow_all = false\n")
    monkeypatch.setenv("NOTEBOOK_NOTIFY_CONFIG", str(tmp_path / "other.toml"))
    with pytest.raises(TargetError, match="administrator forbids"):
        send("x", to("wecom_app", users=["@all"]))


def test_a_broken_site_file_forbids(site, to, sandbox) -> None:
    """If the administrator's file cannot be read, nothing goes to everyone; people are reached."""
    site("allow_all = \n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        send("x", to("wecom_app", users=["@all"]))
    assert send("x", to("wecom_app"))
    assert len(sandbox.inbox) == 1


def test_a_word_that_is_neither(site, to) -> None:
    """`allow_all = "no"` is no way to forbid: it is told, not guessed."""
    site('allow_all = "no"\n')
    with pytest.raises(ConfigError, match="allow_all · true or false is expected"):
        send("x", to("wecom_app", users=["@all"]))
