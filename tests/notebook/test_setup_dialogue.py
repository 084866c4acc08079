"""`%notify_setup`: questions, answers, and what is saved of them."""

from __future__ import annotations

import builtins
import getpass
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s"


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
    assert "proved ops" in shown
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
    # Of a channel that no variables make whole, the file alone is named.
    assert f"Edit {config}" in run("%notify_setup ops --channel dingtalk_notice")


@pytest.mark.parametrize(("language", "end"), [("en", "or edit"), ("zh", "或编辑")])
def test_nbconvert_is_shown_no_menu(tmp_path, language, end) -> None:
    """In a kernel that nobody can answer: one line a channel, robots first, and no menu."""
    notebook = nbformat.v4.new_notebook()
    lines = [
        f'import os; os.environ["NOTEBOOK_NOTIFY_LANGUAGE"] = "{language}"',
        f'os.environ["NOTEBOOK_NOTIFY_CONFIG"] = {str(tmp_path / "c.toml")!r}',
        "%load_ext notebook_notify",
        "%notify_setup ops",
    ]
    notebook.cells = [nbformat.v4.new_code_cell("\n".join(lines))]
    NotebookClient(notebook, timeout=60, allow_errors=True).execute()
    shown = "".join(str(one.get("text", one.get("traceback"))) for one in notebook.cells[0].outputs)
    rows = [row.split(":")[0].strip() for row in shown.splitlines() if "NOTEBOOK_NOTIFY_" in row]
    assert rows[:2] == ["wecom_robot", "dingtalk_robot"]
    assert "dingtalk_notice" not in shown
    assert "[1]" not in shown
    assert "1  " not in shown
    assert shown.rstrip().splitlines()[-1].startswith(end)
    assert "Traceback" not in shown


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


def test_setup_asks_for_the_channels_own_fields(run, answers, sandbox) -> None:
    """What any target may have, a proxy, an alert, people to mention, is not asked for."""
    target = sandbox.targets["sandbox-wecom_chat"]
    asked = answers(
        {"corp_id": target["corp_id"], "chat_id": target["chat_id"]}, target["corp_secret"]
    )
    run(f"%notify_setup ops --channel wecom_chat --base-url {sandbox.url}")
    assert [one.split()[0] for one in asked[:3]] == ["corp_id", "corp_secret", "chat_id"]
    assert not {"proxy", "alert", "mention"} & {one.split()[0] for one in asked}


def test_setup_asks_before_it_replaces(run, config: Path, answers, sandbox) -> None:
    """A saved target, its secret with it, is not lost by a name that is used twice."""
    webhook = sandbox.targets["sandbox-wecom_robot"]["webhook"]
    answers({}, webhook)
    run(f"%notify_setup ops --channel wecom_robot --base-url {sandbox.url}")
    saved = config.read_text()
    asked = answers({}, "another-key-1")
    assert "kept as it is" in run("%notify_setup ops --channel wecom_robot")
    assert asked == ["ops (wecom_robot) exists. Replace it? [y/N] "]
    assert config.read_text() == saved
    answers({"Replace": "y"}, "another-key-1")
    run(f"%notify_setup ops --channel wecom_robot --base-url {sandbox.url}")
    assert "another-key-1" in config.read_text()


def test_setup_offers_the_robots_first(run, config: Path, answers, sandbox) -> None:
    """The quickest way is the first choice: one value, where it is found, and a test message."""
    webhook = sandbox.targets["sandbox-wecom_robot"]["webhook"]
    asked = answers({"test message": "y"}, webhook)
    shown = run(f"%notify_setup ops --base-url {sandbox.url}")
    lines = [line.strip() for line in shown.splitlines()]
    assert lines[0].startswith("1  WeCom group robot (wecom_robot) — WeCom group → ")
    assert lines[1].startswith("2  DingTalk group robot (dingtalk_robot) — DingTalk group → ")
    assert [question.split()[0] for question in asked] == ["Where", "webhook", "Send"]
    assert "only a message proves it" in shown
    assert "✓ proved" not in shown
    assert "sent ops" in shown
    assert [one["channel"] for one in sandbox.inbox] == ["wecom_robot"]
    assert webhook not in shown
    assert 'wechat = "ops"' in config.read_text()


def test_setup_asks_for_what_may_be_left_empty(
    run, config: Path, answers, sandbox, monkeypatch
) -> None:
    """A DingTalk robot's secret and keyword are asked for; who has none presses Enter."""
    known = sandbox.targets["sandbox-dingtalk_robot-keyword"]
    asked = answers({"keyword": known["keyword"], "test message": "y"})
    hidden = iter([known["webhook"], ""])

    def unseen(question: str = "") -> str:
        asked.append(question)
        return next(hidden)

    monkeypatch.setattr(getpass, "getpass", unseen)
    shown = run(f"%notify_setup ding --channel dingtalk_robot --base-url {sandbox.url}")
    fields = [question.split()[0] for question in asked[:3]]
    assert fields == ["webhook", "secret", "keyword"]
    assert ["leave empty if none" in question for question in asked[:3]] == [False, True, True]
    assert "sent ding" in shown
    assert "secret" not in config.read_text()


