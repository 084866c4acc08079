"""`%notify_setup` makes the group that is not there yet, and tries again what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            {
                "name of the group": "日报",
                "members": "zhangwei lisi",
                "owner": "lisi",
                "test m": "y",
            },
        ),
        ("zh", {"群名称": "日报", "成员账号": "zhangwei，lisi", "群主": "lisi", "测试消息": "y"}),
    ],
)
def test_a_wecom_group_is_made(run, answers, sandbox, monkeypatch, language, words) -> None:
    """Who has no chat id leaves it empty: the group is made, saved, proved and written to."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    target = sandbox.targets["sandbox-wecom_chat"]
    answers({"corp_id": target["corp_id"], **words}, target["corp_secret"])
    shown = run(f"%notify_setup daily --channel wecom_chat --base-url {sandbox.url}")
    assert "“日报”" in shown
    (message,) = sandbox.inbox
    assert message["channel"] == "wecom_chat"
    assert message["to"] != target["chat_id"]
    assert target["corp_secret"] not in shown
    assert "Traceback" not in shown


def test_a_step_that_fails_is_tried_again(run, config: Path, answers, sandbox) -> None:
    """What was answered is kept: the second try asks with the old answers in brackets."""
    target = sandbox.targets["sandbox-wecom_chat"]
    sandbox.fail_next(errcode=60020, path="appchat/create")
    asked = answers(
        {
            "corp_id": target["corp_id"],
            "name of the group": ["daily"],
            "members' accounts": ["zhangwei nobody", "", "zhangwei lisi"],
            "owner's account": ["zhangwei"],
            "Try this step again": ["y", "y"],
        },
        target["corp_secret"],
    )
    shown = run(f"%notify_setup daily --channel wecom_chat --base-url {sandbox.url}")
    failures = [line for line in shown.splitlines() if line.startswith("✗ ")]
    assert len(failures) == 2
    assert "60020" in failures[0]
    assert "企业可信IP" in failures[0]
    assert "40031" in failures[1]
    assert "name of the group: [daily] " in asked
    assert "owner's account, one of them: [zhangwei] " in asked
    assert "✓ proved daily" in shown
    assert [question.split()[0] for question in asked].count("corp_id") == 1
    assert "[targets.daily]" in config.read_text()


def test_a_step_that_is_given_up(run, config: Path, answers, sandbox) -> None:
    """Who does not try again is told why in one line; nothing is saved."""
    target = sandbox.targets["sandbox-wecom_chat"]
    sandbox.fail_next(errcode=60020, path="appchat/create")
    answers(
        {
            "corp_id": target["corp_id"],
            "name of": "x",
            "members' accounts": "zhangwei lisi",
            "owner's account": "lisi",
        },
        target["corp_secret"],
    )
    shown = run(f"%notify_setup daily --channel wecom_chat --base-url {sandbox.url}")
    assert "✗ 60020: " in shown
    assert "UsageError: nothing was saved" in shown
    assert "Traceback" not in shown
    assert not config.exists()


def test_a_lost_answer_makes_no_second_group(run, answers, sandbox) -> None:
    """A group that was made although its answer was lost is found by the second try."""
    target = sandbox.targets["sandbox-wecom_chat"]
    before = len(sandbox.wecom._chats._chats)
    sandbox.fail_next("deliver_hang", path="appchat/create", seconds=0.3)
    answers(
        {
            "corp_id": target["corp_id"],
            "name of the group": "daily",
            "members' accounts": "zhangwei lisi",
            "owner's account": "lisi",
            "Try this step again": "y",
        },
        target["corp_secret"],
    )
    shown = run(f"%notify_setup daily --channel wecom_chat --base-url {sandbox.url}")
    assert "✓ proved daily" in shown
    assert len(sandbox.wecom._chats._chats) == before + 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            {
                "Its name": "日报",
                "mobile": ["d", "13800000002, zhaomin"],
                "department (": ["2", "3", ""],
                "owner": "",
            },
        ),
        (
            "zh",
            {
                "群名称": "日报",
                "手机号": ["d", "13800000002，zhaomin"],
                "部门（": ["2", "3", ""],
                "群主": "",
            },
        ),
    ],
)
def test_a_dingtalk_group_is_made(
    run, config: Path, answers, sandbox, monkeypatch, language, words
) -> None:
    """Departments and members are shown, mobile numbers looked up, and the group is made."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    target = sandbox.targets["sandbox-dingtalk_app_robot"]
    answers({"app_key": target["app_key"], **words}, target["app_secret"])
    shown = run(f"%notify_setup daily --channel dingtalk_app_robot --base-url {sandbox.url}")
    assert "数据组" in shown
    assert "赵敏" in shown
    made = sandbox.dingtalk.chats[-1]
    assert (made.name, made.owner, made.users) == ("日报", "lisi", ["lisi", "zhaomin"])
    assert made.open_id in config.read_text()
    assert "Traceback" not in shown


def test_an_old_chat_id_becomes_a_new_one(run, config: Path, answers, sandbox) -> None:
    """The chat id of the older call is changed for what the robot's call takes; a message goes."""
    target = sandbox.targets["sandbox-dingtalk_app_robot"]
    answers(
        {
            "app_key": target["app_key"],
            "open_conversation_id": sandbox.dingtalk.chat.chat_id,
            "test message": "y",
        },
        target["app_secret"],
    )
    shown = run(f"%notify_setup ding --channel dingtalk_app_robot --base-url {sandbox.url}")
    assert sandbox.dingtalk.chat.open_id in config.read_text()
    assert "✓ sent ding" in shown


