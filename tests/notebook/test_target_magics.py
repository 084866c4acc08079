"""`%notify_targets`, `%notify_setup` and `%notify_history`."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from IPython.utils.capture import capture_output

from notebook_notify import sender
from notebook_notify.config import site_path

SECRET = "s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s3cr3t-s"


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
    assert "  corp_secret  ••••" in shown
    assert "  app_secret  env:NOT_SET" in shown
    (lacks,) = (line for line in shown.splitlines() if line.startswith("  lacks"))
    assert "NOT_SET" in lacks
    assert str(config) in shown
    assert f"chmod 600 {config}" in shown


def test_a_broken_file_is_one_line(run, config: Path) -> None:
    """A config file that cannot be read is named in one line, without a traceback."""
    config.parent.mkdir()
    config.write_text("[targets")
    shown = run("%notify_targets")
    assert shown.startswith(f"UsageError: {config}") or f"UsageError: {config}" in shown
    assert "Traceback" not in shown


def test_check_of_a_robot_says_that_it_proves_nothing(run, sandbox) -> None:
    """`--check` posts nothing, and does not call a robot good on its word."""
    run(f"%notify_sandbox --url {sandbox.url}")
    shown = run("%notify_targets --check sandbox-wecom_robot sandbox-wecom_chat")
    assert "✓ proved sandbox-wecom_chat" in shown
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
    assert re.search(r"  alert +nobody", shown)
    assert re.search(r"  mention +zhangwei, 13800000000", shown)
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
    heading, newest, oldest = output.data["text/plain"].splitlines()
    assert heading.split() == ["when", "target", "first", "line", "outcome"]
    assert re.fullmatch(
        r"✓ \d\d-\d\d [\d:]{8}  sandbox-wecom_chat  two +sent \(--once daily\)", newest
    )
    assert re.search(r"  <b>one</b> +sent$", oldest)
    assert "&lt;b&gt;one" in output.data["text/html"]
    assert len(run("%notify_history -n 1").strip().splitlines()) == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "%notify_setup ops"),
        ("ops more", "not understood: more"),
        ("ops --secret s3cr3t", "stands alone"),
        ("ops --secret=s3cr3t", "renew it"),
    ],
)
def test_a_mistyped_setup_is_told(run, line: str, told: str) -> None:
    """It asks nothing; a secret that was typed is not repeated, and its owner told to renew it."""
    shown = run(f"%notify_setup {line}")
    assert "UsageError" in shown
    assert told in shown
    assert "s3cr3t" not in shown


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
    """`--check` goes through the steps of each default, with advice; nothing arrives."""
    run(f"%notify_sandbox --url {sandbox.url}")
    shown = run("%notify_targets --check")
    for name in ("sandbox-wecom_chat", "sandbox-wecom_app", "sandbox-dingtalk_chat"):
        assert shown.count(f" {name} ") == 1
    assert "  ✓  IP list, permission, chat: “研究小组”, 3 members" in shown
    assert sandbox.stats["token_requests"] == 3
    sandbox.fail_next(errcode=40001, path="/cgi-bin/gettoken")
    shown = run("%notify_targets --check sandbox-wecom_app sandbox-dingtalk_chat")
    assert "◐ proved in part sandbox-dingtalk_chat" in shown
    assert "✗ not proved sandbox-wecom_app (WeCom app) · 40001" in shown
    assert "what to do" in shown
    assert sandbox.inbox == []


def test_check_and_post(run, sandbox) -> None:
    """`--check --post` proves, then posts a line to each that did not fail, and says sent."""
    run(f"%notify_sandbox --url {sandbox.url}")
    sandbox.fail_next(errcode=86003, path="appchat/get")
    shown = run("%notify_targets --check --post sandbox-wecom_chat sandbox-wecom_robot")
    assert "✗ not proved sandbox-wecom_chat" in shown
    assert shown.index("✓ proved sandbox-wecom_robot") < shown.index("✓ sent sandbox-wecom_ro")
    (message,) = sandbox.inbox
    assert message["content"].startswith("notebook_notify test message · ")


def test_check_takes_the_environments_default_too(run, config, sandbox, monkeypatch) -> None:
    """A default without a name is proved beside those with one; `--post` spares everyone."""
    known = sandbox.targets
    config.parent.mkdir()
    config.touch(0o600)
    ding = known["sandbox-dingtalk_chat"]
    config.write_text(
        f'[defaults]\ndingtalk = "ding"\n[targets.ding]\nchannel = "dingtalk_chat"\n'
        f'app_key = "{ding["app_key"]}"\napp_secret = "{ding["app_secret"]}"\n'
        f'chat_id = "{ding["chat_id"]}"\nbase_url = "{sandbox.url}"\n'
    )
    app = known["sandbox-wecom_app"]
    for name in ("corp_id", "corp_secret", "agent_id"):
        monkeypatch.setenv(f"NOTEBOOK_NOTIFY_WECOM_{name.upper()}", str(app[name]))
    monkeypatch.setattr("notebook_notify.platforms.wecom.WeComChannel.host", sandbox.url)
    shown = run("%notify_targets --check --post")
    assert "✓ proved ding" in shown
    assert "✓ proved wecom_app (WeCom app)" in shown
    assert "nothing was posted to wecom_app, which is everyone" in shown
    assert [one["channel"] for one in sandbox.inbox] == ["dingtalk_chat"]


@pytest.mark.parametrize("line", ["--check nobody", "ops", "--chek", "--post"])
def test_a_check_of_nothing_is_one_line(run, sandbox, line: str) -> None:
    """An unknown name, a name without `--check`, a mistyped option: one line, no traceback."""
    run(f"%notify_sandbox --url {sandbox.url}")
    shown = run(f"%notify_targets {line}")
    assert "UsageError" in shown
    assert "Traceback" not in shown


def test_a_cell_that_would_tell_everyone_does_not_run(run, shell, sandbox, monkeypatch) -> None:
    """Where the administrator forbids that, it is one line, and the cell under it is not run."""
    monkeypatch.setenv("XDG_CONFIG_DIRS", os.environ["NOTEBOOK_NOTIFY_STATE"])
    path = site_path()
    path.parent.mkdir(parents=True)
    path.write_text("allow_all = false\n")
    app = sandbox.targets["sandbox-wecom_app"]
    shell.user_ns["secret"] = app["corp_secret"]
    line = f"--corp-id {app['corp_id']} --corp-secret {{secret}} --agent-id {app['agent_id']}"
    shown = run(f"%%notify_wechat_app {line}\nran = 1")
    assert "administrator forbids" in shown
    assert "Traceback" not in shown
    assert "ran" not in shell.user_ns
