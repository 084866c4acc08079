"""What was sent is taken back, where the platform lets one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from notebook_notify import reports
from notebook_notify.errors import TransportError
from notebook_notify.platforms.base import Call
from notebook_notify.sending.outcomes import RefusedError, troubled, verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.delivery.transport import Request
    from notebook_notify.reports import SendResult
    from notebook_notify.sending.attempts import Attempts
    from notebook_notify.sending.outcomes import Delivery
    from notebook_notify.targets import Target


def take_back(attempt: Attempts, delivery: Delivery) -> SendResult:
    """Take back what *delivery* names, one call each."""
    try:
        return _take_back(attempt, delivery)
    except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
        return troubled(delivery, error)


def _take_back(attempt: Attempts, delivery: Delivery) -> SendResult:
    channel = delivery.channel
    key = channel.token_key(delivery.target)
    missed = []
    for message_id in delivery.recalling:

        def request(target: Target, token: str, one: str = message_id) -> Request:
            return channel.recall_request(target, one, token)

        try:
            verdict = attempt.make(delivery, key, Call(request, channel.read_recall, changes=True))
        except (TransportError, RefusedError) as error:
            if not delivery.flight.parts_sent:
                raise
            verdict = verdict_of(error)
        if verdict.kind == "ok":
            delivery.flight.land(accepted=True)
        else:
            missed.append(verdict)
            delivery.miss(message_id, verdict)
    if not missed:
        return delivery.result("sent")
    if delivery.flight.parts_sent:
        return delivery.result("partial")
    delivery.notes.clear()  # the one reason is told as the error
    return delivery.result("failed", missed[0].payload)


class Recaller:
    """What a result holds to be taken back: its target, which stays in this process.

    Args:
        begin: the sender's way to begin it.
        target: where the message went.
    """

    def __init__(
        self,
        begin: Callable[[Target, tuple[str, ...], float], Callable[[], SendResult]],
        target: Target,
    ) -> None:
        self._begin = begin
        self._target = target

    def __call__(self, result: SendResult, seconds: float) -> Callable[[], SendResult]:
        """Begin; gives what waits for the outcome, which takes *seconds* at most."""
        return self._begin(self._target, result.message_ids, seconds)

    def __reduce__(self) -> tuple[type[partial[Callable[[], SendResult]]], tuple[object]]:
        """A pickle holds no secret, so that it can say why it cannot, and no more."""
        return partial, (reports.elsewhere,)
