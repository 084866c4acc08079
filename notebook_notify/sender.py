"""The shared sender: what magics, panel, shell and Python callers all use.

Among it the three functions of the DolphinDB module that this package ports:
:func:`wechat_group_chat`, :func:`wechat_application` and :func:`dingtalk_group_chat`.
"""

from __future__ import annotations

import atexit
import os
import warnings
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from notebook_notify.book import Targets
from notebook_notify.delivery import TIMEOUT
from notebook_notify.delivery.budget import Budget
from notebook_notify.delivery.shared import open_shared
from notebook_notify.errors import TargetError
from notebook_notify.everyone import refuse
from notebook_notify.messages import File, Image, Making, Markdown, Message, Text
from notebook_notify.platforms import SPECS, channel_of
from notebook_notify.sending.bookkeeping import Bookkeeping
from notebook_notify.sending.dispatch import Sender
from notebook_notify.shielded import shielded
from notebook_notify.targets import Target
from notebook_notify.texts import say
from notebook_notify.waiting.keeping import Keeper
from notebook_notify.waiting.outgoing import drain_for, saved_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from notebook_notify.ledger import Entry
    from notebook_notify.messages import Piece
    from notebook_notify.reports import SendReport


class NotifyWarning(UserWarning):
    """A message went out, but not as its sender may think."""


#: What targets there are, for all callers in this process.
TARGETS = Targets(SPECS)
#: The sender that all callers in this process share: one token an app, one connection a host.
SENDER = Sender(store=lambda: open_shared(lambda: TARGETS.config))
#: What keeps the ledger of what they sent.
BOOKKEEPING = Bookkeeping()
#: What sends later what could not go out at once.
DRAIN = drain_for(SENDER, TARGETS)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SENDER.renew)
    os.register_at_fork(after_in_child=BOOKKEEPING.renew)
    os.register_at_fork(after_in_child=DRAIN.renew)
atexit.register(BOOKKEEPING.flush)
atexit.register(DRAIN.close)  # before the one above


def send(
    message: Piece | Sequence[Piece],
    to: str | Target | Sequence[str | Target] | None = None,
    timeout: float = TIMEOUT,
    once: str | None = None,
) -> SendReport:
    """Send *message* and report what became of it. Delivery problems do not raise.

    Args:
        message: a text, split into numbered parts if the channel takes less at once; a
            ``Markdown``, an ``Image`` or a ``File``; or a list of these.
        to: a target's name, a :class:`Target`, or several; ``None`` means the default target.
        timeout: the longest wait, in seconds.
        once: a key. A target that a message with this key went to before gets none, and the
            report says when that was.

    Raises:
        TargetError: no such target, it cannot work as it is written, or *message* is no message;
            nothing was sent.
        SendInterrupted: a ``KeyboardInterrupt`` with the report so far; nothing more leaves.
    """
    whole = _whole(message)
    messages = [(target, whole) for target in targets(to)]
    return post(messages, budget=Budget.of(timeout), once=once)


def post(
    messages: Iterable[tuple[Target, Making]],
    *,
    budget: Budget | None = None,
    once: str | None = None,
    verdict: str = "text",
    drops: bool = False,
    persist: bool = False,
    queue: bool = True,
    told: Callable[[int, int], None] | None = None,
) -> SendReport:
    """Send each message to its target and keep the ledger of it.

    Args:
        messages: targets and messages; a function makes its message on the sending thread.
        budget: how long the outcome is waited for; ``None``: ``TIMEOUT`` seconds. What may wait,
            and has no outcome when who called is released, goes on and is ``queued`` in the report.
        once: a key; a target that a message with this key and *verdict* went to before gets none.
        verdict: ``done``, ``failed`` or ``interrupted``, of a run; ``text`` of a text.
        drops: let the platform drop an identical repeat: see ``once`` of :meth:`Sender.send`.
        persist: go on trying until the time is up.
        queue: whether what cannot go out now may go out later: to saved targets alone.
        told: as of :meth:`Sender.send`.

    Raises:
        TargetError: a target cannot work as it is written, or the key is blank; nothing was sent.
        SendInterrupted: a ``KeyboardInterrupt`` with the report so far; nothing more leaves.
    """
    waits = Budget.of() if budget is None else budget
    saved = partial(saved_in, TARGETS) if queue else dict
    keeper = Keeper(DRAIN, saved, key=once, verdict=verdict)
    deliver = partial(keeper.send, SENDER, budget=waits, once=drops, persist=persist, told=told)
    DRAIN.notice()
    return BOOKKEEPING.send(list(messages), deliver, budget=waits, once=once, verdict=verdict)


