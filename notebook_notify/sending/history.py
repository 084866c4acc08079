"""What a reader is told of messages that the ledger has."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from notebook_notify.platforms import SPECS
from notebook_notify.reports import MARKS, Advice, SendResult, one_line
from notebook_notify.texts import language, local, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from notebook_notify.ledger import Entry
    from notebook_notify.reports import Outcome
    from notebook_notify.targets import Target


def repeated(target: Target, entry: Entry) -> SendResult:
    """What is told of a message that was not sent again."""
    advice = None
    if entry.outcome == "unknown":
        advice = Advice(
            say("当时的结果未知，没有再发", "its outcome was unknown; not sent again"),
            say(
                "先到群里看一眼；确要再发，请换一个 --once 的值",
                "look into the chat first; to send it again, give --once another key",
            ),
        )
    elif entry.outcome == "queued":
        advice = Advice(
            say("还在待发件箱里，没有再发", "it is still in the outbox; not sent again"),
            say("%notify_outbox 查看", "see %notify_outbox"),
        )
    elif entry.outcome == "sending":
        advice = Advice(
            say("另一次运行正在发送，没有再发", "another run is sending it; not sent again"),
            say("稍后用 %notify_history 看结果", "see its outcome later with %notify_history"),
        )
    return SendResult(
        target=target.label,
        title=say(*SPECS[target.channel].title),
        outcome=_outcome(entry),
        code=entry.code,
        advice=advice,
        sandbox=target.source == "sandbox",
        earlier=entry.time,
        key=entry.key,
    )


def _outcome(entry: Entry) -> Outcome:
    return cast("Outcome", "unknown" if entry.outcome == "sending" else entry.outcome)


def cells(entries: Iterable[Entry]) -> Iterator[tuple[str, str, str, str, str]]:
    """Each entry as a reader is told: mark, when, where, the first line, and what became of it."""
    words = {
        "sent": say("已发送", "sent"),
        "partial": say("部分送达", "partial"),
        "queued": say("排队中", "queued"),
        "unknown": say("结果未知", "unknown"),
        "failed": say("未发送", "not sent"),
        "sending": say("正在发送", "being sent"),
    }
    for entry in entries:
        told = words[entry.outcome]
        if entry.outcome in ("failed", "unknown"):
            told += _why(entry)
        if entry.key is not None:
            told += f" (--once {entry.key})"
        told_at = f"{local(entry.time):%m-%d %H:%M:%S}"
        title = entry.title or say("（无文字）", "(no text)")
        mark = MARKS[_outcome(entry)]
        yield mark, told_at, one_line(entry.target), one_line(title), one_line(told)


def _why(entry: Entry) -> str:
    """The code of what went wrong, and what it means, as a result's first line has them."""
    spec = SPECS.get(entry.channel)
    if entry.code is None or spec is None:
        return ""
    from notebook_notify.platforms.advice import advise

    word = isinstance(entry.code, str)
    advice = advise(spec.platform, {"code" if word else "errcode": entry.code}, language())
    between = " · " if word else say("：", ": ")
    return f" · {entry.code}" + (f"{between}{advice.what}" if advice is not None else "")


def heading() -> tuple[str, str, str, str, str]:
    """What stands over the :func:`cells`."""
    return (
        "",
        say("时间", "when"),
        say("目标", "target"),
        say("首行", "first line"),
        say("结果", "outcome"),
    )


def nothing() -> str:
    """What a reader is told where nothing was sent yet."""
    return say(
        "还没有发送过消息（保留 90 天，只留首行）",
        "nothing was sent yet (kept for 90 days, the first line alone)",
    )
