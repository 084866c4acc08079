"""The fields of a message, and what was filled in."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from notebook_notify import sender
from notebook_notify.errors import NotifyError, TargetError
from notebook_notify.notebook.recent import RECENT
from notebook_notify.panel import looks
from notebook_notify.panel.drafting import Letter, mentioned, takes
from notebook_notify.panel.upload import FileField
from notebook_notify.platforms import SPECS
from notebook_notify.secret import scrub
from notebook_notify.targets import from_environment
from notebook_notify.texts import duration, local, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.notebook.recent import RecentCell
    from notebook_notify.panel.desk import Desk
    from notebook_notify.targets import Known, Target

#: The value of a target that environment variables describe, and that has no name.
_UNNAMED = "\0"
#: For so long after a field was emptied a page may still tell what stood there, in seconds.
_LATE = 1.0


class Form:
    """The fields of one panel.

    Args:
        desk: the panel's.
        changed: is called when something else is filled in.
        reloaded: is called when the reader wants to see what there is now.
    """

    def __init__(
        self, desk: Desk, changed: Callable[[], None], reloaded: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._changed = changed
        self._reloaded = reloaded
        self._filling = False
        self._emptied: dict[widgets.Text | widgets.Textarea, str] = {}
        self._emptied_at = 0.0
        self.to = desk.field(
            widgets.Dropdown(),
            ("发到", "To"),
            ("消息发到哪个目标", "which target the message goes to"),
        )
        self.reload = desk.button(
            ("刷新", "Reload"),
            (
                "重新读取目标、最近的单元和发送记录",
                "read targets, recent cells and the history anew",
            ),
            self._reload,
        )
        self.about = widgets.HTML()
        self.text = desk.field(
            widgets.Textarea(rows=6), ("内容", "Message"), ("要发的文字", "the text to send")
        )
        self.form = desk.field(
            widgets.Dropdown(options=[("", "text")]),
            ("格式", "Format"),
            (
                "文本原样发出；Markdown 按平台的写法",
                "a text goes as typed; Markdown as written there",
            ),
        )
        self.mention = desk.field(
            widgets.Text(),
            ("提醒", "Mention"),
            (
                "要 @ 的人：id 或手机号，逗号分隔",
                "whom to ring: ids or mobile numbers, with commas",
            ),
        )
        desk.word(
            self.mention,
            "placeholder",
            "zhangwei, 13800000000 或 all",
            "zhangwei, 13800000000 or all",
        )
        self.file = FileField(desk, self._told)
        self.cell = desk.field(
            widgets.Dropdown(options=[("", 0)]),
            ("单元输出", "Cell output"),
            (
                "最近十个用魔法或 %notify_auto 运行的单元之一",
                "one of the last ten cells that ran under a magic or %notify_auto",
            ),
        )
        for widget in (self.to, self.text, self.form, self.mention, self.cell):
            desk.watch(widget, self._told)
        RECENT.listen(self._cell_ended)
        pair = widgets.HBox([self.form, self.mention])
        pair.add_class("nn-pair")
        self.box = widgets.VBox(
            [
                self.to,
                self.about,
                self.text,
                pair,
                self.cell,
                self.file.box,
            ]
        )

    # ── what is offered ──────────────────────────────────────────────────────────────────────

    def _reload(self) -> None:
        self._desk.about.forget()
        self.fill()
        self._reloaded()

    def fill(self) -> None:
        """Offer the targets and cells that there are now, in the panel's language."""
        known = sender.TARGETS.known()
        first = next((one for one in known if one.default_for), None)
        self._filling = True
        try:
            _offer(
                self.to,
                [(_target_label(one), _value(one)) for one in known],
                first and _value(first),
            )
            _offer(self.form, [(say("文本", "Text"), "text"), ("Markdown", "markdown")])
            self._offer_cells()
        finally:
            self._filling = False
        self._told()

    def _cell_ended(self) -> None:
        self._desk.do(self._offer_new_cells)

    def _offer_new_cells(self) -> None:
        chosen = self.cell.value
        self._filling = True
        try:
            self._offer_cells()
        finally:
            self._filling = False
        if self.cell.value != chosen:  # it is no longer among them
            self._told()

    def _offer_cells(self) -> None:
        cells = [(_cell_label(one), one.number) for one in RECENT.cells()]
        none = say("（不附）", "(none)")
        if not cells:
            none = say("（还没有 %%notify 的单元）", "(no cell under %%notify yet)")
        _offer(self.cell, [(none, 0), *cells])

    def target(self) -> Target | None:
        """Where to; ``None`` if there is none.

        Raises:
            TargetError: it lacks something.
        """
        value = self.to.value
        if value is None:
            return None
        if not value.startswith(_UNNAMED):
            return sender.TARGETS.resolve(value)
        whole, _ = from_environment(SPECS.values(), os.environ)
        kind = value.removeprefix(_UNNAMED)
        found = next((one for one in whole if one.channel == kind), None)
        if found is None:
            raise TargetError(say("环境变量已改变", "the environment variables have changed"))
        return found

    def letter(self) -> Letter:
        """What was filled in."""
        cells = {one.number: one for one in RECENT.cells()}
        return Letter(
            self.text.value,
            self.form.value == "markdown",
            mentioned(self.mention.value),
            self.file.file,
            cells.get(self.cell.value or 0),
        )

    def clear(self) -> None:
        """Empty what belongs to one message: in the page and in what it may save."""
        self._emptied = {one: one.value for one in (self.text, self.mention) if one.value}
        self._emptied_at = time.monotonic()
        self._filling = True
        try:
            self.text.value = self.mention.value = ""
            self.cell.value = 0
            self.file.hold(None)
        finally:
            self._filling = False
        self._told()

    def restore(self, letter: Letter) -> bool:
        """Fill *letter* in again, unless another has been begun; whether it was."""
        if not self.letter().empty:
            return False
        self._emptied = {}
        self._filling = True
        try:
            self.text.value = letter.text
            self.mention.value = ", ".join(letter.mention)
            if letter.cell is not None and letter.cell in RECENT.cells():
                self.cell.value = letter.cell.number
            self.file.hold(letter.attachment)
        finally:
            self._filling = False
        self._told()
        return True

    # ── what the reader does ─────────────────────────────────────────────────────────────────

    def _told(self) -> None:
        if self._filling:
            return
        self._take_back()
        self._show_target()
        self._changed()

    def _take_back(self) -> None:
        """Keep what was sent out of its field, should the page have told of it once more.

        A letter that was on its way when the field was emptied comes with all that stood there.
        """
        if time.monotonic() - self._emptied_at > _LATE:
            self._emptied = {}
        self._filling = True
        try:
            for widget, gone in self._emptied.items():
                widget.value = widget.value.removeprefix(gone)
        finally:
            self._filling = False

    def _show_target(self) -> None:
        if not self.to.options:
            self.file.show("")
            self.about.value = looks.hint(
                say(
                    "还没有目标。可在“沙盒”页先试，或在“接入”页新建一个。",
                    "No target yet. Try the Sandbox tab, or make one in Set up.",
                )
            )
            return
        target = about = None
        with suppress(NotifyError):  # which the preview tells
            target = self.target()
            if target is not None:
                about = self._desk.about(target)
                self._desk.about.look(target, self._show_target)
        self.file.show(takes(target) if target else "")
        told = []
        if about is not None:
            told.append(about.name)
            if about.members is not None:
                told.append(say(f"{about.members} 人", f"{about.members} members"))
        if target is not None and target.source == "sandbox":
            told.append(say("沙盒，不会到手机", "sandbox: no phone gets it"))
        self.about.value = looks.hint(scrub(" · ".join(told)))


def _offer(menu: Any, options: list[tuple[str, Any]], default: Any = None) -> None:
    """Offer *options*; what was chosen stays, if it is still among them."""
    chosen = menu.value
    if tuple(menu.options) == tuple(options):
        return
    menu.options = options
    values = [value for _, value in options]
    wanted = chosen if chosen in values else default
    if wanted in values:
        menu.value = wanted


def _value(known: Known) -> str:
    return known.name or f"{_UNNAMED}{known.channel}"


def _target_label(known: Known) -> str:
    title = say(*SPECS[known.channel].title)
    name = known.name or say("（环境变量）", "(environment)")
    return scrub(f"{name} · {title}")


def _cell_label(cell: RecentCell) -> str:
    run = cell.run
    words = {
        "done": say("✓ 完成", "✓ done"),
        "failed": say("✗ 失败", "✗ failed"),
        "interrupted": say("⏹ 中断", "⏹ interrupted"),
    }
    at = f"{local(run.ended):%H:%M:%S}"
    span = duration(run.ended - run.started)
    where = "" if run.title.endswith(run.where) else run.where
    return scrub(" · ".join(filter(None, (words[run.verdict], run.title, where, span, at))))
