"""What platforms tell of groups."""

from __future__ import annotations

import pytest

from notebook_notify import sender


def _open(panel, number: int) -> None:
    panel.root.children[-1].children[-1].selected_index = number
    panel.desk.wait()


@pytest.mark.parametrize("kind", ["wecom_chat", "dingtalk_chat"])
def test_a_group_is_told_by_name_and_number(page, sandbox, kind) -> None:
    """Who chooses a target sees which group that is, by the platform's own word, asked for once."""
    page.write("x", to=kind)
    told = sender.SENDER.check(sender.TARGETS.resolve(f"sandbox-{kind}"))
    assert told.name
    assert f"{told.name} · {told.members} members" in page.form.about.value


def test_it_is_asked_for_once(page, sandbox) -> None:
    """Going to and fro between targets and tabs asks nothing more; Reload does."""
    page.write("x", to="dingtalk_chat")
    before = sandbox.stats["requests"]
    for kind in ("wecom_chat", "dingtalk_chat"):
        page.write("x", to=kind)
    _open(page.panel, 1)
    _open(page.panel, 0)
    assert sandbox.stats["requests"] == before
    page.click(page.form.reload)
    assert sandbox.stats["requests"] == before + 1


def test_of_a_robot_nothing_is_asked(page, sandbox) -> None:
    """No platform tells anything of a robot's group, so there is no request at all."""
    before = sandbox.stats["requests"]
    for kind in ("wecom_robot", "dingtalk_robot", "dingtalk_app_robot", "wecom_app"):
        page.write("x", to=kind)
    assert sandbox.stats["requests"] == before


def test_what_is_not_told_is_no_trouble(page, sandbox) -> None:
    """A refusal is not shown, not repeated, and the message goes out all the same."""
    sandbox.fail_next(errcode=60011, errmsg="no privilege", path="/chat/get")
    page.write("goes out", to="dingtalk_chat")
    before = sandbox.stats["requests"]
    for kind in ("wecom_chat", "dingtalk_chat"):
        page.write("goes out", to=kind)
    assert sandbox.stats["requests"] == before
    assert "60011" not in page.text
    assert "members" not in page.form.about.value
    page.click(page.send_tab.send)
    assert [one["content"] for one in sandbox.inbox] == ["goes out"]


def test_nobody_waits_for_it(page, sandbox) -> None:
    """The reader chooses and types on while the platform is silent; it is told when it comes."""
    sandbox.fail_next("hang", path="/chat/get", seconds=1.0)
    page.form.to.value = "sandbox-dingtalk_chat"
    assert "members" not in page.form.about.value
    page.panel.desk.wait()
    assert "members" in page.form.about.value


def test_a_click_does_not_overtake_the_answer(page, sandbox, monkeypatch) -> None:
    """Who is quicker than the platform is asked all the same, and a second click sends nothing."""
    monkeypatch.setattr("notebook_notify.panel.abouts.PATIENCE", 20.0)
    monkeypatch.setattr("notebook_notify.panel.drafting.MANY", 2)
    page.form.text.value = "quick"
    page.panel.desk.wait()
    sandbox.fail_next("drip", path="/chat/get", seconds=0.003)
    page.form.to.value = "sandbox-dingtalk_chat"
    page.send_tab.send.click()
    page.click(page.send_tab.send)
    assert "This group has 3 members. Send it?" in page.text
    assert not sandbox.inbox


def test_who_is_not_answered_goes_on(page, sandbox, monkeypatch) -> None:
    """A silent platform holds a message up for a moment, and then it is sent, once."""
    monkeypatch.setattr("notebook_notify.panel.abouts.PATIENCE", 0.1)
    page.form.text.value = "quick"
    page.panel.desk.wait()
    sandbox.fail_next("hang", path="/chat/get", seconds=1.5)
    page.form.to.value = "sandbox-dingtalk_chat"
    page.send_tab.send.click()
    page.click(page.send_tab.send)
    assert [one["content"] for one in sandbox.inbox] == ["quick"]


def test_a_hostile_name_is_text(page, sandbox) -> None:
    """What the platform calls a group is escaped, and stays in its line."""
    answer = (
        '{"errcode": 0, "errmsg": "ok", "chat_info": '
        '{"name": "<img src=x>\\u202e\\n", "useridlist": ["a"]}}'
    )
    sandbox.fail_next("html", path="/chat/get", body=answer)
    page.write("x", to="dingtalk_chat")
    assert "&lt;img src=x&gt;" in page.form.about.value
    assert "<img" not in page.form.about.value
    assert "\u202e" not in page.form.about.value


def test_a_large_group_is_asked_about_first(page, sandbox) -> None:
    """More than 20 members, as the platform counts them: nothing leaves before a yes."""
    people = ", ".join(f'"u{n}"' for n in range(21))
    answer = (
        '{"errcode": 0, "errmsg": "ok", "chat_info": '
        f'{{"name": "all hands", "useridlist": [{people}]}}}}'
    )
    sandbox.fail_next("html", path="/chat/get", body=answer)
    page.write("to all of you", to="dingtalk_chat")
    page.click(page.send_tab.send)
    assert "This group has 21 members. Send it?" in page.text
    assert not sandbox.inbox
    page.click(page.send_tab.question.yes)
    assert [one["content"] for one in sandbox.inbox] == ["to all of you"]
