"""A message on its way to one target, and what can be said of it however that ends."""

from __future__ import annotations

import contextlib
import time
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

from notebook_notify import errors, texts
from notebook_notify.delivery.flight import Flight, GivenUpError
from notebook_notify.errors import NotifyError, TransportError
from notebook_notify.messages import Making, Message
from notebook_notify.platforms.base import Media, Verdict, Words
from notebook_notify.platforms.replies import code_of, told_by
from notebook_notify.reports import SendResult
from notebook_notify.secret import scrub
from notebook_notify.sending.parts import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from notebook_notify.platforms.base import Call, Channel
    from notebook_notify.reports import Advice, Outcome, Recaller
    from notebook_notify.targets import Target

#: How long a result that is being made is waited for, in seconds.
LAST_MOMENT = 1.0
#: Who persists goes on with pauses that double from the first to the second, in seconds.
FIRST_LONG, LAST_LONG = 4.0, 30.0
#: With less time left, in seconds, no other try is begun.
LEAST_LEFT = 1.0


class Passage(Protocol):
    """Who keeps a message that was queued is told of its way, and knows what of it is out."""

    def depart(self) -> None:
        """A part is about to leave; raises ``NotifyError`` to keep it here."""

    def plan(self, parts: Sequence[Words | Media], limit: int) -> list[Words | Media]:
        """What of *parts* is to be sent; texts of *limit* bytes of UTF-8 at most."""

    def land(self, part: Words | Media) -> None:
        """The platform has accepted *part*."""

    def fail(self, error: Exception) -> None:
        """It ended by *error*, of which its result has the words alone."""


@dataclass(slots=True)
class Delivery:
    """A message on its way to one target, or messages to be taken back; else another call.

    A function makes its message on the sending thread. So are its parts made: the pieces of the
    text, then what was uploaded.
    """

    target: Target
    channel: Channel
    message: Making | None
    deadline: float
    repeat: bool
    once: bool
    persist: bool = False
    recaller: Recaller | None = None
    recalling: tuple[str, ...] = ()
    call: Call | None = None
    passage: Passage | None = None
    #: is told how many bytes of an upload have left, and of how many
    told: Callable[[int, int], None] | None = None
    #: what the platform answered to ``call``
    answer: dict[str, Any] = field(default_factory=dict)
    parts: list[Words | Media] = field(default_factory=list)
    accepted: list[Words | Media] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    flight: Flight = field(default_factory=Flight)
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    message_ids: list[str] = field(default_factory=list)
    #: its result; here, so that no Ctrl-C falls between the start and the waiting
    future: Future[SendResult] = field(default_factory=Future)
    #: what its caller is told, if it was passed on
    pending: SendResult | None = None

    def made(self) -> Message:
        """The message, made now if it is made late.

        Raises:
            TargetError: it is empty, or too long.
        """
        if isinstance(self.message, Message):
            return self.message
        made = self.message() if self.message is not None else Message("")
        check(made, self.channel)
        return made

    @property
    def about(self) -> Literal["message", "recall", "check", "call"]:
        """What is tried."""
        if self.message is not None:
            return "message"
        return "recall" if self.recalling else "call" if self.call is not None else "check"

    def room_for(self, part: Words | Media) -> int:
        """For how many messages there must be room in a rate limit, for *part* to leave.

        A text is not begun that will not fit whole; what follows it may stay behind.
        """
        if part is not self.parts[0]:
            return 1
        return max(1, sum(isinstance(one, Words) for one in self.parts))

    def pauses(self, first: Iterable[float], until: float) -> Iterator[float]:
        """The pauses between the tries of one call, in seconds: *first*, then longer ones."""
        if self.repeat:
            yield from first
        if self.persist:
            pause = FIRST_LONG
            # Never over the end: the tries come closer to each other before it.
            while (left := until - time.monotonic()) > LEAST_LEFT:
                yield min(pause, left / 2)
                pause = min(pause * 2, LAST_LONG)

    def result(self, outcome: Outcome, payload: dict[str, Any] | None = None) -> SendResult:
        """What is told of it; *payload* is the platform's dict, or ours, if it went wrong."""
        spec = self.channel.spec
        payload = redacted(payload) if payload is not None else None
        code = code_of(payload) if payload is not None else None
        # Our own advice is on messages that are to arrive.
        told = self.about in ("message", "check") or code not in errors.OWN_CODES
        told = told and outcome in ("failed", "unknown")
        return SendResult(
            target=self.target.label,
            title=texts.say(*spec.title),
            outcome=outcome,
            error=payload if outcome in ("failed", "unknown") else None,
            code=code,
            advice=self._advice(payload) if payload is not None and told else None,
            refused={key: _scrubbed(ids) for key, ids in self.refused.items()},
            parts=len(self.recalling) or max(len(self.parts), self.about == "message"),
            parts_sent=self.flight.parts_sent,
            images=self._count("image"),
            files=self._count("file"),
            notes=tuple(map(scrub, self._notes(outcome))),
            seconds=time.monotonic() - self.started,
            everyone=self.channel.everyone(self.target),
            sandbox=self.target.source == "sandbox",
            message_ids=tuple(self.message_ids),
            about=self.about,
            recaller=self.recaller,
        )

    def _advice(self, payload: dict[str, Any]) -> Advice | None:
        with contextlib.suppress(Exception):  # whatever a hostile server put into its dict
            from notebook_notify.platforms.advice import advise

            return advise(self.channel.spec.platform, payload, texts.language())
        return None

    def _notes(self, outcome: Outcome) -> list[str]:
        """What its sender should know, and of what was accepted what the channel says."""
        caveat = self.channel.caveat
        accepted = self.message is not None and outcome in ("sent", "partial")
        return [*self.notes, texts.say(*caveat)] if accepted and caveat else self.notes

    def _count(self, kind: str) -> int:
        """How many pictures, or files, the platform accepted."""
        return sum(isinstance(part, Media) and part.kind == kind for part in self.accepted)

    def miss(self, name: str, verdict: Verdict, *, uploading: bool = False) -> None:
        """Note that an attachment did not get through, and why."""
        self.missing.append(name)
        code = code_of(verdict.payload)
        # Of an upload that was not answered nothing "may have arrived".
        told = uploading and code in errors.OWN_CODES
        why = f"{code}" if told else f"{code}: {told_by(verdict.payload)}".rstrip(": ")
        advice = None if told or self.recalling else self._advice(verdict.payload)
        if advice is not None:
            why += f"{texts.say('；', '; ')}{advice.todo}"
        zh, en = f"{name} 没有送达（{why}）", f"{name} did not get through ({why})"
        if self.recalling:
            zh, en = f"{name} 没有撤回（{why}）", f"{name} was not taken back ({why})"
        self.notes.append(texts.say(zh, en))


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a caller waits for deliveries that somebody else can go on with.

    Attributes:
        seconds: so long.
        adopt: begins to take a delivery over, given what waits for its outcome, on any thread.
            Gives what waits until it has: for what the caller is told of it, or for ``None`` if
            he has to wait.
    """

    seconds: float
    adopt: Callable[[Delivery, Callable[[], SendResult]], Callable[[], SendResult | None]]

    def pass_on(
        self, deliveries: Sequence[Delivery], settle: Callable[[Delivery], SendResult]
    ) -> None:
        """Wait; then pass on what has no outcome yet, where it is taken."""
        wait([one.future for one in deliveries], self.seconds)
        late = [one for one in deliveries if not one.future.done()]
        # All are begun before one is waited for: a slow disk costs but once.
        for one, taken in [(one, self.adopt(one, partial(settle, one))) for one in late]:
            one.pending = taken()


class RefusedError(Exception):
    """The platform refused: it gave no token, or did not take the message."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict


