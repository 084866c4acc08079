"""The outbox as a reader has it: what waits, why, and what he may do about it."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, cast

from notebook_notify.errors import ConfigError, NotifyError, OutboxError
from notebook_notify.ledger import LIFE, Ledger, Line, clipped
from notebook_notify.ledger_file import is_there, path_of
from notebook_notify.platforms import CHANNELS
from notebook_notify.reports import MARKS, SendReport, one_line
from notebook_notify.texts import language, local, say
from notebook_notify.waiting.drain import Drain
from notebook_notify.waiting.queueing import may_queue, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from notebook_notify.book import Targets
    from notebook_notify.delivery.outbox import Outbox
    from notebook_notify.delivery.outbox_rows import Item
    from notebook_notify.reports import Outcome
    from notebook_notify.sending.dispatch import Sender
    from notebook_notify.targets import Target
    from notebook_notify.waiting.changes import Change
    from notebook_notify.waiting.queueing import Passage


def drain_for(sender: Sender, targets: Targets) -> Drain:
    """The drain of a process that sends by *sender* to *targets*."""

    def opened() -> Outbox:
        from notebook_notify.delivery.outbox import FILE, Outbox

        return Outbox(path_of().with_name(FILE), lasts=lasts)

    def lasts() -> float:
        with contextlib.suppress(ConfigError):
            return targets.config.expires or LIFE
        return LIFE

    def send(target: Target, passage: Passage, seconds: float) -> SendReport:
        return sender.send([(target, passage.message)], timeout=seconds, passage=passage)

    def find(name: str) -> Target:
        target = targets.resolve(name)
        if not may_queue(target, saved_in(targets)):  # the sandbox's, of the same name
            raise OutboxError(say(f"{name} 不在配置文件里", f"{name} is not in the config file"))
        return target

    def told(change: Change) -> None:
        code = change.result.code if change.result is not None else None
        item = change.item
        with contextlib.suppress(NotifyError):
            line = _line(item, targets, change.outcome, code)
            Ledger(path_of()).record([line], item.verdict, item.key)

    def asked(item: Item) -> Outcome | None:
        with contextlib.suppress(NotifyError):
            entry = Ledger(path_of()).told(_line(item, targets), item.verdict, item.key)
            if entry is not None and entry.outcome not in ("queued", "sending"):
                return cast("Outcome", entry.outcome)
        return None

    return Drain(opened, find, send, told, asked)


def _line(item: Item, targets: Targets, outcome: str = "", code: int | str | None = None) -> Line:
    """The ledger's line of an item; its id is given again, but not at the same moment."""
    target = targets.resolve(item.target)
    return Line(target, outcome, code, item.title, f"{item.id} {item.created!r}")


def saved_in(targets: Targets) -> Mapping[str, Target]:
    """The config files' targets by name; none if the files cannot be used."""
    with contextlib.suppress(ConfigError):
        return targets.config.targets
    return {}


def act(drain: Drain, words: Sequence[str], seconds: float) -> int:
    """Do what *words* say: ``flush``, ``resend ID``, ``drop ID``, or nothing.

    Args:
        drain: whose outbox is meant.
        words: what to do.
        seconds: how long sending is waited for.

    Returns:
        How many wait to be sent or repeated.

    Raises:
        NotifyError: *words* are none of these, there is no such item, it is being sent, its
            target cannot be used, or the outbox does not answer.
    """
    return do(drain, words, seconds)[0]


def do(
    drain: Drain, words: Sequence[str], seconds: float, *, last: bool = False
) -> tuple[int, str]:
    """As :func:`act`; also what came of it, in words (empty if nothing was to be done).

    Args:
        drain: as the two after it, as of :func:`act`.
        words: what to do.
        seconds: how long.
        last: whether this process ends then: as of :meth:`Drain.flush`.
    """
    before = _items(drain)
    told = ""
    match words:
        case []:
            pass
        case ["flush"]:
            if before:  # to look makes no file
                drain.flush(seconds, last=last)
            told = _came_of([one.id for one in before if one.next_at is not None], _items(drain))
        case ["resend", one]:

            def resend(outbox: Outbox) -> None:
                # It is sent to what its target means now.
                name = next((item.target for item in before if item.id == one), None)
                outbox.resend(one, "" if name is None else place_of(drain.find(name)))

            drain.ask(resend)
            drain.flush(seconds, last=last)
            told = f"{one} · {_came_of([one], _items(drain))}"
        case ["drop", one]:
            drain.ask(lambda _outbox: drain.drop(one))
            told = say(f"{one} 已删除，没有发出", f"{one} is deleted, unsent")
        case _:
            usage = "flush | resend ID | drop ID"
            raise OutboxError(say(f"用法：{usage}", f"usage: {usage}"))
    return sum(item.next_at is not None for item in _items(drain)), told


def _items(drain: Drain) -> list[Item]:
    return drain.ask(lambda outbox: outbox.items() if is_there(outbox.path) else [])


