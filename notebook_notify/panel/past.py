"""What was sent: by this panel, which can do more about it, and by all of the user's notebooks."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import ipywidgets as widgets

from notebook_notify import sender
from notebook_notify.notebook.showing import later
from notebook_notify.panel import looks
from notebook_notify.reports import MARKS
from notebook_notify.sending.history import cells
from notebook_notify.texts import local, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from notebook_notify.ledger import Entry
    from notebook_notify.panel.desk import Desk
    from notebook_notify.panel.drafting import Letter
    from notebook_notify.reports import SendReport
    from notebook_notify.targets import Target
    from notebook_notify.waiting.changes import Change

#: So many messages of this panel can be sent again or taken back.
MOST = 5
#: So many lines of the history are shown.
LINES = 10


@dataclass(slots=True)
class Sent:
    """A message of this panel; kept in the kernel's memory alone, never in a widget.

    Attributes:
        letter: what was sent.
        target: where to.
        report: what became of it.
        recalled: whether it was taken back.
        time: seconds since the epoch.
    """

    letter: Letter
    target: Target
    report: SendReport
    recalled: bool = False
    time: float = field(default_factory=time.time)

    def drawn(self) -> str:
        """What became of it until now, as HTML."""
        return self.report._repr_html_()

    @property
    def recallable(self) -> bool:
        """Whether the channel can take it back."""
        results = self.report.results
        able = any(one.recaller is not None and one.message_ids for one in results)
        return able and not self.recalled


class Past:
    """The list of what was sent.

    Args:
        desk: the panel's.
        again: sends one again, after what is to be asked.
        recall: takes one back.
    """

    def __init__(
        self, desk: Desk, again: Callable[[Sent], None], recall: Callable[[Sent], None]
    ) -> None:
        self._desk = desk
        self._again = again
        self._recall = recall
        self._sent: list[Sent] = []
        self._entries: list[Entry] = []
        self._trouble = ""
        self._own = widgets.VBox()
        self._table = widgets.HTML()
        self.lines = widgets.Checkbox(indent=False)
        desk.field(
            self.lines,
            ("显示消息首行", "Show first lines"),
            (
                "首行会显示在页面里；发送后或离开本页时收起",
                "they stand in the page until you send or leave this tab",
            ),
        )
        desk.watch(self.lines, self._show)
        self._head = widgets.HTML()
        self.box = widgets.VBox([self._own, self._head, self.lines, self._table])

    def add(self, sent: Sent) -> None:
        """*sent* went out, or may have."""
        self._sent = [sent, *self._sent][:MOST]
        self.forget_lines()

    def settle(self, sent: Sent, change: Change) -> None:
        """More is known of what of *sent* is in the outbox, or was."""
        results = [
            later(one, change) if one.item == change.item.id else one for one in sent.report.results
        ]
        sent.report = replace(sent.report, results=tuple(results))
        self.refresh()

    def forget_lines(self) -> None:
        """Show no words of messages."""
        self.lines.value = False

    def refresh(self) -> None:
        """Read the history anew, off the kernel's threads."""
        self._show_own()
        self._desk.run(lambda: sender.history(LINES), self._read)

    def _read(self, done: Future[list[Entry]]) -> None:
        self._entries, self._trouble = [], ""
        try:
            self._entries = done.result()
        finally:
            self._show()

    def _show(self) -> None:
        self._head.value = looks.heading(
            say("发送记录（所有笔记本）", "History (all your notebooks)")
        )
        self.lines.layout.display = "" if self._entries else "none"
        if not self._entries:
            self._table.value = looks.hint(say("还没有发送记录", "nothing was sent yet"))
            return
        head = [say("时间", "When"), say("发到", "To"), say("结果", "Outcome")]
        rows = [
            [when, where, f"{mark} {told}", *([title] if self.lines.value else [])]
            for mark, when, where, title, told in cells(self._entries)
        ]
        head += [say("首行", "First line")] if self.lines.value else []
        self._table.value = looks.table(head, rows)

    def _show_own(self) -> None:
        old = self._own.children
        head = looks.heading(say("本面板发送的", "Sent from this panel"))
        rows = [self._row(one) for one in self._sent]
        self._own.children = [widgets.HTML(head), *rows] if rows else []
        for widget in old:
            for inner in getattr(widget, "children", ()):
                inner.close()
            widget.close()

    def _row(self, sent: Sent) -> widgets.HBox:
        mark = MARKS[sent.report.outcome]
        when = f"{local(sent.time):%H:%M:%S}"
        told = f"{mark} {when} → {sent.target.label}"
        told += say(" · 已撤回", " · taken back") if sent.recalled else ""
        label = widgets.HTML(looks.escape(told))
        again = widgets.Button(
            description=say("再发一次", "Send again"),
            tooltip=say(f"再发一次 {when} 的消息", f"send the message of {when} again"),
        )
        again.on_click(lambda _: self._desk.do(lambda: self._again(sent)))
        row = [label, again]
        if sent.recallable:
            back = widgets.Button(
                description=say("撤回", "Recall"),
                tooltip=say(f"撤回 {when} 的消息", f"take the message of {when} back"),
            )
            back.on_click(lambda _: self._desk.do(lambda: self._recall(sent)))
            row.append(back)
        box = widgets.HBox(row)
        box.add_class("nn-row")
        return box
