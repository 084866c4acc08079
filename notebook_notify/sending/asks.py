"""The platform is asked beside sending: who is there, which chats; and chats are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_notify.sending.outcomes import RefusedError, troubled

if TYPE_CHECKING:
    from notebook_notify.platforms.base import Call
    from notebook_notify.reports import SendResult
    from notebook_notify.sending.attempts import Attempts
    from notebook_notify.sending.outcomes import Delivery


def ask(attempt: Attempts, call: Call, delivery: Delivery) -> SendResult:
    """Make *call*; the answer is ``delivery.answer`` if the result is ``sent``."""
    try:
        verdict = attempt.make(delivery, delivery.channel.token_key(delivery.target), call)
    except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
        return troubled(delivery, error)
    if verdict.kind != "ok":
        return troubled(delivery, RefusedError(verdict))
    delivery.answer = verdict.payload
    return delivery.result("sent")
