"""What became of a message: one :class:`SendResult` a target, together a :class:`SendReport`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from notebook_notify.boxes import box
from notebook_notify.errors import OWN_CODES, SendError
from notebook_notify.secret import scrub
from notebook_notify.texts import duration, local, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Outcome = Literal["sent", "partial", "queued", "unknown", "failed"]
#: Begins to take a result's messages back, within seconds; gives what waits for the outcome.
Recaller: TypeAlias = "Callable[[SendResult, float], Callable[[], SendResult]]"
#: From good to bad; a report is as good as its worst result.
_ORDER: tuple[Outcome, ...] = ("sent", "partial", "queued", "unknown", "failed")
#: The most of an error dict that is shown, in characters.
_SHOWN = 1_000
#: The most ids that are shown, and the most of each, in characters.
_IDS, _ID = 20, 64
#: What would break a line, steer a terminal, turn the text around, or cannot be printed.
_UNPRINTABLE = re.compile(
    "[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+"
)
#: The mark before a line, by outcome.
MARKS = {"sent": "✓", "partial": "◐", "queued": "…", "unknown": "?", "failed": "✗"}


@dataclass(frozen=True, slots=True)
class Advice:
    """What an error means to the one who reads it.

    Attributes:
        what: what happened, one phrase.
        todo: what to do next; ways to choose from are a line each.
        link: the platform's own page on the code, or ``None``.
    """

    what: str
    todo: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class SendResult:
    """What became of a message at one target.

    Attributes:
        target: the target's name, or its channel if it has none.
        title: the channel's name for people.
        outcome: ``sent`` (the platform accepted it), ``partial`` (not for everyone), ``queued``
            (it is in the outbox), ``unknown`` (it may have arrived), or ``failed``.
        error: the platform's own dict, or ours (``errcode`` below -1000), secrets masked.
        code: what decides in ``error``: ``errcode``, what DingTalk's code 88 wraps, or its new
            host's ``code``, a word.
        advice: what to make of ``error``.
        refused: ids that the platform did not deliver to, by its own key.
        parts: of how many messages the text consists, or were to be taken back; else 0.
        parts_sent: how many the platform accepted, pictures and files included, or took back.
        images: how many pictures it accepted.
        files: how many files it accepted.
        notes: what was done to what went along, or why it did not.
        seconds: from the start of the send to its outcome.
        everyone: whether it went to all in the application's visible scope.
        sandbox: whether it went to the sandbox, and so to no phone.
        message_ids: the platform's ids of what it accepted.
        earlier: when it had gone out for the same key, in seconds since the epoch, so that it
            was not sent again; ``outcome`` is that of then. ``None``: it was sent now.
        key: that key.
        about: what was tried: to send a ``message``, to take it back (``recall``), to prove a
            target (``check``), or another ``call`` of the platform.
        recaller: how to take it back, where the channel can; not in a pickle.
        item: its id in the outbox, if it is there.
        waits: what a reader is told of that, if it is ``queued``.
    """

    target: str
    title: str
    outcome: Outcome
    error: dict[str, Any] | None = None
    code: int | str | None = None
    advice: Advice | None = None
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parts: int = 1
    parts_sent: int = 0
    images: int = 0
    files: int = 0
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    everyone: bool = False
    sandbox: bool = False
    message_ids: tuple[str, ...] = ()
    earlier: float | None = None
    key: str | None = None
    about: Literal["message", "recall", "check", "call"] = "message"
    recaller: Recaller | None = field(default=None, repr=False, compare=False)
    item: str | None = None
    waits: str = ""

    def seed_answer(self) -> Literal[True] | dict[str, Any]:
        """``True`` for sent and partial, else the error dict: as the DolphinDB module answers."""
        if self.outcome in ("sent", "partial"):
            return True
        answer = dict(self.error or {})
        if self.parts > 1:
            answer["parts_sent"] = self.parts_sent
        return answer

    def lines(self) -> list[tuple[str, str]]:
        """What a reader is told, as (label, text); the first label is the mark."""
        head = f"{self._words()} {self.target}"
        if self.title != self.target:
            head += say(f"（{self.title}）", f" ({self.title})")
        told = [(MARKS[self.outcome], " · ".join([head, *self._details()]).replace("） ·", "）·"))]
        if self.advice is not None:
            first, *others = self.advice.todo.split("\n")
            told.append((say("怎么办", "what to do"), first))
            told += [(say("或者", "or"), other) for other in others]
            if self.advice.link:
                told.append((say("说明", "see"), self.advice.link))
        if self.error is not None and set(self.error) != {"errmsg"}:
            reply = repr(self.error)
            cut = "…" if len(reply) > _SHOWN else ""
            told.append((say("原文", "reply"), reply[:_SHOWN] + cut))
        told += [("·", note) for note in self.notes]
        return [(label, one_line(text)) for label, text in told]

    def reason(self) -> str:
        """Why it was not done, and what to do, in one line."""
        todo = [self.advice.todo] if self.advice else []
        return one_line(" · ".join([*self._details(), *todo]))

    def not_recalled(self, why: str) -> SendResult:
        """What is told if nothing is tried."""
        error = {"errmsg": why}
        return SendResult(self.target, self.title, "failed", error, about="recall", key=self.key)

    def begin_recall(self, seconds: float) -> Callable[[], SendResult]:
        """Begin to take it back; gives what waits for the outcome, *seconds* at most."""
        if self.recaller is not None and self.message_ids:
            return self.recaller(self, seconds)
        why = say(
            "这个通道不能撤回消息；企业微信应用和钉钉应用机器人可以",
            "this channel cannot take messages back; a WeCom app and a DingTalk app robot can",
        )
        if self.earlier is not None:
            why = say("是以前发的，没有留下消息 id", "it was sent before, and its id was not kept")
        elif self.recaller is not None:
            why = say("不知道消息 id", "its id is not known")
        return partial(self.not_recalled, why)

    def _words(self) -> str:
        if self.about == "call":
            return {
                "sent": say("已完成", "done"),
                "unknown": say("结果未知", "unknown"),
            }.get(self.outcome, say("没有完成", "not done"))
        if self.about == "recall":
            return {
                "sent": say("已撤回", "taken back"),
                "partial": say("部分撤回", "taken back in part"),
                "unknown": say("结果未知", "unknown"),
                "failed": say("未撤回", "not taken back"),
            }[self.outcome]
        if self.earlier is not None:
            return {
                "sent": say("已发过", "already sent"),
                "partial": say("此前部分送达", "already sent in part"),
                "queued": say("已在排队", "already queued"),
            }.get(self.outcome, say("可能已发过", "may have been sent"))
        return {
            "sent": say("已发送", "sent"),
            "partial": say("部分送达", "partial"),
            "queued": say("排队中", "queued"),
            "unknown": say("结果未知", "unknown"),
            "failed": say("未发送", "not sent"),
        }[self.outcome]

    def _counts(self) -> str:
        """What was sent, e.g. ``1 text, 1 image, 1 file``."""
        if self.about == "recall":
            return say(
                f"{self.parts} 条中的 {self.parts_sent} 条", f"{self.parts_sent} of {self.parts}"
            )
        kinds = (
            (self.parts_sent - self.images - self.files, "文本", "text"),
            (self.images, "图", "image"),
            (self.files, "文件", "file"),
        )
        zh = "、".join(f"{word} {number}" for number, word, _ in kinds if number)
        en = ", ".join(
            f"{number} {word}{'s' if number > 1 else ''}" for number, _, word in kinds if number
        )
        return say(zh, en)

    def _details(self) -> Iterator[str]:
        if self.earlier is not None:
            yield f"{local(self.earlier):%m-%d %H:%M:%S} (--once {self.key})"
            if self.advice is not None:
                yield self.advice.what
            return
        if self.outcome == "queued":
            yield self.waits
            return
        if self.outcome in ("sent", "partial"):
            yield from filter(None, (self._counts(),))  # not known of what another kernel sent
            if self.everyone:
                yield say("应用可见范围内的所有人", "everyone in the app's visible scope")
            for key, ids in self.refused.items():
                yield f"{_refusal(key)} {_some(ids)}"
            yield duration(self.seconds)
            if self.sandbox:
                yield say("沙盒，没有到手机：%notify_inbox", "sandbox, no phone: %notify_inbox")
            return
        what = self.advice.what if self.advice else str((self.error or {}).get("errmsg", ""))
        what = what[:_SHOWN]
        own = self.code is None or self.code in OWN_CODES
        if isinstance(self.code, str):
            yield self.code  # "…Secret: x" would look like a secret
            yield what
        else:
            yield what if own else f"{self.code}{say('：', ': ')}{what}"
        if self.parts > 1 and self.about == "message":
            yield say(
                f"{self.parts} 条中已发 {self.parts_sent} 条",
                f"{self.parts_sent} of {self.parts} parts were sent",
            )


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of a message. True in a condition if all of it was sent.

    Attributes:
        results: one for each target, in the order they were named.
        notes: what else the reader should know, e.g. a ``{field}`` that could not be filled in.
    """

    results: tuple[SendResult, ...]
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst of the results' outcomes."""
        return max((r.outcome for r in self.results), key=_ORDER.index, default="sent")

    @property
    def ok(self) -> bool:
        """Whether every target was sent to, and everyone there."""
        return self.outcome == "sent"

    def __bool__(self) -> bool:
        return self.ok

    def raise_for_status(self) -> SendReport:
        """Raise ``SendError`` unless all was sent; else return the report itself."""
        if not self.ok:
            bad = [result for result in self.results if result.outcome != "sent"]
            raise SendError("; ".join(result.lines()[0][1] for result in bad), report=self)
        return self

    def recall(self, timeout: float = 15.0) -> SendReport:
        """Take back what was sent, where the channel can: WeCom apps and DingTalk's app robots.

        WeCom lets one within 24 hours, and takes nothing back in WeChat
        (developer.work.weixin.qq.com/document/path/94867). What failed is left out.

        Args:
            timeout: the longest wait, in seconds.

        Returns:
            What became of that: ``sent`` now means taken back.
        """
        waits = [
            one.begin_recall(timeout)
            for one in self.results
            if one.outcome != "failed" or one.message_ids
        ]
        none = say("没有发出过可撤回的消息", "nothing was sent that could be taken back")
        return SendReport(tuple(wait() for wait in waits), () if waits else (none,))

    def rows(self) -> list[tuple[Outcome | Literal["note"], list[tuple[str, str]]]]:
        """All that is shown, by result, then the notes."""
        shown: list[tuple[Outcome | Literal["note"], list[tuple[str, str]]]] = [
            (result.outcome, result.lines()) for result in self.results
        ]
        shown += [("note", [("·", one_line(note))]) for note in self.notes]
        return shown

    def __repr__(self) -> str:
        text = []
        for _, lines in self.rows():
            (mark, head), *rest = lines
            text.append(f"{mark} {head}")
            width = max((_columns(label) for label, _ in rest), default=0)
            text += [f"  {label}{' ' * (width - _columns(label))}  {body}" for label, body in rest]
        return "\n".join(text)

    def _repr_html_(self) -> str:
        return "".join(
            box(head, rest, mark=mark, outcome=outcome)
            for outcome, ((mark, head), *rest) in self.rows()
        )

    def bundle(self) -> dict[str, str]:
        """The MIME bundle for ``display(..., raw=True)``; no script, all text escaped."""
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


