"""What ``history.py`` promises: lines for people."""

from __future__ import annotations

import pytest

from notebook_notify.ledger import Entry
from notebook_notify.sending.history import cells


def test_cells():
    """A line of it for people: mark, when, where, what, and what became of it; all harmless."""
    entry = Entry("ops", "wecom_chat", "daily", "done", "failed", 60020, 0.0, "a\x1b[2J\u202eb")
    ((mark, _, where, title, became),) = cells([entry])
    assert (mark, where, title) == ("✗", "ops", "a [2J b")
    address = "this machine's public IP is not among the app's trusted IPs"
    assert became == f"not sent · 60020: {address} (--once daily)"


@pytest.mark.parametrize(
    ("channel", "code", "told"),
    [
        ("dingtalk_chat", -1001, "not sent · -1001: cannot reach the platform"),
        ("wecom_robot", 987654, "not sent · 987654: the platform refused this"),
        ("dingtalk_app_robot", "Throttling.Sub", "not sent · Throttling.Sub · "),
        ("of another version", 60020, "not sent"),
    ],
)
def test_a_failed_line_says_why(channel, code, told):
    """A code is followed by what it means, by that of its platform; one unknown is a code alone."""
    ((*_, became),) = cells([Entry("ops", channel, None, "done", "failed", code, 0.0, "a")])
    assert became.startswith(told)
