"""The tab that sets targets up, from nothing to a delivered message."""

from __future__ import annotations

import pytest

from notebook_notify.panel.drafting import About
from notebook_notify.panel.shell import Panel
from notebook_notify.sender import TARGETS
from notebook_notify.targets import Target


def test_robots_come_first(setup) -> None:
    """Who knows nothing yet is offered what needs least."""
    for platform in ("wecom", "dingtalk"):
        setup.choice.platform.value = platform
        assert setup.choice.channel.value == f"{platform}_robot"
        needed = [row.field.name for row in setup.rows.values() if row.field.required]
        assert needed == ["webhook"]


def test_a_robot_from_nothing_to_a_message(setup, secret) -> None:
    """Name and reference are all it takes; what only a message proves is said, then it is sent."""
    setup.choose("wecom_robot", "ops", webhook=secret("wecom_robot", "webhook"))
    setup.click(setup.tab.save)
    assert "only a message proves it" in setup.report
    assert "ops is saved in" in setup.tab.status.value
    setup.click(setup.tab.trial)
    assert "✓ sent ops" in setup.report
    (message,) = setup.sandbox.inbox
    assert message["content"].startswith("notebook_notify test message")
    assert TARGETS.resolve(magic="wechat").name == "ops"
    assert "env:OPS" in TARGETS.looked_in[0].read_text()
    assert "ops" in [value for _, value in setup.panel.tabs[0].form.to.options]


def test_a_wecom_group_is_made(setup, secret) -> None:
    """Application, group, proof, message; the Message tab then tells whom it reaches."""
    setup.choose_app("wecom_chat", "daily", secret)
    setup.group.name.value = "日报"
    setup.group.users.value = "zhangwei，lisi"
    setup.group.owner.value = "lisi"
    setup.click(setup.group.create)
    assert "the group “日报” is made: 2 members" in setup.report
    assert setup.group.box.layout.display == "none"
    setup.click(setup.tab.save)
    assert "credential: the platform gave a token" in setup.report
    assert "IP list, permission, chat: “日报”, 2 members" in setup.report
    setup.click(setup.tab.trial)
    (message,) = setup.sandbox.inbox
    daily = TARGETS.resolve("daily")
    old = setup.sandbox.targets["sandbox-wecom_chat"]["chat_id"]
    assert message["to"] == daily.get("chat_id") != old
    assert setup.panel.desk.about(daily) == About("日报", 2)


def test_a_dingtalk_group_is_made(setup, secret) -> None:
    """Departments and people are listed and ticked, others given by mobile number."""
    setup.choose_app("dingtalk_app_robot", "daily", secret)
    people = setup.group.people
    setup.click(people.look)
    assert "研究部 / 数据组" in dict(people.department.options)
    people.search.value = "zhaomin"
    (shown,) = (one for one in people.rows if one.layout.display != "none")
    assert shown.description == "赵敏 · zhaomin"
    shown.value = True
    setup.group.users.value = "13800000002"
    setup.group.name.value = "日报"
    setup.click(setup.group.create)
    made = setup.sandbox.dingtalk.chats[-1]
    assert (made.name, made.owner, made.users) == ("日报", "zhaomin", ["zhaomin", "lisi"])
    setup.click(setup.tab.save)
    assert "only a message proves it" in setup.report
    setup.sandbox.dingtalk.add_robot(made.open_id)
    setup.click(setup.tab.trial)
    assert "✓ sent daily" in setup.report
    assert setup.sandbox.inbox[-1]["to"] == made.open_id


def test_a_saved_target_is_changed(setup, secret) -> None:
    """Its fields are filled in, its secret as the reference; what is changed is saved."""
    setup.choose_app("wecom_app", "people", secret, "agent_id", users="zhangwei, lisi")
    setup.click(setup.tab.save)
    assert not setup.rows["users"].widget.value
    setup.choice.saved.value = "people"
    assert setup.choice.channel.value == "wecom_app"
    assert setup.rows["corp_secret"].widget.value == "env:OPS"
    assert setup.rows["users"].widget.value == "zhangwei, lisi"
    assert setup.choice.default.value
    setup.fill(users="zhaomin")
    setup.click(setup.tab.save)
    assert TARGETS.resolve("people").get("users") == ["zhaomin"]


