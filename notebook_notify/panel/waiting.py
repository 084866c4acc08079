"""What waits in the outbox of this user, and what its reader decides about it."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import ipywidgets as widgets

from notebook_notify import sender
from notebook_notify.errors import NotifyError
from notebook_notify.panel import looks
from notebook_notify.panel.question import Question
from notebook_notify.reports import MARKS
from notebook_notify.secret import scrub
from notebook_notify.texts import say
from notebook_notify.waiting.outgoing import act, cells

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from notebook_notify.panel.desk import Desk

#: How long sending is waited for, in seconds; the button alone is busy meanwhile.
PATIENCE = 15.0
#: In so many seconds it is looked again while something is being sent.
SOON = 1.0
#: So many are shown; the magic lists all.
MOST = 8

#: Mark, id, when, where, the first line, and how it stands.
Cells: TypeAlias = tuple[str, str, str, str, str, str]
#: All there is, and whether something is being sent.
Seen: TypeAlias = tuple[list[Cells], bool]
_MOVING = ("leased", "flying")


class Waiting:
    """A section that is there if something waits, may be lost, or was given up.

    Args:
        desk: the panel's.
        changed: is called when its reader has had something done.
        home: what has the keyboard when the section is gone.

    Attributes:
        flush: the button that has all of it tried now.
        question: what asks first.
        rows: one a message, with its buttons.
        status: what goes on, and what came of it.
        box: all of them.
    """

    def __init__(self, desk: Desk, changed: Callable[[], None], home: widgets.DOMWidget) -> None:
        self._desk = desk
        self._changed = changed
        self._home = home
        self._cells: list[Cells] = []
        self._drawn: tuple[object, ...] = ()
        self._lines = self._busy = self._looking = False
        self._head = widgets.HTML()
        self.flush = desk.button(
            ("全部立即发送", "Send all now"),
            ("现在就试着发出所有排队的消息", "try all that is queued now"),
            lambda: self._do("flush"),
        )
        self.question = Question(desk, self.flush, (("确认", "Yes"), ("照做", "do it")))
        self.rows = widgets.VBox()
        self.status = widgets.HTML()
        row = widgets.HBox([self.flush])
        row.add_class("nn-row")
        self._list = widgets.VBox([self._head, self.rows, row, self.question.box])
        self._list.layout.display = "none"
        self.box = widgets.VBox([self._list, self.status])

    def refresh(self) -> None:
        """Look into the outbox, off the kernel's threads."""
        self._desk.run(_look, self._looked)

    def show_lines(self, shown: bool) -> None:
        """Show the first lines of messages, or not."""
        self._lines = shown
        self._draw()

    # ── what there is ────────────────────────────────────────────────────────────────────────

    def _looked(self, done: Future[Seen]) -> None:
        try:
            self._take(done.result())
        except NotifyError as error:
            self._tell(error)

    def _take(self, seen: Seen) -> None:
        self._cells, moving = seen
        self._draw()
        if moving and not self._looking:
            self._looking = True
            self._desk.run(_look_soon, self._looked_again)

    def _looked_again(self, done: Future[Seen]) -> None:
        self._looking = False
        self._looked(done)

    def _draw(self) -> None:
        self._list.layout.display = "" if self._cells else "none"
        if not self._cells:
            self.question.close()
        wanted = (self._desk.language, self._lines, *self._cells)
        if wanted == self._drawn:  # a row that is left alone keeps the keyboard
            return
        self._drawn = wanted
        self.flush.layout.display = "" if any(map(_waits, self._cells)) else "none"
        self._head.value = looks.heading(
            say(f"待发件箱 · {len(self._cells)} 条", f"Outbox · {len(self._cells)}")
        ) + looks.hint(
            say(
                "没能立即发出、或不知是否送达的消息；排队的由内核自动重试。",
                "Messages that could not go out at once, or may have arrived; what is queued is "
                "retried by itself while a kernel runs.",
            )
        )
        old = self.rows.children
        made: list[widgets.Widget] = [self._row(one) for one in self._cells[:MOST]]
        more = len(self._cells) - len(made)
        if more:
            told = say(
                f"还有 {more} 条：%notify_outbox 列出全部",
                f"{more} more: %notify_outbox lists all",
            )
            made.append(widgets.HTML(looks.hint(told)))
        self.rows.children = made
        for widget in old:
            for inner in getattr(widget, "children", ()):
                inner.close()
            widget.close()

    def _row(self, one: Cells) -> widgets.HBox:
        mark, key, when, where, title, told = one
        text = f"{mark} {when} → {where} · {told}"
        shown = looks.escape(text) + f' <span class="nn-id">{looks.escape(key)}</span>'
        if self._lines:
            shown += f"<br>{looks.escape(title)}"
        again = widgets.Button(
            description=say("只发这条", "Send this now")
            if _waits(one)
            else say("再发一次", "Send again"),
            tooltip=say(f"现在发出 {key}", f"send {key} now"),
        )
        again.on_click(lambda _: self._desk.do(partial(self._again, mark, key)))
        drop = widgets.Button(
            description=say("删除", "Delete"),
            tooltip=say(f"删除 {key}，不再发送", f"delete {key}; it is not sent any more"),
        )
        drop.on_click(lambda _: self._desk.do(partial(self._drop, key)))
        box = widgets.HBox([widgets.HTML(shown), again, drop])
        box.add_class("nn-row")
        return box

    # ── what is done about it ────────────────────────────────────────────────────────────────

    def _again(self, mark: str, key: str) -> None:
        if self._busy or self.question.open:
            return
        again = partial(self._do, "resend", key)
        if mark != MARKS["unknown"]:
            again()
            return
        told = say(
            f"{key} 可能已经送达：请先到群里看一眼。再发一次吗？",
            f"{key} may have arrived: look into the group first. Send it again?",
        )
        self.question.ask(told, again)

    def _drop(self, key: str) -> None:
        if self._busy or self.question.open:
            return
        told = say(f"删除 {key}，不再发送？", f"Delete {key}, so that it is not sent any more?")
        self.question.ask(told, partial(self._do, "drop", key))

    def _do(self, *words: str) -> None:
        if self._busy:
            return
        self._busy = True
        self.question.close()
        self.flush.add_class("nn-busy")
        doing = (
            say("正在删除…", "Deleting…") if words[0] == "drop" else say("正在发送…", "Sending…")
        )
        self.status.value = looks.status(doing)

        def job() -> tuple[int, Seen]:
            return act(sender.DRAIN, words, PATIENCE), _look()

        self._desk.run(job, partial(self._done, words))

    def _done(self, words: tuple[str, ...], done: Future[tuple[int, Seen]]) -> None:
        self._busy = False
        self.flush.remove_class("nn-busy")
        try:
            left, seen = done.result()
        except NotifyError as error:
            self._tell(error)
            self.refresh()
            return
        self._take(seen)
        self.status.value = looks.status(self._became(words, left))
        shown = self._cells and self.flush.layout.display != "none"
        (self.flush if shown else self._home).focus()  # the row's buttons are gone
        self._changed()

    def _became(self, words: tuple[str, ...], left: int) -> str:
        what, key = words[0], words[-1]
        if what == "drop":
            return say(f"{key} 已删除", f"{key} is deleted")
        if what == "resend" and key not in [one[1] for one in self._cells]:
            return say(f"{key} 有了结果，见发送记录", f"{key} is done with: see the history")
        if left:
            return say(f"还有 {left} 条在等", f"{left} still wait")
        return say("没有在等的消息了", "nothing waits any more")

    def _tell(self, error: NotifyError) -> None:
        self.status.value = looks.alert(f"<b>✗</b> {looks.escape(scrub(str(error)))}")


def _waits(one: Cells) -> bool:
    """Whether it is queued, and neither lost nor given up."""
    return one[0] not in (MARKS["unknown"], MARKS["failed"])


def _look() -> Seen:
    found = cells(sender.DRAIN)
    moving = bool(found) and sender.DRAIN.ask(
        lambda outbox: any(one.state in _MOVING for one in outbox.items())
    )
    return found, moving


def _look_soon() -> Seen:
    time.sleep(SOON)
    return _look()
