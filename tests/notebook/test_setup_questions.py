"""Each answer of `%notify_setup` is checked at its question, and asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("language", "told"), [("en", "NO_SUCH is not set"), ("zh", "没有设置环境变量 NO_SUCH")]
)
def test_a_reference_that_leads_nowhere_is_told_at_once(
    run, answers, sandbox, monkeypatch, language, told
) -> None:
    """A variable or keyring entry that is not there is noticed before the next question, and asked for again."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    target = sandbox.targets["sandbox-wecom_chat"]
    asked = answers(
        {"corp_id": target["corp_id"], "chat_id": target["chat_id"]},
        ["env:NO_SUCH", "keyring:no/such", target["corp_secret"]],
    )
    shown = run(f"%notify_setup ops --channel wecom_chat --base-url {sandbox.url}")
    assert told in shown
    assert "✗ keyring:no/such · " in shown
    assert [one.split()[0] for one in asked[1:5]] == [*["corp_secret"] * 3, "chat_id"]
    assert ("✓ proved ops" if language == "en" else "✓ 已验证 ops") in shown


@pytest.mark.parametrize("webhook", ["", "https://example.com/x?key=abcdefgh", "short"])
def test_a_webhook_that_cannot_be_one_is_asked_for_again(
    run, config: Path, answers, sandbox, webhook
) -> None:
    """Three times at most; then the dialogue ends, and nothing is saved."""
    good = sandbox.targets["sandbox-wecom_robot"]["webhook"]
    answers({}, [webhook, good])
    shown = run(f"%notify_setup ops --channel wecom_robot --base-url {sandbox.url}")
    assert "✗ " in shown
    assert "saved in" in shown
    before = config.read_text()
    asked = answers({}, webhook)
    shown = run(f"%notify_setup other --channel wecom_robot --base-url {sandbox.url}")
    assert len(asked) == 3
    assert "UsageError" in shown
    assert "Traceback" not in shown
    assert config.read_text() == before


def test_an_application_needs_somebody_to_write_to(run, answers, sandbox) -> None:
    """Who named no people, parties or tags is told, and asked for them again."""
    target = sandbox.targets["sandbox-wecom_app"]
    asked = answers(
        {
            "corp_id": target["corp_id"],
            "agent_id": str(target["agent_id"]),
            "users": ["", "lisi"],
        },
        target["corp_secret"],
    )
    shown = run(f"%notify_setup app --channel wecom_app --base-url {sandbox.url}")
    assert sum(one.startswith("users") for one in asked) == 2
    assert "proved in part app" in shown


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_menu_says_who_is_needed(run, answers, sandbox, monkeypatch, language) -> None:
    """Robots need nobody; an application needs an administrator. A wrong number is asked again."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    asked = answers(
        {"Where to": ["9", "1"], "发到哪里": ["9", "1"]},
        sandbox.targets["sandbox-wecom_robot"]["webhook"],
    )
    rows = run(f"%notify_setup ops --base-url {sandbox.url}").splitlines()[:7]
    needs = "needs an administrator" if language == "en" else "需要管理员"
    assert [needs in row for row in rows] == [False, False, *[True] * 5]
    assert sum("[1]" in one for one in asked) == 2
