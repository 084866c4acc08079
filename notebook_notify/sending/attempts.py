"""One call with a token: once more with a new token, again while the platform is busy."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING

from notebook_notify import errors
from notebook_notify.delivery.store import MemoryStore
from notebook_notify.delivery.tokens import Tokens
from notebook_notify.errors import TransportError
from notebook_notify.platforms.base import Token
from notebook_notify.secret import remember
from notebook_notify.sending.outcomes import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from notebook_notify.delivery.store import Store
    from notebook_notify.delivery.transport import Transport
    from notebook_notify.platforms.base import Call, Verdict
    from notebook_notify.sending.outcomes import Delivery


class Attempts:
    """Makes calls on sending threads, each until another try would not better it. Thread-safe.

    Args:
        transport: what carries the token calls.
        pauses: seconds between tries.
        shared: where kernels share their tokens.
    """

    def __init__(self, transport: Transport, pauses: Sequence[float], shared: Store) -> None:
        self._transport = transport
        self._pauses = pauses
        self._tokens = Tokens(MemoryStore(), shared)

    def __call__(
        self, delivery: Delivery, key: str, call: Callable[[str], Verdict], until: float
    ) -> Verdict:
        """*call* with a token; once more with a new one, and while the platform is busy."""
        refreshed = False
        pauses = delivery.pauses(self._pauses, until)
        while True:
            try:
                token = self._token(delivery, key)
                verdict = call(token)
            except RefusedError as refusal:
                verdict = refusal.verdict
            except TransportError as error:
                if error.errcode != errors.NOT_CONNECTED or not self.pause(pauses, until):
                    raise
                continue
            else:
                if verdict.kind == "refresh" and not refreshed:
                    refreshed = True
                    self._tokens.invalidate(key, token)
                    continue
            waits = delivery.persist and verdict.kind == "failed"
            asked = verdict.payload.get("retry_after") if waits else None
            # Of two the first, should a hostile server's be no number at all.
            if isinstance(asked, float) and self.pause(iter((max(1.0, asked),)), until):
                continue
            if verdict.kind == "busy" and self.pause(pauses, until):
                refreshed = False  # the token was good, and may expire in a long wait
                continue
            return verdict

    def make(self, delivery: Delivery, key: str, call: Call) -> Verdict:
        """Make *call*, which has landed when it was refused, else when its result is there.

        Raises:
            TransportError: there is no answer; what it was to change may have changed.
        """
        return self(delivery, key, partial(self._once, delivery, call), delivery.deadline)

    def _once(self, delivery: Delivery, call: Call, token: str) -> Verdict:
        reply = self._transport.perform(
            call.request(delivery.target, token),
            deadline=delivery.deadline,
            depart=delivery.flight.depart if call.changes else None,
            sends=call.changes,
        )
        verdict = call.read(reply)
        if call.changes:
            raise_if_lost(verdict)
        # What was done stays on its way until its result is there: a caller whose time is up just
        # then is told that nobody knows, not that nothing was done.
        if call.changes and verdict.kind != "ok":
            delivery.flight.land(accepted=False)
        return verdict

    def _token(self, delivery: Delivery, key: str) -> str:
        kept = self._tokens.kept(key)
        if kept is not None:
            return kept
        if delivery.channel.token_request(delivery.target) is None:
            return ""
        fetch = partial(self.fetch_token, delivery)
        return self._tokens.get(key, fetch, deadline=delivery.deadline)

    def fetch_token(self, delivery: Delivery) -> tuple[str, float]:
        """A new token and its life in seconds; an empty one if the channel has none."""
        request = delivery.channel.token_request(delivery.target)
        if request is None:
            return "", math.inf
        reply = self._transport.perform(request, deadline=delivery.deadline, sends=False)
        answer = delivery.channel.read_token(reply)
        if not isinstance(answer, Token):
            raise RefusedError(answer)
        remember(answer.value)
        return answer.value, answer.expires_in

    def pause(self, pauses: Iterator[float], until: float) -> bool:
        """Wait before the next try; ``False`` if there is none, or no time for it."""
        pause = next(pauses, None)
        if pause is None or time.monotonic() + pause >= until:
            return False
        time.sleep(pause)
        return True


def raise_if_lost(verdict: Verdict) -> None:
    """Raise ``TransportError`` if a gateway answered: whether the platform acted is not known."""
    if verdict.payload.get("errcode") == errors.UNKNOWN:
        told = str(verdict.payload.get("errmsg"))
        raise TransportError(told, errcode=errors.UNKNOWN, left=True)
