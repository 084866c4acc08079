"""The panel: sending and trying without code. The only importer of ipywidgets.

In a notebook, or in one that Voilà serves to colleagues::

    from notebook_notify import panel

    panel.show()

Or, after ``%load_ext notebook_notify``, ``%notify_panel``. Nothing is imported for it before.
"""

from __future__ import annotations

from typing import Any

__all__ = ["show"]

#: The first ipywidgets of which the panel can be made: with tooltips, and files as tuples.
_WIDGETS = 8


def show(language: str | None = None) -> None:
    """Display a new panel; where that cannot be, a text that says what to do instead.

    It cannot without a kernel, nor with an ipywidgets before 8, as Colab has it.

    Args:
        language: ``zh`` or ``en``; ``None`` means the reader's.
    """
    from IPython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if getattr(shell, "kernel", None) is None:
        from notebook_notify.panel.fallback import instead

        display(instead(), raw=True)
        return
    import ipywidgets

    if int(ipywidgets.__version__.partition(".")[0]) < _WIDGETS:
        from notebook_notify.panel.fallback import outdated

        display(outdated(ipywidgets.__version__), raw=True)
        return
    from notebook_notify.notebook import magics
    from notebook_notify.panel.shell import Panel

    magics.load(shell)  # the sandbox and recent cells come by them
    load(shell)
    display(Panel(language))


def load(ipython: Any) -> None:
    """Register ``%notify_panel``."""
    ipython.register_magic_function(notify_panel, "line", "notify_panel")


def unload(ipython: Any) -> None:
    """Take it away again."""
    ipython.magics_manager.magics["line"].pop("notify_panel", None)


def notify_panel(line: str) -> None:
    """Show a form for sending, for those who would rather click.

    显示一个发消息的面板，不用写代码。

    ``%notify_panel zh`` or ``%notify_panel en`` says in which language; it can be switched there.
    """
    language = line.strip()
    if language not in ("", "zh", "en"):
        from IPython.core.error import UsageError

        from notebook_notify.texts import say

        raise UsageError(
            say("%notify_panel 后面是 zh、en 或不写", "%notify_panel takes zh, en or nothing")
        )
    show(language or None)
