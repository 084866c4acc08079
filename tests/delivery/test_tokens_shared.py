"""Tokens of many kernels: fetched by one for all, sealed, and never lost to another's failure."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time

import pytest

from notebook_notify import errors, secret
from notebook_notify.delivery import tokens as module
from notebook_notify.delivery.file_store import FileStore
from notebook_notify.delivery.sealed import name, seal
from notebook_notify.delivery.store import MemoryStore
from notebook_notify.delivery.tokens import EARLY, Tokens
from notebook_notify.errors import TransportError

KEY = "0123456789abcdef-a-hash-over-the-secret"


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self):
        return self.now


class Platform:
    """Gives a new token each time, and counts."""

    def __init__(self):
        self.fetched = 0

    def __call__(self):
        self.fetched += 1
        return f"token-number-{self.fetched}", 7200.0


def never():
    """No kernel fetches where another has."""
    raise AssertionError


def soon(seconds=5.0):
    """A deadline that is far enough."""
    return time.monotonic() + seconds


@pytest.fixture
def clock():
    """The clock of the store and of each kernel."""
    return Clock()


@pytest.fixture
def store(clock):
    """What the kernels share."""
    return MemoryStore(clock)


@pytest.fixture
def kernel(store, clock):
    """Makes kernels that share it."""
    return lambda: Tokens(MemoryStore(clock), store)


def test_fetched_by_one_for_all(kernel):
    """The second kernel uses the first one's token, which is masked there as well."""
    token = kernel().get(KEY, Platform(), deadline=soon())
    secret._known.clear()
    assert kernel().get(KEY, never, deadline=soon()) == token
    assert token not in secret.scrub(f"the token is {token}")


def test_fifty_kernels_fetch_once(tmp_path):
    """Fifty processes that begin at once make one token request, and all have its token."""
    code = """
        import os, sys, time
        from pathlib import Path
        from notebook_notify.delivery.file_store import FileStore
        from notebook_notify.delivery.store import MemoryStore
        from notebook_notify.delivery.tokens import Tokens
        folder = Path(sys.argv[1])
        def fetch():
            (folder / f"fetched-{os.getpid()}").write_text("")
            time.sleep(0.3)
            return "the-one-token", 7200.0
        for number in range(50):
            if not os.fork():
                tokens = Tokens(MemoryStore(), FileStore(folder / "store"))
                got = tokens.get("key", fetch, deadline=time.monotonic() + 20)
                os._exit(got != "the-one-token")
        ended = [os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(50)]
        print(sum(ended), len(list(folder.glob("fetched-*"))))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), tmp_path],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.stdout == "0 1\n", run.stderr


def test_a_warm_send_asks_nobody(kernel, store, monkeypatch):
    """A kernel that has a token does not look at the store."""
    one = kernel()
    token = one.get(KEY, Platform(), deadline=soon())
    monkeypatch.setattr(store, "get", never)
    monkeypatch.setattr(store, "compare_and_set", never)
    assert one.get(KEY, never, deadline=soon()) == one.kept(KEY) == token


def test_let_go_early_by_all(kernel, clock):
    """A token has the same end for each kernel, however late it came to it."""
    first, second, platform = kernel(), kernel(), Platform()
    token = first.get(KEY, platform, deadline=soon())
    clock.now += 7200 - EARLY - 1
    assert second.get(KEY, never, deadline=soon()) == token
    clock.now += 1
    assert second.get(KEY, platform, deadline=soon()) != token
    assert first.get(KEY, never, deadline=soon()) == second.kept(KEY)


def test_a_clock_that_is_set_back(store, clock):
    """A token lasts no longer than it was to last, by whatever the store's clock says then."""
    mine = Clock()
    Tokens(MemoryStore(mine), store).get(KEY, Platform(), deadline=soon())
    clock.now -= 86_400
    other = Tokens(MemoryStore(mine), store)
    assert other.get(KEY, never, deadline=soon()) == "token-number-1"
    mine.now += 7200 - EARLY
    assert other.kept(KEY) is None


