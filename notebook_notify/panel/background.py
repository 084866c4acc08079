"""What takes time runs off the kernel's threads, and comes back by the loop that asked for it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

from notebook_notify.texts import carried

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

#: So often who waits is told how long it has taken, in seconds.
TICK = 0.5


def run(
    job: Callable[[], _T],
    then: Callable[[Future[_T]], None],
    tick: Callable[[], None] | None = None,
) -> threading.Thread:
    """Run *job* on a thread of its own.

    Args:
        job: what takes time.
        then: is given what became of it, on the thread that called.
        tick: is called there twice a second until then.

    Returns:
        The thread, which is a daemon: no job keeps a kernel alive.
    """
    back = way_back()
    done: Future[_T] = Future()
    job = carried(job)

    def work() -> None:
        try:
            done.set_result(job())
        except BaseException as error:  # noqa: BLE001 - who asked is told
            done.set_exception(error)
        back(lambda: then(done))

    def watch() -> None:
        while not ended.wait(TICK):
            back(lambda: None if done.done() or tick is None else tick())

    ended = threading.Event()
    done.add_done_callback(lambda _: ended.set())
    thread = threading.Thread(target=work, name="notebook_notify panel", daemon=True)
    try:
        if tick is not None:
            threading.Thread(target=watch, name="notebook_notify panel clock", daemon=True).start()
        thread.start()
    except RuntimeError as error:  # too many threads
        done.set_exception(error)
        then(done)
    return thread


def served() -> bool:
    """Whether a loop serves this thread, as it does where a page's messages come in."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def way_back() -> Callable[[Callable[[], None]], None]:
    """What calls a function on this thread, later and from another one.

    A front end's messages are served by a loop: the kernel's, or that of a subshell while a cell
    runs. Where there is none, the function is called where it is.
    """
    if not served():
        return lambda function: function()
    loop = asyncio.get_running_loop()
    # What the function shows belongs to the message that is being served now.
    context = copy_context()

    def back(function: Callable[[], None]) -> None:
        try:
            loop.call_soon_threadsafe(lambda: context.copy().run(function))
        except RuntimeError:  # a subshell that has ended meanwhile
            function()

    return back
