"""What of a send is queued, and what a reader is told of what waits."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from notebook_notify.drain import TIMEOUT, Drain
from notebook_notify.errors import (
    OVER_RATE,
    ConfigError,
    NotifyError,
    OutboxError,
    SendInterrupted,
)
from notebook_notify.ledger import Ledger, Line
from notebook_notify.ledger_file import path_of
from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.queueing import may_queue, place_of, rest_of, standing
from notebook_notify.reports import MARKS, Advice, SendReport, one_line
from notebook_notify.texts import local, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from notebook_notify.book import Targets
    from notebook_notify.delivery.outbox import Outbox
    from notebook_notify.delivery.outbox_rows import Item
    from notebook_notify.dispatch import Sender
    from notebook_notify.drain import Change
    from notebook_notify.messages import Making
    from notebook_notify.queueing import Passage
    from notebook_notify.reports import SendResult
    from notebook_notify.targets import Target


def drain_for(sender: Sender, targets: Targets) -> Drain:
    """The drain of a process that sends by *sender* to *targets*."""

    def opened() -> Outbox:
        from notebook_notify.delivery.outbox import FILE, Outbox

        return Outbox(path_of().with_name(FILE))

    def send(target: Target, passage: Passage) -> SendReport:
        return sender.send([(target, passage.message)], timeout=TIMEOUT, passage=passage)

    def find(name: str) -> Target:
        target = targets.resolve(name)
        if not may_queue(target, saved_in(targets)):  # the sandbox's, of the same name
            raise OutboxError(say(f"{name} 不在配置文件里", f"{name} is not in the config file"))
        return target

    return Drain(opened, find, send, lambda change: _record(change, targets))


def saved_in(targets: Targets) -> Mapping[str, Target]:
    """The config files' targets by name; none if the files cannot be used."""
    with contextlib.suppress(ConfigError):
        return targets.config.targets
    return {}


class Kept:
    """A message that is made once, however many threads ask for it."""

    def __init__(self, making: Making) -> None:
        self._making = making
        self._lock = threading.Lock()

    @property
    def message(self) -> Message | None:
        """The message, if it is made."""
        return self._making if isinstance(self._making, Message) else None

    def __call__(self) -> Message:
        """The message, made now if need be."""
        with self._lock:
            if not isinstance(self._making, Message):
                self._making = self._making()
            return self._making


def keep(
    drain: Drain,
    saved: Mapping[str, Target],
    messages: Sequence[tuple[Target, Kept]],
    report: SendReport,
    *,
    key: str | None,
    verdict: str,
) -> SendReport:
    """Queue what of *report* did not go out and may wait; what may have arrived is kept too.

    Args:
        drain: where to.
        saved: the config file's targets.
        messages: what was sent.
        report: what became of each.
        key: that of ``--once``; what may have arrived is not repeated then.
        verdict: as of :class:`ledger.Entry`.

    Returns:
        The report as it is now. If the outbox cannot be used, it says so, and why.

    Raises:
        SendInterrupted: Ctrl-C; nothing was queued.
    """
    waiting = [
        (number, target, message, result)
        for number, ((target, message), result) in enumerate(
            zip(messages, report.results, strict=True)
        )
        if standing(result, CHANNELS[target.channel]) in ("later", "unknown")
        and may_queue(target, saved)
    ]
    if not waiting:
        return report

    def store(outbox: Outbox) -> list[Item]:
        stored: list[Item] = []
        try:
            for _, target, message, result in waiting:
                one = outbox.put(
                    str(target.name),
                    place_of(target),
                    message(),
                    error=result.error,
                    unknown=result.outcome == "unknown",
                    accepted=(result.parts_sent, result.parts) if result.parts_sent else (0, 0),
                    repeats=key is None and target.get("unknown") != "ask",
                    rest=rest_of(result, CHANNELS[target.channel]),
                    key=key,
                    verdict=verdict,
                )
                stored.append(one)
        except BaseException:  # all or none: the report says one thing of them
            for one in stored:
                with contextlib.suppress(OutboxError):
                    outbox.drop(one.id)
            raise
        return stored

    try:
        items = drain.put(store)
    except OutboxError as error:
        note = say(f"{error}；没有排队", f"{error}; not queued")
        return replace(report, notes=(*report.notes, note))
    except KeyboardInterrupt:
        raise SendInterrupted(report) from None
    results = list(report.results)
    for (number, _, _, result), item in zip(waiting, items, strict=True):
        results[number] = queued(result, item)
    return replace(report, results=tuple(results))


