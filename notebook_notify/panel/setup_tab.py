"""The tab that sets targets up: asked for, proved, saved, tried."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from notebook_notify import checking, sender
from notebook_notify.errors import NotifyError, TargetError
from notebook_notify.grouping import GROUP_FIELDS
from notebook_notify.panel import looks
from notebook_notify.panel.drafting import About, Letter, many
from notebook_notify.panel.question import Question
from notebook_notify.panel.setup_choice import Choice
from notebook_notify.panel.setup_group import GroupForm
from notebook_notify.panel.setup_jobs import proved, saved
from notebook_notify.panel.setup_words import PLATFORMS
from notebook_notify.panel.setup_work import Work
from notebook_notify.reports import SendReport, one_line
from notebook_notify.secret import scrub
from notebook_notify.targets import Target
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from notebook_notify.admin import Chat
    from notebook_notify.panel.desk import Desk
    from notebook_notify.sending.proofs import Proof


class SetUpTab:
    """Makes a target, or changes a saved one; never takes a secret.

    Attributes:
        title: what its tab says.
        box: what it consists of.
        choice: which target, and its fields.
        groups: what makes a group, by platform.
        prove: the button that proves what is filled in.
        save: the button that saves and proves it.
        trial: the button that sends a test message to what was saved last.
        question: what asks before many are reached.
    """

    title = ("接入", "Set up")

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._work = Work(desk)
        self._last: str | None = None
        self._made: Callable[[], str] = str
        self._told = widgets.HTML()
        self.choice = Choice(desk, self._another, self._show_group)
        self.groups = {
            platform: GroupForm(
                desk, self._work, platform, self._credential, self._group_made, self._blame
            )
            for platform in PLATFORMS
        }
        self.prove = desk.button(
            ("验证", "Check"),
            (
                "逐步验证凭证、IP、权限和群；不保存，不发消息",
                "prove credential, address, permission and group; saves and sends nothing",
            ),
            self._on_prove,
        )
        self.save = desk.button(
            ("保存并验证", "Save and check"),
            ("写入您的配置文件，只有您能读", "into your config file, which only you can read"),
            self._on_save,
            primary=True,
        )
        self.trial = desk.button(
            ("发测试消息", "Send a test message"),
            ("向刚保存的目标发一条", "one message to the target that was just saved"),
            self._on_trial,
        )
        self.trial.layout.display = "none"
        self.question = Question(desk, self.trial)
        self.status = widgets.HTML(looks.status(""))
        self.report = widgets.HTML()
        row = widgets.HBox([self.save, self.prove, self.trial])
        row.add_class("nn-row")
        self.box = widgets.VBox(
            [
                *(self._told, self.choice.box, *(one.box for one in self.groups.values())),
                *(self.choice.default, row, self.question.box, desk.trouble),
                *(self.status, self.report),
            ]
        )

    # ── coming and going ─────────────────────────────────────────────────────────────────────

    def refresh(self) -> None:
        """The tab was opened, or its language switched."""
        self._told.value = looks.paragraph(
            say(
                "选好平台和通道，填入需要的几项，保存后发一条测试消息。"
                "密钥和 Webhook 不在这里输入：填它的引用，或保存后在单元里输入。",
                "Choose platform and channel, fill in what it needs, save, and send a test "
                "message. No secret or webhook is typed here: refer to it, or type it into a "
                "cell after saving.",
            )
        )
        self.choice.refresh()
        self._show_group()
        self.report.value = looks.outcome(self._made())

    def leave(self) -> None:
        """Another tab was opened: names and ids of people are in no page."""
        self.question.close()
        self.choice.leave()
        for group in self.groups.values():
            group.leave()
        self._show()

    def _another(self) -> None:
        """Another target or channel was chosen: know nothing more of the one before."""
        for group in self.groups.values():
            group.forget()
        self.trial.layout.display = "none"
        self._show()
        self._show_group()

    def _show_group(self) -> None:
        """Offer to make a group where one is needed."""
        fields = self.choice.fields
        on = GROUP_FIELDS.get(fields.spec.kind)
        wanted = on is not None and not fields.rows[on].widget.value.strip()
        for platform, group in self.groups.items():
            here = wanted and platform == fields.spec.platform
            group.box.layout.display = "" if here else "none"
            if here:
                group.show()

    # ── a group ──────────────────────────────────────────────────────────────────────────────

    def _credential(self) -> dict[str, Any] | None:
        """What was filled in, if it is enough for the application to be asked."""
        fields = self.choice.fields
        values = self.choice.values()
        if values is None or fields.lacking(values, but=[GROUP_FIELDS[fields.spec.kind]]):
            return None
        return values

    def _group_made(self, chat: Chat) -> None:
        kind = self.choice.fields.spec.kind
        group = str(getattr(chat, GROUP_FIELDS[kind]))
        name, count, notes = one_line(chat.name), len(chat.users), chat.notes
        self._desk.about.note(Target(kind, {GROUP_FIELDS[kind]: group}), About(name, count))
        self._fill_group(group)

        def told() -> str:
            head = say(
                f"群“{name}”已建好，{count} 人", f"the group “{name}” is made: {count} members"
            )
            next_step = say("接着点“保存并验证”", "next: Save and check")
            lines = [("·", one_line(one)) for one in (*notes, next_step)]
            return looks.box(f"✓ {head}", lines)

        self._show(told)
        self.save.focus()  # the button that had the keyboard is gone

    def _fill_group(self, group: str) -> None:
        fields = self.choice.fields
        row = fields.rows[GROUP_FIELDS[fields.spec.kind]]
        if row.widget.value != group:
            row.widget.value = group
            row.clear()

    def _blame(self, error: NotifyError) -> bool:
        return self.choice.fields.blame(error)

    # ── proving and saving ───────────────────────────────────────────────────────────────────

    def _on_prove(self) -> None:
        if self._work.busy:
            return
        self._desk.show(None)
        self._show()
        fields = self.choice.fields
        values = self.choice.values()
        if values is None or fields.lacking(values):
            return
        name = self.choice.saved.value or self.choice.name.value.strip()
        target = Target(fields.spec.kind, values, name=name or None)
        self._work.run(
            self.prove,
            self.status,
            say("正在逐步验证…", "Testing step by step…"),
            partial(proved, target),
            self._proof_came,
        )

    def _proof_came(self, done: Future[tuple[Target, Proof]]) -> None:
        try:
            target, proof = done.result()
        except NotifyError as error:
            if not self._blame(error):
                raise
            return
        self._take(target, proof)

    def _take(self, target: Target, proof: Proof) -> None:
        """Show *proof*, and beside a field what is wrong with it."""
        if target.channel in GROUP_FIELDS:
            self._fill_group(str(target.get(GROUP_FIELDS[target.channel])))
        self.choice.fields.blame_result(proof)
        if proof.name:
            self._desk.about.note(target, About(proof.name, proof.members))
        self._show(SendReport((proof,))._repr_html_)

    def _on_save(self) -> None:
        if self._work.busy:
            return
        self._desk.show(None)
        self._show()
        name = self.choice.good_name()
        fields = self.choice.fields
        values = self.choice.values()
        if values is None:
            return
        secrets = fields.secrets_lacking(values)
        # Without its secret it is saved so far: a cell asks for that, and needs its name.
        spared = [*secrets, GROUP_FIELDS.get(fields.spec.kind, "")] if secrets else []
        if fields.lacking(values, but=spared) or name is None:
            return
        target = Target(fields.spec.kind, values, name=name)
        if secrets:
            self._save_so_far(name, target, secrets)
            return
        default = fields.spec.magic if self.choice.default.value else None
        self._work.run(
            self.save,
            self.status,
            say("正在保存并验证…", "Saving and testing…"),
            partial(saved, name, target, default),
            partial(self._saved_came, name),
        )

    def _save_so_far(self, name: str, target: Target, secrets: list[str]) -> None:
        try:
            sender.TARGETS.save(name, target)
        except TargetError as error:
            self.choice.fail(str(error))
            return
        self.choice.become(name)
        for one in secrets:
            row = self.choice.fields.rows[one]
            row.fail(
                say(
                    "已保存，只缺密钥：在单元里运行下面这一行，输入后回到这里。",
                    "Saved, all but the secret. Now run the line below in a cell, type it there, "
                    "and come back.",
                )
            )
            row.ask_in_a_cell()
        self._desk.targets_changed()

    def _saved_came(self, name: str, done: Future[tuple[Target, Path, Proof]]) -> None:
        try:
            target, path, proof = done.result()
        except NotifyError as error:
            if not self._blame(error):
                raise
            return
        self._last = name
        self.choice.become(name)
        self._take(target, proof)
        if proof.outcome != "failed":
            self.choice.become("")  # what was filled in is done with
            self._show(SendReport((proof,))._repr_html_)
            self.trial.layout.display = ""
        self._say(
            say(
                f"✓ {name} 已保存到 {path}（仅本人可读）",
                f"✓ {name} is saved in {path} (only you can read it)",
            )
        )
        self._desk.targets_changed()

    # ── trying it ────────────────────────────────────────────────────────────────────────────

    def _on_trial(self) -> None:
        if self._work.busy or self.question.open:
            return
        self._desk.show(None)
        target = sender.TARGETS.resolve(self._last)
        why = many(Letter("x"), target, self._desk.about(target))
        if why:
            told = say(f"{why}。确认发送吗？", f"{why[:1].upper()}{why[1:]}. Send it?")
            self.question.ask(told, partial(self._try, target))
            return
        self._try(target)

    def _try(self, target: Target) -> None:
        def tried(done: Future[SendReport]) -> None:
            self._show(done.result()._repr_html_)

        self._work.run(
            self.trial,
            self.status,
            say(f"正在发送到 {target.label}…", f"Sending to {target.label}…"),
            lambda: sender.post([(target, checking.trial())], queue=False),
            tried,
        )

    # ── what is told ─────────────────────────────────────────────────────────────────────────

    def _say(self, text: str) -> None:
        self.status.value = looks.status(scrub(text))

    def _show(self, made: Callable[[], str] = str) -> None:
        """Show what became of it; it is made again when the language is switched."""
        self._made = made
        self._say("")
        self.question.close()
        self.report.value = looks.outcome(made())