def elsewhere(result: SendResult, _seconds: float) -> Callable[[], SendResult]:
    """The recaller of a result that came out of a pickle."""
    why = say(
        "报告来自另一个进程或文件：在发送的进程中撤回",
        "the report comes from another process or a file: take it back where it was sent",
    )
    return partial(result.not_recalled, why)


def one_line(text: str) -> str:
    """*text* as it can be shown: no secret, and nothing that breaks out of its line."""
    return _UNPRINTABLE.sub(" ", scrub(text))


def _refusal(key: str) -> str:
    return {
        "invaliduser": say("账号不存在或不在可见范围：", "unknown or out of scope:"),
        "unlicenseduser": say("账号无许可：", "no licence:"),
        "invalidparty": say("部门无效：", "parties refused:"),
        "invalidtag": say("标签无效：", "tags refused:"),
    }.get(key, f"{key}:")


def _some(ids: tuple[str, ...]) -> str:
    """The first of *ids*, and how many more there are."""
    shown = ", ".join(one if len(one) <= _ID else f"{one[:_ID]}…" for one in ids[:_IDS])
    more = len(ids) - _IDS
    return shown + say(f"…等另外 {more} 个", f" …and {more} more") if more > 0 else shown


def _columns(text: str) -> int:
    """Columns in a fixed-width font: a Chinese character takes two."""
    from wcwidth import wcswidth

    return max(0, wcswidth(text))