def verdict_of(error: TransportError | RefusedError) -> Verdict:
    """What *error* says of an attachment."""
    if isinstance(error, RefusedError):
        return error.verdict
    return Verdict("failed", _told(error))


def stopped(delivery: Delivery) -> SendResult:
    """What can be said of a delivery that is no longer waited for."""
    delivery.flight.give_up()
    # It came at the last moment; or all was accepted, and the result is being made.
    accepted = 0 < len(delivery.parts) == delivery.flight.parts_sent
    if delivery.future.done() or accepted:
        with contextlib.suppress(TimeoutError):
            return delivery.future.result(LAST_MOMENT)
        return delivery.result("partial" if delivery.missing or delivery.refused else "sent")
    return _given_up(delivery)


def _given_up(delivery: Delivery) -> SendResult:
    """What can be said of a delivery that had no end when it was given up."""
    left = delivery.flight.give_up()
    written = sum(isinstance(part, Words) for part in delivery.parts)
    told = None
    if 0 < written <= delivery.flight.parts_sent:  # the text is there
        told = texts.say("时限已到，图或文件没有发完", "time was up before all of it had gone")
    elif delivery.recalling and delivery.flight.parts_sent:
        told = texts.say("时限已到，没有全部撤回", "time was up before all was taken back")
    if told is not None:
        if told not in delivery.notes:  # by the other thread
            delivery.notes.append(told)
        return delivery.result("partial")
    if left:
        payload = _ours(errors.UNKNOWN, "request sent, no answer in time; it may have arrived")
        return delivery.result("unknown", payload)
    return delivery.result("failed", _ours(errors.OVER_BUDGET, "no time left to send it"))


def troubled(delivery: Delivery, error: Exception) -> SendResult:
    """What can be said of a delivery that *error* ended."""
    if delivery.passage is not None:
        delivery.passage.fail(error)
    outcome: Outcome
    if isinstance(error, RefusedError):
        outcome = "unknown" if error.verdict.kind == "unknown" else "failed"
        return delivery.result(outcome, error.verdict.payload)
    if isinstance(error, TransportError):
        outcome = "unknown" if error.errcode == errors.UNKNOWN else "failed"
        return delivery.result(outcome, _told(error))
    if isinstance(error, GivenUpError):  # who gave it up takes this, if it is there first
        return _given_up(delivery)
    if isinstance(error, NotifyError):  # a secret that cannot be found
        return delivery.result("failed", {"errmsg": str(error)})
    return delivery.result(
        "failed", {"errmsg": f"{type(error).__name__} in notebook_notify: {error}"}
    )


def _ours(errcode: int, errmsg: str) -> dict[str, Any]:
    return {"errcode": errcode, "errmsg": errmsg}


def _told(error: TransportError) -> dict[str, Any]:
    told = _ours(error.errcode, str(error))
    return told if error.again is None else {**told, "retry_after": error.again}


def _scrubbed(ids: tuple[str, ...]) -> tuple[str, ...]:
    """*ids* without secrets; all at once, since a server may name very many."""
    return tuple(scrub("\n".join(ids)).split("\n")) if ids else ids


def redacted(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The platform's dict, as it came but for secrets."""

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return scrub(value)
        if isinstance(value, list):
            return [clean(one) for one in value]
        if isinstance(value, dict):
            return {scrub(str(key)): clean(one) for key, one in value.items()}
        return value

    cleaned: dict[str, Any] = clean(dict(payload))
    return cleaned
