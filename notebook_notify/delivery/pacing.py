"""How often may be sent: a platform's limits, kept before the platform has to.

What has left is counted in the store, so that all kernels that share it count together. The
platforms do not say whether their minute slides or begins on the clock: it slides here, which
holds both ways, and a message counts as sent as late as it may have arrived.
"""

from __future__ import annotations

import hashlib
import json
import math
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from notebook_notify import errors
from notebook_notify.errors import TransportError
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from notebook_notify.delivery.store import Store

#: The window is counted in so many slots; a message counts from the end of its own, and for a
#: part of the window longer, of so many seconds at least, since it takes its time to arrive.
SLOTS, LATE, LATE_AT_LEAST = 60, 0.05, 0.25
#: So many seconds must be left for sending after a wait: a message that leaves at the last
#: moment would have an unknown outcome.
LEAST_LEFT = 2.0
#: Who sends many in one slot counts so many of them at once, and no more than this share of what
#: the limit leaves: a look at the store for each would be felt. What is not used is lost.
_AHEAD, _SHARE = 16, 20
#: How often the store is tried while others are faster, and how long is waited then, in seconds.
_TRIES, _SOON = 20, 0.05


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a channel may send.

    Attributes:
        most: so many messages …
        seconds: … in so many seconds.
        rests: by the platform's code for too many: how long it takes none, in seconds.
    """

    most: int
    seconds: float
    rests: Mapping[int | str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _State:
    """What the store has of one name.

    Attributes:
        sent: how many by slot, the oldest first; slots are counted from the store's zero.
        until: before that nothing is sent, in seconds of the store's clock.
        rest: how long that was to last, in seconds.
        why: the platform's code for it.
    """

    sent: dict[int, int]
    until: float = 0.0
    rest: float = 0.0
    why: str = ""

    @classmethod
    def read(cls, text: str | None) -> _State:
        """What was written; of what is none of ours nothing."""
        try:
            until, rest, why, counts = json.loads(text or "")
            sent = {int(slot): int(count) for slot, count in counts}
            return cls(sent, float(until), float(rest), str(why))
        except (ValueError, TypeError):
            return cls({})

    def written(self) -> str:
        return json.dumps([self.until, self.rest, self.why, list(self.sent.items())])

    def rests_for(self, now: float) -> float:
        """How long nothing is sent, in seconds: never longer than it was to last."""
        left = self.until - now
        return left if 0 < left <= self.rest else 0.0


@dataclass(slots=True)
class _Ahead:
    """Messages that were counted ahead, in *slot*: *left* of *count*."""

    slot: int
    count: int
    left: int


class Pacing:
    """Counts what is sent, by name, and keeps it below a pace. Thread-safe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._guesses: dict[str, str | None] = {}
        self._ahead: dict[str, _Ahead] = {}
        self._lock = threading.Lock()

    def take(self, name: str, pace: Pace, *, until: float, room: int = 1) -> None:
        """Count one message; wait for that if need be.

        Args:
            name: what the limit is for; the store has its hash alone.
            pace: the limit.
            until: when it must have left, on the ``time.monotonic()`` clock, in seconds.
            room: for so many more there must be room, if there can be: a message that will not
                fit whole is not begun.

        Raises:
            TransportError: it would have to wait too long; ``again`` says how long.
        """
        key = _key(name)
        while wait := self._wait(key, pace, min(room, pace.most)):
            seconds, why = wait
            if time.monotonic() + seconds + LEAST_LEFT > until:
                raise _over(seconds, why, pace)
            time.sleep(seconds)

    def heed(self, name: str, pace: Pace, code: int | str | None) -> None:
        """The platform answered *code*: if that means too many, nothing is sent for its time.

        What had left before does not make the time longer.
        """
        rest = pace.rests.get(code, 0.0) if code is not None else 0.0
        if not rest:
            return
        key = _key(name)
        with self._lock:
            self._ahead.pop(key, None)
        for _ in range(_TRIES):
            text, now = self._store.get(key), self._store.now()
            state = _State.read(text)
            if state.rests_for(now):
                return
            state.until, state.rest, state.why = now + rest, rest, str(code)
            if self._put(key, text, state, max(rest, _lasts(pace))):
                return

    def _wait(self, key: str, pace: Pace, room: int) -> tuple[float, str] | None:
        """Count one message now; or how long there is no room for it, and the platform's code."""
        if room == 1 and self._counted(key, _slot(self._store.now(), pace)):
            return None
        # What was there last most likely still is: that spares a look.
        fresh = key not in self._guesses
        text = self._store.get(key) if fresh else self._guesses[key]
        for _ in range(_TRIES):
            state, now = _State.read(text), self._store.now()
            wait = state.rests_for(now)
            if not wait:
                state.why = ""
                _forget(state, pace, now)
                wait = _full_for(state, pace, now, room)
            if not wait:
                slot = _slot(now, pace)
                count = self._count(key, slot, pace.most - sum(state.sent.values()))
                state.sent[slot] = state.sent.get(slot, 0) + count
                if self._put(key, text, state, _lasts(pace)):
                    with self._lock:
                        self._ahead[key] = _Ahead(slot, count, count - 1)
                    return None
            elif fresh:
                return wait, state.why
            text, fresh = self._store.get(key), True
        return _SOON, ""

    def _counted(self, key: str, slot: int) -> bool:
        """Whether one that was counted ahead is left for now; it is taken."""
        with self._lock:
            ahead = self._ahead.get(key)
            if ahead is None or ahead.slot != slot or not ahead.left:
                return False
            ahead.left -= 1
            return True

    def _count(self, key: str, slot: int, free: int) -> int:
        """How many to count at once: one, or twice as many as before in the same slot."""
        with self._lock:
            ahead = self._ahead.get(key)
            before = ahead.count if ahead is not None and ahead.slot == slot else 0
        return max(1, min(2 * before, _AHEAD, free // _SHARE))

    def _put(self, key: str, old: str | None, state: _State, lasts: float) -> bool:
        new = state.written()
        done = self._store.compare_and_set(key, old, new, lasts)
        if done:
            self._guesses[key] = new
        return done


def _key(name: str) -> str:
    return f"pace {hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()}"


def _slot(now: float, pace: Pace) -> int:
    return math.floor(now / pace.seconds * SLOTS)


def _lasts(pace: Pace) -> float:
    """How long a message counts at most, in seconds."""
    return pace.seconds * (1 + 1 / SLOTS) + _late(pace)


def _late(pace: Pace) -> float:
    return max(LATE * pace.seconds, LATE_AT_LEAST)


def _end(slot: int, pace: Pace) -> float:
    """When the messages of *slot* count no more."""
    return (slot + 1) * pace.seconds / SLOTS + pace.seconds + _late(pace)


def _forget(state: _State, pace: Pace, now: float) -> None:
    """Drop what counts no more; and what is from the future, where a clock was set back."""
    ahead = now + pace.seconds
    state.sent = {
        slot: count
        for slot, count in state.sent.items()
        if now < _end(slot, pace) and slot * pace.seconds / SLOTS < ahead
    }


def _full_for(state: _State, pace: Pace, now: float, room: int) -> float:
    """How long there is no room for so many, in seconds."""
    excess = sum(state.sent.values()) + room - pace.most
    wait = 0.0
    for slot, count in sorted(state.sent.items()):
        if excess <= 0:
            break
        wait = min(_end(slot, pace) - now, _lasts(pace))
        excess -= count
    return wait


def _over(seconds: float, why: str, pace: Pace) -> TransportError:
    again = math.ceil(seconds)
    zh, en = (
        f"本机限速：{pace.seconds:g} 秒内最多 {pace.most} 条",
        f"kept back here: {pace.most} messages in {pace.seconds:g} s at most",
    )
    if why:
        zh, en = f"本机暂停发送：平台答复 {why}", f"kept back here: the platform answered {why}"
    return TransportError(
        say(f"{zh}；{again} 秒后再发", f"{en}; again in {again} s"),
        errcode=errors.OVER_RATE,
        left=False,
        again=again,
    )
