"""A question within the panel, which must be answered before something is done."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import ipywidgets as widgets

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.panel.desk import Desk, Pair


class Question:
    """A row that is hidden until something is asked.

    Args:
        desk: the panel's.
        after: what has the keyboard when it is answered.
        yes: what its first button says, and its tooltip.
    """

    def __init__(
        self,
        desk: Desk,
        after: widgets.DOMWidget,
        yes: tuple[Pair, Pair] = (
            ("确认发送", "Send anyway"),
            ("知道了，照样发送", "understood, send it"),
        ),
    ) -> None:
        self._desk = desk
        self._after = after
        self._then: Callable[[], None] | None = None
        self._text = widgets.HTML()
        self.yes = desk.button(*yes, self._confirm)
        self.no = desk.button(("取消", "Cancel"), ("什么也不做", "do nothing"), self._cancel)
        self.box = widgets.HBox([self._text, self.yes, self.no])
        self.box.add_class("nn-ask")
        self.box.layout.display = "none"

    @property
    def open(self) -> bool:
        """Whether it is being asked."""
        return self._then is not None

    def ask(self, text: str, then: Callable[[], None]) -> None:
        """Ask *text*; *then* is called if the answer is yes."""
        self._then = then
        self._text.value = f'<div role="alert"><b>⚠</b> {escape(text)}</div>'
        self.box.layout.display = ""
        self.no.focus()  # what a key pressed by habit answers

    def close(self) -> None:
        """Ask no more."""
        self._then = None
        self._text.value = ""
        self.box.layout.display = "none"

    def _cancel(self) -> None:
        self.close()
        self._after.focus()  # else nothing would have it

    def _confirm(self) -> None:
        then = self._then
        self._cancel()
        if then is not None:
            then()
