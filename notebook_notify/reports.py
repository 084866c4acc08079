"""What became of a message: one :class:`SendResult` a target, together a :class:`SendReport`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from notebook_notify.errors import OWN_CODES, SendError
from notebook_notify.secret import scrub
from notebook_notify.texts import duration, local, say

if TYPE_CHECKING:
    from collections.abc import Iterator

Outcome = Literal["sent", "partial", "unknown", "failed"]
#: From good to bad; a report is as good as its worst result.
_ORDER: tuple[Outcome, ...] = ("sent", "partial", "unknown", "failed")
#: The most of an error dict that is shown, in characters.
_SHOWN = 1_000
#: The most ids that are shown, and the most of each, in characters.
_IDS, _ID = 20, 64
#: What would break a line, steer a terminal, turn the text around, or cannot be printed.
_UNPRINTABLE = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
#: The mark before a line, by outcome.
MARKS = {"sent": "✓", "partial": "◐", "unknown": "?", "failed": "✗"}


@dataclass(frozen=True, slots=True)
class Advice:
    """What an error means to the one who reads it.

    Attributes:
        what: what happened, one phrase.
        todo: what to do next.
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
        outcome: ``sent`` (the platform accepted it), ``partial`` (not for everyone),
            ``unknown`` (it may have arrived), or ``failed``.
        error: the platform's own dict, or ours (``errcode`` below -1000), secrets masked.
        code: the number in ``error`` that decides: ``errcode``, or what DingTalk's code 88 wraps.
        advice: what to make of ``error``.
        refused: ids that the platform did not deliver to, by its own key.
        parts: of how many messages the text consists; 0 where only the credential was proved.
        parts_sent: how many of them the platform accepted, pictures and files included.
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
    """

    target: str
    title: str
    outcome: Outcome
    error: dict[str, Any] | None = None
    code: int | None = None
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

    def seed_answer(self) -> Literal[True] | dict[str, Any]:
        """``True`` for sent and partial, else the error dict: the seed's way to answer."""
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
            told.append((say("怎么办", "what to do"), self.advice.todo))
            if self.advice.link:
                told.append((say("说明", "see"), self.advice.link))
        if self.error is not None and "errcode" in self.error:
            reply = repr(self.error)
            cut = "…" if len(reply) > _SHOWN else ""
            told.append((say("原文", "reply"), reply[:_SHOWN] + cut))
        told += [("·", note) for note in self.notes]
        return [(label, one_line(text)) for label, text in told]

    def _words(self) -> str:
        if self.earlier is not None:
            return {
                "sent": say("已发过", "already sent"),
                "partial": say("此前部分送达", "already sent in part"),
            }.get(self.outcome, say("可能已发过", "may have been sent"))
        if not self.parts:
            return {
                "sent": say("凭证有效", "credential good"),
                "unknown": say("未能验证", "not proved"),
            }.get(self.outcome, say("未通过", "not proved"))
        return {
            "sent": say("已发送", "sent"),
            "partial": say("部分送达", "partial"),
            "unknown": say("结果未知", "unknown"),
            "failed": say("未发送", "not sent"),
        }[self.outcome]

    def _counts(self) -> str:
        """What was sent, e.g. ``1 text, 1 image, 1 file``."""
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
        if self.outcome == "sent" and not self.parts:
            yield say("没有发出消息", "nothing was posted")
            yield duration(self.seconds)
            return
        if self.outcome in ("sent", "partial"):
            yield self._counts()
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
        yield what if own else f"{self.code}{say('：', ': ')}{what}"
        if self.parts > 1:
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
        return "".join(_html(outcome, lines) for outcome, lines in self.rows())

    def bundle(self) -> dict[str, str]:
        """The MIME bundle for ``display(..., raw=True)``; no script, all text escaped."""
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


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


_COLOURS = {
    "sent": "var(--jp-success-color1, #2e7d32)",
    "partial": "var(--jp-warn-color1, #b26a00)",
    "unknown": "var(--jp-warn-color1, #b26a00)",
    "failed": "var(--jp-error-color1, #c62828)",
    "note": "var(--jp-border-color1, #9e9e9e)",
}


def _html(outcome: str, lines: list[tuple[str, str]]) -> str:
    (mark, head), *rest = lines
    rows = "".join(
        f'<div style="display:flex;gap:.8em;margin-top:.25em">'
        f'<span style="flex:0 0 5.5em;opacity:.65">{escape(label)}</span>'
        f'<span style="flex:1;min-width:0;white-space:pre-wrap;overflow-wrap:anywhere">'
        f"{_linked(body)}</span></div>"
        for label, body in rest
    )
    quiet = "opacity:.75;" if outcome == "note" else ""
    return (
        f'<div style="{quiet}border-left:3px solid {_COLOURS[outcome]};padding:.15em .75em;'
        "margin:.3em 0;font-family:var(--jp-ui-font-family, system-ui, sans-serif);"
        'font-size:var(--jp-ui-font-size1, 13px);line-height:1.5">'
        f'<div style="overflow-wrap:anywhere"><b style="color:{_COLOURS[outcome]}">'
        f"{escape(mark)}</b> {escape(head)}</div>{rows}</div>"
    )


def _linked(text: str) -> str:
    safe = escape(text)
    if text.startswith("https://") and " " not in text:
        return f'<a href="{safe}" target="_blank" rel="noopener noreferrer">{safe}</a>'
    return safe
