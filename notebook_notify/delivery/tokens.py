"""One access token per app: fetched once, shared, let go early, and once more when refused.

Where kernels share a store, the token lies there for all of them. It is a secret: its key, a
hash over the application's secret, seals it, and is not in the store itself. Who knows the
secret could fetch the token anyway; who reads the store without it learns nothing.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING

from notebook_notify import errors
from notebook_notify.delivery.sealed import name, seal, unseal
from notebook_notify.errors import TransportError
from notebook_notify.secret import remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_notify.delivery.store import Store

#: A token is not used in the last seconds of its life, nor in the second half of a short one.
EARLY = 300.0
#: For so many seconds the others wait for a kernel that fetches; it may have died.
LEASE = 5.0
#: How often they look, in seconds.
POLL = 0.1


class Tokens:
    """The tokens of all apps, by key. Thread-safe; one fetch at a time for each app.

    Args:
        store: this process's own.
        shared: that of all kernels, if they share one.
    """

    def __init__(self, store: Store, shared: Store | None = None) -> None:
        self._store = store
        self._shared = shared
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    def kept(self, key: str) -> str | None:
        """The token of *key* that this process has; ``None``: none."""
        return self._store.get(key)

    def get(self, key: str, fetch: Callable[[], tuple[str, float]], *, deadline: float) -> str:
        """The token of *key*; *fetch* gives a new one and its life in seconds.

        Whoever comes while another fetches, here or in another kernel, waits for that one's
        token, until *deadline* (seconds of ``time.monotonic()``), then raises
        ``TransportError``. What *fetch* raises goes to its own caller; the next in line tries
        for itself.
        """
        token = self._store.get(key)
        if token is not None:
            return token
        with self._one_at_a_time(key, deadline):
            token = self._store.get(key)
            if token is None:
                if self._shared is None:
                    token, lasts = _fetched(fetch)
                else:
                    token, lasts = self._share(self._shared, key, fetch, deadline)
                self._store.compare_and_set(key, None, token, lasts)
            return token

    def invalidate(self, key: str, token: str) -> None:
        """Forget *token* if it still is the one: another may have a newer one by now."""
        if self._shared is not None:
            value, found = _look(self._shared, key)
            if found is not None and found[0] == token:
                self._shared.compare_and_set(name("token", key), value, None, 0)
        # Last: another thread that finds none here takes the shared one.
        self._store.compare_and_set(key, token, None, 0)

    def _share(
        self, shared: Store, key: str, fetch: Callable[[], tuple[str, float]], deadline: float
    ) -> tuple[str, float]:
        """The token of *key* and for how many seconds it is used, fetched by one for all."""
        lease, ours = name("lease", key), token_hex(8)
        while True:
            _, found = _look(shared, key)
            if found is not None:
                return found
            if shared.compare_and_set(lease, None, ours, LEASE):
                break
            if time.monotonic() + POLL >= deadline:
                raise _too_late()
            time.sleep(POLL)
        try:
            value, found = _look(shared, key)  # who had the lease may have just put it there
            if found is None:
                found = token, lasts = _fetched(fetch)
                told = json.dumps([token, shared.now() + lasts, lasts])
                shared.compare_and_set(name("token", key), value, seal(key, told), lasts)
            return found
        finally:
            shared.compare_and_set(lease, ours, None, 0)

    @contextmanager
    def _one_at_a_time(self, key: str, deadline: float) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        if not lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise _too_late()
        try:
            yield
        finally:
            lock.release()


def _look(shared: Store, key: str) -> tuple[str | None, tuple[str, float] | None]:
    """What the store has, and the token in it with the seconds for which it is still used."""
    value = shared.get(name("token", key))
    told = None if value is None else unseal(key, value)
    if told is None:
        return value, None
    token, until, lasts = json.loads(told)
    remember(token)
    # No longer than it was to last, should a clock have been set back.
    left = min(until - shared.now(), lasts)
    return value, (token, left) if left > 0 else None


def _fetched(fetch: Callable[[], tuple[str, float]]) -> tuple[str, float]:
    token, life = fetch()
    return token, life - min(EARLY, life / 2)


def _too_late() -> TransportError:
    return TransportError("no access token in time", errcode=errors.OVER_BUDGET, left=False)
