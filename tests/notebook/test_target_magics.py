"""`%notify_targets` and `%notify_setup`."""

from __future__ import annotations

import builtins
import getpass
import os
from pathlib import Path

import pytest

SECRET = "s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s"


@pytest.fixture
def config() -> Path:
    """The path of the config file, which is not there yet."""
    return Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])


@pytest.fixture
def answers(monkeypatch):
    """Answer questions by a word in them; secrets are asked for by getpass alone."""

    def answer(said: dict[str, str], secret: str = SECRET) -> list[str]:
        asked: list[str] = []

        def reply(question: str = "") -> str:
            asked.append(question)
            return next((text for word, text in said.items() if word in question), "")

        def reply_unseen(question: str = "") -> str:
            asked.append(question)
            return secret

        monkeypatch.setattr(builtins, "input", reply)
        monkeypatch.setattr(getpass, "getpass", reply_unseen)
        return asked

    return answer


def test_nothing_known_says_what_to_do(run, config: Path) -> None:
    """A newcomer is told where was looked, and the two ways to begin."""
    shown = run("%notify_targets")
    assert str(config) in shown
    assert "%notify_setup NAME" in shown
    assert "%notify_sandbox" in shown


def test_targets_are_shown_masked(run, config: Path, monkeypatch) -> None:
    """Each target is shown with its source and what it lacks; a literal secret never."""
    config.parent.mkdir()
    config.write_text(
        f'[targets.ops]\nchannel = "wecom_chat"\ncorp_id = "ww1"\ncorp_secret = "{SECRET}"\n'
        'chat_id = "c1"\n\n[targets.ding]\nchannel = "dingtalk_chat"\napp_key = "k"\n'
        'app_secret = "env:NOT_SET"\nchat_id = "c2"\n'
    )
    config.chmod(0o644)
    shown = run("%notify_targets")
    assert SECRET not in shown
    assert "ops · WeCom group · default of %%notify_wechat" in shown
    assert "corp_secret: ••••" in shown
    assert "app_secret: env:NOT_SET" in shown
    assert "lacks: " in shown
    assert "NOT_SET" in shown.partition("lacks: ")[2].splitlines()[0]
    assert str(config) in shown
    assert f"chmod 600 {config}" in shown


def test_a_broken_file_is_one_line(run, config: Path) -> None:
    """A config file that cannot be read is named in one line, without a traceback."""
    config.parent.mkdir()
    config.write_text("[targets")
    shown = run("%notify_targets")
    assert shown.startswith(f"UsageError: {config}") or f"UsageError: {config}" in shown
    assert "Traceback" not in shown


def test_setup_saves_checks_and_delivers(run, config: Path, answers, sandbox) -> None:
    """A few answers later the target is saved for its owner alone, and a test message is there."""
    target = sandbox.targets["sandbox-wecom_app"]
    answers(
        {
            "Where to": "wecom_app",
            "corp_id": target["corp_id"],
            "agent_id": str(target["agent_id"]),
            "users": "zhangwei，lisi",
            "test message": "y",
        },
        target["corp_secret"],
    )
    shown = run(f"%notify_setup app-ops --base-url {sandbox.url}")
    assert "sent app-ops" in shown
    assert sandbox.inbox[0]["to"] == "zhangwei|lisi"
    assert config.stat().st_mode & 0o777 == 0o600
    assert target["corp_secret"] not in shown
    assert "sent app-ops" in run("%notify_wechat_app saved")


def test_setup_tells_a_wrong_secret(run, answers, sandbox) -> None:
    """A secret that the platform refuses is told at once, with what to do; nothing is posted."""
    target = sandbox.targets["sandbox-wecom_chat"]
    asked = answers({"corp_id": target["corp_id"], "chat_id": target["chat_id"]}, SECRET)
    shown = run(f"%notify_setup ops --channel wecom_chat --base-url {sandbox.url}")
    assert "not proved ops" in shown
    assert "40001" in shown
    assert not any("test message" in question for question in asked)
    assert sandbox.inbox == []


def test_a_reference_stays_a_reference(run, config: Path, answers, sandbox, monkeypatch) -> None:
    """`env:NAME` given for the secret is saved as such."""
    target = sandbox.targets["sandbox-wecom_chat"]
    monkeypatch.setenv("OPS_SECRET", target["corp_secret"])
    answers({"corp_id": target["corp_id"], "chat_id": target["chat_id"]}, "env:OPS_SECRET")
    shown = run(f"%notify_setup ops --channel wecom_chat --base-url {sandbox.url}")
    assert "The credential is good" in shown
    assert "env:OPS_SECRET" in config.read_text()
    assert target["corp_secret"] not in config.read_text()


def test_without_stdin_the_variables_are_named(run, config: Path, monkeypatch) -> None:
    """Where nobody can be asked, the variables and the file are named instead."""

    def no_input(_question: str = "") -> str:
        raise EOFError

    monkeypatch.setattr(builtins, "input", no_input)
    shown = run("%notify_setup ops --channel wecom_chat")
    for name in ("CORP_ID", "CORP_SECRET", "CHAT_ID"):
        assert f"NOTEBOOK_NOTIFY_WECOM_{name}" in shown
    assert str(config) in shown
    assert not config.exists()


def test_an_existing_default_is_asked_about(run, config: Path, answers, sandbox) -> None:
    """A second target takes the default's place only if its owner says so."""
    target = sandbox.targets["sandbox-wecom_chat"]
    said = {"corp_id": target["corp_id"], "chat_id": target["chat_id"]}
    answers(said, target["corp_secret"])
    run(f"%notify_setup first --channel wecom_chat --base-url {sandbox.url}")
    run(f"%notify_setup second --channel wecom_chat --base-url {sandbox.url}")
    assert 'wechat = "first"' in config.read_text()
    answers({**said, "instead of first": "y"}, target["corp_secret"])
    run(f"%notify_setup third --channel wecom_chat --base-url {sandbox.url}")
    assert 'wechat = "third"' in config.read_text()


@pytest.mark.parametrize("line", ["ops --channel wecom_chatt", "ops --chanel x", ""])
def test_bad_arguments_are_one_line(run, line: str) -> None:
    """A mistyped set-up asks nothing and says what is wrong."""
    shown = run(f"%notify_setup {line}")
    assert "UsageError" in shown
    assert "Traceback" not in shown
