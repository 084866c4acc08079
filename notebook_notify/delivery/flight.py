"""What of a message has left, agreed upon by the thread that sends and the caller that waits."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class GivenUpError(Exception):
    """Raised on a sending thread whose caller no longer waits, before anything more leaves."""


class Flight:
    """One message's way out. Thread-safe: after :meth:`give_up`, nothing more leaves.

    Args:
        before: is called before any part leaves; what it raises keeps the part here.

    Attributes:
        parts_sent: how many parts the platform has accepted.
        departed: when the last part left, on the ``time.monotonic()`` clock.
    """

    def __init__(self, before: Callable[[], None] | None = None) -> None:
        self._before = before
        self.parts_sent = 0
        self.departed = 0.0
        self._lock = threading.Lock()
        self._given_up = False
        self._left = False
        self._lost = False

    def check(self) -> None:
        """Something that is no message, an upload, is about to leave."""
        with self._lock:
            self._go_on()

    def depart(self) -> None:
        """The first byte of a part is about to leave."""
        with self._lock:
            self._go_on()
            before = self._before
            if before is None:
                self._leave()
                return
        before()  # it may take a while, and nobody is to wait for the lock
        with self._lock:
            self._go_on()
            self._leave()

    def join(self, before: Callable[[], None]) -> bool:
        """Have *before* called before anything more leaves; whether something is on its way."""
        with self._lock:
            self._before = before
            return self._left

    def lose(self) -> None:
        """No answer came: until a repeat of the part is accepted, it may have arrived or not."""
        with self._lock:
            self._go_on()
            self._lost = True

    def land(self, *, accepted: bool) -> None:
        """The platform has answered; counted at once, so that no caller misses it."""
        with self._lock:
            self._go_on()
            self.parts_sent += accepted
            self._lost = self._lost and not accepted
            self._left = self._lost

    def give_up(self) -> bool:
        """Let nothing more leave; returns whether something is on its way."""
        with self._lock:
            self._given_up = True
            return self._left

    def _leave(self) -> None:
        self._left = True
        self.departed = time.monotonic()

    def _go_on(self) -> None:
        if self._given_up:
            raise GivenUpError
