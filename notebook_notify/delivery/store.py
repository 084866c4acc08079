"""A small store with expiry, for what kernels may share: tokens and rate limits."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

#: So many values are kept before those that have expired are looked for.
_SWEEP_AT = 100


class Store(Protocol):
    """Get, and compare-and-set; every value expires. Thread-safe."""

    def get(self, key: str) -> str | None:
        """The value, unless it is absent or has expired."""

    def compare_and_set(self, key: str, old: str | None, new: str | None, ttl: float) -> bool:
        """Replace *old* by *new* for *ttl* seconds; ``None`` means absent.

        Returns:
            Whether the value was *old*, and so was replaced.
        """

    def now(self) -> float:
        """The time in seconds, by a clock that all who share the store have in common."""

    def close(self) -> None:
        """Close what is open; it is opened again when it is needed."""


class MemoryStore:
    """The store of one process. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._values: dict[str, tuple[str, float]] = {}
        self._sweep_at = _SWEEP_AT

    def get(self, key: str) -> str | None:
        """See :meth:`Store.get`."""
        with self._lock:
            return self._live(key)

    def compare_and_set(self, key: str, old: str | None, new: str | None, ttl: float) -> bool:
        """See :meth:`Store.compare_and_set`."""
        with self._lock:
            if self._live(key) != old:
                return False
            if new is None:
                self._values.pop(key, None)
            else:
                self._values[key] = (new, self._clock() + ttl)
                if len(self._values) > self._sweep_at:
                    self._sweep()
            return True

    def now(self) -> float:
        """See :meth:`Store.now`."""
        return self._clock()

    def close(self) -> None:
        """See :meth:`Store.close`: there is nothing open."""

    def _sweep(self) -> None:
        """Drop what has expired, once the store has doubled: a kernel may run for months."""
        now = self._clock()
        self._values = {key: kept for key, kept in self._values.items() if now < kept[1]}
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._values))

    def _live(self, key: str) -> str | None:
        value, expires = self._values.get(key, (None, 0.0))
        return value if self._clock() < expires else None
