"""The shared sender: what magics, panel, shell and Python callers all use.

Among it the three functions of the DolphinDB module that this package ports:
:func:`wechat_group_chat`, :func:`wechat_application` and :func:`dingtalk_group_chat`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, cast

from notebook_notify.book import Targets
from notebook_notify.delivery import TIMEOUT
from notebook_notify.dispatch import Sender
from notebook_notify.errors import TargetError
from notebook_notify.messages import File, Image, Message, Text
from notebook_notify.platforms import SPECS, channel_of
from notebook_notify.targets import Target
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_notify.messages import Attachment
    from notebook_notify.reports import SendReport

_P = ParamSpec("_P")
_R = TypeVar("_R")


class NotifyWarning(UserWarning):
    """A message went out, but not as its sender may think."""


#: What targets there are, for all callers in this process.
TARGETS = Targets(SPECS)
#: The sender that all callers in this process share: one token an app, one connection a host.
SENDER = Sender()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SENDER.renew)


def send(
    message: str | Text | Attachment | Sequence[str | Text | Attachment],
    to: str | Target | Sequence[str | Target] | None = None,
    timeout: float = TIMEOUT,
) -> SendReport:
    """Send *message* and report what became of it. Delivery problems do not raise.

    Args:
        message: a text, split into numbered parts if the channel takes less at once; an
            ``Image`` or a ``File``; or a list of these.
        to: a target's name, a :class:`Target`, or several; ``None`` means the default target.
        timeout: the longest wait, in seconds.

    Raises:
        TargetError: no such target, it cannot work as it is written, or *message* is no message;
            nothing was sent.
    """
    whole = _whole(message)
    return SENDER.send([(target, whole) for target in targets(to)], timeout=timeout)


def check(
    to: str | Target | Sequence[str | Target] | None = None, timeout: float = TIMEOUT
) -> SendReport:
    """Prove the credentials of targets by fetching new tokens; posts nothing.

    Args:
        to: as for :func:`send`.
        timeout: the longest wait, in seconds.

    Raises:
        TargetError: no such target, or it cannot work as it is written.
    """
    return SENDER.check_all(targets(to), timeout=timeout)


def _whole(message: object) -> Message:
    alone = isinstance(message, str) or not isinstance(message, Sequence)
    pieces: Sequence[Any] = [message] if alone else cast("Sequence[Any]", message)
    for one in pieces:
        content = one.content if isinstance(one, Text) else one
        data = content.data if isinstance(content, Image | File) else b""
        if not isinstance(content, str | Image | File) or not isinstance(data, bytes):
            kind = type(content).__name__
            raise TargetError(
                say(
                    f"消息应为文字、Image、File 或它们的列表，却是 {kind}；未发送",
                    f"a message is a text, an Image, a File or a list of these, not {kind}; "
                    "nothing was sent",
                )
            )
    return Message.of(pieces)


def targets(to: str | Target | Sequence[str | Target] | None) -> list[Target]:
    """The targets that *to* names, checked; raises ``TargetError``."""
    wanted = [to] if to is None or isinstance(to, (str, Target)) else to
    if not wanted:
        raise TargetError(say("没有指定目标，未发送", "no target was named; nothing was sent"))
    found = [one if isinstance(one, Target) else TARGETS.resolve(one) for one in wanted]
    for target in found:
        channel_of(target)
    return found


def find(
    names: Sequence[str], *, magic: str | None = None, explicit: Mapping[str, Any] | None = None
) -> list[Target]:
    """The targets of a magic line, checked as far as can be without network or keyring.

    Args:
        names: as given with ``--to``; none means the magic's default.
        magic: ``wechat``, ``wechat_app``, ``dingtalk``, or ``None`` for any.
        explicit: fields given on the line, which replace those of the target.

    Raises:
        TargetError: not found, incomplete, of another magic, or an ``env:`` secret is not set.
    """
    found = [
        TARGETS.resolve(name, magic=magic, explicit=explicit or None)
        for name in dict.fromkeys(names) or (None,)
    ]
    for target in found:
        channel_of(target)
    return found


def _sealed(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """*function*, whose arguments no traceback shows: some tools print what frames hold."""

    @wraps(function)
    def sealed(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - raised again below
            problem = error.with_traceback(None)
            problem.__cause__ = None
        del args, kwargs
        # Outside of the block, which would give it a context; what it had holds frames as well.
        problem.__context__ = None
        try:
            raise problem
        finally:
            del problem

    return sealed


@_sealed
def wechat_group_chat(
    corp_id: str,
    corp_secret: str,
    chat_id: str,
    message: str,
    *,
    base_url: str | None = None,
    proxy: str | None = None,
    timeout: float = TIMEOUT,
) -> Literal[True] | dict[str, Any]:
    """Send a text to a WeCom group chat that an application created.

    The DolphinDB module's ``weChat_group_chat``. Never repeats what may have arrived.

    Args:
        corp_id: the enterprise's id (我的企业 → 企业ID).
        corp_secret: the application's secret.
        chat_id: as answered by ``appchat/create``; the same application must have created it.
        message: the text.
        base_url: another API address than ``https://qyapi.weixin.qq.com``.
        proxy: the URL of a proxy for this call.
        timeout: the longest wait, in seconds.

    Returns:
        ``True`` if the platform accepted it, else its error dict (``errcode``, ``errmsg``).

    See https://developer.work.weixin.qq.com/document/path/90248
    """
    fields = {"corp_id": corp_id, "corp_secret": corp_secret, "chat_id": chat_id}
    return _seed("wecom_chat", fields, message, base_url, proxy, timeout)


@_sealed
def wechat_application(
    corp_id: str,
    corp_secret: str,
    agent_id: int | str,
    message: str,
    *,
    base_url: str | None = None,
    proxy: str | None = None,
    timeout: float = TIMEOUT,
) -> Literal[True] | dict[str, Any]:
    """Send a WeCom application message to **everyone** in the application's visible scope.

    The DolphinDB module's ``weChat_application``. To name people instead, save a target with
    ``users``, ``parties`` or ``tags``.

    Args:
        corp_id: the enterprise's id (我的企业 → 企业ID).
        corp_secret: the application's secret.
        agent_id: the application's AgentId.
        message: the text.
        base_url: another API address than ``https://qyapi.weixin.qq.com``.
        proxy: the URL of a proxy for this call.
        timeout: the longest wait, in seconds.

    Returns:
        ``True`` if the platform accepted it (a warning tells if not for everyone), else its
        error dict (``errcode``, ``errmsg``).

    See https://developer.work.weixin.qq.com/document/path/90236
    """
    fields = {"corp_id": corp_id, "corp_secret": corp_secret, "agent_id": agent_id}
    return _seed("wecom_app", fields, message, base_url, proxy, timeout)


@_sealed
def dingtalk_group_chat(
    app_key: str,
    app_secret: str,
    chat_id: str,
    message: str,
    *,
    base_url: str | None = None,
    proxy: str | None = None,
    timeout: float = TIMEOUT,
) -> Literal[True] | dict[str, Any]:
    """Send a text to a DingTalk group chat by the legacy ``chat/send``.

    The DolphinDB module's ``dingding_group_chat``. DingTalk opens this call to no new
    application since 2022; those that have it go on.

    Args:
        app_key: the application's AppKey (now shown as Client ID).
        app_secret: the application's AppSecret (Client Secret).
        chat_id: as answered by ``chat/create``.
        message: the text.
        base_url: another API address than ``https://oapi.dingtalk.com``.
        proxy: the URL of a proxy for this call.
        timeout: the longest wait, in seconds.

    Returns:
        ``True`` if the platform accepted it, else its error dict (``errcode``, ``errmsg``).

    See https://open.dingtalk.com/document/orgapp/send-group-messages
    """
    fields = {"app_key": app_key, "app_secret": app_secret, "chat_id": chat_id}
    return _seed("dingtalk_chat", fields, message, base_url, proxy, timeout)


def _seed(
    channel: str,
    fields: Mapping[str, Any],
    message: str,
    base_url: str | None,
    proxy: str | None,
    timeout: float,
) -> Literal[True] | dict[str, Any]:
    extra = {"base_url": base_url, "proxy": proxy}
    target = Target(channel, {**fields, **{k: v for k, v in extra.items() if v is not None}})
    (result,) = SENDER.send([(target, _whole(message))], timeout=timeout, repeat=False).results
    if result.outcome == "partial":
        warnings.warn(result.lines()[0][1], NotifyWarning, stacklevel=4)
    return result.seed_answer()
