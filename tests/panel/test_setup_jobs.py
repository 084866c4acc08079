"""What is refused while a target is set up, and where that is said."""

from __future__ import annotations

import pytest

from notebook_notify.sender import TARGETS

WRONG = "wrong-secret-of-nobody-0123456789abcdefghij"


@pytest.mark.parametrize(
    ("kind", "fields", "field", "advice"),
    [
        ("wecom_chat", {"corp_id": "ww0123456789abcdef"}, "corp_id", "Company ID"),
        ("wecom_chat", {"corp_secret": "env:BAD"}, "corp_secret", "copy Secret again"),
        ("wecom_chat", {"chat_id": "nosuchchat"}, "chat_id", "chat"),
        ("wecom_app", {"agent_id": "77"}, "agent_id", "AgentId"),
        ("dingtalk_app_robot", {"app_secret": "env:BAD"}, "app_secret", "Client Secret"),
        ("dingtalk_chat", {"app_secret": "env:BAD"}, "app_secret", "AppSecret"),
        ("wecom_chat", {"corp_secret": "env:NOT_SET"}, "corp_secret", "NOT_SET is not set"),
        ("wecom_chat", {"base_url": "http://example.com"}, "base_url", "https"),
        ("wecom_app", {"users": "zhangwei, @all"}, "users", "everyone"),
        ("wecom_chat", {"alert": "nobody"}, "alert", "nobody"),
        ("wecom_chat", {"corp_id": ""}, "corp_id", "Company ID"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    setup, monkeypatch, kind, fields, field, advice
) -> None:
    """With the advice; nothing else is marked, and Check saves nothing."""
    target = setup.sandbox.targets[f"sandbox-{kind}"]
    monkeypatch.setenv("BAD", WRONG)
    good = {}
    for name, value in target.items():
        if name in ("corp_secret", "app_secret"):
            monkeypatch.setenv("GOOD", value)
            good[name] = "env:GOOD"
        elif name not in ("channel", "base_url"):
            good[name] = ", ".join(value) if isinstance(value, list) else str(value)
    setup.choose(kind, "x", **{**good, **fields})
    setup.click(setup.tab.prove)
    assert list(setup.wrong) == [field]
    assert advice in setup.wrong[field]
    assert 'role="alert"' in setup.wrong[field]
    assert not setup.panel.desk.trouble.value
    assert not TARGETS.looked_in[0].exists()
    setup.fill(
        **{**good, "base_url": setup.sandbox.url, **dict.fromkeys({"alert"} & set(fields), "")}
    )
    setup.click(setup.tab.prove)
    assert not setup.wrong


@pytest.mark.parametrize(("code", "advice"), [(60020, "企业可信IP"), (60011, "permission")])
def test_a_refused_address_or_permission(setup, secret, code, advice) -> None:
    """They are about no field: the steps say how far it came, what is wrong, and what to do."""
    setup.choose_app("wecom_chat", "daily", secret, "chat_id")
    setup.sandbox.fail_next(errcode=code, path="appchat/get", count=9)
    setup.click(setup.tab.save)
    assert "credential: the platform gave a token" in setup.report
    assert advice in setup.report
    assert not setup.wrong


def test_making_a_group_is_refused(setup, secret) -> None:
    """What is wrong stands in the group's part: beside its field, or below the button."""
    target = setup.sandbox.targets["sandbox-wecom_chat"]
    reference = secret("wecom_chat", "corp_secret")
    setup.choose("wecom_chat", "daily", corp_id=target["corp_id"])
    setup.click(setup.group.create)
    assert list(setup.wrong) == ["corp_secret"]
    setup.fill(corp_secret=reference)
    setup.group.name.value = "x"
    setup.group.users.value = "zhangwei nobody"
    setup.click(setup.group.create)
    assert "40031" in setup.group._wrong["users"].value
    setup.group.users.value = "zhangwei"
    setup.click(setup.group.create)
    assert "2 to 2,000 members" in setup.group._wrong[""].value
    setup.group.users.value = "zhangwei lisi"
    setup.sandbox.fail_next(errcode=60020, path="appchat/create")
    setup.click(setup.group.create)
    assert "企业可信IP" in setup.group._wrong[""].value
    setup.click(setup.group.create)
    assert setup.rows["chat_id"].widget.value


def test_a_name_that_is_taken(setup, secret) -> None:
    """A saved target is not lost by a name that is used twice, nor one saved without a name."""
    reference = secret("wecom_robot", "webhook")
    setup.choose("wecom_robot", "ops", webhook=reference)
    setup.click(setup.tab.save)
    before = TARGETS.looked_in[0].read_text()
    for name, said in (("ops", "ops exists"), ("", "needed")):
        setup.choose("wecom_robot", name, webhook=reference)
        setup.click(setup.tab.save)
        assert said in setup.choice._wrong.value
    assert TARGETS.looked_in[0].read_text() == before


def test_a_second_click_does_nothing(setup, secret) -> None:
    """While one thing goes on, no other begins: one group is made."""
    setup.choose_app("wecom_chat", "daily", secret)
    setup.group.name.value, setup.group.users.value = "x", "zhangwei lisi"
    before = len(setup.sandbox.wecom._chats._chats)
    setup.sandbox.fail_next("deliver_hang", path="appchat/create", seconds=0.3)
    setup.group.create.click()
    for button in (setup.group.create, setup.tab.save, setup.tab.prove):
        button.click()
    assert "nn-busy" in setup.group.create._dom_classes
    setup.panel.desk.wait()
    assert "nn-busy" not in setup.group.create._dom_classes
    assert len(setup.sandbox.wecom._chats._chats) == before + 1
    assert not TARGETS.looked_in[0].exists()