def history(count: int = 20) -> list[Entry]:
    """The latest *count* messages of this user, the newest first.

    Those that the DolphinDB module's three functions sent are not among them.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    from notebook_notify.ledger import Ledger
    from notebook_notify.ledger_file import path_of

    BOOKKEEPING.flush()
    return Ledger(path_of()).recent(count)


def check(
    to: str | Target | Sequence[str | Target] | None = None, timeout: float = TIMEOUT
) -> SendReport:
    """Prove targets step by step; posts nothing.

    Each result is a :class:`~notebook_notify.sending.proofs.Proof`: ``sent`` if all was proved,
    ``partial`` if the rest only a message proves, ``unknown`` if that is all, as of a robot.

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
        content = one.content if isinstance(one, Text | Markdown) else one
        data = content.data if isinstance(content, Image | File) else b""
        if not isinstance(content, str | Image | File) or not isinstance(data, bytes):
            kind = type(content).__name__
            raise TargetError(
                say(
                    f"消息应为文字、Markdown、Image、File 或它们的列表，却是 {kind}；未发送",
                    "a message is a text, a Markdown, an Image, a File or a list of these, "
                    f"not {kind}; nothing was sent",
                )
            )
    return Message.of(pieces)


def targets(to: str | Target | Sequence[str | Target] | None) -> list[Target]:
    """The targets that *to* names, checked; raises ``TargetError``."""
    wanted = [to] if to is None or isinstance(to, (str, Target)) else to
    if not wanted:
        raise TargetError(say("没有指定目标，未发送", "no target was named; nothing was sent"))
    return _checked(one if isinstance(one, Target) else TARGETS.resolve(one) for one in wanted)


def alert_for(target: Target) -> Target:
    """Where *target*'s failures go: to the target that its ``alert`` names, else to itself.

    Raises:
        TargetError: there is none of that name, or it cannot work as it is written.
    """
    return TARGETS.alert_of(target)


def _checked(found: Iterable[Target]) -> list[Target]:
    checked = list(found)
    for target in checked:
        _see_to(target)
        alert = alert_for(target)
        if alert is not target:
            _see_to(alert)
    return checked


def _see_to(target: Target) -> None:
    """Raise ``TargetError`` if *target* cannot work, or may not be sent to."""
    if channel_of(target).everyone(target):
        refuse(target, SPECS)


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
    return _checked(
        TARGETS.resolve(name, magic=magic, explicit=explicit or None)
        for name in dict.fromkeys(names) or (None,)
    )


@shielded
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


@shielded
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

    Raises:
        TargetError: an argument cannot be right, or the site's config forbids messages to all.

    See https://developer.work.weixin.qq.com/document/path/90236
    """
    fields = {"corp_id": corp_id, "corp_secret": corp_secret, "agent_id": agent_id}
    return _seed("wecom_app", fields, message, base_url, proxy, timeout)


@shielded
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
    _see_to(target)
    (result,) = SENDER.send([(target, _whole(message))], timeout=timeout, repeat=False).results
    if result.outcome == "partial":
        warnings.warn(result.lines()[0][1], NotifyWarning, stacklevel=4)
    return result.seed_answer()
