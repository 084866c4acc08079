"""How often one robot may speak."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Rate:
    """At most `most` messages of each robot in any `seconds`; one more shuts it for `pause`.

    The three may be changed at any time. Whether the platforms' minute slides or begins on the
    clock is not published; the sliding one is the stricter.
    """

    def __init__(
        self, clock: Callable[[], float], *, most: int, seconds: float, pause: float = 0
    ) -> None:
        """Count by `clock`, in seconds."""
        self.most, self.seconds, self.pause = most, seconds, pause
        self._clock = clock
        self._taken: dict[str, deque[float]] = {}
        self._shut_until: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, robot: str) -> bool:
        """Count one message of a robot; False if it is one too many, which does not count."""
        with self._lock:
            now = self._clock()
            if now < self._shut_until.get(robot, float("-inf")):
                return False
            taken = self._taken.setdefault(robot, deque())
            while taken and now - taken[0] >= self.seconds:
                taken.popleft()
            if len(taken) >= self.most:
                self._shut_until[robot] = now + self.pause
                return False
            taken.append(now)
            return True
