"""The one loop: token, send, read, refresh once, repeat where it is safe.

A send runs on daemon threads of its own; whoever called waits at most ``timeout`` seconds,
whatever DNS, a dripping server or a hanging one does, and is told the truth about what had
left by then.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from notebook_notify import errors, texts
from notebook_notify.delivery import TIMEOUT
from notebook_notify.delivery.store import MemoryStore
from notebook_notify.delivery.tokens import Tokens
from notebook_notify.delivery.transport import Transport
from notebook_notify.delivery.workers import Workers
from notebook_notify.errors import SendInterrupted, TargetError, TransportError
from notebook_notify.messages import Message, promise, split
from notebook_notify.outcomes import Delivery, RefusedError, stopped, troubled, verdict_of
from notebook_notify.platforms import channel_of
from notebook_notify.platforms.base import Media, Token
from notebook_notify.platforms.media import UnfitError, fit, kind_of
from notebook_notify.reports import SendReport
from notebook_notify.secret import remember, scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from notebook_notify.messages import Attachment
    from notebook_notify.platforms.base import Verdict
    from notebook_notify.reports import Outcome, SendResult
    from notebook_notify.targets import Target

#: Pauses before the second, third, … try, in seconds; their number is that of the repeats.
PAUSES = (0.5, 1.0, 2.0)
#: Where the platform drops an identical repeat: how long an answer is waited for before the
#: repeat, and until when after the first try it may leave. The platform remembers for 60 s.
REPEAT_AFTER, REPEAT_WITHIN = 20.0, 45.0
#: How long an upload's id is used again, in seconds; WeCom's are good for three days.
MEDIA_LIFE = 3600.0
#: The longest timeout that the system's calls take as they are, in seconds.
_LONGEST = 1e6
#: Verdicts of a platform that accepted the message.
_ACCEPTED = ("ok", "partial")


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
        self._media = Tokens(MemoryStore())
        self._transport = Transport()
        self._workers = Workers()

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()

    def send(
        self,
        messages: Iterable[tuple[Target, Message]],
        *,
        timeout: float = TIMEOUT,
        repeat: bool = True,
        once: bool = False,
    ) -> SendReport:
        """Send each message to its target, all side by side.

        Args:
            messages: targets and messages; texts are scrubbed of known secrets and of what
                looks like one, and split where a channel takes less at once.
            timeout: the longest wait, in seconds.
            repeat: whether to try again after a failed connection or a busy platform.
            once: let the platform drop an identical repeat, where its channel can; only for a
                text that says when it was made, else a deliberate second one would vanish.

        Raises:
            TargetError: a target cannot work as it is written; nothing was sent.
            SendInterrupted: a ``KeyboardInterrupt`` with the report so far; nothing more leaves.
        """
        deadline = time.monotonic() + min(timeout, _LONGEST)
        deliveries = []
        for target, message in messages:
            channel = channel_of(target)
            if message.empty:
                raise TargetError(
                    texts.say("消息为空，未发送", "the message is empty; nothing was sent")
                )
            deliveries.append(
                Delivery(
                    target,
                    channel,
                    message,
                    deadline,
                    repeat=repeat,
                    once=once and channel.drops_repeats,
                )
            )
        return SendReport(self._send_all(deliveries))

    def check(self, target: Target, *, timeout: float = TIMEOUT) -> SendResult:
        """Prove *target*'s credential by fetching a new token; posts nothing.

        The result is ``sent`` (with no part) if the platform gave a token.
        """
        deadline = time.monotonic() + min(timeout, _LONGEST)
        channel = channel_of(target)
        delivery = Delivery(target, channel, None, deadline, repeat=True, once=False)
        return self._settle(delivery, self._start(self._prove, delivery))

    def _send_all(self, deliveries: list[Delivery]) -> tuple[SendResult, ...]:
        futures: list[Future[SendResult]] = []
        try:
            futures += [self._start(self._deliver, delivery) for delivery in deliveries]
            return tuple(map(self._settle, deliveries, futures))
        except KeyboardInterrupt:
            for delivery in deliveries:  # all of them first: nothing more leaves
                delivery.flight.give_up()
            futures += [Future()] * (len(deliveries) - len(futures))
            results = tuple(map(stopped, deliveries, futures))
            raise SendInterrupted(SendReport(results)) from None

    def _start(
        self, job: Callable[[Delivery], SendResult], delivery: Delivery
    ) -> Future[SendResult]:
        try:
            return self._workers.submit(partial(job, delivery))
        except RuntimeError as error:  # no thread to be had: too many, or Python is ending
            future: Future[SendResult] = Future()
            future.set_result(troubled(delivery, error))
            return future

    def _settle(self, delivery: Delivery, future: Future[SendResult]) -> SendResult:
        """The result, or what can be said of it when the time is up."""
        try:
            return future.result(max(0.0, delivery.deadline - time.monotonic()))
        except TimeoutError:
            return stopped(delivery, future)

    # What follows runs on a sending thread.

    def _deliver(self, delivery: Delivery) -> SendResult:
        try:
            return self._deliver_parts(delivery)
        except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
            return troubled(delivery, error)

    def _deliver_parts(self, delivery: Delivery) -> SendResult:
        # The key reveals the target's secrets: from here on a keyring's too is masked in the text.
        key = delivery.channel.token_key(delivery.target)
        delivery.parts = self._parts(delivery, key)
        outcome: Outcome = "partial" if delivery.missed else "sent"
        for part in delivery.parts:
            try:
                verdict = self._send_part(delivery, key, part)
            except (TransportError, RefusedError) as error:
                if isinstance(part, str):
                    raise
                verdict = verdict_of(error)
            if verdict.kind not in _ACCEPTED:
                if isinstance(part, str):
                    lost = verdict.payload.get("errcode") == errors.UNKNOWN
                    return delivery.result("unknown" if lost else "failed", verdict.payload)
                # The text is there; what should have followed it is told.
                delivery.miss(part.name, verdict)
                outcome = "partial"
                continue
            delivery.accepted.append(part)
            if verdict.message_id:
                delivery.message_ids.append(verdict.message_id)
            if verdict.kind == "partial":
                outcome = "partial"
                delivery.refused.update(verdict.refused)
        return delivery.result(outcome)

    def _parts(self, delivery: Delivery, key: str) -> list[str | Media]:
        """The pieces of the text, then what could be uploaded, which the text promises."""
        message = delivery.message or Message("")
        uploaded = list(self._upload(delivery, key, message.attachments))
        files = [media.name for media in uploaded if media.kind == "file"]
        missing = len(message.attachments) - len(uploaded)
        follows = promise(len(uploaded) - len(files), files, missing)
        text = "\n\n".join(filter(str.strip, (scrub(message.text), follows)))
        return [*split(text, delivery.channel.text_limit), *uploaded]

    def _upload(
        self, delivery: Delivery, key: str, attachments: Iterable[Attachment]
    ) -> Iterator[Media]:
        """Upload what can be, and note the rest. Half of the time is kept for the text."""
        now = time.monotonic()
        until = now + (delivery.deadline - now) / 2
        for given in attachments:
            try:
                attachment, note = fit(given, delivery.channel.media)
                media_id = self._media_id(delivery, key, attachment, until)
            except UnfitError as unfit:
                delivery.missed = True
                delivery.notes.append(str(unfit))
                continue
            except (TransportError, RefusedError) as error:
                delivery.miss(given.name, verdict_of(error), uploading=True)
                continue
            if note:
                delivery.notes.append(note)
            yield Media(kind_of(attachment), media_id, attachment.name)

    def _media_id(self, delivery: Delivery, key: str, attachment: Attachment, until: float) -> str:
        """The platform's id of *attachment*, uploaded once for all targets of an application."""
        channel = delivery.channel

        def upload(token: str) -> Verdict:
            request = channel.upload_request(delivery.target, attachment, token)
            check = delivery.flight.check
            return channel.read_upload(
                self._transport.perform(request, deadline=until, depart=check)
            )

        def fetch() -> tuple[str, float]:
            verdict = self._try(delivery, key, upload, until)
            if verdict.kind != "ok" or not verdict.message_id:
                raise RefusedError(verdict)
            return verdict.message_id, MEDIA_LIFE

        digest = hashlib.sha256(attachment.data).hexdigest()
        name = f"{key}:{kind_of(attachment)}:{attachment.name}:{digest}"
        return self._media.get(name, fetch, deadline=until)

    def _prove(self, delivery: Delivery) -> SendResult:
        try:
            self._fetch_token(delivery)
        except Exception as error:  # noqa: BLE001 - as in _deliver
            return troubled(delivery, error)
        return delivery.result("sent")

    def _send_part(self, delivery: Delivery, key: str, part: str | Media) -> Verdict:
        """One message; if its answer is lost, once more where the platform drops a repeat."""
        try:
            return self._try_part(delivery, key, part, delivery.deadline)
        except TransportError as error:
            if error.errcode != errors.UNKNOWN or not delivery.once:
                raise
            lost = error
        delivery.flight.lose()
        until = min(delivery.deadline, delivery.flight.departed + REPEAT_WITHIN)
        if self._pause(self._pauses_of(delivery), until):
            with contextlib.suppress(TransportError, RefusedError):
                verdict = self._try_part(delivery, key, part, until, again=True)
                if verdict.kind in _ACCEPTED:
                    return verdict
        raise lost  # whatever became of the repeat, the first may have arrived

    def _try_part(
        self,
        delivery: Delivery,
        key: str,
        part: str | Media,
        until: float,
        *,
        again: bool = False,
    ) -> Verdict:
        """One message, tried until there is a verdict that another try would not better."""
        channel = delivery.channel

        def send(token: str) -> Verdict:
            request = channel.request(delivery.target, part, token, once=delivery.once)
            reply = self._transport.perform(
                request,
                deadline=until if again else _first_deadline(delivery, until),
                depart=delivery.flight.depart,
            )
            # Landed only now: a request whose reply is lost is still on its way.
            verdict = channel.read(reply)
            delivery.flight.land(accepted=verdict.kind in _ACCEPTED)
            return verdict

        return self._try(delivery, key, send, until)

    def _try(
        self, delivery: Delivery, key: str, call: Callable[[str], Verdict], until: float
    ) -> Verdict:
        """*call* with a token; once more with a new one, and while the platform is busy."""
        refreshed = False
        pauses = self._pauses_of(delivery)
        while True:
            try:
                token = self._token(delivery, key)
                verdict = call(token)
            except RefusedError as refusal:
                verdict = refusal.verdict
            except TransportError as error:
                if error.errcode != errors.NOT_CONNECTED or not self._pause(pauses, until):
                    raise
                continue
            else:
                if verdict.kind == "refresh" and not refreshed:
                    refreshed = True
                    self._tokens.invalidate(key, token)
                    continue
            if verdict.kind == "busy" and self._pause(pauses, until):
                continue
            return verdict

    def _token(self, delivery: Delivery, key: str) -> str:
        return self._tokens.get(
            key, lambda: self._fetch_token(delivery), deadline=delivery.deadline
        )

    def _fetch_token(self, delivery: Delivery) -> tuple[str, float]:
        request = delivery.channel.token_request(delivery.target)
        reply = self._transport.perform(request, deadline=delivery.deadline)
        answer = delivery.channel.read_token(reply)
        if not isinstance(answer, Token):
            raise RefusedError(answer)
        remember(answer.value)
        return answer.value, answer.expires_in

    def _pauses_of(self, delivery: Delivery) -> Iterator[float]:
        return iter(self._pauses if delivery.repeat else ())

    def _pause(self, pauses: Iterator[float], until: float) -> bool:
        """Wait before the next try; ``False`` if there is none, or no time for it."""
        pause = next(pauses, None)
        if pause is None or time.monotonic() + pause >= until:
            return False
        time.sleep(pause)
        return True


def _first_deadline(delivery: Delivery, until: float) -> float:
    """When to stop waiting for an answer: early enough for a repeat, where one is safe."""
    if not delivery.once:
        return until
    now = time.monotonic()
    return now + min((until - now) / 2, REPEAT_AFTER)
