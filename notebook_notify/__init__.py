"""A notebook cell's output, or its error, arrives in a WeCom or DingTalk chat.

In a notebook::

    %load_ext notebook_notify
    %notify_sandbox                 # or %notify_setup ops, with an account

    %%notify_wechat --title "nightly backtest"
    table = backtest(start, end)
    table

In a script::

    from notebook_notify import notify, send

    send("training started", to="ops")
    with notify("training", to="ops"):
        train()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notebook_notify.admin import Chat
    from notebook_notify.admin.dingtalk import DingTalkApp
    from notebook_notify.admin.wecom import WeComApp
    from notebook_notify.errors import NotifyError, PlatformError, SendError, TargetError
    from notebook_notify.messages import File, Image, Markdown, Text
    from notebook_notify.platforms.dingtalk_admin import Department, Member
    from notebook_notify.reports import Advice, SendReport, SendResult
    from notebook_notify.scripts import notify
    from notebook_notify.secret import Secret
    from notebook_notify.sender import NotifyWarning, send
    from notebook_notify.targets import Target

    __version__: str

__all__ = [
    "Advice",
    "Chat",
    "Department",
    "DingTalkApp",
    "File",
    "Image",
    "Markdown",
    "Member",
    "NotifyError",
    "NotifyWarning",
    "PlatformError",
    "Secret",
    "SendError",
    "SendReport",
    "SendResult",
    "Target",
    "TargetError",
    "Text",
    "WeComApp",
    "notify",
    "send",
]

_HOMES = {
    "Advice": "reports",
    "Chat": "admin",
    "Department": "platforms.dingtalk_admin",
    "DingTalkApp": "admin.dingtalk",
    "File": "messages",
    "Image": "messages",
    "Markdown": "messages",
    "Member": "platforms.dingtalk_admin",
    "NotifyError": "errors",
    "NotifyWarning": "sender",
    "PlatformError": "errors",
    "Secret": "secret",
    "SendError": "errors",
    "SendReport": "reports",
    "SendResult": "reports",
    "Target": "targets",
    "TargetError": "errors",
    "Text": "messages",
    "WeComApp": "admin.wecom",
    "notify": "scripts",
    "send": "sender",
}

if not TYPE_CHECKING:  # a type checker would take every name for one of ours

    def __getattr__(name: str) -> Any:
        """Import what is asked for when it is asked for: importing the package costs nothing."""
        if name == "__version__":
            from importlib.metadata import version

            return version("notebook-notify")  # pyproject.toml alone says it
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


def load_ipython_extension(ipython: Any) -> None:
    """What ``%load_ext notebook_notify`` does: register the magics."""
    from notebook_notify import panel
    from notebook_notify.notebook.magics import load

    load(ipython)
    panel.load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """What ``%unload_ext notebook_notify`` does: leave no trace."""
    from notebook_notify import panel
    from notebook_notify.notebook.magics import unload

    unload(ipython)
    panel.unload(ipython)
