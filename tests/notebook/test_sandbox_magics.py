"""`%notify_sandbox` and `%notify_inbox`."""

from __future__ import annotations

import subprocess
import sys
import urllib.request

import pytest
from IPython.utils.capture import capture_output


def test_from_nothing_to_a_delivered_message(run) -> None:
    """Two lines without an account deliver a message that the inbox shows."""
    assert "%notify_wechat hello" in run("%notify_sandbox -o box")
    assert "No message yet" in run("%notify_inbox")
    shown = run("%notify_wechat hello 你好")
    assert "sent sandbox-wecom_chat" in shown
    assert "sandbox, no phone: %notify_inbox" in shown
    assert "hello 你好" in run("%notify_inbox")
    run("box.stop()")


def test_it_introduces_itself(run, shell, monkeypatch) -> None:
    """Text and HTML say what it is, where its page is, and what to do next; in Chinese too."""
    with capture_output() as shown:
        shell.run_cell("%notify_sandbox -o box")
    (output,) = shown.outputs
    url = shell.user_ns["box"].url
    for form in ("text/plain", "text/html"):
        for word in ("reaches no phone", "%notify_wechat hello", "%notify_inbox", "%notify_setup"):
            assert word in output.data[form]
        assert url in output.data[form]
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    assert "不发到任何手机" in run("%notify_sandbox")
    assert "不发到任何手机" not in run("%notify_inbox")


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


def test_a_failed_url_keeps_the_sandbox(run) -> None:
    """An address where none answers leaves the sandbox that runs, with its messages."""
    run("%notify_sandbox -o box\n%notify_wechat 一封信")
    assert "no sandbox answers at http://127.0.0.1:9" in run(
        "%notify_sandbox --url http://127.0.0.1:9"
    )
    assert "一封信" in run("%notify_inbox")
    assert "sent sandbox-wecom_chat" in run("%notify_wechat second")


def test_the_address_may_come_from_a_variable(run, sandbox) -> None:
    """A report is given the sandbox's address as a parameter; an empty one starts a sandbox here."""
    run("url = ''\n%notify_sandbox --url {url}\n%notify_wechat here")
    assert sandbox.inbox == []
    run(f"url = {sandbox.url!r}\n%notify_sandbox --url {{url}}\n%notify_wechat there")
    assert [one["content"] for one in sandbox.inbox] == ["there"]
    shown = run("%notify_sandbox --url {nowhere}")
    assert "UsageError: cannot be filled in: {nowhere}" in shown


def test_back_from_a_sandbox_elsewhere(run, shell, sandbox) -> None:
    """After one elsewhere `%notify_sandbox` alone comes back to the first, messages and all."""
    run("%notify_sandbox -o box\n%notify_wechat first")
    run(f"%notify_sandbox --url {sandbox.url}")
    assert "first" in run("%notify_sandbox -o again")
    assert shell.user_ns["again"] is shell.user_ns["box"]


def test_one_that_was_stopped_starts_again(run) -> None:
    """A sandbox that the user stopped is told in one line, and `%notify_sandbox` starts it again."""
    run("%notify_sandbox -o box\n%notify_wechat first\nbox.stop()")
    assert "Traceback" not in run("%notify_inbox")
    assert "first" in run("%notify_sandbox")
    assert "sent sandbox-wecom_chat" in run("%notify_wechat second")


def test_an_address_that_is_not_safe_is_told_as_that(run, monkeypatch) -> None:
    """Plain http to another machine is refused with its own reason, not as a sandbox that is away."""
    from notebook_notify.sandbox import SandboxClient

    url = "http://sandbox.invalid"
    fields = {"channel": "wecom_chat", "corp_id": "a", "corp_secret": "b", "chat_id": "c"}
    targets = property(lambda self: {"sandbox-wecom_chat": fields | {"base_url": url}})
    monkeypatch.setattr(SandboxClient, "targets", targets)
    shown = run(f"%notify_sandbox --url {url}")
    assert "https" in shown
    assert "no sandbox answers" not in shown


def test_an_inbox_of_another_kind_is_one_line(run, sandbox, monkeypatch) -> None:
    """Messages of a channel that is not known here are told in one line."""
    from notebook_notify.sandbox import SandboxClient

    run(f"%notify_sandbox --url {sandbox.url}")
    message = {"channel": "carrier_pigeon", "time": "2025-01-01T00:00:00+00:00", "content": "x"}
    monkeypatch.setattr(SandboxClient, "inbox", property(lambda self: [message]))
    shown = run("%notify_inbox")
    assert "cannot be shown" in shown
    assert "Traceback" not in shown


def test_unloading_stops_the_sandbox(run, shell) -> None:
    """After `%unload_ext` no server of ours answers, and the sandbox is no longer the default."""
    from notebook_notify import unload_ipython_extension
    from notebook_notify.errors import TargetError
    from notebook_notify.sender import TARGETS

    run("%notify_sandbox -o box")
    url = shell.user_ns["box"].url
    assert TARGETS.resolve().source == "sandbox"
    unload_ipython_extension(shell)
    with pytest.raises(TargetError, match="no target yet"):
        TARGETS.resolve()
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=5)


def test_unloading_imports_nothing_for_that() -> None:
    """Where no sandbox was used, loading and unloading do not import what sends."""
    code = (
        "import sys\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "import notebook_notify as n\n"
        "shell = InteractiveShell()\n"
        "n.load_ipython_extension(shell); n.unload_ipython_extension(shell)\n"
        "print('notebook_notify.sandbox' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
