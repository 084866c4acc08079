"""What is stored is stored, what is not said to be is not, and nobody waits for long."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from concurrent.futures import Future
from contextlib import closing

import pytest

from notebook_notify.delivery.outbox import Outbox
from notebook_notify.errors import OutboxError
from notebook_notify.messages import Message
from notebook_notify.waiting import storing as module
from notebook_notify.waiting.drain import Drain
from notebook_notify.waiting.outgoing import act, cells

MOON = "place of the moon"


@pytest.fixture
def drain(outbox):
    """A drain that never sends."""
    one = Drain(lambda: Outbox(outbox.path), lambda _name: None, lambda *_: None)
    one.start = lambda: None
    yield one
    one.end(10)


def until(condition):
    """Wait for it, a while."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()


def test_what_is_told_as_not_queued_is_never_sent(drain, outbox):
    """However late it is stored: no other kernel can take it, not even for a moment."""
    leased, written, go_on = [], threading.Event(), threading.Event()

    def slow(box):
        items = [box.put("ops", MOON, Message(text)) for text in ("1", "2")]
        written.set()
        go_on.wait(10)
        return items

    def other():
        while not go_on.is_set() or time.monotonic() < ends[0]:
            leased.append(outbox.lease([MOON]))

    ends = [float("inf")]
    outbox.items()  # its file is there
    rival = threading.Thread(target=other)
    with pytest.raises(OutboxError, match=r"did not answer in time; not queued$"):
        drain.put(slow, patience=0.3)
    assert written.is_set()
    rival.start()
    ends[0] = time.monotonic() + 1
    go_on.set()
    rival.join(20)
    assert leased
    assert set(leased) == {None}
    assert outbox.items() == []


def test_all_or_none(drain, outbox):
    """If the second of two cannot be stored, the first is not there either, for anybody."""
    seen = []

    def job(box):
        box.put("ops", MOON, Message("1"))
        with closing(sqlite3.connect(outbox.path)) as other:
            seen.append(other.execute("SELECT count(*) FROM items").fetchone()[0])
        raise ValueError("our own mistake")

    outbox.items()
    with pytest.raises(OutboxError, match=r"ValueError in notebook_notify: .*; not queued"):
        drain.put(job)
    assert (seen, outbox.items()) == ([0], [])


@pytest.fixture
def disk(monkeypatch):
    """A disk that is at it from when it is to store until ``go_on`` is set.

    Whoever's time is up finds it so; *release* then has it come to its end.
    """
    passes, shut = module._Gate.passes, module._Gate.shut

    class Disk:
        begun, go_on, release = threading.Event(), threading.Event(), False

    def slowly(gate):
        passes(gate)
        Disk.begun.set()
        Disk.go_on.wait(20)

    def found(gate):
        assert Disk.begun.wait(10)
        told = shut(gate)
        if Disk.release:
            Disk.go_on.set()
        return told

    monkeypatch.setattr(module._Gate, "passes", slowly)
    monkeypatch.setattr(module._Gate, "shut", found)
    yield Disk
    Disk.go_on.set()


def test_the_disk_is_at_it(drain, outbox, disk):
    """What is being written when the time is up is waited for once more, and is queued."""
    disk.release = True
    items = drain.put(lambda box: [box.put("ops", MOON, Message("1"))], patience=2)
    assert [item.id for item in outbox.items()] == [item.id for item in items]


def test_the_disk_does_not_come_to_an_end(drain, outbox, disk):
    """Then it is said that it is not known, rather than that it is not queued."""
    with pytest.raises(OutboxError, match="it is not known whether it is queued"):
        drain.put(lambda box: [box.put("ops", MOON, Message("1"))], patience=0.3)
    disk.go_on.set()
    until(lambda: len(outbox.items()) == 1)


def interrupt():
    """Ctrl-C."""
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def test_ctrl_c_while_the_disk_is_at_it(drain, outbox, disk):
    """It gets through at once, and what was stored is taken out again."""
    undone = []
    drain._undo = lambda stored, undo=drain._undo: (undo(stored), undone.append(stored))
    threading.Timer(0.3, interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        drain.put(lambda box: [box.put("ops", MOON, Message("1"))], patience=30)
    disk.go_on.set()
    until(lambda: undone)
    assert undone[0].result()
    assert outbox.items() == []


def test_ctrl_c_as_its_thread_starts(drain, outbox, monkeypatch):
    """However early it comes, nothing of it is stored, or stays."""
    submit, begun = drain._workers.submit, []

    def interrupted(*given):
        begun.append(submit(*given))
        raise KeyboardInterrupt

    monkeypatch.setattr(drain._workers, "submit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        drain.put(lambda box: [box.put("ops", MOON, Message("1"))])
    begun[0].exception(10)
    until(lambda: outbox.items() == [])


@pytest.mark.parametrize("call", [cells, lambda drain: act(drain, ["drop", "7f3a"], 1)])
def test_a_locked_file_holds_nobody(drain, outbox, call):
    """Another process holds the file: the list says so in time, and Ctrl-C stops the wait."""
    outbox.put("ops", MOON, Message("1"))
    with closing(sqlite3.connect(outbox.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        threading.Timer(0.3, interrupt).start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            call(drain)
        assert time.monotonic() - began < 4  # SQLite alone would wait five
        other.execute("ROLLBACK")


def test_what_was_stored_too_late_is_taken_out(drain, outbox, monkeypatch):
    """Whoever adopts has stopped waiting: the message goes out as it is, and never from here."""
    stored, boarded, given_up = Future(), threading.Event(), threading.Event()
    done, failures = Outbox.done, [OutboxError("the disk is slow")]

    def fails_once(self, lease):
        if failures:
            raise failures.pop()
        done(self, lease)

    def store(box):
        lease = box.board(
            "ops", MOON, Message("1"), flying=False, accepted=(0, 0), repeats=True, key=None,
            verdict="text",
        )  # fmt: skip
        boarded.set()
        given_up.wait(10)
        return lease

    monkeypatch.setattr(Outbox, "done", fails_once)
    drain.adopt(stored, store, lambda: None, None, 0)
    boarded.wait(10)
    assert stored.cancel()
    given_up.set()
    until(lambda: not failures)
    until(lambda: not drain._jobs)
    assert len(outbox.items()) == 1
    drain._settling.pay()  # as the drain does before it sends anything
    assert outbox.items() == []
