"""Tokens: fetched once, shared, let go early, and once more when refused."""

from __future__ import annotations

import threading
import time

import pytest

from notebook_notify import errors
from notebook_notify.delivery.store import MemoryStore
from notebook_notify.delivery.tokens import EARLY, Tokens
from notebook_notify.errors import TransportError


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Platform:
    """Counts how often a token is fetched; each is another one."""

    def __init__(self, life=7200.0, seconds=0.0):
        self.fetched = 0
        self.life = life
        self.seconds = seconds

    def __call__(self):
        time.sleep(self.seconds)
        self.fetched += 1
        return f"token-{self.fetched}", self.life


def soon():
    """A deadline that is far enough."""
    return time.monotonic() + 5


def test_single_flight():
    """Twenty threads that come at once share one fetch and one token."""
    tokens, platform = Tokens(MemoryStore()), Platform(seconds=0.05)
    barrier = threading.Barrier(20)
    got = []

    def ask():
        barrier.wait()
        got.append(tokens.get("app", platform, deadline=soon()))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (platform.fetched, set(got)) == (1, {"token-1"})


def test_apps_do_not_wait_for_each_other():
    """A slow fetch for one app holds up no other."""
    tokens = Tokens(MemoryStore())
    hold = threading.Event()
    slow = threading.Thread(
        target=tokens.get,
        args=("slow", lambda: (str(hold.wait(5)), 100)),
        kwargs={"deadline": soon()},
    )
    slow.start()
    assert tokens.get("quick", Platform(), deadline=soon()) == "token-1"
    hold.set()
    slow.join()


@pytest.mark.parametrize(
    ("life", "good_for"), [(7200, 7200 - EARLY), (600, 300), (500, 250), (2, 1)]
)
def test_early_expiry(life, good_for):
    """A token is let go five minutes early, or after half of a short life."""
    clock = Clock()
    tokens, platform = Tokens(MemoryStore(clock)), Platform(life)
    assert tokens.get("app", platform, deadline=soon()) == "token-1"
    clock.now += good_for - 0.1
    assert tokens.get("app", platform, deadline=soon()) == "token-1"
    clock.now += 0.2
    assert tokens.get("app", platform, deadline=soon()) == "token-2"


@pytest.mark.parametrize("life", [0, -5])
def test_a_token_without_a_life_is_used_once(life):
    """A token that expires at once serves the one who fetched it."""
    tokens, platform = Tokens(MemoryStore()), Platform(life)
    assert tokens.get("app", platform, deadline=soon()) == "token-1"
    assert tokens.get("app", platform, deadline=soon()) == "token-2"


def test_invalidate_by_comparison():
    """Whoever was refused with an old token does not throw away the new one."""
    tokens, platform = Tokens(MemoryStore()), Platform()
    old = tokens.get("app", platform, deadline=soon())
    tokens.invalidate("app", old)
    new = tokens.get("app", platform, deadline=soon())
    tokens.invalidate("app", old)
    assert tokens.get("app", platform, deadline=soon()) == new
    assert platform.fetched == 2


def test_a_failed_fetch_lets_the_next_try():
    """What a fetch raises goes to its own caller; those in line try for themselves."""
    tokens, platform = Tokens(MemoryStore()), Platform()
    began, hold = threading.Event(), threading.Event()
    raised = []

    def failing():
        began.set()
        hold.wait(5)
        raise ValueError

    def first():
        with pytest.raises(ValueError):
            tokens.get("app", failing, deadline=soon())
        raised.append(1)

    thread = threading.Thread(target=first)
    thread.start()
    began.wait(5)
    threading.Timer(0.05, hold.set).start()
    assert tokens.get("app", platform, deadline=soon()) == "token-1"
    thread.join()
    assert raised == [1]


def test_deadline_while_another_fetches():
    """Whoever waits for another's fetch waits no longer than its own deadline."""
    tokens = Tokens(MemoryStore())
    began, hold = threading.Event(), threading.Event()

    def slow():
        began.set()
        hold.wait(5)
        return "late", 100.0

    thread = threading.Thread(target=tokens.get, args=("app", slow), kwargs={"deadline": soon()})
    thread.start()
    began.wait(5)
    started = time.monotonic()
    with pytest.raises(TransportError) as caught:
        tokens.get("app", Platform(), deadline=started + 0.1)
    assert 0.05 < time.monotonic() - started < 1
    assert (caught.value.errcode, caught.value.left) == (errors.OVER_BUDGET, False)
    hold.set()
    thread.join()
    assert tokens.get("app", Platform(), deadline=soon()) == "late"
