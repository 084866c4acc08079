"""What may be queued, for how long it waits, and how it says so when it comes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from notebook_notify import errors
from notebook_notify.errors import OutboxError
from notebook_notify.platforms import dingtalk_v1
from notebook_notify.platforms.base import Words
from notebook_notify.platforms.errcode import ErrcodeChannel
from notebook_notify.secret import Secret
from notebook_notify.sending.parts import title_of
from notebook_notify.sizes import size_of
from notebook_notify.texts import local, say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import Future

    from notebook_notify.delivery.outbox import Outbox
    from notebook_notify.delivery.outbox_rows import Item, Lease
    from notebook_notify.messages import Message
    from notebook_notify.platforms.base import Channel, Media
    from notebook_notify.reports import SendResult
    from notebook_notify.sending.outcomes import Delivery
    from notebook_notify.targets import Target

#: A message that comes so many seconds after it was queued says so.
LATE = 120.0
#: What a minute may change: nothing has left, or a captive portal answered in the platform's
#: place.
_OWN = frozenset(
    {
        errors.NOT_CONNECTED,
        errors.TLS_FAILED,
        errors.UNREADABLE,
        errors.OVER_BUDGET,
        errors.OVER_RATE,
    }
)
#: Fields that do not say which place is meant.
_NO_PLACE = frozenset({"proxy", "alert", "mention", "unknown", "safe", "keyword", "image_url"})
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def may_queue(target: Target, saved: Mapping[str, Target]) -> bool:
    """Whether a message to *target* may wait: it is one of *saved*, the config files', unchanged.

    Its name is all that is kept of it, so that no secret is, and whoever sends can find it.
    """
    return target.name is not None and saved.get(target.name) == target


def place_of(target: Target) -> str:
    """What tells the place that *target* means from all others; no secret can be read from it.

    Of a robot the webhook is all that says which group it is in, so it has its part; another
    secret of the same application leaves the place what it is.

    Raises:
        SecretError: the webhook's reference leads to nothing.
    """
    fields = {
        name: str(value)
        for name, value in target.fields.items()
        if name not in _NO_PLACE and not isinstance(value, Secret)
    }
    if "webhook" in target.fields:
        fields["webhook"] = target.reveal("webhook")
    whole = json.dumps([target.name, target.channel, fields], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def standing(result: SendResult, channel: Channel) -> Literal["out", "unknown", "later", "refused"]:
    """What *result* leaves to be done: nothing, or to ask, to send later, or to give up."""
    if result.outcome in ("sent", "partial"):
        return "out"
    if result.outcome == "unknown":
        return "unknown"
    code = result.code
    busy: frozenset[int | str] = dingtalk_v1.BUSY
    if isinstance(channel, ErrcodeChannel):
        busy = channel.busy
    rests = channel.pace.rests if channel.pace is not None else {}
    # Without a code it is ours: a secret that is not to be had just now, a full disk.
    waits = code is None or code in _OWN or code in busy or code in rests
    return "later" if waits else "refused"


def rest_of(result: SendResult, channel: Channel) -> float:
    """How long nothing should be tried after *result*, in seconds, as far as that is told."""
    asked = (result.error or {}).get("retry_after", 0)
    rests = channel.pace.rests if channel.pace is not None else {}
    rest = rests.get(result.code, 0.0) if result.code is not None else 0.0
    return max(rest, asked) if isinstance(asked, int | float) else rest


def heading(item: Item, now: float) -> str:
    """The line that a message begins with, if it comes late or perhaps again; else empty."""
    told = [say(f"可能重复 · {item.id}", f"possible repeat · {item.id}")] if item.lost else []
    late = now - item.created
    if late >= LATE:
        told.append(f"{_late(late)} · {local(item.created):%m-%d %H:%M}")
    return " · ".join(told)


def _late(seconds: float) -> str:
    for unit, most, zh, en in (
        (_DAY, 2 * _DAY, "天", "days"),
        (_HOUR, _HOUR, "小时", "h"),
        (_MINUTE, 0, "分钟", "min"),
    ):
        if seconds >= most:
            return say(f"迟到 {seconds // unit:.0f} {zh}", f"{seconds // unit:.0f} {en} late")
    raise AssertionError


class Passage:
    """One item on its way through the sender, which keeps the outbox told.

    Args:
        outbox: where it comes from.
        lease: the right to send it.
        now: the time, in seconds since the epoch.
    """

    def __init__(self, outbox: Outbox, lease: Lease, now: float | None = None) -> None:
        self._outbox = outbox
        self._lease = lease
        self._heading = heading(lease.item, time.time() if now is None else now)
        #: what it consists of, once that is known.
        self.parts: list[Words | Media] = []
        #: how many of its parts are done with, and of how many; ``None``: as it was.
        self.done: tuple[int, int] | None = None
        #: how many of them the platform is known to have taken by now.
        self.landed = 0
        #: what ended the try, if it was an error of ours.
        self.trouble: Exception | None = None

    @property
    def item(self) -> Item:
        """The item, as it was when it was leased."""
        return self._lease.item

    @property
    def message(self) -> Message:
        """The message, headed if need be; where only its rest is sent, that is (:meth:`plan`)."""
        message, item = self._lease.message, self._lease.item
        if not self._heading or item.accepted:
            return message
        gap = "\n\n" if message.markdown else "\n"
        title = message.title or (title_of(message.text) if message.markdown else "")
        text = f"{self._heading}{gap}{message.text}" if message.text else self._heading
        return replace(message, text=text, title=title)

    def depart(self) -> None:
        """A part is about to leave: on the disk first.

        Raises:
            OutboxError: it must not.
        """
        self._outbox.fly(self._lease)

    def plan(self, parts: Sequence[Words | Media], limit: int) -> list[Words | Media]:
        """What is left to send of *parts*, texts of *limit* bytes at most; headed if need be."""
        item, self.parts = self._lease.item, list(parts)
        if not item.accepted:
            return self.parts
        left, told = self.parts[item.accepted :], self._heading
        if item.pieces != len(parts):  # it is not cut as it was: what was sent is not known
            left = self.parts
            told = told or say(f"可能重复 · {item.id}", f"possible repeat · {item.id}")
        if not told:
            return left
        if left and isinstance(left[0], Words):
            gap = "\n\n" if left[0].markdown else "\n"
            text = f"{told}{gap}{left[0].text}"
            if size_of(text) <= limit:
                first = replace(left[0], text=text)
                self.parts[-len(left)] = first
                return [first, *left[1:]]
        return [Words(told), *left]

    def land(self, part: Words | Media) -> None:
        """The platform has *part*: what follows is all that would be sent again."""
        done = done_with(self.parts, part)
        self.done = done or self.done
        self.landed += 1  # after that: a part that is in it is noted, whoever looks
        if done is not None:
            with contextlib.suppress(OutboxError):  # written with what becomes of the rest
                self._outbox.accept(self._lease, *done)

    def fail(self, error: Exception) -> None:
        """The try ended by *error*."""
        self.trouble = error

    def forget(self) -> None:
        """It is not to be sent any more: nothing of it stays; raises ``OutboxError``."""
        self._outbox.done(self._lease)


def done_with(parts: Sequence[Words | Media], last: Words | Media) -> tuple[int, int] | None:
    """How many of *parts* are done with once *last* was accepted, of how many, if of several."""
    after = next((n for n, one in enumerate(parts, 1) if one is last), 0)
    return (after, len(parts)) if after and len(parts) > 1 else None


class Underway:
    """The passage of a message that is stored while it is on its way already.

    Args:
        delivery: the message.
        stored: takes the passage of its item, once it is on the disk; else it goes on without.
    """

    def __init__(self, delivery: Delivery, stored: Future[Passage]) -> None:
        self._delivery = delivery
        self._stored = stored
        delivery.passage = self
        left = delivery.flight.join(self.depart)
        accepted = list(delivery.accepted)
        #: how many of its parts the platform is known to have taken by then.
        self.landed = len(accepted)
        #: how many of them were done with by then, and of how many.
        self.done = done_with(delivery.parts, accepted[-1]) if accepted else None
        noted = self.landed if self.done else 0
        #: whether more than that had left by then, so that it may have arrived.
        self.left = left or delivery.flight.parts_sent > noted

    def depart(self) -> None:
        """A part is about to leave: on the disk first, if it is to be there at all.

        Raises:
            OutboxError: it must not.
        """
        if (passage := self._passage()) is not None:
            passage.depart()

    def plan(self, parts: Sequence[Words | Media], _limit: int) -> list[Words | Media]:
        """All of *parts*: none of them has left before."""
        return list(parts)

    def land(self, part: Words | Media) -> None:
        """The platform has *part*."""
        if (passage := self._passage()) is not None:
            passage.parts = self._delivery.parts
            passage.land(part)
            passage.landed = len(self._delivery.accepted)  # it may have been counted before

    def fail(self, error: Exception) -> None:
        """The first try says nothing of the next."""

    def _passage(self) -> Passage | None:
        """That of its item; ``None``: it has none. Waits until that is known."""
        with contextlib.suppress(Exception):  # it was not stored, or is not to be
            return self._stored.result()
        return None
