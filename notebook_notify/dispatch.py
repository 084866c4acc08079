"""The one loop: token, send, read, refresh once, repeat where it is safe.

A send runs on daemon threads of its own; whoever called waits at most ``timeout`` seconds,
whatever DNS, a dripping server or a hanging one does, and is told the truth about what had
left by then.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from notebook_notify import errors, texts
from notebook_notify.delivery import TIMEOUT
from notebook_notify.delivery.store import MemoryStore
from notebook_notify.delivery.tokens import Tokens
from notebook_notify.delivery.transport import Transport
from notebook_notify.delivery.workers import Workers
from notebook_notify.errors import NotifyError, SendInterrupted, TargetError, TransportError
from notebook_notify.messages import split
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Token
from notebook_notify.reports import SendReport, SendResult
from notebook_notify.secret import remember, scrub

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from notebook_notify.delivery.transport import Reply
    from notebook_notify.platforms.base import Channel, Verdict
    from notebook_notify.reports import Outcome
    from notebook_notify.targets import Target

#: Pauses before the second, third, … try, in seconds; their number is that of the repeats.
PAUSES = (0.5, 1.0, 2.0)


class _GivenUpError(Exception):
    """Raised on a sending thread whose caller no longer waits, before anything more leaves."""


class _Flight:
    """What has left, agreed upon by the thread that sends and the caller that may stop waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._given_up = False
        self.left = False
        self.parts_sent = 0

    def depart(self) -> None:
        """The first byte is about to leave."""
        self._move(left=True)

    def land(self) -> None:
        """The platform has answered: nothing is on its way now."""
        self._move(left=False)

    def _move(self, *, left: bool) -> None:
        with self._lock:
            if self._given_up:
                raise _GivenUpError
            self.left = left

    def give_up(self) -> bool:
        """Let nothing more leave; returns whether something is on its way."""
        with self._lock:
            self._given_up = True
            return self.left


@dataclass(slots=True)
class _Delivery:
    """A message on its way to one target."""

    target: Target
    channel: Channel
    parts: list[str]
    deadline: float
    repeat: bool
    once: bool
    started: float = field(default_factory=time.monotonic)
    flight: _Flight = field(default_factory=_Flight)
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    message_ids: list[str] = field(default_factory=list)

    def result(self, outcome: Outcome, payload: dict[str, Any] | None = None) -> SendResult:
        spec = self.channel.spec
        payload = _redacted(payload) if payload is not None else None
        advice = None
        if payload is not None and outcome in ("failed", "unknown"):
            with contextlib.suppress(Exception):  # whatever a hostile server put into its dict
                from notebook_notify.platforms.advice import advise

                advice = advise(spec.platform, payload, texts.language())
        return SendResult(
            target=self.target.label,
            title=texts.say(*spec.title),
            outcome=outcome,
            error=payload if outcome in ("failed", "unknown") else None,
            advice=advice,
            refused=self.refused,
            parts=len(self.parts),
            parts_sent=self.flight.parts_sent,
            seconds=time.monotonic() - self.started,
            everyone=self.channel.everyone(self.target),
            sandbox=self.target.source == "sandbox",
            message_ids=tuple(self.message_ids),
        )


