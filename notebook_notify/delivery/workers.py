"""Daemon threads that do the sending, so that whoever waits can stop waiting.

``concurrent.futures``' own pool will not do: at exit Python waits for its threads, and a send
that hangs in a name look-up must not keep a kernel alive.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from notebook_notify.errors import NotifyError
from notebook_notify.texts import carried, say

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")
_Job = tuple["Callable[[], object]", "Future[object]"]
_Inbox = queue.SimpleQueue["_Job"]

#: An idle thread ends after so many seconds.
_IDLE = 60.0
#: The most threads at once. So many are busy only where sends hang, one after the other.
MOST = 128


class Workers:
    """As many threads as there are jobs at once; idle ones are used again.

    A ``KeyboardInterrupt`` may end :meth:`submit` anywhere. The job then runs or does not, but
    no thread is lost: a job is put before its thread is started, or counted as taken.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: dict[int, _Inbox] = {}
        self._threads: list[threading.Thread] = []

    def submit(self, job: Callable[[], _T], future: Future[_T] | None = None) -> Future[_T]:
        """Run *job* on another thread; its result or exception is in the future.

        Args:
            job: what to run.
            future: where to put the result; ``None`` means a new one.

        Raises:
            NotifyError: as many as may be are busy.
        """
        future = Future() if future is None else future
        task: _Job = (carried(job), future)  # type: ignore[assignment]  # one queue for all result types
        with self._lock:
            if self._idle:
                key, inbox = next(reversed(self._idle.items()))
                inbox.put(task)
                self._idle.pop(key, None)
                return future
            self._threads = [one for one in self._threads if one.is_alive()]
            if len(self._threads) >= MOST:
                raise NotifyError(
                    say(
                        f"未发出：此前的 {MOST} 次发送都还卡着；检查网络和 DNS，或重启内核",
                        f"not sent: {MOST} earlier sends still hang; check the network and DNS, "
                        "or restart the kernel",
                    )
                )
            inbox = queue.SimpleQueue()
            inbox.put(task)
            thread = threading.Thread(
                target=self._work, args=(inbox,), name="notebook_notify", daemon=True
            )
            thread.start()
            self._threads.append(thread)
        return future

    def _work(self, inbox: _Inbox) -> None:
        while True:
            try:
                job, future = inbox.get(timeout=_IDLE)
            except queue.Empty:
                with self._lock:
                    if self._idle.pop(id(inbox), None) is None:
                        continue  # taken: its job has been put meanwhile
                return
            with self._lock:  # here too, should whoever put it have been interrupted
                self._idle.pop(id(inbox), None)
            _run(job, future, free=self._free, inbox=inbox)
            del job, future  # an idle thread must not keep messages and secrets alive

    def _free(self, inbox: _Inbox) -> None:
        with self._lock:
            self._idle[id(inbox)] = inbox


def _run(
    job: Callable[[], object],
    future: Future[object],
    *,
    free: Callable[[_Inbox], None],
    inbox: _Inbox,
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
