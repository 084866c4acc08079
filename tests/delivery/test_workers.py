"""The sending threads: used again, no reason to stay alive, and they keep nothing."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import Future

import pytest

from notebook_notify.delivery import workers as module
from notebook_notify.delivery.workers import Workers
from notebook_notify.errors import NotifyError


def test_result():
    """What the job returns is in its future."""
    assert Workers().submit(lambda: 41 + 1).result(5) == 42


@pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
def test_whatever_it_raises_is_delivered(error):
    """A job's exception, of any kind, comes to the waiter, and the thread lives on."""

    def job():
        raise error

    workers = Workers()
    with pytest.raises(type(error)):
        workers.submit(job).result(5)
    assert workers.submit(lambda: "on").result(5) == "on"


def test_threads_are_used_again():
    """Jobs one after the other run on one thread, a daemon that bears our name."""
    workers = Workers()
    threads = {workers.submit(threading.current_thread).result(5) for _ in range(50)}
    (thread,) = threads
    assert thread.daemon
    assert thread.name == "notebook_notify"


def test_jobs_run_side_by_side():
    """As many threads as there are jobs at once: none waits for another."""
    workers = Workers()
    barrier = threading.Barrier(12)
    futures = [workers.submit(lambda: barrier.wait(5)) for _ in range(12)]
    assert sorted(future.result(5) for future in futures) == list(range(12))


def test_idle_threads_end(monkeypatch):
    """A thread without work ends, and the next job finds another."""
    monkeypatch.setattr(module, "_IDLE", 0.05)
    workers = Workers()
    thread = workers.submit(threading.current_thread).result(5)
    thread.join(2)
    assert not thread.is_alive()
    assert workers.submit(threading.current_thread).result(5) is not thread


def test_no_job_is_lost_as_threads_end(monkeypatch):
    """A job that comes just as its thread would end is run all the same."""
    monkeypatch.setattr(module, "_IDLE", 0.001)
    workers = Workers()
    for number in range(300):
        assert workers.submit(lambda number=number: number).result(5) == number
        time.sleep(0.001)


class Thing:
    """Something that can be watched going away."""


@pytest.mark.parametrize("fails", [False, True])
def test_finished_jobs_are_let_go(fails):
    """An idle thread keeps neither the message nor the secrets of its last job alive."""
    thing = Thing()

    def job(thing=thing):
        if fails:
            raise ValueError
        return repr(thing)

    gc.disable()
    try:
        workers = Workers()
        future = workers.submit(job)
        assert (future.exception(5) is not None) == fails
        gone = weakref.ref(thing)
        del thing, job, future
        deadline = time.monotonic() + 2
        while gone() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert gone() is None
    finally:
        gc.enable()


def test_a_hanging_job_does_not_keep_python_alive():
    """A script ends although a job of it hangs."""
    code = (
        "import time; from notebook_notify.delivery.workers import Workers; "
        "Workers().submit(lambda: time.sleep(60)); print('end')"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True
    )
    assert run.stdout == "end\n"


def test_the_result_goes_where_the_caller_wants_it():
    """Who brings a future knows of the job even if Ctrl-C ends the call."""
    future = Future()
    assert Workers().submit(lambda: 42, future) is future
    assert future.result(5) == 42


class Interrupting(dict):
    """Idle threads of which none can be taken: Ctrl-C comes first."""

    def pop(self, *args):
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        return super().pop(*args)


def test_ctrl_c_loses_no_thread(monkeypatch):
    """Interrupted as it takes an idle thread, a job is run and the thread ends when idle."""
    monkeypatch.setattr(module, "_IDLE", 0.1)
    workers = Workers()
    workers._idle = Interrupting()
    thread = workers.submit(threading.current_thread).result(5)
    future = Future()
    with pytest.raises(KeyboardInterrupt):
        workers.submit(lambda: "on", future)
    assert future.result(5) == "on"
    thread.join(2)
    assert not thread.is_alive()


def test_ctrl_c_as_a_thread_starts(monkeypatch):
    """Interrupted as a thread starts, none is left that waits for ever for its job."""
    monkeypatch.setattr(module, "_IDLE", 0.1)
    started = []

    class Starting(threading.Thread):
        def start(self):
            super().start()
            started.append(self)
            raise KeyboardInterrupt

    workers = Workers()
    future = Future()
    with monkeypatch.context() as patch:
        patch.setattr(threading, "Thread", Starting)
        with pytest.raises(KeyboardInterrupt):
            workers.submit(lambda: "on", future)
    assert future.result(5) == "on"
    started[0].join(2)
    assert not started[0].is_alive()


@pytest.mark.parametrize(("language", "words"), [("en", "3 earlier sends"), ("zh", "3 次发送")])
def test_threads_are_bounded(monkeypatch, language, words):
    """Where sends hang without end, no thread is added for ever: it is told, and heals by itself."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    monkeypatch.setattr(module, "MOST", 3)
    workers = Workers()
    go_on = threading.Event()
    futures = [workers.submit(lambda: go_on.wait(5)) for _ in range(3)]
    with pytest.raises(NotifyError, match=words):
        workers.submit(lambda: None)
    go_on.set()
    assert all(future.result(5) for future in futures)
    assert workers.submit(lambda: "on").result(5) == "on"
