"""`%notify_setup`: what fails can be mended, who stops is told what was saved, and what is next."""

from __future__ import annotations

import builtins
import getpass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Send a test", "message was not sent. r", "✓ sent ops")),
        ("zh", ("测试消息？", "测试消息没有发出。r", "✓ 已发送 ops")),
    ],
)
def test_a_robots_wrong_webhook_is_typed_again(
    run, config: Path, answers, sandbox, monkeypatch, language, words
) -> None:
    """After a test message that failed the webhook can be typed again, and it goes out."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    test, menu, sent = words
    good = sandbox.targets["sandbox-wecom_robot"]["webhook"]
    asked = answers({test: "y", menu: ["s"]}, ["wrong-key-wrong-key", good])
    shown = run(f"%notify_setup ops --channel wecom_robot --base-url {sandbox.url}")
    assert sent in shown
    assert sum(test in one for one in asked) == 1
    assert "wrong-key" not in config.read_text()
    assert len(sandbox.inbox) == 1


def test_a_wrong_chat_id_is_entered_again(run, config: Path, answers, sandbox) -> None:
    """Who mistyped the chat id enters it again; what was right stays by pressing Enter."""
    target = sandbox.targets["sandbox-wecom_chat"]
    asked = answers(
        {
            "enter the rest": ["c"],
            "chat_id": ["nosuchchat", target["chat_id"]],
            "corp_id": [target["corp_id"]],
        },
        target["corp_secret"],
    )
    shown = run(f"%notify_setup ops --channel wecom_chat --base-url {sandbox.url}")
    assert shown.index("86003") < shown.index("✓ proved ops")
    assert any(one.endswith("[nosuchchat] ") for one in asked)
    assert f'chat_id = "{target["chat_id"]}"' in config.read_text()
    assert f'corp_id = "{target["corp_id"]}"' in config.read_text()


def test_a_secret_is_not_typed_where_a_letter_is_asked_for(
    run, config: Path, answers, sandbox
) -> None:
    """What is none of the letters is asked again, and said where a secret is asked for."""
    target = sandbox.targets["sandbox-wecom_chat"]
    answers(
        {"r: try again": ["secret", "s"], "corp_id": target["corp_id"], "chat_id": "kept"},
        ["wrong-secret-of-nobody-0123456789abcdefghij", target["corp_secret"]],
    )
    shown = run(f"%notify_setup ops --channel wecom_chat --base-url {sandbox.url}")
    assert "asked for after s, without echo" in shown
    assert target["corp_secret"] in config.read_text()


@pytest.mark.parametrize(
    ("language", "nothing", "something"),
    [("en", "nothing was saved", "ops is saved in"), ("zh", "没有保存", "ops 已保存到")],
)
def test_ctrl_c_is_one_line(
    run, config: Path, answers, sandbox, monkeypatch, language, nothing, something
) -> None:
    """Who stops the dialogue reads in one line whether something was saved."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    stop_at = "webhook"

    def stopping(ask):
        def asking(question: str = "") -> str:
            if stop_at in question:
                raise KeyboardInterrupt
            return ask(question)

        return asking

    answers({}, sandbox.targets["sandbox-wecom_robot"]["webhook"])
    for module, name in ((builtins, "input"), (getpass, "getpass")):
        monkeypatch.setattr(module, name, stopping(getattr(module, name)))
    line = f"%notify_setup ops --channel wecom_robot --base-url {sandbox.url}"
    shown = run(line)
    assert nothing in shown
    assert len(shown.strip().splitlines()) == 1
    assert not config.exists()
    stop_at = "[y/N]"  # the test message
    shown = run(line)
    assert something in shown
    assert nothing not in shown
    assert "Traceback" not in shown
    assert config.exists()


@pytest.mark.parametrize(
    ("language", "use", "default"),
    [
        ("en", "Use it: %%notify_wechat --to grp, on a cell's first line", "the default of"),
        ("zh", "用法：单元第一行写 %%notify_wechat --to grp", "的默认目标"),
    ],
)
def test_what_comes_next_is_told(
    run, answers, sandbox, monkeypatch, language, use, default
) -> None:
    """At the end: the line to write; and that it is the default, if it is."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    answers({}, sandbox.targets["sandbox-wecom_robot"]["webhook"])
    options = f"--channel wecom_robot --base-url {sandbox.url}"
    shown = run(f"%notify_setup first {options}")
    assert default in shown
    shown = run(f"%notify_setup grp {options}")
    assert use in shown
    assert default not in shown