def _came_of(tried: Sequence[str], after: Sequence[Item]) -> str:
    """What became of the items of these ids, e.g. ``2 sent, 1 still waiting``; else empty."""
    there = [item for item in after if item.id in tried]
    flying = sum(item.state in ("leased", "flying") for item in there)
    dead = sum(item.state == "dead" for item in there)
    unknown = sum(item.state == "unknown" and item.next_at is None for item in there)
    counts = (
        (len(tried) - len(there), "发出", "sent"),
        (flying, "正在发送", "being sent"),
        (len(there) - flying - dead - unknown, "还在等", "still waiting"),
        (unknown, "结果未知", "unknown"),
        (dead, "未能发出", "given up"),
    )
    told = [say(f"{count} 条{zh}", f"{count} {en}") for count, zh, en in counts if count]
    return say("，", ", ").join(told)


def heading() -> tuple[str, str, str, str, str, str]:
    """What stands over the :func:`cells`."""
    return (
        "",
        "id",
        say("时间", "when"),
        say("目标", "target"),
        say("首行", "first line"),
        say("状态", "state"),
    )


def cells(drain: Drain) -> list[tuple[str, str, str, str, str, str]]:
    """Each item as a reader is told: mark, id, when, where, the first line, and how it stands.

    Raises:
        NotifyError: the outbox cannot be read, or does not answer.
    """
    return drain.ask(lambda outbox: list(_rows(drain, outbox)) if is_there(outbox.path) else [])


def _rows(drain: Drain, outbox: Outbox) -> Iterator[tuple[str, str, str, str, str, str]]:
    items = outbox.items()
    places, without = drain.targets()
    platforms: dict[str, str | None] = {}
    for item in items:
        title = item.title or say("（无文字）", "(no text)")
        mark = {"unknown": MARKS["unknown"], "dead": MARKS["failed"]}.get(item.state, "…")
        if item.target not in platforms:
            platforms[item.target] = _platform(drain, item.target)
        told = how(item, platforms[item.target])
        if item.state in ("queued", "unknown") and item.next_at is not None:
            told += _held(item, places, without)
        moment = f"{local(item.created):%m-%d %H:%M:%S}"
        yield mark, item.id, moment, one_line(item.target), one_line(title), one_line(told)


def _platform(drain: Drain, name: str) -> str | None:
    with contextlib.suppress(NotifyError):
        return CHANNELS[drain.find(name).channel].spec.platform
    return None


def how(item: Item, platform: str | None = None) -> str:
    """How *item* stands, and why, for people; *platform* is that of its target, if it is known."""
    soon = item.next_at is not None and item.next_at > time.time()
    at = f"{local(item.next_at):%H:%M:%S}" if soon and item.next_at is not None else ""
    reason = _reason(item.error or {}, platform)
    why = f" · {reason}" if reason else ""
    match item.state:
        case "queued":
            next_zh, next_en = (f"，{at} 再试", f", next try {at}") if at else ("", "")
            return say(f"排队中{next_zh}", f"queued{next_en}") + why
        case "leased" | "flying":
            return say("正在发送", "being sent")
        case "unknown" if item.next_at is not None:
            zh, en = (
                (f"{at} 重发一次", f"to be repeated once at {at}")
                if at
                else ("即将重发", "about to be repeated")
            )
            return say(f"结果未知，{zh}", f"unknown, {en}") + why
        case "unknown":
            return say("结果未知，不会自动重发", "unknown, not repeated by itself") + why
    return {
        "expired": say("已过期，未发送", "expired, not sent"),
        "tries": say("试了太多次，未发送", "tried too often, not sent"),
        "deaths": say("发送它的内核接连崩溃，未发送", "kernels died sending it, not sent"),
    }.get(item.why, say("未发送", "not sent")) + why


def _reason(error: Mapping[str, Any], platform: str | None) -> str:
    """Why the last try failed, in a few words; the platform's number or word behind them."""
    code = error.get("errcode", error.get("code", ""))
    told = clipped(str(error.get("errmsg", error.get("message", ""))))
    if platform is not None:
        with contextlib.suppress(Exception):  # whatever a hostile server put into its dict
            from notebook_notify.platforms.advice import advise

            advice = advise(platform, error, language())
            told = advice.what if advice is not None else told
    return f"{told} ({code})".strip() if code != "" else told


def ending(change: Change) -> str:
    """How an item has ended that this process did not send itself."""
    if change.here:
        return how(change.item)
    if change.elsewhere in ("sent", "partial"):
        return say("已由另一个内核发出", "sent by another kernel")
    if change.elsewhere == "unknown":
        return say(
            "另一个进程处理了它，结果没有记下：%notify_history",
            "another process has dealt with it, and did not tell how: %notify_history",
        )
    return say("已从待发件箱删除，没有发出", "deleted from the outbox, unsent")


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
