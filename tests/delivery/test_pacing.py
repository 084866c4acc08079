"""Rate limits: kept exactly, shared, waited for inside the budget, and told."""

from __future__ import annotations

import json
import pickle
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_notify import errors
from notebook_notify.delivery import pacing as module
from notebook_notify.delivery.pacing import LATE, LEAST_LEFT, SLOTS, Pace, Pacing
from notebook_notify.delivery.store import MemoryStore
from notebook_notify.errors import TransportError

PACE = Pace(20, 60, {45009: 60.0, "word": 600.0})
#: How long a message counts at most, in seconds.
WINDOW = 60 * (1 + 1 / SLOTS + LATE)


class Clock:
    """The store's clock and the sender's, moved by sleeping alone."""

    def __init__(self):
        self.now = 1_000_000.0
        self.slept = []

    def __call__(self):
        return self.now

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    """A clock that nobody waits for."""
    one = Clock()
    monkeypatch.setattr(module, "time", one)
    return one


@pytest.fixture
def store(clock):
    """What the kernels share."""
    return MemoryStore(clock)


@pytest.fixture
def pacing(store):
    """One kernel's."""
    return Pacing(store)


def refused(pacing, clock, budget=15.0, name="robot", pace=PACE, room=1):
    """The error of a message that cannot leave within *budget* seconds."""
    with pytest.raises(TransportError) as caught:
        pacing.take(name, pace, until=clock.now + budget, room=room)
    assert (caught.value.errcode, caught.value.left) == (errors.OVER_RATE, False)
    return caught.value


def take(pacing, clock, count=1, budget=0.0, name="robot"):
    """Let so many messages leave, within *budget* seconds each."""
    for _ in range(count):
        pacing.take(name, PACE, until=clock.now + budget)


def test_up_to_the_limit_at_once(pacing, clock):
    """What the platform takes leaves without a wait; one more is refused, and says until when."""
    take(pacing, clock, 20)
    error = refused(pacing, clock)
    assert clock.slept == []
    assert error.again == pytest.approx(WINDOW, abs=2)
    assert str(error) == f"kept back here: 20 messages in 60 s at most; again in {error.again} s"
    clock.now += error.again
    take(pacing, clock, 20)


def test_in_chinese(pacing, clock, monkeypatch):
    """It is said in the reader's language."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    take(pacing, clock, 20)
    error = refused(pacing, clock)
    assert str(error) == f"本机限速：60 秒内最多 20 条；{error.again} 秒后再发"


def test_a_wait_inside_the_budget(pacing, clock):
    """If there is time for it, one waits until the oldest message counts no more, and sends."""
    take(pacing, clock, 20)
    clock.now += 55
    take(pacing, clock, 1, budget=15)
    assert 5 < sum(clock.slept) < 10


def test_no_wait_to_the_last_moment(pacing, clock):
    """Some time is left for sending: what leaves at the last moment has an unknown outcome."""
    take(pacing, clock, 20)
    wait = refused(pacing, clock, 0).again
    refused(pacing, clock, wait + LEAST_LEFT - 1.1)
    assert clock.slept == []


@given(
    gaps=st.lists(st.floats(0, 20), min_size=30, max_size=80),
    most=st.integers(1, 20),
    start=st.floats(0, 1e9),
)
def test_no_window_has_too_many(gaps, most, start):
    """However they come, and however late within reason they arrive: never too many at once."""
    clock = Clock()
    clock.now = start
    pacing, pace = Pacing(MemoryStore(clock)), Pace(most, 60)
    left = []
    real, module.time = module.time, clock
    try:
        for gap in gaps:
            clock.now += gap
            pacing.take("robot", pace, until=clock.now + 1000)
            left.append(clock.now)
    finally:
        module.time = real
    late = 60 * LATE - 1e-3
    for number, (first, beyond) in enumerate(zip(left, left[most:], strict=False)):
        assert beyond - (first + late) >= 60, number
    assert all(wait <= WINDOW for wait in clock.slept)


def test_kernels_count_together(store, clock):
    """What one sends counts for the other; a third robot's messages count for themselves."""
    first, second = Pacing(store), Pacing(store)
    for _ in range(10):
        take(first, clock)
        take(second, clock)
    refused(first, clock)
    refused(second, clock)
    take(first, clock, 20, name="another robot")


