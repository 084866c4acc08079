"""The tab that needs no account: start the sandbox, see what it received."""

from __future__ import annotations

from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from IPython import get_ipython

from notebook_notify.errors import TargetError
from notebook_notify.notebook.sandbox_magics import SandboxMagics
from notebook_notify.panel import looks
from notebook_notify.sandbox import page
from notebook_notify.texts import language, say

if TYPE_CHECKING:
    from concurrent.futures import Future

    from notebook_notify.panel.desk import Desk


class SandboxTab:
    """Starts the sandbox as ``%notify_sandbox`` does, and shows its inbox.

    What the inbox holds stands in the page only while this tab is open.

    Attributes:
        title: what its tab says.
        box: what it consists of.
    """

    title = ("沙盒", "Sandbox")

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._told = widgets.HTML()
        self.start = desk.button(
            ("启动沙盒", "Start the sandbox"),
            (
                "在本机启动，并加入它的目标；消息不会到任何手机",
                "on this machine, with its targets; no message reaches a phone",
            ),
            self._on_start,
            primary=True,
        )
        self.update = desk.button(
            ("刷新收件箱", "Refresh the inbox"),
            ("显示沙盒收到的消息", "show what the sandbox received"),
            self._read,
        )
        self.status = widgets.HTML(looks.status(""))
        self.inbox = widgets.HTML()
        row = widgets.HBox([self.start, self.update])
        row.add_class("nn-row")
        self.box = widgets.VBox([self._told, row, desk.trouble, self.status, self.inbox])

    def refresh(self) -> None:
        """The tab was opened, or its language switched."""
        self._told.value = looks.paragraph(
            say(
                "不需要账号：沙盒在本机按企业微信和钉钉的方式应答，收到的消息显示在下面。"
                "启动后回到“发消息”页，选一个 sandbox- 开头的目标。",
                "No account is needed: the sandbox answers on this machine as WeCom and DingTalk "
                "do, and what it receives shows below. Start it, go back to Message, and choose a "
                "target whose name begins with sandbox-.",
            )
        )
        self.update.layout.display = "" if _sandbox() is not None else "none"
        if _sandbox() is not None:
            self._read()

    def leave(self) -> None:
        """Another tab was opened: show nothing of messages."""
        self.inbox.value = ""

    def _on_start(self) -> None:
        self._desk.show(None)
        wrong = _magics().start()
        if wrong:
            raise TargetError(wrong)
        self._desk.targets_changed()
        self.refresh()

    def _read(self) -> None:
        sandbox, lang = _sandbox(), language()

        def draw() -> str:
            return page.inline(sandbox.inbox, sandbox.url, lang, sandbox.media_bytes)

        self._desk.run(draw, self._show)

    def _show(self, done: Future[str]) -> None:
        try:
            self.inbox.value = done.result()
        except (OSError, RuntimeError, ValueError, LookupError, TypeError, HTTPException):
            self.inbox.value = ""
            self.status.value = looks.status(
                say("沙盒不再应答：请再启动", "the sandbox answers no more: start it again")
            )
        else:
            url = _sandbox().url
            self.status.value = looks.status(
                say(f"✓ 沙盒在运行：{url}", f"✓ the sandbox is running: {url}")
            )


def _magics() -> SandboxMagics:
    """Those of this kernel, so that ``%notify_inbox`` shows the same sandbox."""
    shell = get_ipython()
    found = shell.magics_manager.registry.get("SandboxMagics") if shell is not None else None
    if not isinstance(found, SandboxMagics):
        raise TargetError(
            say("先运行 %load_ext notebook_notify", "run %load_ext notebook_notify first")
        )
    return found


def _sandbox() -> Any:
    try:
        return _magics().sandbox
    except TargetError:
        return None
