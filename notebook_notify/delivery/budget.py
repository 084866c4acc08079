"""How long an outcome is waited for: from a moment on, wherever the time goes."""

from __future__ import annotations

import time
from dataclasses import dataclass

from notebook_notify.delivery import TIMEOUT


@dataclass(frozen=True, slots=True)
class Budget:
    """Two moments on the ``time.monotonic()`` clock, in seconds.

    Attributes:
        deadline: when nothing more leaves, and nobody waits any more.
        release: until when who called is held, should what has no outcome go on without him;
            ``None``: he waits for it.
    """

    deadline: float
    release: float | None = None

    @classmethod
    def of(cls, timeout: float = TIMEOUT, hold: float | None = None) -> Budget:
        """*timeout* seconds from now on, of which who called is held *hold* seconds."""
        now = time.monotonic()
        return cls(now + timeout, None if hold is None else now + hold)

    def put_off(self, seconds: float) -> Budget:
        """The same, so many seconds later: they were spent on something else."""
        release = None if self.release is None else self.release + seconds
        return Budget(self.deadline + seconds, release)

    @property
    def left(self) -> float:
        """How long it is to the deadline, in seconds."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def held(self) -> float | None:
        """How long who called is held yet, in seconds; ``None``: he waits for the outcome."""
        return None if self.release is None else max(0.0, self.release - time.monotonic())

    @property
    def patience(self) -> float:
        """How long who called waits at most, in seconds."""
        held = self.held
        return self.left if held is None else min(held, self.left)