class _RefusedError(Exception):
    """The platform gave no token."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict


class Sender:
    """Sends to any number of targets. Thread-safe.

    Args:
        pauses: seconds between tries; they pass on a sending thread, never on the caller's.
    """

    def __init__(self, *, pauses: Sequence[float] = PAUSES) -> None:
        self._pauses = pauses
        self.renew()

    def renew(self) -> None:
        """Make threads, connections and locks anew, as a forked child must."""
        self._tokens = Tokens(MemoryStore())
        self._transport = Transport()
        self._workers = Workers()

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()

    def send(
        self,
        messages: Iterable[tuple[Target, str]],
        *,
        timeout: float = TIMEOUT,
        repeat: bool = True,
        once: bool = False,
    ) -> SendReport:
        """Send each text to its target, all side by side.

        Args:
            messages: targets and texts; these are scrubbed of known secrets and of what looks
                like one, and split where a channel takes less at once.
            timeout: the longest wait, in seconds.
            repeat: whether to try again after a failed connection or a busy platform.
            once: let the platform drop an identical repeat, where its channel can; only for a
                text that says when it was made, else a deliberate second one would vanish.

        Raises:
            TargetError: a target cannot work as it is written; nothing was sent.
            SendInterrupted: a ``KeyboardInterrupt`` with the report so far; nothing more leaves.
        """
        deadline = time.monotonic() + timeout
        deliveries = []
        for target, text in messages:
            channel = channel_of(target)
            content = scrub(text)
            if not content.strip():
                raise TargetError(
                    texts.say("消息为空，未发送", "the message is empty; nothing was sent")
                )
            parts = split(content, channel.text_limit)
            deliveries.append(
                _Delivery(
                    target,
                    channel,
                    parts,
                    deadline,
                    repeat=repeat,
                    once=once and channel.drops_repeats,
                )
            )
        return SendReport(tuple(self._send_all(deliveries)))

    def check(self, target: Target, *, timeout: float = TIMEOUT) -> SendResult:
        """Prove *target*'s credential by fetching a new token; posts nothing.

        The result is ``sent`` (with no part) if the platform gave a token.
        """
        deadline = time.monotonic() + timeout
        channel = channel_of(target)
        delivery = _Delivery(target, channel, [], deadline, repeat=True, once=False)
        future = self._workers.submit(lambda: self._prove(delivery))
        return self._settle(delivery, future)

    def _send_all(self, deliveries: list[_Delivery]) -> Iterator[SendResult]:
        futures = [
            self._workers.submit(lambda delivery=delivery: self._deliver(delivery))  # type: ignore[misc]
            for delivery in deliveries
        ]
        pairs = list(zip(deliveries, futures, strict=True))
        try:
            for delivery, future in pairs:
                yield self._settle(delivery, future)
        except KeyboardInterrupt:
            results = tuple(_stopped(delivery, future) for delivery, future in pairs)
            raise SendInterrupted(SendReport(results)) from None

    def _settle(self, delivery: _Delivery, future: Future[SendResult]) -> SendResult:
        """The result, or what can be said of it when the time is up."""
        try:
            return future.result(max(0.0, delivery.deadline - time.monotonic()))
        except TimeoutError:
            return _stopped(delivery, future)

    # What follows runs on a sending thread.

    def _deliver(self, delivery: _Delivery) -> SendResult:
        try:
            return self._deliver_parts(delivery)
        except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
            return _troubled(delivery, error)

    def _deliver_parts(self, delivery: _Delivery) -> SendResult:
        outcome: Outcome = "sent"
        for part in delivery.parts:
            verdict = self._send_part(delivery, part)
            if verdict.kind not in ("ok", "partial"):
                lost = verdict.payload.get("errcode") == errors.UNKNOWN
                return delivery.result("unknown" if lost else "failed", verdict.payload)
            delivery.flight.parts_sent += 1
            if verdict.message_id:
                delivery.message_ids.append(verdict.message_id)
            if verdict.kind == "partial":
                outcome = "partial"
                delivery.refused.update(verdict.refused)
        return delivery.result(outcome)

    def _prove(self, delivery: _Delivery) -> SendResult:
        try:
            self._fetch_token(delivery)
        except Exception as error:  # noqa: BLE001 - as in _deliver
            return _troubled(delivery, error)
        return delivery.result("sent")

    def _send_part(self, delivery: _Delivery, part: str) -> Verdict:
        """One message, tried until there is a verdict that another try would not better."""
        channel, target = delivery.channel, delivery.target
        key = channel.token_key(target)
        refreshed = False
        pauses = iter(self._pauses if delivery.repeat else ())
        while True:
            try:
                token = self._token(delivery, key)
                reply = self._post(delivery, part, token)
            except _RefusedError as refusal:
                verdict = refusal.verdict
            except TransportError as error:
                again = not error.left or (delivery.once and error.errcode == errors.UNKNOWN)
                if not again or not self._pause(pauses, delivery):
                    raise
                continue
            else:
                verdict = channel.read(reply)
                if verdict.kind == "refresh" and not refreshed:
                    refreshed = True
                    self._tokens.invalidate(key, token)
                    continue
            if verdict.kind == "busy" and self._pause(pauses, delivery):
                continue
            return verdict

    def _post(self, delivery: _Delivery, part: str, token: str) -> Reply:
        request = delivery.channel.request(delivery.target, part, token, once=delivery.once)
        deadline = delivery.deadline
        if delivery.once:  # keep half of what is left for the repeat that is safe here
            now = time.monotonic()
            deadline = now + (deadline - now) / 2
        reply = self._transport.perform(request, deadline=deadline, depart=delivery.flight.depart)
        delivery.flight.land()  # only now: a request whose reply is lost is still on its way
        return reply

    def _token(self, delivery: _Delivery, key: str) -> str:
        return self._tokens.get(
            key, lambda: self._fetch_token(delivery), deadline=delivery.deadline
        )

    def _fetch_token(self, delivery: _Delivery) -> tuple[str, float]:
        request = delivery.channel.token_request(delivery.target)
        reply = self._transport.perform(request, deadline=delivery.deadline)
        answer = delivery.channel.read_token(reply)
        if not isinstance(answer, Token):
            raise _RefusedError(answer)
        remember(answer.value)
        return answer.value, answer.expires_in

    def _pause(self, pauses: Iterator[float], delivery: _Delivery) -> bool:
        """Wait before the next try; ``False`` if there is none, or no time for it."""
        pause = next(pauses, None)
        if pause is None or time.monotonic() + pause >= delivery.deadline:
            return False
        time.sleep(pause)
        return True


def _stopped(delivery: _Delivery, future: Future[SendResult]) -> SendResult:
    """What can be said of a delivery that is no longer waited for."""
    left = delivery.flight.give_up()
    if future.done():  # it came at the last moment
        return future.result()
    if left:
        payload = _ours(errors.UNKNOWN, "request sent, no answer in time; it may have arrived")
        return delivery.result("unknown", payload)
    return delivery.result("failed", _ours(errors.OVER_BUDGET, "no time left to send it"))


def _troubled(delivery: _Delivery, error: Exception) -> SendResult:
    if isinstance(error, _RefusedError):
        return delivery.result("failed", error.verdict.payload)
    if isinstance(error, TransportError):
        outcome: Outcome = "unknown" if error.errcode == errors.UNKNOWN else "failed"
        return delivery.result(outcome, _ours(error.errcode, str(error)))
    if isinstance(error, _GivenUpError):
        return delivery.result("failed", _ours(errors.OVER_BUDGET, "no time left to send it"))
    if isinstance(error, NotifyError):  # a secret that cannot be found
        return delivery.result("failed", {"errmsg": str(error)})
    return delivery.result(
        "failed", {"errmsg": f"{type(error).__name__} in notebook_notify: {error}"}
    )


def _ours(errcode: int, errmsg: str) -> dict[str, Any]:
    return {"errcode": errcode, "errmsg": errmsg}


def _redacted(payload: Mapping[str, Any]) -> dict[str, Any]:
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


def channel_of(target: Target) -> Channel:
    """The channel that serves *target*; raises ``TargetError`` if it cannot."""
    channel = CHANNELS.get(target.channel)
    if channel is None:
        raise TargetError(
            texts.say(
                f"没有名为 {target.channel} 的通道；可用：{'、'.join(CHANNELS)}",
                f"no channel is called {target.channel}; there are {', '.join(CHANNELS)}",
            )
        )
    channel.check(target)
    return channel
