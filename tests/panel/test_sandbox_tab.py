"""The tab that needs no account."""

from __future__ import annotations

import pytest

from notebook_notify.panel.shell import TABS, Panel
from notebook_notify.sender import TARGETS

LAST = len(TABS) - 1


@pytest.fixture
def panel(shell):
    """A panel of a newcomer, who has no target; its sandbox tab is open."""
    panel = Panel("en")
    panel.desk.wait()
    assert not panel.tabs[0].form.to.options
    _open(panel, LAST)
    yield panel
    panel.close()


def _open(panel, number) -> None:
    panel.root.children[-1].children[-1].selected_index = number
    panel.desk.wait()


def _start(panel) -> None:
    panel.tabs[-1].start.click()
    panel.desk.wait()


def test_one_button_from_nothing_to_a_message(panel, shell) -> None:
    """A newcomer starts the sandbox, sends, and sees what arrived."""
    send, box = panel.tabs[0], panel.tabs[-1]
    _start(panel)
    assert "the sandbox is running: http://127.0.0.1:" in box.status.value
    _open(panel, 0)
    assert send.form.to.value == "sandbox-wecom_chat"
    send.form.text.value = "第一条 first"
    send.send.click()
    panel.desk.wait()
    _open(panel, LAST)
    assert "第一条 first" in box.inbox.value


def test_it_is_the_sandbox_of_the_magics(panel, shell) -> None:
    """`%notify_sandbox` and the panel share one; twice started, it is still the same."""
    _start(panel)
    url = TARGETS.resolve("sandbox-wecom_chat").get("base_url")
    _start(panel)
    assert TARGETS.resolve("sandbox-wecom_chat").get("base_url") == url
    shell.run_line_magic("notify_sandbox", "-o box")
    assert shell.user_ns["box"].url == url


def test_the_inbox_is_shown_only_while_its_tab_is_open(panel, shell) -> None:
    """Messages do not stay in the page for the notebook to save."""
    _start(panel)
    shell.run_line_magic("notify_wechat", "stays private")
    box = panel.tabs[-1]
    box.update.click()
    panel.desk.wait()
    assert "stays private" in box.inbox.value
    _open(panel, 0)
    assert box.inbox.value == ""


def test_one_that_was_stopped_is_told(panel, shell) -> None:
    """A sandbox that is gone is one line, and the button starts it again."""
    _start(panel)
    shell.run_line_magic("notify_sandbox", "-o box")
    shell.user_ns["box"].stop()
    box = panel.tabs[-1]
    box.update.click()
    panel.desk.wait()
    assert "start it again" in box.status.value
    _start(panel)
    assert "is running" in box.status.value
