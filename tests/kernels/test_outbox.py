"""What cannot go out now waits on the disk, goes out later, and the notebook says so."""

from __future__ import annotations

import pytest

from notebook_notify.sandbox import Sandbox


@pytest.fixture
def away(tmp_path, environment_for):
    """A platform that is not there: its sandbox, and the environment of kernels that send to it."""
    box = Sandbox()
    with box:
        fields = box.targets["sandbox-wecom_chat"]
    box.address = fields["base_url"]
    lines = [f'{key} = "{value}"' for key, value in fields.items() if key != "corp_secret"]
    config = tmp_path / "notebook_notify.toml"
    lines += ['corp_secret = "env:OUTBOX_SECRET"', "[defaults]", 'wechat = "ops"']
    config.write_text("\n".join(["[targets.ops]", *lines]), encoding="utf-8")
    return box, environment_for(tmp_path, OUTBOX_SECRET=fields["corp_secret"])


def back(box):
    """The platform is there again, at the same address."""
    again = Sandbox(int(box.address.rpartition(":")[2]))
    again.wecom = box.wecom
    return again


def test_the_box_changes_when_the_message_has_gone_out(away, start_kernel):
    """The cell stands, its box says queued, and says sent once the network is back."""
    box, environment = away
    with start_kernel(environment) as kernel:
        kernel.run("%load_ext notebook_notify")
        shown = kernel.run("%%notify_wechat --title nightly --timeout 3s\n6 * 7")
        assert (shown.value, shown.error) == ("42", None)
        (told,) = [one for one in shown.outputs if one.output_type == "display_data"]
        assert told.data["text/plain"].startswith("… queued ops (WeCom group) · ")
        with back(box):
            kernel.run("%notify_outbox flush")
            assert kernel.run("%notify_outbox").error is None
            (message,) = box.inbox
        assert message["content"].startswith("✅ Done · nightly")
        (told,) = [one for one in shown.outputs if one.output_type == "display_data"]
        assert told.data["text/plain"].startswith("✓ sent ops (WeCom group) · 1 text")
        assert "·  queued " in told.data["text/plain"]


def test_the_next_kernel_sends_it(away, start_kernel):
    """A kernel that ends leaves its message to the next that loads the extension."""
    box, environment = away
    with start_kernel(environment) as kernel:
        kernel.run("%load_ext notebook_notify")
        kernel.run("%notify_wechat --timeout 2s the disk is full")
    with back(box), start_kernel(environment) as kernel:
        kernel.run("%load_ext notebook_notify")
        kernel.run("import time\ntime.sleep(1)\n%notify_outbox flush")
        assert [one["content"] for one in box.inbox] == ["the disk is full"]
