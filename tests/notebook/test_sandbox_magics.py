"""`%notify_sandbox` and `%notify_inbox`."""

from __future__ import annotations

import pytest


def test_from_nothing_to_a_delivered_message(run) -> None:
    """Two lines without an account deliver a message that the inbox shows."""
    assert "No message yet" in run("%notify_sandbox -o box")
    shown = run("%notify_wechat hello 你好")
    assert "sent sandbox-wecom_chat" in shown
    assert "sandbox, no phone: %notify_inbox" in shown
    assert "hello 你好" in run("%notify_inbox")
    run("box.stop()")


def test_a_second_call_keeps_the_sandbox(run, shell) -> None:
    """Asking again shows the same sandbox, and keeps its messages."""
    run("%notify_sandbox -o box\n%notify_dingtalk first")
    assert "first" in run("%notify_sandbox -o again")
    assert shell.user_ns["again"] is shell.user_ns["box"]
    run("box.stop()")


def test_a_sandbox_elsewhere_serves_as_well(run, shell, sandbox) -> None:
    """With `--url` the messages go to a sandbox in another process, and `-o` gives the same surface."""
    run(f"%notify_sandbox --url {sandbox.url} -o box")
    run("box.fail_next(errcode=-2, errmsg='no', path='send')")
    assert "not sent" in run("%notify_wechat refused")
    assert "sent sandbox-wecom_chat" in run("%notify_wechat accepted")
    assert [one["content"] for one in shell.user_ns["box"].inbox] == ["accepted"]
    assert sandbox.inbox[0]["content"] == "accepted"
    assert shell.user_ns["box"].url == sandbox.url


@pytest.mark.parametrize(
    "line",
    [
        "%notify_inbox",
        "%notify_sandbox --url http://127.0.0.1:9",
        "%notify_sandbox -o 1x",
        "%notify_sandbox --url nonsense",
        "%notify_inbox now",
    ],
)
def test_mistakes_are_one_line(run, line: str) -> None:
    """No sandbox, a dead address, a bad name: one line each, no traceback."""
    shown = run(line)
    assert "UsageError" in shown
    assert "Traceback" not in shown
