"""Sending from the panel."""

from __future__ import annotations

import re
import threading
import time

import pytest

from notebook_notify import sender
from notebook_notify.notebook.recent import RECENT
from notebook_notify.targets import Target


def test_a_message_is_sent_as_it_was_previewed(page, sandbox) -> None:
    """The text arrives as the preview shows it, and the report stands in the panel."""
    page.write("会议改到 15:00 <b>")
    assert "会议改到 15:00 &lt;b&gt;" in page.send_tab.preview.value
    assert "1 message · 22 bytes of text" in page.send_tab.count.value
    assert "22 / 2,048 bytes" in page.send_tab.preview.value
    page.click(page.send_tab.send)
    assert [one["content"] for one in sandbox.inbox] == ["会议改到 15:00 <b>"]
    assert "sent sandbox-wecom_chat" in page.text


def test_after_the_send_nothing_of_it_is_left_in_the_page(page, sandbox, png) -> None:
    """No widget holds text, mention or file of a message that was sent, the history included."""
    page.choose("geheim.png", png)
    page.form.mention.value = "lisi"
    page.write("the private words")
    assert "the private words" in page.state
    page.click(page.send_tab.send)
    assert [one["msgtype"] for one in sandbox.inbox] == ["text", "image"]
    for private in ("private words", "geheim", "lisi", "IHDR"):
        assert private not in page.state
    page.send_tab.past.lines.value = True
    assert "the private words" in page.text
    page.panel.root.children[-1].children[-1].selected_index = 1
    page.panel.desk.wait()
    assert "private words" not in page.state


def test_a_file_does_not_stay_in_the_widget(page, png) -> None:
    """What was chosen is named in the panel, and its bytes are in no widget even before the send."""
    page.choose("净值.png", png)
    assert "净值.png · 70 B" in page.text
    assert "IHDR" not in page.state
    assert len(page.form.file.upload.value) == 1
    page.click(page.form.file.remove)
    assert "净值.png" not in page.text
    assert page.form.file.upload.value == ()


def test_an_empty_file_is_told(page) -> None:
    """A file without content is refused in words."""
    page.choose("nothing.csv", b"")
    assert "this file is empty" in page.text
    assert page.form.letter().empty


def test_a_page_that_connects_anew_tells_of_a_lost_upload(page) -> None:
    """A file that is too large breaks the page's connection: the panel says so when it is back."""
    page.form.file.upload.get_state()  # what a page asks for when it has a new connection
    page.panel.desk.wait()
    assert "did not arrive: more than 9.9 MB breaks the connection" in page.text


def test_a_double_click_sends_once(page, sandbox) -> None:
    """While a message is on its way the button says so, and more clicks do nothing."""
    page.write("once")
    sandbox.fail_next("drip", path="send", seconds=0.02)
    page.send_tab.send.click()
    assert page.send_tab.send.description == "Sending…"
    assert page.send_tab.progress.layout.display == ""
    page.form.text.value = "typed meanwhile"
    page.send_tab.send.click()
    page.click(page.send_tab.send)
    assert [one["content"] for one in sandbox.inbox] == ["once"]
    assert page.send_tab.send.description == "Send"
    assert page.send_tab.progress.layout.display == "none"
    assert page.form.text.value == "typed meanwhile"


def test_an_upload_shows_its_bytes(page, sandbox, png) -> None:
    """While a file is on its way the bar says how many bytes of it have left."""
    told = []
    page.send_tab.progress.observe(lambda new: told.append(new["new"]), "description")
    page.choose("a.png", png)
    page.write("with a picture")
    sandbox.fail_next("drip", path="media/upload", seconds=0.02)
    page.click(page.send_tab.send)
    assert told[0] == "0 s of at most 60 s"
    assert any(re.fullmatch(r"uploaded (\d+) B / \1 B · \d s", one) for one in told)
    assert len(sandbox.inbox) == 2


def test_sending_holds_nobody_up(page, sandbox) -> None:
    """The click comes back at once; the message is sent on another thread."""
    page.write("quick")
    sandbox.fail_next("hang", path="send", seconds=1.0)
    started = time.monotonic()
    page.send_tab.send.click()
    assert time.monotonic() - started < 0.5
    page.panel.desk.wait()


def test_a_letter_that_comes_late_brings_nothing_back(page, sandbox) -> None:
    """The page tells of a letter after the field was emptied: only that letter stands there."""
    page.form.mention.value = "lisi"
    page.write("the private words")
    page.send_tab.send.click()
    page.form.text.set_state({"value": "the private words!"})
    page.form.mention.set_state({"value": "lisi"})
    page.panel.desk.wait()
    assert (page.form.text.value, page.form.mention.value) == ("!", "")
    assert "private words" not in page.state
    page.form.text.set_state({"value": "the next one"})
    assert page.form.text.value == "the next one"