def test_invalidate_by_comparison(kernel):
    """Whoever was refused with an old token does not throw away another kernel's new one."""
    first, second, platform = kernel(), kernel(), Platform()
    old = first.get(KEY, platform, deadline=soon())
    assert second.get(KEY, never, deadline=soon()) == old
    first.invalidate(KEY, old)
    new = first.get(KEY, platform, deadline=soon())
    second.invalidate(KEY, old)
    assert second.get(KEY, never, deadline=soon()) == new
    assert kernel().get(KEY, never, deadline=soon()) == new


def test_a_failed_refresh_leaves_the_new_token(kernel):
    """A kernel whose own fetch fails finds the one that another has fetched meanwhile."""
    first, second, platform = kernel(), kernel(), Platform()
    old = first.get(KEY, platform, deadline=soon())
    second.invalidate(KEY, old)

    def failing():
        raise ValueError

    with pytest.raises(ValueError):
        second.get(KEY, failing, deadline=soon())
    first.invalidate(KEY, old)
    new = first.get(KEY, platform, deadline=soon())
    assert second.get(KEY, never, deadline=soon()) == new  # and nothing is held by the failure


def test_others_wait_while_one_fetches(kernel):
    """They look until it is there; one that has no time for that says so, and nothing is lost."""
    began, hold = threading.Event(), threading.Event()

    def slow():
        began.set()
        hold.wait(5)
        return "late-token", 7200.0

    thread = threading.Thread(target=kernel().get, args=(KEY, slow), kwargs={"deadline": soon()})
    thread.start()
    began.wait(5)
    with pytest.raises(TransportError) as caught:
        kernel().get(KEY, never, deadline=soon(0.15))
    assert (caught.value.errcode, caught.value.left) == (errors.OVER_BUDGET, False)
    threading.Timer(0.2, hold.set).start()
    assert kernel().get(KEY, never, deadline=soon()) == "late-token"
    thread.join()


def test_a_kernel_that_dies_while_it_fetches(kernel, store, clock, monkeypatch):
    """It holds the others up for the rest of its lease, and no longer."""
    store.compare_and_set(name("lease", KEY), None, "of the dead", module.LEASE)
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        clock.now += seconds

    monkeypatch.setattr(module.time, "sleep", sleep)
    assert kernel().get(KEY, Platform(), deadline=soon(60)) == "token-number-1"
    assert module.LEASE - 0.2 < sum(slept) < module.LEASE + 0.2


@pytest.mark.parametrize(
    "junk", ["", "junk", seal("another key", '["t", 9e9, 9e9]')], ids=["empty", "junk", "foreign"]
)
def test_what_cannot_be_opened_is_none(kernel, store, junk):
    """Whatever lies in its place, a new token is fetched and takes it."""
    store.compare_and_set(name("token", KEY), None, junk, 60)
    token = kernel().get(KEY, Platform(), deadline=soon())
    assert kernel().get(KEY, never, deadline=soon()) == token


def test_no_secret_in_the_files(tmp_path):
    """Neither the token nor what it is sealed with can be read in the database's bytes."""
    store = FileStore(tmp_path / "store")
    token = Tokens(MemoryStore(), store).get(KEY, Platform(), deadline=soon())
    files = [one.read_bytes() for one in tmp_path.iterdir()]
    assert any(name("token", KEY).encode() in one for one in files)
    assert not any(token.encode() in one or KEY.encode() in one for one in files)
    store.close()


def test_a_refused_token_does_not_come_back(store, clock, monkeypatch):
    """Another thread that asks while one is being forgotten never gets it again from the store."""
    tokens, platform = Tokens(MemoryStore(clock), store), Platform()
    old = tokens.get(KEY, platform, deadline=soon())
    real = store.compare_and_set

    def beside(key, before, after, ttl):
        if after is None and key == name("token", KEY):
            monkeypatch.undo()
            tokens.get(KEY, platform, deadline=soon())  # the other thread, just now
        return real(key, before, after, ttl)

    monkeypatch.setattr(store, "compare_and_set", beside)
    tokens.invalidate(KEY, old)
    assert tokens.get(KEY, platform, deadline=soon()) != old
