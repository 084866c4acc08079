"""The line of ``%notify_auto``: what it takes, and what it says."""

from __future__ import annotations

import pytest


@pytest.fixture
def box(run, shell):
    """The sandbox that is the default."""
    run("%notify_sandbox -o box")
    yield shell.user_ns["box"]
    shell.user_ns["box"].stop()


def test_the_state(run, box, monkeypatch):
    """``%notify_auto`` alone says what is on; so does every switch."""
    assert "%notify_auto is off" in run("%notify_auto")
    on = run("%notify_auto --to sandbox-wecom_chat --after 60 --on error")
    assert "%notify_auto is on → sandbox-wecom_chat" in on
    assert "errors only" in on
    assert "1m or longer" in on
    assert run("%notify_auto") == on
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert "自动通知已开启 → sandbox-wecom_chat · 只在出错时 · 运行至少 1分钟" in run(
        "%notify_auto"
    )
    assert "自动通知未开启" in run("%notify_auto off")


@pytest.mark.parametrize(
    "line",
    [
        "maybe",
        "off --to x",
        "--to x off",
        "--to nobody",
        "--strict",
        "--after soon",
        "--on never",
        "on --to x",
    ],
)
def test_a_bad_line_is_refused(run, box, line):
    """It changes nothing, and says why at once."""
    assert "UsageError" in run(f"%notify_auto {line}")
    assert "is off" in run("%notify_auto")


def test_secrets_are_not_taken(run, box):
    """Credentials do not belong on the line, and are not repeated."""
    shown = run("%notify_auto --corp-secret S3CR3T")
    assert "UsageError" in shown
    assert "S3CR3T" not in shown
