"""The platform is asked beside sending: who is there, which chats; and chats are made."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from notebook_notify import errors
from notebook_notify.errors import TransportError
from notebook_notify.outcomes import RefusedError, troubled

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.delivery.transport import Transport
    from notebook_notify.outcomes import Delivery
    from notebook_notify.platforms.base import Call, Verdict
    from notebook_notify.reports import SendResult


class Asks:
    """Makes one :class:`Call` of a delivery each. Thread-safe.

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

    def __call__(self, delivery: Delivery, call: Call) -> SendResult:
        """Make *call*; the answer is ``delivery.answer`` if the result is ``sent``."""
        try:
            key = delivery.channel.token_key(delivery.target)
            ask = partial(self._ask, delivery, call)
            verdict = self._attempt(delivery, key, ask, delivery.deadline)
        except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
            return troubled(delivery, error)
        if verdict.kind != "ok":
            return troubled(delivery, RefusedError(verdict))
        delivery.answer = verdict.payload
        return delivery.result("sent")

    def _ask(self, delivery: Delivery, call: Call, token: str) -> Verdict:
        reply = self._transport.perform(
            call.request(delivery.target, token),
            deadline=delivery.deadline,
            depart=delivery.flight.depart if call.changes else None,
            sends=call.changes,
        )
        verdict = call.read(reply)
        if call.changes and verdict.payload.get("errcode") == errors.UNKNOWN:  # a gateway's page
            told = str(verdict.payload.get("errmsg"))
            raise TransportError(told, errcode=errors.UNKNOWN, left=True)
        # What was done stays on its way until its result is there: a caller whose time is up just
        # then is told that nobody knows, not that nothing was done.
        if call.changes and verdict.kind != "ok":
            delivery.flight.land(accepted=False)
        return verdict
