"""What stands in the panel's place: in a terminal, in a page without a kernel, after nbconvert."""

from __future__ import annotations

from html import escape

from notebook_notify.boxes import box
from notebook_notify.texts import say


def instead(mark: str = "") -> dict[str, str]:
    """The MIME bundle of a panel that cannot be shown; names nothing of the user's.

    *mark* is the class of its HTML.
    """
    head = say("notebook_notify 面板", "The panel of notebook_notify")
    rows = [
        say(
            "它要在有内核的 Jupyter 页面里用（JupyterLab、Notebook 7、Voilà）："
            "请运行显示它的单元。",
            "It works in a Jupyter page with a kernel (JupyterLab, Notebook 7, Voilà): "
            "run the cell that shows it.",
        ),
        say(
            "在终端里：%notify --to 名称 文字 发一句话；%notify_targets 列出目标；"
            "%notify_setup 名称 新建一个；%notify_sandbox 不用账号先试。",
            "In a terminal: %notify --to NAME TEXT sends a text; %notify_targets lists targets; "
            "%notify_setup NAME makes one; %notify_sandbox lets you try without an account.",
        ),
    ]
    return _bundle(head, rows, mark)


def outdated(version: str) -> dict[str, str]:
    """As :func:`instead`, where there is an ipywidgets of an older *version* than is needed."""
    head = say("notebook_notify 面板", "The panel of notebook_notify")
    rows = [
        say(
            f"它要 ipywidgets 8，这里是 {version}（Colab 自带的就是 7）。",
            f"It needs ipywidgets 8, and here is {version} (Colab's own is 7).",
        ),
        say(
            "不用面板也能做：%notify --to 名称 文字、%notify_targets、%notify_setup 名称。",
            "Without it: %notify --to NAME TEXT, %notify_targets, %notify_setup NAME.",
        ),
    ]
    return _bundle(head, rows, "")


def _bundle(head: str, rows: list[str], mark: str) -> dict[str, str]:
    return {
        "text/plain": "\n".join([head, *rows]),
        "text/html": f'<div class="{escape(mark)}">{box(head, [("", row) for row in rows])}</div>',
    }
