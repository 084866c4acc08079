"""The first tab: write a message, see what will be sent, send it."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as widgets

from notebook_notify import sender
from notebook_notify.delivery import TIMEOUT
from notebook_notify.delivery.budget import Budget
from notebook_notify.errors import NotifyError, TargetError
from notebook_notify.panel import looks
from notebook_notify.panel.drafting import Fitting, Preview, dialect, many, preview
from notebook_notify.panel.form import Form
from notebook_notify.panel.past import Past, Sent
from notebook_notify.panel.question import Question
from notebook_notify.panel.waiting import Waiting
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from notebook_notify.panel.desk import Desk
    from notebook_notify.panel.drafting import Letter
    from notebook_notify.reports import SendReport
    from notebook_notify.targets import Target
    from notebook_notify.waiting.changes import Change

#: The longest wait for a message with pictures or files, in seconds: nobody's cell waits for it.
LONG_TIMEOUT = 60.0


class SendTab:
    """Sends one message at a time.

    Attributes:
        title: what its tab says.
        box: what it consists of.
        form: its fields.
        question: what asks before many are reached.
        waiting: what waits to be sent.
        past: what was sent.
    """

    title = ("发消息", "Message")

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._fitting = Fitting()
        self._drawing = self._again = False
        self._busy = self._asking = False
        self._started = self._timeout = 0.0
        self._left = (0, 0)  # bytes of an upload, and of how many
        self._made: Callable[[], str] = str
        self.preview = widgets.HTML()
        self.count = widgets.HTML()
        self.send = desk.button(
            ("发送", "Send"), ("发送这条消息", "send this message"), self._on_send, primary=True
        )
        self.dry_run = desk.button(
            ("试运行", "Dry run"),
            (
                "检查并列出将发出什么，不发送",
                "check it and tell what would be sent; nothing leaves",
            ),
            self._on_dry_run,
        )
        self.question = Question(desk, self.send)
        self.progress = widgets.FloatProgress(min=0.0, max=1.0)
        desk.word(
            self.progress, "tooltip", "上传了多少，或已用时间", "what was uploaded, or time taken"
        )
        self.progress.add_class("nn-progress")
        self.progress.layout.display = "none"
        self.status = widgets.HTML(looks.status(""))
        self.report = widgets.HTML()
        self.past = Past(desk, self._send_again, self._recall)
        self.waiting = Waiting(desk, self.past.refresh, self.send)
        self.form = Form(desk, self._show_preview, self._show_history)
        shown = widgets.VBox([self.count, self.preview])
        columns = widgets.HBox([self.form.box, shown])
        columns.add_class("nn-columns")
        buttons = widgets.HBox([self.send, self.dry_run, self.form.reload])
        buttons.add_class("nn-row")
        self.box = widgets.VBox(
            [
                columns,
                buttons,
                self.question.box,
                desk.trouble,
                self.progress,
                self.status,
                self.report,
                self.waiting.box,
                self.past.box,
            ]
        )
        desk.watch(self.past.lines, lambda: self.waiting.show_lines(self.past.lines.value))
        desk.on_targets.append(self.form.fill)

    def refresh(self) -> None:
        """The tab was opened, or its language switched."""
        self.form.fill()
        self._show_history()
        self._set_busy(self._busy)
        self._show_report()

    def leave(self) -> None:
        """Another tab was opened: show nothing of messages that went out."""
        self.past.forget_lines()

    # ── what will be sent ────────────────────────────────────────────────────────────────────

    def _show_preview(self) -> None:
        """Show what will be sent, made off the kernel's threads; of several wishes the last."""
        self.question.close()  # it was about what stood there before
        if self._drawing:
            self._again = True
            return
        self._drawing, self._again = True, False
        try:
            target = self.form.target()
        except NotifyError as error:
            self._drawing = False
            self._draw(Preview(refusal=str(error)), "wecom")
            return
        if target is None:
            self._drawing = False
            self._draw(Preview(), "wecom")
            return
        self._desk.run(
            partial(preview, self.form.letter(), target, self._fitting), self._drawn(target)
        )

    def _drawn(self, target: Target) -> Callable[[Future[Preview]], None]:
        def drawn(done: Future[Preview]) -> None:
            self._drawing = False
            if self._again:
                self._show_preview()
                return
            made = done.result()
            self._draw(made, dialect(made, target))

        return drawn

    def _draw(self, made: Preview, dialect: str) -> None:
        told = looks.count(made) if made.messages else ""
        self.count.value = looks.heading(" · ".join(filter(None, (say("预览", "Preview"), told))))
        self.preview.value = looks.bubbles(made, dialect)

    # ── sending ──────────────────────────────────────────────────────────────────────────────

    def _on_send(self) -> None:
        if self._busy or self._asking or self.question.open:
            return
        self._desk.show(None)
        target, _ = self._wanted()
        if self._desk.about.wait(target, self._ask_or_send):
            self._asking = True
            self.send.add_class("nn-busy")
            self._say(say("正在查询这个群的人数…", "Asking how many are in this group…"))
            return
        self._ask_or_send()

    def _ask_or_send(self) -> None:
        if self._asking:
            self._asking = False
            self.send.remove_class("nn-busy")
            self._say("")
        target, letter = self._wanted()
        why = many(letter, target, self._desk.about(target))
        if why:
            told = say(f"{why}。确认发送吗？", f"{why[:1].upper()}{why[1:]}. Send it?")
            self.question.ask(told, partial(self._begin, letter, target, fresh=True))
            return
        self._begin(letter, target, fresh=True)

    def _wanted(self) -> tuple[Target, Letter]:
        target, letter = self.form.target(), self.form.letter()
        if target is None:
            raise TargetError(
                say(
                    "还没有目标：先在“沙盒”页启动沙盒，或在“接入”页新建一个",
                    "no target yet: start the sandbox in its tab, or make one in Set up",
                )
            )
        if letter.empty:
            raise TargetError(say("消息为空，未发送", "the message is empty; nothing was sent"))
        return target, letter

    def _begin(self, letter: Letter, target: Target, *, fresh: bool) -> None:
        """Send *letter*; *fresh*: it stands in the fields."""
        if self._busy:
            return
        self._set_busy(True)
        if fresh:
            self.form.clear()  # at once: what is typed meanwhile is the next message
        self._timeout = LONG_TIMEOUT if letter.attachment or letter.cell else TIMEOUT
        self._started, self._left = time.monotonic(), (0, 0)
        self._show_report(lambda: "")
        self._say(say(f"正在发送到 {target.label}…", f"Sending to {target.label}…"))
        self._tick()

        def deliver() -> SendReport:
            run = letter.cell.run if letter.cell else None
            return sender.post(
                [(target, letter.making(target))],
                budget=Budget.of(self._timeout),
                verdict=run.verdict if run else "text",
                drops=run is not None,
                told=self._upload_goes,
            )

        self._desk.run(deliver, partial(self._sent, letter, target, fresh), self._tick)

    def _upload_goes(self, left: int, size: int) -> None:
        self._left = left, size  # on a sending thread: shown by the next tick

    def _tick(self) -> None:
        took = time.monotonic() - self._started
        left, size = self._left
        if size:
            told = f"{looks.size(left)} / {looks.size(size)}"
            self.progress.value = left / size
            self.progress.description = say(
                f"上传 {told} · {took:.0f} 秒", f"uploaded {told} · {took:.0f} s"
            )
            return
        self.progress.value = min(1.0, took / self._timeout)
        self.progress.description = say(
            f"{took:.0f} 秒，最多 {self._timeout:.0f} 秒",
            f"{took:.0f} s of at most {self._timeout:.0f} s",
        )

    def _sent(self, letter: Letter, target: Target, fresh: bool, done: Future[SendReport]) -> None:
        self._set_busy(False)
        self._fitting.forget()
        try:
            report = done.result()
        except Exception:
            self._say(say("未发送", "Not sent"))  # and the error says why
            if fresh:
                self.form.restore(letter)
            raise
        sent = Sent(letter, target, report)
        self._show_report(sent.drawn)
        # What did not go out can be mended and sent where it was written.
        if not (report.outcome == "failed" and fresh and self.form.restore(letter)):
            self.past.add(sent)
        self._show_history()
        for one in report.results:
            if one.item is not None:
                sender.DRAIN.watch(one.item, self._desk.back(partial(self._settled, sent)))

    def _settled(self, sent: Sent, change: Change) -> None:
        """More is known of what of *sent* is in the outbox, or was."""
        self.past.settle(sent, change)
        self.waiting.refresh()
        self._show_report()

    def _show_history(self) -> None:
        self.waiting.refresh()
        self.past.refresh()

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        self.progress.layout.display = "" if busy else "none"
        # Not disabled: that would take the keyboard away from it.
        (self.send.add_class if busy else self.send.remove_class)("nn-busy")
        self.send.description = say("正在发送…", "Sending…") if busy else say("发送", "Send")

    def _say(self, text: str) -> None:
        self.status.value = looks.status(text)

    def _show_report(self, made: Callable[[], str] | None = None) -> None:
        """Show what became of it; without *made* again, in the panel's language."""
        if made is not None:
            self._made = made
            self._say("")
        self.report.value = looks.outcome(self._made())

    # ── without sending ──────────────────────────────────────────────────────────────────────

    def _on_dry_run(self) -> None:
        self._desk.show(None)
        target, letter = self._wanted()
        self._say(say("正在检查…", "Checking…"))
        self._desk.run(
            partial(preview, letter, target, self._fitting), partial(self._checked, letter, target)
        )

    def _checked(self, letter: Letter, target: Target, done: Future[Preview]) -> None:
        made = done.result()
        if made.refusal:
            self._show_report(lambda: looks.refused(made.refusal))
            return
        told = [*made.along, *made.notes]
        why = many(letter, target, self._desk.about(target))
        told += [say(f"发送前会先问：{why}", f"asks before sending: {why}")] if why else []
        head = say(f"试运行，未发送 → {target.label}", f"Dry run, not sent → {target.label}")
        rows = [("", looks.count(made)), *(("·", one) for one in told)]
        self._show_report(lambda: looks.box(head, rows))

    # ── what was sent ────────────────────────────────────────────────────────────────────────

    def _send_again(self, sent: Sent) -> None:
        if self._busy or self.question.open:
            return
        self._desk.show(None)
        why = [many(sent.letter, sent.target, self._desk.about(sent.target))]
        if sent.report.outcome == "unknown":
            why.insert(
                0,
                say(
                    "上次的结果未知，可能已经送达：请先到群里看一眼",
                    "its outcome is unknown and it may have arrived: look into the group first",
                ),
            )
        again = partial(self._begin, sent.letter, sent.target, fresh=False)
        told = say("；", "; ").join(filter(None, why))
        if told:
            asked = f"{told[:1].upper()}{told[1:]}"
            self.question.ask(say(f"{told}。再发一次吗？", f"{asked}. Send it again?"), again)
            return
        again()

    def _recall(self, sent: Sent) -> None:
        if self._busy or sent.recalled:
            return
        self._desk.show(None)
        sent.recalled = True  # until it is known: a second click does nothing
        self._say(say("正在撤回…", "Taking it back…"))

        def recalled(done: Future[SendReport]) -> None:
            sent.recalled = False
            report = done.result()
            sent.recalled = report.ok
            self._show_report(report._repr_html_)
            self.past.refresh()

        self._desk.run(sent.report.recall, recalled)
