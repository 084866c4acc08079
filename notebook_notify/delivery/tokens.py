"""One access token per app: fetched once, shared, let go early, and once more when refused."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from notebook_notify import errors
from notebook_notify.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_notify.delivery.store import Store

#: A token is not used in the last seconds of its life, nor in the second half of a short one.
EARLY = 300.0


class Tokens:
    """The tokens of all apps, by key. Thread-safe; one fetch at a time for each app."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    def get(self, key: str, fetch: Callable[[], tuple[str, float]], *, deadline: float) -> str:
        """The token of *key*; *fetch* gives a new one and its life in seconds.

        Whoever comes while another fetches waits for that one's token, until *deadline*
        (seconds of ``time.monotonic()``), then raises ``TransportError``. What *fetch* raises
        goes to its own caller; the next in line tries for itself.
        """
        token = self._store.get(key)
        if token is not None:
            return token
        with self._one_at_a_time(key, deadline):
            token = self._store.get(key)
            if token is None:
                token, life = fetch()
                self._store.compare_and_set(key, None, token, life - min(EARLY, life / 2))
            return token

    def invalidate(self, key: str, token: str) -> None:
        """Forget *token* if it still is the one: another thread may have a newer one by now."""
        self._store.compare_and_set(key, token, None, 0)

    @contextmanager
    def _one_at_a_time(self, key: str, deadline: float) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        if not lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise TransportError("no access token in time", errcode=errors.OVER_BUDGET, left=False)
        try:
            yield
        finally:
            lock.release()