def test_what_failed_can_be_mended(page, sandbox) -> None:
    """A refused message is in the fields again, with the platform's answer and what to do."""
    page.write("try me")
    told = "not allow to access from your ip, from ip: 203.0.113.7"
    sandbox.fail_next(errcode=60020, errmsg=told, path="send")
    page.click(page.send_tab.send)
    assert page.form.text.value == "try me"
    assert "60020" in page.text
    assert "what to do" in page.text
    assert not sandbox.inbox


def test_an_empty_message_is_not_sent(page) -> None:
    """Without text, file or cell the panel says so."""
    page.click(page.send_tab.send)
    assert "the message is empty" in page.text


@pytest.mark.parametrize(
    ("fields", "mention", "asked"),
    [
        ({"users": ["@all"]}, "", "everyone in the application"),
        ({"users": [f"u{n}" for n in range(21)]}, "", "21 people"),
        ({"parties": ["2"]}, "", "departments or tags"),
        ({"users": ["zhangwei"]}, "@all", "rings everyone"),
    ],
)
def test_many_are_asked_about_first(page, sandbox, fields, mention, asked) -> None:
    """More than 20 people, everyone, or a number that nobody knows: nothing leaves before a yes."""
    given = dict(sandbox.targets["sandbox-wecom_app"])
    given.pop("users", None)
    sender.TARGETS.use_sandbox({"people": {**given, **fields}})
    page.click(page.form.reload)
    page.form.mention.value = mention
    page.form.text.value = "to all of you"
    page.panel.desk.wait()
    question = page.send_tab.question
    page.click(page.send_tab.send)
    assert asked in page.text
    assert not sandbox.inbox
    page.click(question.no)
    assert asked not in page.text
    assert page.form.text.value == "to all of you"
    page.click(page.send_tab.send)
    page.click(question.yes)
    assert " people" in page.send_tab.report.value  # the target, and what became of it there


def test_a_question_ends_when_the_message_changes(page, sandbox) -> None:
    """A yes never sends what the reader was not asked about."""
    page.form.mention.value = "all"
    page.write("first")
    page.click(page.send_tab.send)
    assert page.send_tab.question.open
    page.form.text.value = "second"
    page.panel.desk.wait()
    assert not page.send_tab.question.open
    page.click(page.send_tab.question.yes)
    assert not sandbox.inbox


def test_few_are_not_asked_about(page, sandbox) -> None:
    """Two people and a group get their message at once."""
    page.write("hello", to="wecom_app")
    page.click(page.send_tab.send)
    assert len(sandbox.inbox) == 1


def test_a_dry_run_sends_nothing(page, sandbox) -> None:
    """It tells how many messages that would be, and what could not go along."""
    page.choose("table.csv", b"a,b\n1,2\n")
    page.write("numbers", to="dingtalk_robot")
    page.click(page.send_tab.dry_run)
    assert "Dry run, not sent → sandbox-dingtalk_robot" in page.text
    assert "1 message ·" in page.text
    assert "table.csv was not sent" in page.text
    assert not sandbox.inbox
    assert page.form.text.value == "numbers"


def test_a_long_text_is_shown_in_its_parts(page, sandbox) -> None:
    """The preview shows the numbered parts, and those arrive."""
    page.write("汉字 " * 700)
    assert "3 messages" in page.send_tab.count.value
    assert "(2/3)" in page.send_tab.preview.value
    page.click(page.send_tab.send)
    assert len(sandbox.inbox) == 3


def test_secrets_do_not_leave(page, sandbox) -> None:
    """A secret-shaped text is masked in the preview and in what arrives."""
    page.write("password=hunter2secret")
    assert "hunter2secret" not in page.send_tab.preview.value
    page.click(page.send_tab.send)
    assert "hunter2secret" not in sandbox.inbox[0]["content"]


def test_markdown_goes_as_markdown(page, sandbox) -> None:
    """It is drawn as the platform's clients do, and sent as what it is."""
    page.form.form.value = "markdown"
    page.write("# Title\n**bold**", to="wecom_robot")
    assert "<b" in page.send_tab.preview.value
    assert "**bold**" not in page.send_tab.preview.value
    page.click(page.send_tab.send)
    assert sandbox.inbox[0]["msgtype"] == "markdown"


