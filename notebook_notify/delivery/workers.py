"""Daemon threads that do the sending, so that whoever waits can stop waiting.

``concurrent.futures``' own pool will not do: at exit Python waits for its threads, and a send
that hangs in a name look-up must not keep a kernel alive.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
_Job = tuple["Callable[[], object]", "Future[object]"]

#: An idle thread ends after so many seconds.
_IDLE = 60.0


class Workers:
    """As many threads as there are jobs at once; idle ones are used again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[queue.SimpleQueue[_Job]] = []

    def submit(self, job: Callable[[], _T]) -> Future[_T]:
        """Run *job* on another thread; its result or exception is in the future."""
        future: Future[_T] = Future()
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
        if inbox is None:
            inbox = queue.SimpleQueue()
            threading.Thread(
                target=self._work, args=(inbox,), name="notebook_notify", daemon=True
            ).start()
        inbox.put((job, future))  # type: ignore[arg-type]  # one queue for all result types
        return future

    def _work(self, inbox: queue.SimpleQueue[_Job]) -> None:
        while True:
            try:
                job, future = inbox.get(timeout=_IDLE)
            except queue.Empty:
                with self._lock:
                    if inbox not in self._idle:
                        continue  # taken for a job that is about to be put
                    self._idle.remove(inbox)
                return
            _run(job, future, free=self._free, inbox=inbox)
            del job, future  # an idle thread must not keep messages and secrets alive

    def _free(self, inbox: queue.SimpleQueue[_Job]) -> None:
        with self._lock:
            self._idle.append(inbox)


def _run(
    job: Callable[[], object],
    future: Future[object],
    *,
    free: Callable[[queue.SimpleQueue[_Job]], None],
    inbox: queue.SimpleQueue[_Job],
) -> None:
    # The thread is free before its result is told, so that the next job in line finds it.
    try:
        result = job()
    except BaseException as error:  # noqa: BLE001 - the waiter is told
        free(inbox)
        future.set_exception(error)
        # Its traceback holds this frame: the waiter would keep the job with it.
        del job, future
    else:
        free(inbox)
        future.set_result(result)