@pytest.mark.parametrize(("language", "retry"), [("en", "enter the secret again"), ("zh", "密钥")])
def test_a_wrong_secret_is_told_before_the_group(
    run, answers, sandbox, monkeypatch, language, retry
) -> None:
    """No question about a group comes before the secret is right; the secret can be typed again."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    target = sandbox.targets["sandbox-wecom_chat"]
    asked = answers(
        {
            retry: ["s"],
            "corp_id": target["corp_id"],
            "name of the group": "daily",
            "群名称": "daily",
            "members' accounts": "zhangwei lisi",
            "成员账号": "zhangwei lisi",
            "owner's account": "lisi",
            "群主": "lisi",
        },
        ["no-such-secret-no-such-secret", target["corp_secret"]],
    )
    shown = run(f"%notify_setup daily --channel wecom_chat --base-url {sandbox.url}")
    assert "40001" in shown
    assert [one.split()[0] for one in asked[:3]] == ["corp_id", "corp_secret", "chat_id"]
    assert retry in asked[3]
    assert asked[4].startswith("corp_secret")
    assert "daily" in shown[shown.index("40001") :]
    assert ("✓ proved daily" if language == "en" else "✓ 已验证 daily") in shown


def test_a_wrong_secret_is_left(run, config: Path, answers, sandbox) -> None:
    """Who presses Enter then has answered nothing about a group, and nothing is saved."""
    target = sandbox.targets["sandbox-wecom_chat"]
    asked = answers({"corp_id": target["corp_id"]}, "no-such-secret-no-such-secret")
    shown = run(f"%notify_setup daily --channel wecom_chat --base-url {sandbox.url}")
    assert "UsageError: nothing was saved" in shown
    assert not any("name of the group" in one for one in asked)
    assert not config.exists()


def test_a_wrong_corp_id_is_entered_again(run, answers, sandbox) -> None:
    """What is not secret can be entered again too, with the old answer in brackets."""
    target = sandbox.targets["sandbox-wecom_chat"]
    asked = answers(
        {
            "enter the rest": ["c"],
            "corp_id": ["ww-other", target["corp_id"]],
            "name of the group": "daily",
            "members' accounts": "zhangwei lisi",
            "owner's account": "lisi",
        },
        target["corp_secret"],
    )
    shown = run(f"%notify_setup daily --channel wecom_chat --base-url {sandbox.url}")
    assert any(one.startswith("corp_id") and one.endswith("[ww-other] ") for one in asked)
    assert "✓ proved daily" in shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_groups_answers_are_checked_one_by_one(
    run, answers, sandbox, monkeypatch, language
) -> None:
    """An empty name, one member, an owner from outside, are told at their question."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    target = sandbox.targets["sandbox-wecom_chat"]
    words = {
        "en": ("name of the group", "members' accounts", "owner's account", "id of the group"),
        "zh": ("群名称", "成员账号", "群主账号", "群 ID"),
    }[language]
    said = [["", "daily"], ["", "zhangwei", "zhangwei lisi"], ["", "wangwu", "lisi"], ["a b", "ab"]]
    asked = answers(
        {"corp_id": target["corp_id"], **dict(zip(words, said, strict=True))},
        target["corp_secret"],
    )
    shown = run(f"%notify_setup daily --channel wecom_chat --base-url {sandbox.url}")
    assert [sum(one.startswith(word) for one in asked) for word in words] == [2, 3, 3, 2]
    empty = "this cannot be left empty" if language == "en" else "不能留空"
    assert shown.count(f"✗ {empty}") == 3
    assert "name 应为" not in shown
    assert ("✓ proved daily" if language == "en" else "✓ 已验证 daily") in shown


def test_a_dingtalk_groups_answers_are_checked(run, answers, sandbox) -> None:
    """A name that is too long and no members are told at their question."""
    target = sandbox.targets["sandbox-dingtalk_app_robot"]
    asked = answers(
        {
            "app_key": target["app_key"],
            "Its name": ["", "x" * 21, "daily"],
            "mobile": ["", "lisi"],
            "owner's user id": ["nobody", "lisi"],
        },
        target["app_secret"],
    )
    shown = run(f"%notify_setup daily --channel dingtalk_app_robot --base-url {sandbox.url}")
    assert sum("Its name" in one for one in asked) == 3
    assert sum("mobile" in one for one in asked) == 2
    assert sum("owner's" in one for one in asked) == 2
    assert sandbox.dingtalk.chats[-1].name == "daily"
    assert "saved in" in shown