def queued(result: SendResult, item: Item) -> SendResult:
    """*result* as it is told once its message is in the outbox as *item*."""
    if item.state == "unknown":
        note = say(
            f"先看群里有没有；没有再执行 %notify_outbox resend {item.id}",
            f"look first, then: %notify_outbox resend {item.id}",
        )
        if item.next_at is not None:
            note = say(
                f"一分钟后重发一次，首行写“可能重复 · {item.id}”；"
                f"不要重发：%notify_outbox drop {item.id}",
                f"repeated once in a minute, its first line 'possible repeat · {item.id}'; "
                f"to prevent that: %notify_outbox drop {item.id}",
            )
        told = result.advice or Advice(say("可能已送达", "it may have arrived"), "")
        return replace(result, item=item.id, advice=replace(told, todo=note))
    until = f"{local(item.expires):%m-%d %H:%M}"
    reason = result.advice.what if result.advice else str((result.error or {}).get("errmsg", ""))
    waits = say(
        f"{reason}，已存到本机，内核在时自动重试，{until} 过期（%notify_outbox）",
        f"{reason}; saved here, retried while a kernel runs, expires {until} (%notify_outbox)",
    )
    if result.code == OVER_RATE:
        at = f"{local(item.next_at or time.time()):%H:%M:%S}"
        waits = say(
            f"已到频率上限，已存到本机，内核在时 {at} 起自动发出，{until} 过期（%notify_outbox）",
            f"the rate limit is reached; saved here, goes out by itself from {at} while a kernel "
            f"runs, expires {until} (%notify_outbox)",
        )
    # What did not go along this time goes along with the next.
    clean = replace(result, notes=(), advice=None, error=None)
    return replace(clean, outcome="queued", item=item.id, waits=waits)


def act(drain: Drain, words: Sequence[str], seconds: float) -> int:
    """Do what *words* say: ``flush``, ``resend ID``, ``drop ID``, or nothing.

    Args:
        drain: whose outbox is meant.
        words: what to do.
        seconds: how long sending is waited for.

    Returns:
        How many wait to be sent or repeated.

    Raises:
        NotifyError: *words* are none of these, there is no such item, it is being sent, or its
            target cannot be used.
    """
    if not drain.outbox.path.exists() and list(words) in ([], ["flush"]):
        return 0  # to look makes no file
    match words:
        case []:
            pass
        case ["flush"]:
            drain.flush(seconds)
        case ["resend", one]:
            # It is sent to what its target means now.
            name = next((item.target for item in drain.outbox.items() if item.id == one), None)
            drain.outbox.resend(one, "" if name is None else place_of(drain.find(name)))
            drain.flush(seconds)
        case ["drop", one]:
            drain.drop(one)
        case _:
            usage = "flush | resend ID | drop ID"
            raise OutboxError(say(f"用法：{usage}", f"usage: {usage}"))
    return sum(drain.outbox.waiting().values())


def cells(drain: Drain) -> Iterator[tuple[str, str, str, str, str, str]]:
    """Each item as a reader is told: mark, id, when, where, the first line, and how it stands."""
    if not drain.outbox.path.exists():
        return
    items = drain.outbox.items()
    places, without = drain.targets()
    for item in items:
        title = item.title or say("（无文字）", "(no text)")
        mark = {"unknown": MARKS["unknown"], "dead": MARKS["failed"]}.get(item.state, "…")
        told = how(item)
        if item.state in ("queued", "unknown") and item.next_at is not None:
            told += _held(item, places, without)
        moment = f"{local(item.created):%m-%d %H:%M:%S}"
        yield mark, item.id, moment, one_line(item.target), one_line(title), one_line(told)


def how(item: Item) -> str:
    """How *item* stands, for people."""
    soon = item.next_at is not None and item.next_at > time.time()
    at = f"{local(item.next_at):%H:%M:%S}" if soon and item.next_at is not None else ""
    code = (item.error or {}).get("errcode", (item.error or {}).get("code", ""))
    why = f" · {code}" if code != "" else ""
    match item.state:
        case "queued":
            next_zh, next_en = (f"，{at} 再试", f", next try {at}") if at else ("", "")
            return say(f"排队中{next_zh}", f"queued{next_en}") + why
        case "leased" | "flying":
            return say("正在发送", "being sent")
        case "unknown" if item.next_at is not None:
            zh, en = (
                (f"{at} 重发一次", f"repeated once {at}") if at else ("即将重发", "repeated now")
            )
            return say(f"结果未知，{zh}", f"unknown, {en}") + why
        case "unknown":
            return say("结果未知，不会自动重发", "unknown, not repeated by itself") + why
    return {
        "expired": say("已过期，未发送", "expired, not sent"),
        "tries": say("试了太多次，未发送", "tried too often, not sent"),
        "deaths": say("发送它的内核接连崩溃，未发送", "kernels died sending it, not sent"),
    }.get(item.why, say("未发送", "not sent")) + why


def _held(item: Item, places: Mapping[str, Target], without: Mapping[str, str]) -> str:
    """Why *item* is not sent from here, if so."""
    if item.place in places:
        return ""
    if item.target in without:
        return say(
            f"；此处不能发：{without[item.target]}",
            f"; it cannot go out from here: {without[item.target]}",
        )
    return say(
        f"；目标 {item.target} 已改：%notify_outbox resend {item.id} 发到新的，drop {item.id} 删除",
        f"; {item.target} is another target now: %notify_outbox resend {item.id} sends it there, "
        f"drop {item.id} deletes it",
    )


def _record(change: Change, targets: Targets) -> None:
    """Write into the ledger what became of an item; on the drain's thread."""
    item, result = change.item, change.result
    outcome = "unknown" if item.lost else "failed"
    if not change.here and result is not None:
        outcome = result.outcome
    code = result.code if result is not None else None
    with contextlib.suppress(NotifyError):
        line = Line(targets.resolve(item.target), outcome, code, item.title)
        Ledger(path_of()).record([line], item.verdict, item.key)
