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
from notebook_notify.outcomes import RefusedError
from notebook_notify.platforms.base import Token
from notebook_notify.secret import remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from notebook_notify.delivery.store import Store
    from notebook_notify.delivery.transport import Transport
    from notebook_notify.outcomes import Delivery
    from notebook_notify.platforms.base import Verdict


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
            asked = verdict.payload.get("retry_after") if delivery.persist else None
            if isinstance(asked, float) and self.pause(iter((max(asked, 1.0),)), until):
                continue
            if verdict.kind == "busy" and self.pause(pauses, until):
                refreshed = False  # the token was good, and may expire in a long wait
                continue
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
