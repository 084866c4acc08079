"""What was sent is taken back, where the platform lets one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from notebook_notify import errors, reports
from notebook_notify.errors import TransportError
from notebook_notify.outcomes import RefusedError, troubled, verdict_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.delivery.transport import Transport
    from notebook_notify.outcomes import Delivery
    from notebook_notify.platforms.base import Verdict
    from notebook_notify.reports import SendResult
    from notebook_notify.targets import Target


class Recalls:
    """Takes messages back, one call each. Thread-safe.

    Args:
        transport: what carries the calls.
        attempt: the sender's way to make a call with a token, and again where it helps.
    """

    def __init__(
        self,
        transport: Transport,
        attempt: Callable[[Delivery, str, Callable[[str], Verdict], float], Verdict],
    ) -> None:
        self._transport = transport
        self._attempt = attempt

    def __call__(self, delivery: Delivery) -> SendResult:
        """Take back what *delivery* names."""
        try:
            return self._take_back(delivery)
        except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
            return troubled(delivery, error)

    def _take_back(self, delivery: Delivery) -> SendResult:
        key = delivery.channel.token_key(delivery.target)
        missed = []
        for message_id in delivery.recalling:
            call = partial(self._recall, delivery, message_id)
            try:
                verdict = self._attempt(delivery, key, call, delivery.deadline)
            except (TransportError, RefusedError) as error:
                if not delivery.flight.parts_sent:
                    raise
                verdict = verdict_of(error)
            if verdict.kind != "ok":
                missed.append(verdict)
                delivery.miss(message_id, verdict)
        if not missed:
            return delivery.result("sent")
        if delivery.flight.parts_sent:
            return delivery.result("partial")
        delivery.notes.clear()  # the one reason is told as the error
        return delivery.result("failed", missed[0].payload)

    def _recall(self, delivery: Delivery, message_id: str, token: str) -> Verdict:
        request = delivery.channel.recall_request(delivery.target, message_id, token)
        depart = delivery.flight.depart
        reply = self._transport.perform(request, deadline=delivery.deadline, depart=depart)
        verdict = delivery.channel.read_recall(reply)
        if verdict.payload.get("errcode") == errors.UNKNOWN:  # a gateway's page
            told = str(verdict.payload.get("errmsg"))
            raise TransportError(told, errcode=errors.UNKNOWN, left=True)
        delivery.flight.land(accepted=verdict.kind == "ok")
        return verdict


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
