"""`%notify_targets`, `%notify_setup` and `%notify_history`."""

from __future__ import annotations

import builtins
import getpass
import os
import re
from pathlib import Path

import pytest
from IPython.utils.capture import capture_output

from notebook_notify import sender

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
    assert "only a message shows" in shown
    assert "The credential is good" not in shown
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


def test_check_of_a_robot_says_that_it_proves_nothing(run, sandbox) -> None:
    """`--check` posts nothing, and does not call a robot good on its word."""
    run(f"%notify_sandbox --url {sandbox.url}")
    shown = run("%notify_targets --check sandbox-wecom_robot sandbox-wecom_chat")
    assert "the credential is good: sandbox-wecom_chat" in shown
    assert "? not proved sandbox-wecom_robot" in shown
    assert "only a message proves" in shown
    assert sandbox.inbox == []


def test_common_fields_are_shown(run, config: Path) -> None:
    """Where failures go, and who is mentioned, stands beside the target's own fields."""
    config.parent.mkdir()
    config.write_text(
        '[targets.ding]\nchannel = "dingtalk_chat"\napp_key = "k"\napp_secret = "env:NOT_SET"\n'
        'chat_id = "c"\nalert = "nobody"\nmention = ["zhangwei", 13800000000]\n'
    )
    shown = run("%notify_targets")
    assert "alert: nobody" in shown
    assert "mention: zhangwei, 13800000000" in shown
    assert "target nobody (alert)" in shown


def test_history_shows_what_went_out(run, shell, sandbox) -> None:
    """One line a message, the newest first, as text and as HTML in which nothing is markup."""
    assert "nothing was sent yet" in run("%notify_history")
    sender.TARGETS.use_sandbox(sandbox.targets)
    sender.send("<b>one</b>", "sandbox-wecom_chat")
    sender.send("two", "sandbox-wecom_chat", once="daily")
    with capture_output() as shown:
        shell.run_cell("%notify_history")
    (output,) = shown.outputs
    newest, oldest = output.data["text/plain"].splitlines()
    assert re.fullmatch(
        r"✓ \d\d-\d\d [\d:]{8} · sandbox-wecom_chat · two · sent \(--once daily\)", newest
    )
    assert oldest.endswith("· <b>one</b> · sent")
    assert "&lt;b&gt;one" in output.data["text/html"]
    assert len(run("%notify_history -n 1").strip().splitlines()) == 1


@pytest.mark.parametrize("line", ["-n 0", "-n x", "x"])
def test_history_refuses_what_it_does_not_take(run, line: str) -> None:
    """A mistyped line is one line of error."""
    shown = run(f"%notify_history {line}")
    assert "UsageError" in shown
    assert "Traceback" not in shown


def test_a_damaged_history_is_one_line(run) -> None:
    """A ledger that cannot be read is told with what to do."""
    path = Path(os.environ["NOTEBOOK_NOTIFY_STATE"]) / "ledger.sqlite3"
    path.parent.mkdir()
    path.write_bytes(b"no database, " * 100)
    shown = run("%notify_history")
    assert "UsageError" in shown
    assert "move it away" in shown
    assert "Traceback" not in shown


def test_check_proves_a_credential_and_posts_nothing(run, sandbox) -> None:
    """`--check` says whose credential is good and whose is not, with advice; nothing arrives."""
    run(f"%notify_sandbox --url {sandbox.url}")
    defaults = "sandbox-wecom_chat, sandbox-wecom_app, sandbox-dingtalk_chat"
    assert f"the credential is good: {defaults}" in run("%notify_targets --check")
    assert sandbox.stats["token_requests"] == 3
    sandbox.fail_next(errcode=40001, path="/cgi-bin/gettoken")
    shown = run("%notify_targets --check sandbox-wecom_app sandbox-dingtalk_chat")
    assert "the credential is good: sandbox-dingtalk_chat" in shown
    assert "not proved sandbox-wecom_app (WeCom app) · 40001" in shown
    assert sandbox.inbox == []


@pytest.mark.parametrize("line", ["--check nobody", "ops", "--chek"])
def test_a_check_of_nothing_is_one_line(run, sandbox, line: str) -> None:
    """An unknown name, a name without `--check`, a mistyped option: one line, no traceback."""
    run(f"%notify_sandbox --url {sandbox.url}")
    shown = run(f"%notify_targets {line}")
    assert "UsageError" in shown
    assert "Traceback" not in shown