def test_the_output_of_a_recent_cell(shell, page, sandbox) -> None:
    """A cell that ran under a magic is offered, and its message goes to another target."""
    shell.run_cell("%%notify_wechat --title backtest\nprint('epoch 1')\n6 * 7", store_history=True)
    (none, _), (label, number) = page.form.cell.options  # listed by itself
    assert (none, "backtest" in label) == ("(none)", True)
    page.form.cell.value = number
    page.write("look at this", to="dingtalk_chat")
    assert "look at this" in page.send_tab.preview.value
    page.click(page.send_tab.send)
    content = sandbox.inbox[-1]["content"]
    assert sandbox.inbox[-1]["channel"] == "dingtalk_chat"
    for said in ("backtest", "look at this", "42", "epoch 1"):
        assert said in content
    assert page.form.cell.value == 0
    RECENT.clear()


def test_send_again(page, sandbox) -> None:
    """What this panel sent can be sent again, to the same target."""
    page.write("again and again")
    page.click(page.send_tab.send)
    _, row = page.send_tab.past._own.children
    page.click(row.children[1])
    assert [one["content"] for one in sandbox.inbox] == ["again and again"] * 2


def test_after_an_unknown_outcome_it_asks_first(page, sandbox) -> None:
    """What may have arrived is sent again only after the reader has been told to look."""
    page.write("did it arrive?")
    sandbox.fail_next("half", path="send")
    page.click(page.send_tab.send)
    assert "unknown sandbox-wecom_chat" in page.text
    assert page.form.text.value == ""
    _, row = page.send_tab.past._own.children
    before = len(sandbox.inbox)
    page.click(row.children[1])
    assert "look into the group first" in page.text
    assert len(sandbox.inbox) == before
    page.click(page.send_tab.question.yes)
    assert len(sandbox.inbox) == before + 1


def test_recall_where_the_channel_can(page, sandbox) -> None:
    """A message of a WeCom application can be taken back, once; one to its group chat cannot."""
    page.write("oops", to="wecom_app")
    page.click(page.send_tab.send)
    _, row = page.send_tab.past._own.children
    assert [one.description for one in row.children[1:]] == ["Send again", "Recall"]
    page.click(row.children[2])
    assert "taken back sandbox-wecom_app" in page.text
    assert sandbox.inbox[0]["recalled"]
    _, row = page.send_tab.past._own.children
    assert [one.description for one in row.children[1:]] == ["Send again"]
    page.write("stays", to="wecom_chat")
    page.click(page.send_tab.send)
    row = page.send_tab.past._own.children[1]
    assert [one.description for one in row.children[1:]] == ["Send again"]


def test_the_history_is_the_users(page, sandbox) -> None:
    """What other notebooks and scripts sent is listed too; its words only when asked for."""
    sender.send("from a script", to="sandbox-wecom_chat")
    page.panel.tabs[0].refresh()
    page.panel.desk.wait()
    assert "sandbox-wecom_chat" in page.send_tab.past._table.value
    assert "from a script" not in page.text
    page.send_tab.past.lines.value = True
    assert "from a script" in page.text


def test_a_target_that_lacks_something_is_told(page, monkeypatch) -> None:
    """What is missing stands in the preview, before anybody presses Send."""
    monkeypatch.setenv("OPS_HOOK", "")
    target = Target("wecom_robot", {"webhook": "env:OPS_HOOK"}, name="ops")
    sender.TARGETS.save("ops", target)
    page.click(page.form.reload)
    page.form.to.value = "ops"
    page.form.text.value = "x"
    page.panel.desk.wait()
    assert "OPS_HOOK" in page.send_tab.preview.value


def test_two_panels_do_not_disturb_each_other(page, page_of, make, sandbox) -> None:
    """Each has its own fields, language and outcome, while both send at the same time."""
    other = page_of(make("zh"))
    page.write("from one")
    other.write("来自另一个", to="dingtalk_chat")
    sandbox.fail_next("drip", path="send", seconds=0.02)
    page.send_tab.send.click()
    other.send_tab.send.click()
    page.panel.desk.wait()
    other.panel.desk.wait()
    assert sorted(one["content"] for one in sandbox.inbox) == ["from one", "来自另一个"]
    assert "sent sandbox-wecom_chat" in page.text
    assert "已发送 sandbox-dingtalk_chat（钉钉群）" in other.text
    assert "dingtalk_chat（" not in page.send_tab.report.value


def test_threads_end(page) -> None:
    """After a message no thread of the panel is left."""
    page.write("done")
    page.click(page.send_tab.send)
    time.sleep(0.6)
    names = [one.name for one in threading.enumerate()]
    assert not [name for name in names if name.startswith("notebook_notify panel")]
