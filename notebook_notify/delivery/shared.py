"""Which store kernels share, and what is done while it cannot be used."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from notebook_notify.delivery.store import MemoryStore
from notebook_notify.delivery.workers import Workers
from notebook_notify.errors import ConfigError, NotifyError
from notebook_notify.ledger_file import path_of
from notebook_notify.secret import Secret
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from notebook_notify.config import Config
    from notebook_notify.delivery.store import Store

_T = TypeVar("_T")

#: The environment variable with the store's URL, which may be a reference.
VARIABLE = "NOTEBOOK_NOTIFY_STORE"
#: How long one call may take, in seconds. A file server or a name look-up keeps no time, so it
#: runs on a thread of its own, unless the last one was answered within ``FRESH`` seconds.
PATIENCE, FRESH = 1.0, 5.0
#: A store that failed is left alone for so many seconds.
REST = 30.0


def open_shared(config: Callable[[], Config], environ: Mapping[str, str] = os.environ) -> Store:
    """The store that ``VARIABLE`` or the config file names, else the user's file.

    Raises:
        NotifyError: it cannot be: no such address, no such secret, no folder.
    """
    setting = Secret.of(environ[VARIABLE]) if environ.get(VARIABLE) else None
    if setting is None:
        with suppress(ConfigError):  # told by who looks for a target in it
            setting = config().store
    if setting is not None:
        from notebook_notify.delivery.redis_store import RedisStore

        return RedisStore(setting.reveal(environ).strip())
    from notebook_notify.delivery.file_store import FILE, FileStore

    return FileStore(path_of(environ).with_name(FILE))


class SharedStore:
    """A store that kernels share; this process's memory while that one cannot be used.

    Raises nothing, and takes ``PATIENCE`` seconds at most. Thread-safe.

    Args:
        opening: opens the store.
    """

    def __init__(self, opening: Callable[[], Store]) -> None:
        self._opening = opening
        self._memory = MemoryStore()
        self._workers = Workers()
        self._lock = threading.Lock()
        self._store: Store | None = None
        self._answered = self._rests_until = float("-inf")
        self._trouble: str | None = None

    def get(self, key: str) -> str | None:
        """See :meth:`Store.get`."""
        return self._do(lambda store: store.get(key))

    def compare_and_set(self, key: str, old: str | None, new: str | None, ttl: float) -> bool:
        """See :meth:`Store.compare_and_set`."""
        return self._do(lambda store: store.compare_and_set(key, old, new, ttl))

    def now(self) -> float:
        """See :meth:`Store.now`."""
        return self._do(lambda store: store.now())

    def close(self) -> None:
        """See :meth:`Store.close`."""
        if self._store is not None:
            self._store.close()

    def news(self) -> tuple[str, ...]:
        """What the reader should know of it, if that was not said before: at most one sentence."""
        if not self._trouble:
            return ()
        with self._lock:
            trouble, self._trouble = self._trouble, ""
        return (trouble,) if trouble else ()

    def _do(self, call: Callable[[Store], _T]) -> _T:
        now = time.monotonic()
        if now < self._rests_until:
            return call(self._memory)
        try:
            if self._store is not None and now - self._answered < FRESH:
                answer = call(self._store)
            else:
                answer = self._workers.submit(lambda: call(self._opened())).result(PATIENCE)
        except Exception as error:  # noqa: BLE001 - not even our own mistakes may hurt the cell
            self._fail(error)
            return call(self._memory)
        self._answered = time.monotonic()
        return answer

    def _opened(self) -> Store:
        with self._lock:
            if self._store is None:
                self._store = self._opening()
            return self._store

    def _fail(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + REST
        if self._trouble is not None:
            return  # said, or about to be
        why = str(error)
        if isinstance(error, TimeoutError):
            why = say("没有及时应答", "it did not answer in time")
        elif not isinstance(error, NotifyError):
            why = f"{type(error).__name__} in notebook_notify: {error}"
        self._trouble = say(
            f"共享存储用不了，令牌和限速暂时只在本内核内有效：{why}",
            f"the shared store cannot be used, so tokens and rate limits are this kernel's own "
            f"for now: {why}",
        )
