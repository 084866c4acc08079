"""A cell that somebody watches is held for 5 s; what has no answer by then goes on behind it."""

from __future__ import annotations

import os
import signal

import pytest

#: So long a cell is held, and what a busy machine may add, in seconds.
HOLD, GRACE = 5.0, 4.0
#: The answer comes whole after so many seconds, one byte at a time.
SLOW, BYTES = 12.0, 79


@pytest.fixture
def environment(tmp_path, sandbox, environment_for):
    """That of kernels for which ``ops`` is a saved target."""
    ding = sandbox.dingtalk
    (tmp_path / "notebook_notify.toml").write_text(
        f'[targets.ops]\nchannel = "dingtalk_chat"\napp_key = "{ding.app_key}"\n'
        f'app_secret = "env:HOLD_SECRET"\nchat_id = "{ding.chat_id}"\nbase_url = "{sandbox.url}"\n'
    )
    return environment_for(tmp_path, HOLD_SECRET=ding.app_secret)


@pytest.fixture
def start(start_kernel, environment):
    """Starts a kernel at which somebody sits."""

    def attended():
        kernel = start_kernel(environment)
        kernel.__enter__()
        kernel._client.kc.allow_stdin = True
        assert kernel.run("%load_ext notebook_notify").error is None
        return kernel

    return attended


def box(shown):
    """Our box below a cell, as it is now."""
    (told,) = [one for one in shown.outputs if one.output_type == "display_data"]
    return told.data["text/plain"]


def changed(kernel, shown, beginning):
    """The box, once it begins so; a front end hears of it whatever cell runs."""
    for _ in range(20):
        kernel.run("import time; time.sleep(1)")
        if box(shown).startswith(beginning):
            break
    assert box(shown).startswith(beginning)
    return box(shown)


def texts(sandbox):
    """What arrived, oldest first."""
    return [one["content"] for one in sandbox.inbox]


def test_held_for_five_seconds(start, sandbox):
    """The cell ends, its message goes on, and its box says what became of it.

    Then one that is never answered is unknown, and comes again with its mark; and one whose
    kernel is killed meanwhile is left to the next kernel, which marks it too.
    """
    kernel = start()
    try:
        sandbox.fail_next("drip", path="chat/send", seconds=SLOW / BYTES)
        shown = kernel.run("%%notify_dingtalk --title nightly\n6 * 7")
        assert HOLD <= shown.seconds < HOLD + GRACE
        assert (shown.value, shown.error) == ("42", None)
        assert box(shown).startswith("… queued ops (DingTalk group) · still being sent; this box ")
        changed(kernel, shown, "✓ sent ops (DingTalk group) · 1 text")
        assert len(texts(sandbox)) == 1
        assert texts(sandbox)[0].startswith("✅ Done · nightly")

        sandbox.clear()
        kernel.run(
            "from notebook_notify.delivery import outbox\nfrom notebook_notify.notebook import options\n"
            "outbox.REPEAT_AFTER, options.TIMEOUT = 8, 7"
        )
        sandbox.fail_next("deliver_hang", path="chat/send")
        shown = kernel.run("%notify_dingtalk loss 0.1")
        assert box(shown).startswith("… queued ops")
        told = changed(kernel, shown, "? unknown ops (DingTalk group)")
        assert "repeated once, a minute later, headed 'possible repeat · " in told
        told = changed(kernel, shown, "✓ sent ops (DingTalk group) · 1 text")
        assert "·  unknown since " in told
        first, second = texts(sandbox)
        assert first == "loss 0.1"
        assert second.startswith("possible repeat · ")

        sandbox.clear()
        kernel.run("options.TIMEOUT = 15")
        sandbox.fail_next("deliver_hang", path="chat/send")
        shown = kernel.run("%notify_dingtalk the disk is full")
        assert box(shown).startswith("… queued ops")
        os.kill(kernel.pid, signal.SIGKILL)
    finally:
        kernel.__exit__(None, None, None)
    kernel = start()
    try:
        kernel.run(
            "from notebook_notify.delivery import outbox_sweep\noutbox_sweep.REPEAT_AFTER = 1"
        )
        kernel.run("from notebook_notify.sender import DRAIN")
        listed = kernel.run("[(one.state, one.why) for one in DRAIN.outbox.items()]")
        assert listed.value == "[('unknown', 'sender')]"
        kernel.run("import time\ntime.sleep(1)")
        kernel.run("DRAIN.flush(20)")
        first, second = texts(sandbox)
        assert first == "the disk is full"
        assert second.startswith("possible repeat · ")
        assert second.endswith("\nthe disk is full")
    finally:
        kernel.__exit__(None, None, None)
