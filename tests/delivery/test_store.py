"""The store: get, compare-and-set, expiry, whether in memory or in a file."""

from __future__ import annotations

import threading

import pytest

from notebook_notify.delivery.file_store import FileStore
from notebook_notify.delivery.store import MemoryStore


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    """A clock that is set by hand."""
    return Clock()


@pytest.fixture(params=["memory", "file"])
def store(request, clock, tmp_path):
    """A store on that clock."""
    one = (
        MemoryStore(clock) if request.param == "memory" else FileStore(tmp_path / "s" / "s", clock)
    )
    yield one
    one.close()


def test_absent(store):
    """What was never set is absent."""
    assert store.get("k") is None


def test_set_and_get(store):
    """A value is there under its key alone."""
    assert store.compare_and_set("k", None, "v", 10)
    assert (store.get("k"), store.get("other")) == ("v", None)


def test_only_the_expected_value_is_replaced(store):
    """A replacement that expects another value changes nothing."""
    store.compare_and_set("k", None, "v", 10)
    assert not store.compare_and_set("k", None, "w", 10)
    assert not store.compare_and_set("k", "x", "w", 10)
    assert not store.compare_and_set("other", "x", "w", 10)
    assert store.get("k") == "v"
    assert store.compare_and_set("k", "v", "w", 10)
    assert store.get("k") == "w"


def test_values_expire(store, clock):
    """A value is there for its time, then absent, also to a comparison."""
    store.compare_and_set("k", None, "v", 10)
    clock.now += 9.9
    assert store.get("k") == "v"
    clock.now += 0.1
    assert store.get("k") is None
    assert not store.compare_and_set("k", "v", "w", 10)
    assert not store.compare_and_set("k", "v", None, 10)
    assert store.compare_and_set("k", None, "w", 10)
    assert store.get("k") == "w"


def test_a_replacement_lasts_for_its_own_time(store, clock):
    """What replaces a value does not inherit its end."""
    store.compare_and_set("k", None, "v", 10)
    store.compare_and_set("k", "v", "w", 100)
    clock.now += 50
    assert store.get("k") == "w"


def test_forget(store):
    """Replacing by ``None`` forgets, and is fine where nothing is."""
    store.compare_and_set("k", None, "v", 10)
    assert not store.compare_and_set("k", "x", None, 0)
    assert store.compare_and_set("k", "v", None, 0)
    assert store.get("k") is None
    assert store.compare_and_set("k", None, None, 0)


def test_the_clock(store, clock):
    """All who share a store go by its clock."""
    assert store.now() == clock.now


def test_closed_and_used_again(store):
    """What was closed opens again when it is needed, and keeps what it had."""
    store.compare_and_set("k", None, "v", 10)
    store.close()
    assert store.get("k") == "v"


def test_one_of_many_wins(store):
    """Of many threads that set at once, one succeeds."""
    barrier = threading.Barrier(16)
    won = []

    def attempt(name):
        barrier.wait()
        if store.compare_and_set("k", None, name, 10):
            won.append(name)

    threads = [threading.Thread(target=attempt, args=(str(n),)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [store.get("k")]


def test_what_has_expired_is_let_go():
    """A kernel of months does not pile up what has expired, and loses nothing that has not."""
    now = 0.0
    store = MemoryStore(lambda: now)
    for number in range(5_000):
        now += 1
        assert store.compare_and_set(f"k{number}", None, "v", 70)
    assert len(store._values) <= 201
    assert all(store.get(f"k{number}") == "v" for number in range(4_931, 5_000))
