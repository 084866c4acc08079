"""The panel itself: its tabs, its language, and what stands in its place where it cannot work."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Protocol

import ipywidgets as widgets
from IPython.display import display

from notebook_notify import texts
from notebook_notify.panel import looks
from notebook_notify.panel.desk import Desk
from notebook_notify.panel.fallback import instead
from notebook_notify.panel.sandbox_tab import SandboxTab
from notebook_notify.panel.send_tab import SendTab
from notebook_notify.panel.setup_tab import SetUpTab

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_VIEW = "application/vnd.jupyter.widget-view+json"
#: What nbconvert shows of a view that it cannot draw: the text before it says all.
_NOTHING = "<!-- notebook_notify -->"


class Tab(Protocol):
    """One tab of a panel.

    Attributes:
        title: what its tab says, in Chinese and in English.
        box: what it consists of.
    """

    title: tuple[str, str]
    box: widgets.Widget

    def refresh(self) -> None:
        """The tab was opened, or its language switched: show what there is now."""

    def leave(self) -> None:
        """Another tab was opened: show nothing that need not stay in the page."""


#: What makes the tabs, in their order.
TABS: tuple[Callable[[Desk], Tab], ...] = (SendTab, SetUpTab, SandboxTab)


class Panel:
    """A form for sending and trying; displayed as it stands, any number of times.

    Args:
        language: ``zh`` or ``en``; ``None`` means the reader's.
        tabs: what makes its tabs.

    Attributes:
        desk: what its tabs share.
        tabs: its tabs.
        root: the outermost widget.
    """

    def __init__(
        self, language: str | None = None, tabs: Sequence[Callable[[Desk], Tab]] = TABS
    ) -> None:
        self.desk = desk = Desk(language)
        with texts.speaking(desk.language):
            self.tabs = [make(desk) for make in tabs]
            self._tabs = widgets.Tab([one.box for one in self.tabs])
            self._open = 0
            self.language = desk.button(
                ("English", "中文"),
                ("Switch the panel to English", "面板改用中文"),
                self._switch,
            )
            title = widgets.HTML()
            desk.word(
                title,
                "value",
                '<h2 class="nn-title">发消息到企业微信、钉钉</h2>',
                '<h2 class="nn-title">Send to WeCom and DingTalk</h2>',
            )
            head = widgets.HBox([title, self.language])
            head.add_class("nn-head")
            stale = widgets.HTML()
            desk.word(
                stale,
                "value",
                _stale("内核已重启或断开，这个面板不能用了：请重新运行显示它的单元。"),
                _stale(
                    "The kernel was restarted or is gone, and this panel with it: "
                    "run its cell again."
                ),
            )
            stale.add_class("nn-stale")
            works = widgets.VBox([head, self._tabs])
            works.add_class("nn-works")
            style = widgets.HTML()
            self.root = widgets.VBox([style, stale, works])
            self._mark = f"nn-instead-{self.root.model_id}"
            style.value = looks.style(self._mark)
            self.root.add_class(looks.ROOT)
            self._titles()
            desk.watch(self._tabs, self._turned, "selected_index")
            desk.do(self.tabs[0].refresh)

    def _ipython_display_(self) -> None:
        """Show it, and before it what is seen in its place.

        In one bundle with the view it would never be seen: a page that cannot draw a view, since
        its kernel is gone, does not look for another form. The panel's own style hides it.
        """
        with texts.speaking(self.desk.language):
            display(instead(self._mark), raw=True)
            view = {"version_major": 2, "version_minor": 0, "model_id": self.root.model_id}
            display({"text/html": _NOTHING, _VIEW: view}, raw=True)

    def close(self) -> None:
        """Take it from all pages, and forget what was typed."""
        _close(self.root)

    def _switch(self) -> None:
        language = "en" if self.desk.language == "zh" else "zh"
        with texts.speaking(language):
            self.desk.switch(language)
            self._titles()
            self.desk.show(None)
            self.tabs[self._open].refresh()

    def _titles(self) -> None:
        self._tabs.titles = tuple(self.desk.say(*one.title) for one in self.tabs)

    def _turned(self) -> None:
        self.tabs[self._open].leave()
        self._open = self._tabs.selected_index or 0
        self.desk.show(None)
        self.tabs[self._open].refresh()


def _stale(text: str) -> str:
    return f'<div class="nn-alert" role="alert"><b>✗</b> {escape(text)}</div>'


def _close(widget: widgets.Widget) -> None:
    for child in getattr(widget, "children", ()):
        _close(child)
    widget.close()
