"""The one loop: token, send, read, refresh once, repeat where it is safe.

A send runs on daemon threads of its own; whoever called waits at most ``timeout`` seconds,
whatever DNS, a dripping server or a hanging one does, and is told the truth about what had
left by then.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeVar

from notebook_notify import errors
from notebook_notify.delivery import TIMEOUT
from notebook_notify.delivery.flight import Flight
from notebook_notify.delivery.pacing import Pacing
from notebook_notify.delivery.shared import SharedStore
from notebook_notify.delivery.store import MemoryStore, Store
from notebook_notify.delivery.transport import Transport
from notebook_notify.delivery.workers import Workers
from notebook_notify.errors import NotifyError, PlatformError, SendInterrupted, TransportError
from notebook_notify.messages import Making, Message, promise
from notebook_notify.platforms import channel_of
from notebook_notify.platforms.base import Media, Words
from notebook_notify.platforms.replies import code_of
from notebook_notify.reports import SendReport
from notebook_notify.sending.asks import ask
from notebook_notify.sending.attempts import Attempts, raise_if_lost
from notebook_notify.sending.outcomes import Delivery, RefusedError, stopped, troubled, verdict_of
from notebook_notify.sending.parts import check, limit_of, notes_on, words_of
from notebook_notify.sending.proofs import Proofs, Proving
from notebook_notify.sending.recalls import Recaller, take_back
from notebook_notify.sending.uploads import Uploads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from notebook_notify.platforms.base import Call, Verdict
    from notebook_notify.reports import Outcome, SendResult
    from notebook_notify.sending.outcomes import Hold, Passage
    from notebook_notify.sending.proofs import Proof
    from notebook_notify.targets import Target

#: Pauses before the second, third, … try, in seconds; their number is that of the repeats.
PAUSES = (0.5, 1.0, 2.0)
#: Where the platform drops an identical repeat: how long an answer is waited for before the
#: repeat, and until when after the first try it may leave. The platform remembers for 60 s.
REPEAT_AFTER, REPEAT_WITHIN = 20.0, 45.0
#: How long two identical messages are told apart here, in seconds: a little longer than the
#: platform drops the second one, if it is asked to.
REMEMBERED = 70.0
#: The longest timeout that the system's calls take as they are, in seconds.
_LONGEST = 1e6
_Sent = TypeVar("_Sent", bound=Delivery)
#: Verdicts of a platform that accepted the message.
_ACCEPTED = ("ok", "partial")


class Sender:
    """Sends to any number of targets. Thread-safe.

    Args:
        pauses: seconds between tries; they pass on a sending thread, never on the caller's.
        store: opens what it shares with other senders: tokens, and what was sent lately.
    """

    def __init__(
        self, *, pauses: Sequence[float] = PAUSES, store: Callable[[], Store] = MemoryStore
    ) -> None:
        self._pauses = pauses
        self._open_store = store
        self.renew()

    def renew(self) -> None:
        """Make threads, connections and locks anew, as a forked child must."""
        self._recent = MemoryStore()
        self._transport = Transport()
        self._shared = SharedStore(self._open_store)
        self._pacing = Pacing(self._shared)
        self._attempt = Attempts(self._transport, self._pauses, self._shared)
        self._upload = Uploads(self._transport, self._attempt)
        self._proofs = Proofs(self._transport, self._attempt.fetch_token)
        self._workers = Workers()

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()
        self._shared.close()

    def send(
        self,
        messages: Iterable[tuple[Target, Making]],
        *,
        timeout: float = TIMEOUT,
        repeat: bool = True,
        once: bool = False,
        persist: bool = False,
        passage: Passage | None = None,
        told: Callable[[int, int], None] | None = None,
        hold: Hold | None = None,
    ) -> SendReport:
        """Send each message to its target, all side by side.

        Args:
            messages: targets and messages; texts are scrubbed of known secrets and of what
                looks like one, and split where a channel takes less at once. A function is
                called on the sending thread, when the target's secrets are known.
            timeout: the longest wait, in seconds.
            repeat: whether to try again after a failed connection or a busy platform.
            once: let the platform drop an identical repeat, where its channel can; only for a
                text that says when it was made, else a deliberate second one would vanish.
                Where the platform goes by a key instead, repeats are safe without.
            persist: go on trying, where it is safe, until the time is up.
            passage: of the one message, if it was queued.
            told: told, on a sending thread, how many bytes of an upload have left, and of how
                many; must not raise.
            hold: when and by whom what has no outcome yet is taken over; ``None``: never.

        Raises:
            TargetError: a target cannot work as it is written; nothing was sent.
            SendInterrupted: a ``KeyboardInterrupt`` with the report so far; nothing more leaves.
        """
        deadline = time.monotonic() + min(timeout, _LONGEST)
        deliveries = []
        for target, message in messages:
            channel = channel_of(target)
            if isinstance(message, Message) and passage is None:  # its heading may not end it
                check(message, channel)
            deliveries.append(
                Delivery(
                    target,
                    channel,
                    message,
                    deadline,
                    repeat=repeat,
                    once=(repeat and channel.takes_keys) or (once and channel.drops_repeats),
                    persist=persist,
                    passage=passage,
                    told=told,
                    flight=Flight(passage.depart if passage is not None else None),
                    recaller=Recaller(self.recall, target) if channel.recalls else None,
                )
            )
        results = self._run(self._deliver, deliveries, hold)
        return SendReport(results, self._shared.news())

    def check(self, target: Target, *, timeout: float = TIMEOUT) -> Proof:
        """Prove, step by step, that *target* works; posts nothing."""
        (proof,) = self._prove([target], timeout)
        return proof

    def check_all(self, targets: Iterable[Target], *, timeout: float = TIMEOUT) -> SendReport:
        """As :meth:`check`, of several targets side by side."""
        return SendReport(self._prove(targets, timeout))

    def _prove(self, targets: Iterable[Target], timeout: float) -> tuple[Proof, ...]:
        deadline = time.monotonic() + min(timeout, _LONGEST)
        provings = [
            Proving(target, channel_of(target), None, deadline, repeat=True, once=False)
            for target in targets
        ]
        return tuple(map(Proving.proof, provings, self._run(self._proofs, provings)))

    def ask(self, target: Target, call: Call, *, timeout: float = TIMEOUT) -> dict[str, Any]:
        """Make *call* with the credential of *target*; posts nothing.

        Returns:
            The platform's answer.

        Raises:
            PlatformError: it refused, or there is no answer; says what to do.
            TargetError: the target cannot work as it is written.
        """
        deadline = time.monotonic() + min(timeout, _LONGEST)
        delivery = Delivery(
            target, channel_of(target), None, deadline, repeat=True, once=False, call=call
        )
        (result,) = self._run(partial(ask, self._attempt, call), [delivery])
        if result.outcome != "sent":
            raise PlatformError(result.reason(), result=result)
        return delivery.answer

    def recall(
        self, target: Target, message_ids: tuple[str, ...], timeout: float
    ) -> Callable[[], SendResult]:
        """Begin to take messages back; gives what waits for the outcome, *timeout* s at most."""
        deadline = time.monotonic() + min(timeout, _LONGEST)
        delivery = Delivery(target, channel_of(target), None, deadline, repeat=True, once=False)
        delivery.recalling = message_ids
        self._start(partial(take_back, self._attempt), delivery)
        return partial(self._settle, delivery)

    def _run(
        self,
        job: Callable[[_Sent], SendResult],
        deliveries: list[_Sent],
        hold: Hold | None = None,
    ) -> tuple[SendResult, ...]:
        try:
            for delivery in deliveries:
                self._start(job, delivery)
            if hold is not None:
                hold.pass_on(deliveries, self._settle)
            return tuple(one.pending or self._settle(one) for one in deliveries)
        except KeyboardInterrupt:
            for delivery in deliveries:  # all of them first: nothing more leaves
                delivery.flight.give_up()
            raise SendInterrupted(SendReport(tuple(map(stopped, deliveries)))) from None

    def _start(self, job: Callable[[_Sent], SendResult], delivery: _Sent) -> None:
        try:
            self._workers.submit(partial(job, delivery), delivery.future)
        except (RuntimeError, NotifyError) as error:  # no thread: too many, or Python is ending
            # Python 3.12.0 and .1 start none once the main thread has ended: there, on this one.
            ending = not threading.main_thread().is_alive()
            delivery.future.set_result(job(delivery) if ending else troubled(delivery, error))

    def _settle(self, delivery: Delivery) -> SendResult:
        """The result, or what can be said of it when the time is up."""
        try:
            return delivery.future.result(max(0.0, delivery.deadline - time.monotonic()))
        except TimeoutError:
            return stopped(delivery)

    # What follows runs on a sending thread.

    def _deliver(self, delivery: Delivery) -> SendResult:
        try:
            return self._deliver_parts(delivery)
        except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
            return troubled(delivery, error)

    def _deliver_parts(self, delivery: Delivery) -> SendResult:
        # The key reveals the target's secrets: from here on a keyring's too is masked in the text.
        key = delivery.channel.token_key(delivery.target)
        message = delivery.made()
        delivery.notes.extend(notes_on(message, delivery.channel))
        delivery.parts = self._parts(delivery, key, message)
        if delivery.passage is not None:
            limit = limit_of(message, delivery.channel)
            delivery.parts = delivery.passage.plan(delivery.parts, limit)
        outcome: Outcome = "partial" if delivery.missing else "sent"
        for part in delivery.parts:
            try:
                verdict = self._send_part(delivery, key, part)
            except (TransportError, RefusedError) as error:
                if isinstance(part, Words):
                    raise
                verdict = verdict_of(error)
            if verdict.kind not in _ACCEPTED:
                if isinstance(part, Words):
                    raise RefusedError(verdict)
                # The text is there; what should have followed it is told.
                delivery.miss(part.name, verdict)
                outcome = "partial"
                continue
            delivery.accepted.append(part)
            if delivery.passage is not None:
                delivery.passage.land(part)
            if verdict.message_id:
                delivery.message_ids.append(verdict.message_id)
            if verdict.kind == "partial":
                outcome = "partial"
                delivery.refused.update(verdict.refused)
        return delivery.result(outcome)

    def _parts(self, delivery: Delivery, key: str, message: Message) -> list[Words | Media]:
        """The pieces of the text, then what could be uploaded, which the text promises."""
        delivery.missing.extend(message.missing)
        uploaded = list(self._upload(delivery, key, message.attachments))
        files = [media.name for media in uploaded if media.kind == "file"]
        follows = promise(len(uploaded) - len(files), files, delivery.missing)
        return [*words_of(message, delivery.channel, follows), *uploaded]

    def _send_part(self, delivery: Delivery, key: str, part: Words | Media) -> Verdict:
        """One message; if its answer is lost, once more where the platform drops a repeat."""
        once = self._once(delivery, key, part)
        try:
            return self._try_part(delivery, key, part, delivery.deadline, once=once)
        except TransportError as error:
            if error.errcode != errors.UNKNOWN or once is None:
                raise
            lost = error
        delivery.flight.lose()
        until = min(delivery.deadline, delivery.flight.departed + REPEAT_WITHIN)
        if self._attempt.pause(delivery.pauses(self._pauses, until), until):
            with contextlib.suppress(TransportError, RefusedError):
                verdict = self._try_part(delivery, key, part, until, once=once, again=True)
                if verdict.kind in _ACCEPTED:
                    return verdict
        raise lost  # whatever became of the repeat, the first may have arrived

    def _once(self, delivery: Delivery, key: str, part: Words | Media) -> str | None:
        """What has the platform drop a repeat of *part*; ``None``: nothing.

        Where it goes by what a message says, none like it may be in its memory: a second one
        would be dropped as well, and called sent.
        """
        if not delivery.once or delivery.channel.takes_keys:
            return token_hex(16) if delivery.once else None
        digest = hashlib.sha256(f"{key} {part!r}".encode("utf-8", "replace")).hexdigest()
        # It may leave as late as the deadline.
        lasts = max(0.0, delivery.deadline - time.monotonic()) + REMEMBERED
        return token_hex(16) if self._recent.compare_and_set(digest, None, "seen", lasts) else None

    def _try_part(
        self,
        delivery: Delivery,
        key: str,
        part: Words | Media,
        until: float,
        *,
        once: str | None,
        again: bool = False,
    ) -> Verdict:
        """One message, tried until there is a verdict that another try would not better."""
        channel = delivery.channel
        paced = f"{channel.spec.kind} {key} {channel.paced(delivery.target)}"

        def send(token: str) -> Verdict:
            if channel.pace is not None:
                room = delivery.room_for(part)
                self._pacing.take(paced, channel.pace, until=until, room=room)
            request = channel.request(delivery.target, part, token, once=once)
            # Early enough for a repeat, where one is safe.
            early = min((until - time.monotonic()) / 2, REPEAT_AFTER)
            reply = self._transport.perform(
                request,
                deadline=until,
                patience=early if once is not None and not again else None,
                depart=delivery.flight.depart,
            )
            verdict = channel.read(reply)
            raise_if_lost(verdict)
            # Landed only now: a request whose reply is lost is still on its way.
            if verdict.kind != "unknown":
                delivery.flight.land(accepted=verdict.kind in _ACCEPTED)
            return verdict

        verdict = self._attempt(delivery, key, send, until)
        if channel.pace is not None and verdict.kind not in _ACCEPTED:
            self._pacing.heed(paced, channel.pace, code_of(verdict.payload))
        return verdict