def test_a_bad_value_is_asked_for_again(run, answers, sandbox) -> None:
    """A number that is none does not end the dialogue."""
    target = sandbox.targets["sandbox-wecom_app"]
    asked = answers(
        {
            "corp_id": target["corp_id"],
            "agent_id": ["one", str(target["agent_id"])],
            "users": "lisi",
        },
        target["corp_secret"],
    )
    shown = run(f"%notify_setup app --channel wecom_app --base-url {sandbox.url}")
    assert "✗ agent_id: expected a whole number" in shown
    assert [question.split()[0] for question in asked].count("agent_id") == 2
    assert "proved in part app" in shown


# ── the proof, and the secret alone ──────────────────────────────────────────────────────────


def test_a_proof_is_tried_again(run, answers, sandbox) -> None:
    """Who has mended the list of IPs meanwhile proves it again, and answers nothing twice."""
    target = sandbox.targets["sandbox-wecom_chat"]
    sandbox.fail_next(errcode=60020, path="appchat/get")
    answers(
        {"corp_id": target["corp_id"], "chat_id": target["chat_id"], "not proved. r": ["r"]},
        target["corp_secret"],
    )
    shown = run(f"%notify_setup ops --channel wecom_chat --base-url {sandbox.url}")
    assert shown.index("✗ not proved ops") < shown.index("✓ proved ops")


def test_a_mistyped_secret_is_typed_again(run, config: Path, answers, sandbox) -> None:
    """After a refusal the secret alone can be typed again."""
    target = sandbox.targets["sandbox-wecom_chat"]
    answers(
        {
            "corp_id": target["corp_id"],
            "chat_id": target["chat_id"],
            "not proved. r": ["s"],
            "test message": "y",
        },
        [SECRET, target["corp_secret"]],
    )
    shown = run(f"%notify_setup ops --channel wecom_chat --base-url {sandbox.url}")
    assert shown.index("40001") < shown.index("✓ proved ops") < shown.index("✓ sent ops")
    assert SECRET not in config.read_text()


def test_the_secret_alone(run, config: Path, answers, sandbox) -> None:
    """`--secret` asks for nothing else, keeps all other fields, and never shows it."""
    target = sandbox.targets["sandbox-dingtalk_robot"]
    answers({}, [target["webhook"], SECRET])
    run(f"%notify_setup ding --channel dingtalk_robot --base-url {sandbox.url}")
    assert SECRET in config.read_text()
    asked = answers({}, ["", target["secret"]])
    shown = run("%notify_setup ding --secret")
    assert [question.split()[0] for question in asked] == ["webhook", "secret"]
    assert all("leave empty to keep it" in question for question in asked)
    assert target["secret"] not in shown
    assert target["secret"] in config.read_text()
    assert target["webhook"] in config.read_text()
    assert "✓ sent ding" in run("%notify_dingtalk --to ding hello")


def test_the_secret_of_a_target_that_was_begun_in_the_panel(
    run, config: Path, answers, sandbox
) -> None:
    """It is saved, and what is still missing is named: the panel goes on from there."""
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text('[targets.ops]\nchannel = "wecom_chat"\ncorp_id = "ww1"\n')
    answers({}, SECRET)
    shown = run("%notify_setup ops --secret")
    assert "it still lacks chat_id" in shown
    assert SECRET in config.read_text()
    assert SECRET not in shown


def test_no_secret_typed_changes_nothing(run, config: Path, answers, sandbox) -> None:
    """Enter keeps what is there."""
    target = sandbox.targets["sandbox-wecom_robot"]
    answers({}, target["webhook"])
    run(f"%notify_setup bot --channel wecom_robot --base-url {sandbox.url}")
    before = config.read_text()
    answers({}, "")
    assert "kept as it is" in run("%notify_setup bot --secret")
    assert config.read_text() == before


@pytest.mark.parametrize("line", ["nobody --secret", "ops --secret --proxy http://x:1"])
def test_the_secret_of_nobody(run, line: str) -> None:
    """A name that is not saved, or another option beside it, is one line."""
    shown = run(f"%notify_setup {line}")
    assert "UsageError" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("name", ["'two words'", "-- -dash"])
def test_a_name_that_cannot_be_used_is_told_first(run, answers, name: str) -> None:
    """Nothing is asked for a target whose name no line could say."""
    answers([])
    assert "a name is not empty, holds no space" in run(f"%notify_setup {name}")
