"""One field of a target: where to find its value, and what is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from notebook_notify.notebook.asking import words
from notebook_notify.panel import looks
from notebook_notify.panel.setup_words import common, label
from notebook_notify.secret import Secret, remember, scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.fields import Field
    from notebook_notify.panel.desk import Desk

#: A reference, or how far one has come that is being typed.
_REFERENCE = re.compile(r"\s*(?:env:\w*|keyring:.*)\s*", re.ASCII)
_SCHEMES = ("env:", "keyring:")


class Row:
    """One field.

    A secret field takes a reference alone. What is none is taken out of the page at once, and
    the line is shown that asks for it where it is not kept.

    Args:
        desk: the panel's.
        field: what it asks for.
        line: makes that line.
        made: whether it names a group that can be made in the panel.

    Attributes:
        field: as above.
        widget: what is filled in.
        wrong: what is wrong with it.
        line: the line, to be copied; hidden until it is needed.
        box: all of them.
    """

    def __init__(
        self, desk: Desk, field: Field, line: Callable[[], str], *, made: bool = False
    ) -> None:
        self._line = line
        self._grouped = made
        self._kept: Any = None
        self.field = field
        flag = field.kind == "flag"
        self.widget: Any = desk.field(
            widgets.Checkbox(indent=False) if flag else widgets.Text(), label(field), field.where
        )
        if field.secret:
            desk.word(
                self.widget,
                "placeholder",
                "env:变量名 或 keyring:服务/用户",
                "env:NAME or keyring:SERVICE/USER",
            )
        self.wrong = widgets.HTML()
        self._hint = widgets.HTML()
        self.line = desk.field(
            widgets.Text(),
            ("在单元里运行这一行", "Run this line in a cell"),
            ("复制到单元里运行；输入不回显", "copy it into a cell; what is typed is not echoed"),
        )
        self.line.layout.display = "none"
        self.box = widgets.VBox([self.widget, self.wrong, self.line, self._hint])
        desk.watch(self.widget, self._typed)

    # ── what it holds ────────────────────────────────────────────────────────────────────────

    def fill(self, value: object) -> None:
        """Show *value*, which is saved, or nothing if it is ``None``; a secret is never shown."""
        self._kept = value
        if self.field.kind == "flag":
            self.widget.value = bool(value)
        elif isinstance(value, Secret):
            self.widget.value = value.reference or ""
        else:
            shown = "" if value is None else str(value)
            self.widget.value = ", ".join(value) if isinstance(value, list | tuple) else shown
        self.clear()

    def keep(self, value: object) -> None:
        """*value* is what is saved by now: a cell may have asked for the secret."""
        if isinstance(value, Secret):
            self._kept = value
            self.tell()

    def value(self) -> Any:
        """What was filled in, as a target keeps it; a secret that was kept; else ``None``.

        Raises:
            TargetError: it cannot be used.
            SecretError: it is no reference.
        """
        if self.field.kind == "flag":
            return self.widget.value or None
        typed = self.widget.value.strip()
        if not typed:
            return self._kept if self.kept else None
        if self.field.secret:
            return Secret.of(typed)
        if self.field.kind == "names" and typed != "@all":
            return self.field.parse(words(typed))
        return typed if self.field.kind == "names" else self.field.parse(typed)

    @property
    def kept(self) -> bool:
        """Whether its secret is saved, and not as a reference."""
        return isinstance(self._kept, Secret) and self._kept.reference is None

    # ── what is said of it ───────────────────────────────────────────────────────────────────

    def tell(self) -> None:
        """Say where to find its value, in the panel's language."""
        if self.field.kind == "flag":
            return  # its label says it all
        told = say(*self.field.where)
        if self.kept:
            told = say("已保存，留空则不变 · ", "saved; leave empty to keep it · ") + told
        elif self._grouped:
            told += say(" · 还没有群就在下面建", " · no group yet? make one below")
        elif self.field.secret and self.field.required:
            told += say(
                " · 这里只填引用；没有引用就留空保存，再在单元里输入",
                " · a reference only; without one save with this empty, then type it into a cell",
            )
        elif not self.field.required and common(self.field):
            told += say(" · 没有则留空", " · leave empty if there is none")
        self._hint.value = looks.hint(told)

    def fail(self, why: str) -> None:
        """Say what is wrong with it."""
        self.wrong.value = looks.alert(f"<b>✗</b> {looks.escape(scrub(why))}")

    def ask_in_a_cell(self) -> None:
        """Show the line that asks for the secret."""
        self.line.value = self._line()
        self.line.layout.display = ""

    def clear(self) -> None:
        """Nothing is wrong with it any more."""
        self.wrong.value = ""
        self.line.value = ""
        self.line.layout.display = "none"
        self.tell()

    def _typed(self) -> None:
        if self._no_place_for(self.widget.value):
            return
        if self.widget.value and self.wrong.value:
            self.clear()

    def _no_place_for(self, typed: object) -> bool:
        """Whether *typed* is a secret, which is then no longer here."""
        if not isinstance(typed, str) or not typed.strip():
            return False
        if self.field.secret:
            begun = any(scheme.startswith(typed.strip()) for scheme in _SCHEMES)
            if begun or _REFERENCE.fullmatch(typed):
                return False
        elif self.field.kind != "proxy" or "@" not in typed or _REFERENCE.fullmatch(typed):
            return False
        remember(typed.strip())  # so that nothing else shows it either
        self.widget.value = ""
        if self.field.secret:
            self.fail(
                say(
                    "这里不收密钥和 Webhook 本身，已清除，没有保存。填引用；"
                    "或先保存，再在单元里运行下面这一行，在那里输入。",
                    "No secret or webhook itself is taken here: it was cleared, and is not kept. "
                    "Give a reference; or save, then run the line below in a cell and type it "
                    "there.",
                )
            )
            self.ask_in_a_cell()
        else:
            self.fail(
                say(
                    "这里不收带密码的代理，已清除。请写成引用 env:变量名。",
                    "No proxy with a password is taken here: it was cleared. Write env:NAME.",
                )
            )
        return True