def test_a_secret_that_was_saved_is_kept_and_never_shown(setup, page_of) -> None:
    """Neither the page nor what it may save has it; a change beside it loses nothing."""
    target = setup.sandbox.targets["sandbox-wecom_robot"]
    fields = {"webhook": target["webhook"], "base_url": setup.sandbox.url}
    TARGETS.save("bot", Target("wecom_robot", fields))
    setup.choice.become("bot")
    assert not setup.rows["webhook"].widget.value
    assert target["webhook"] not in page_of(setup.panel).state
    setup.fill(mention="zhangwei")
    setup.click(setup.tab.save)
    saved = TARGETS.resolve("bot")
    assert (saved.reveal("webhook"), saved.get("mention")) == (target["webhook"], ["zhangwei"])


def test_without_a_reference_it_is_saved_so_far(setup) -> None:
    """The line for a cell is shown; after the cell the form goes on and loses nothing."""
    target = setup.sandbox.targets["sandbox-wecom_chat"]
    setup.choose("wecom_chat", "daily", corp_id=target["corp_id"])
    setup.click(setup.tab.save)
    row = setup.rows["corp_secret"]
    assert (row.line.value, row.line.layout.display) == ("%notify_setup daily --secret", "")
    assert "run the line below" in row.wrong.value
    # What the line does in a cell:
    old = TARGETS.config.targets["daily"]
    TARGETS.save("daily", Target(old.channel, {**old.fields, "corp_secret": target["corp_secret"]}))
    setup.fill(chat_id=target["chat_id"])
    setup.click(setup.tab.save)
    assert "✓" in setup.report
    assert TARGETS.resolve("daily").reveal("corp_secret") == target["corp_secret"]


def test_a_test_message_to_many_asks_first(setup, secret) -> None:
    """Who saved a target for the whole company is asked before the test message goes there."""
    setup.choose_app("wecom_app", "all", secret, "agent_id", users="@all")
    setup.click(setup.tab.save)
    setup.click(setup.tab.trial)
    assert setup.tab.question.open
    assert not setup.sandbox.inbox
    setup.click(setup.tab.question.yes)
    assert len(setup.sandbox.inbox) == 1


def test_names_and_numbers_leave_the_page(setup, secret, page_of) -> None:
    """Who leaves the tab finds everything again; meanwhile no page holds a name or a number."""
    setup.choose_app("dingtalk_app_robot", "daily", secret, mention="13800000004")
    setup.click(setup.group.people.look)
    setup.group.people.rows[0].value = True
    setup.group.users.value = "13800000002"
    setup.group.name.value = "日报"
    page = page_of(setup.panel)
    private = ("张伟", "李四", "zhaomin", "研究部", "13800000002", "13800000004", "日报")
    assert _held(page, private) == list(private)
    setup.open(0)
    assert _held(page, private) == []
    setup.open(1)
    assert _held(page, private) == list(private)
    assert [value for _, value in setup.group.owner.options] == ["zhangwei", "13800000002"]
    setup.click(setup.group.create)
    setup.click(setup.tab.save)
    # Of a group the Message tab tells the name; of people nothing.
    setup.open(0)
    assert _held(page, private) == ["日报"]


def _held(page, words) -> list[str]:
    """Which of *words* a page may save."""
    state = page.state
    return [one for one in words if one in state]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_both_languages(sandbox, set_up_on, language) -> None:
    """Nothing that was filled in is lost when the language is switched."""
    panel = Panel(language)
    setup = set_up_on(panel, sandbox)
    setup.choose("dingtalk_app_robot", "daily", app_key="ding0")
    setup.click(setup.tab.prove)
    said = setup.rows["app_key"].widget.description
    assert ("必填" in setup.wrong["app_secret"]) == (language == "zh")
    setup.click(panel.language)
    assert setup.choice.channel.value == "dingtalk_app_robot"
    assert setup.rows["app_key"].widget.value == "ding0"
    assert setup.choice.name.value == "daily"
    assert {said, setup.rows["app_key"].widget.description} == {
        "Client ID（app_key）",
        "Client ID (app_key)",
    }
    panel.close()
