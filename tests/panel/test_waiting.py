"""What waits, in the panel."""

from __future__ import annotations

import time

import pytest

from notebook_notify import sender
from notebook_notify.waiting.outgoing import cells

DEAD = "http://127.0.0.1:9"


@pytest.fixture
def ops(save, make, page_of, sandbox):
    """A panel whose reader writes to a saved target."""
    page = page_of(make())
    page.form.to.value = "ops"
    page.waiting = page.send_tab.waiting
    return page


def queue(page, save, sandbox, text: str = "private words") -> None:
    """Send while there is no network."""
    save(sandbox.url, proxy=DEAD)
    page.form.text.value = text
    page.panel.desk.wait()
    page.click(page.send_tab.send)


def labels(page) -> list[list[str]]:
    """The buttons of each row."""
    return [[one.description for one in row.children[1:]] for row in page.waiting.rows.children]


def until(done) -> None:
    """Wait for what the outbox's thread does."""
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_nothing_is_shown_where_nothing_waits(ops) -> None:
    """The section is there only for who needs it."""
    assert "Outbox" not in ops.text
    assert ops.waiting.flush.tooltip


def test_what_waits_is_listed_without_its_words(ops, save, sandbox) -> None:
    """A queued message shows when, where and how it stands; its first line only when asked for."""
    queue(ops, save, sandbox)
    (item,) = sender.DRAIN.outbox.items()
    assert "Outbox · 1" in ops.text
    assert "ops · queued, next try" in ops.text
    assert item.id in ops.text
    assert "private words" not in ops.state
    ops.send_tab.past.lines.value = True
    assert "private words" in ops.text
    ops.panel.tabs[0].leave()
    assert "private words" not in ops.state
    assert labels(ops) == [["Send this now", "Delete"]]


def test_what_went_out_is_told_in_the_panel(ops, save, sandbox) -> None:
    """The network is back: report, history and outbox change, without anybody asking."""
    queue(ops, save, sandbox)
    assert "… " in ops.send_tab.past._own.children[1].children[0].value
    save(sandbox.url)
    sender.DRAIN.flush(10)
    until(lambda: "Outbox" not in ops.text)
    until(lambda: "✓ " in ops.send_tab.past._own.children[1].children[0].value)
    assert [one["content"] for one in sandbox.inbox] == ["private words"]
    assert "sent ops" in ops.send_tab.report.value
    assert "queued 1" in ops.send_tab.report.value  # when it was


def test_send_all_now(ops, save, sandbox) -> None:
    """One button tries all of it, in order, and the section goes away with its last message."""
    queue(ops, save, sandbox, "first")
    queue(ops, save, sandbox, "second")
    save(sandbox.url)
    ops.click(ops.waiting.flush)
    assert [one["content"] for one in sandbox.inbox] == ["first", "second"]
    assert "nothing waits any more" in ops.text
    until(lambda: "Outbox" not in ops.text)


def test_still_no_network(ops, save, sandbox) -> None:
    """What could not go out is still there, and is counted."""
    queue(ops, save, sandbox)
    ops.click(ops.waiting.flush)
    assert "1 still wait" in ops.text
    assert ops.waiting.rows.children


def test_delete_asks_first(ops, save, sandbox) -> None:
    """A message is deleted after a yes, and not by a slip."""
    queue(ops, save, sandbox)
    _, _, drop = ops.waiting.rows.children[0].children
    ops.click(drop)
    ops.click(ops.waiting.question.no)
    assert len(list(cells(sender.DRAIN))) == 1
    ops.click(drop)
    assert "so that it is not sent any more?" in ops.text
    ops.click(ops.waiting.question.yes)
    assert list(cells(sender.DRAIN)) == []
    assert "is deleted" in ops.text
    assert "Outbox" not in ops.text


def test_one_that_may_have_arrived_asks_first(ops, save, sandbox) -> None:
    """Before it goes out again its reader is told to look; then it says that it may be a repeat."""
    save(sandbox.url, unknown="ask")
    sandbox.fail_next("half", path="/chat/send")
    ops.form.text.value = "did it arrive?"
    ops.panel.desk.wait()
    ops.click(ops.send_tab.send)
    assert labels(ops) == [["Send again", "Delete"]]
    sender.DRAIN.flush(10)
    assert "settled" not in ops.send_tab.report.value  # nothing more has become of it
    before = len(sandbox.inbox)
    ops.click(ops.waiting.rows.children[0].children[1])
    assert "look into the group first. Send it again?" in ops.text
    assert len(sandbox.inbox) == before
    ops.click(ops.waiting.question.yes)
    assert "possible repeat" in sandbox.inbox[-1]["content"]
    assert "is done with" in ops.text


def test_one_that_is_gone_meanwhile(ops, save, sandbox) -> None:
    """Another kernel was faster: that is one line, and the list is as it is now."""
    queue(ops, save, sandbox)
    (item,) = sender.DRAIN.outbox.items()
    sender.DRAIN.outbox.drop(item.id)
    ops.click(ops.waiting.rows.children[0].children[1])
    assert f"there is no {item.id}" in ops.text
    assert "Outbox" not in ops.text


def test_many(ops, save, sandbox, monkeypatch) -> None:
    """Of a long list the first are shown, and how many there are."""
    monkeypatch.setattr("notebook_notify.panel.waiting.MOST", 2)
    for number in range(3):
        queue(ops, save, sandbox, f"message {number}")
    assert "Outbox · 3" in ops.text
    assert "1 more: %notify_outbox" in ops.text
    assert len(ops.waiting.rows.children) == 3  # two, and the line that says so


def test_in_chinese(ops, save, sandbox) -> None:
    """Texts and buttons change with the panel's language."""
    queue(ops, save, sandbox)
    ops.click(ops.panel.language)
    assert "待发件箱 · 1 条" in ops.text
    assert labels(ops) == [["只发这条", "删除"]]
    for row in ops.waiting.rows.children:
        assert all(one.tooltip for one in row.children[1:])