def test_threads_count_together(store, clock):
    """Of forty that come at once, twenty leave."""
    pacings = [Pacing(store), Pacing(store)]
    barrier, left = threading.Barrier(40), []

    def send(pacing):
        barrier.wait()
        try:
            pacing.take("robot", PACE, until=clock.now)
        except TransportError:
            return
        left.append(1)

    threads = [threading.Thread(target=send, args=(pacings[n % 2],)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(left) == 20


def test_a_text_is_not_begun_that_will_not_fit(pacing, clock):
    """Where not all of its parts may leave, none does; a text of too many is begun when it can."""
    take(pacing, clock, 12)
    refused(pacing, clock, room=9)
    pacing.take("robot", PACE, until=clock.now, room=8)
    clock.now += 2 * WINDOW
    pacing.take("robot", PACE, until=clock.now, room=30)


def test_what_the_platform_says_is_heeded(store, clock):
    """It said that it were too many: for its time no kernel asks it again."""
    first, second = Pacing(store), Pacing(store)
    take(second, clock)
    first.heed("robot", PACE, 45009)
    error = refused(second, clock)
    assert (error.again, str(error)) == (
        60,
        "kept back here: the platform answered 45009; again in 60 s",
    )
    take(second, clock, name="another robot")
    clock.now += 59
    assert refused(first, clock, budget=1).again == 1
    clock.now += 1
    take(first, clock)


def test_a_rest_is_not_made_longer(pacing, clock):
    """Answers to what had left before do not count: never longer than the platform's own time."""
    pacing.heed("robot", PACE, "word")
    clock.now += 30
    pacing.heed("robot", PACE, "word")
    pacing.heed("robot", PACE, 45009)
    assert refused(pacing, clock).again == 570


def test_a_short_rest_is_waited_for(pacing, clock):
    """A second's rest costs a second, not the message."""
    pace = Pace(20, 1, {90018: 1.0})
    pacing.heed("app", pace, 90018)
    pacing.take("app", pace, until=clock.now + 15)
    assert sum(clock.slept) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("code", [None, 0, 40001, "other"])
def test_other_answers_mean_nothing(pacing, clock, code):
    """Only what speaks of too many keeps anything back."""
    pacing.heed("robot", PACE, code)
    take(pacing, clock)


@pytest.mark.parametrize("jump", [-86_400, -3600, 3600, 86_400])
def test_a_clock_that_jumps(store, clock, jump):
    """A clock that is set does not keep anything back for longer than a window."""
    pacing = Pacing(store)
    pacing.heed("robot", PACE, "word")
    take(pacing, clock, 20, name="full")
    # As if each had written a store that goes by the wall clock.
    for key, (value, expires) in list(store._values.items()):
        store._values[key] = (value, expires + jump + 86_400)
    clock.now += jump
    take(Pacing(store), clock)
    take(Pacing(store), clock, name="full")
    assert clock.slept == []


@pytest.mark.parametrize("step", [-59, -30, -5])
def test_a_small_step_back(store, clock, step):
    """A small step makes a wait longer by no more than a window."""
    pacing = Pacing(store)
    take(pacing, clock, 20)
    clock.now += step
    began = clock.now
    pacing.take("robot", PACE, until=clock.now + 1000)
    assert clock.now - began <= 2 * WINDOW


@pytest.mark.parametrize("junk", ["", "x", "[]", "[1]", '[0, 0, "", [["a", 1]]]', '["", 0, "", 3]'])
def test_what_is_none_of_ours(pacing, store, clock, junk):
    """Whatever lies there instead keeps nothing back."""
    store.compare_and_set(module._key("robot"), None, junk, 60)
    take(pacing, clock)


def test_little_is_kept(pacing, store, clock):
    """However many are sent, what is kept stays small, and says nothing of whom it is about."""
    pace = Pace(10**9, 60)
    for _ in range(5000):
        clock.now += 0.1
        pacing.take("robot", pace, until=clock.now)
    ((key, (value, _)),) = store._values.items()
    assert len(json.loads(value)[3]) <= SLOTS + 5
    assert "robot" not in key + value


def test_workers_can_pickle_it(pacing, clock):
    """A process pool hands the error on whole."""
    take(pacing, clock, 20)
    error = refused(pacing, clock)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.again, again.errcode) == (str(error), error.again, errors.OVER_RATE)
