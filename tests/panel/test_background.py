"""Jobs off the kernel's threads."""

from __future__ import annotations

import asyncio
import threading
import time

from notebook_notify.panel import background
from notebook_notify.texts import language, speaking


def test_it_comes_back_by_the_loop_that_asked() -> None:
    """The job runs elsewhere, what follows it where the click was served: no widget is shared."""
    seen = []

    async def main() -> None:
        done = asyncio.Event()

        def then(future) -> None:
            seen.append((future.result(), threading.current_thread()))
            done.set()

        background.run(threading.current_thread, then)
        await asyncio.wait_for(done.wait(), 10)

    asyncio.run(main())
    ((worker, served),) = seen
    assert worker is not threading.main_thread()
    assert served is threading.main_thread()


def test_a_loop_that_has_ended_is_no_end_of_the_job() -> None:
    """A subshell may be gone when the platform answers: what follows still happens."""
    go, done = threading.Event(), threading.Event()

    async def main() -> None:
        background.run(go.wait, lambda future: done.set())

    asyncio.run(main())
    go.set()
    assert done.wait(10)


def test_who_waits_is_told_how_long() -> None:
    """A tick comes while the job runs, and none after it."""
    ticks, ended = [], threading.Event()
    ticked = threading.Event()

    def tick() -> None:
        ticks.append(1)
        ticked.set()

    background.run(lambda: ticked.wait(20), lambda future: ended.set(), tick)
    assert ended.wait(30)
    told = len(ticks)
    assert told
    time.sleep(1.2)
    assert len(ticks) == told


def test_an_error_is_handed_on() -> None:
    """Whatever ends the job, who asked is told."""
    seen, ended = [], threading.Event()

    def then(future) -> None:
        seen.append(future.exception())
        ended.set()

    background.run(lambda: 1 / 0, then)
    assert ended.wait(10)
    assert isinstance(seen[0], ZeroDivisionError)


def test_no_thread_is_an_error_like_any(monkeypatch) -> None:
    """Where no thread can be started the form is told, and does not wait for ever."""

    def fail(self) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    seen = []
    background.run(lambda: 1, lambda future: seen.append(str(future.exception())))
    assert seen == ["can't start new thread"]


def test_the_language_goes_along() -> None:
    """A job speaks the language of the panel that asked, not that of the process."""
    seen, ended = [], threading.Event()

    def then(future) -> None:
        seen.append(future.result())
        ended.set()

    with speaking("zh"):
        background.run(language, then)
    assert ended.wait(10)
    assert (seen, language()) == (["zh"], "en")
