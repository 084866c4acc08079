"""The store in Redis: shared by machines, quick to give up, and silent about its password."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from notebook_notify import secret
from notebook_notify.delivery.redis_store import CALL, PREFIX, RedisStore
from notebook_notify.errors import StoreError

pytest.importorskip("redis")


@pytest.fixture
def store(redis_server):
    """A store on a server of the test's own."""
    one = RedisStore(redis_server.url)
    yield one
    one.close()


def test_get_and_compare_and_set(store, redis_server):
    """As of every store; what one machine sets, another finds and compares."""
    other = RedisStore(redis_server.url)
    assert store.get("k") is None
    assert not store.compare_and_set("k", "x", "v", 60)
    assert store.compare_and_set("k", None, "v", 60)
    assert (other.get("k"), other.get("other")) == ("v", None)
    assert not other.compare_and_set("k", None, "w", 60)
    assert not other.compare_and_set("k", "x", "w", 60)
    assert other.compare_and_set("k", "v", "钥匙", 60)
    assert store.get("k") == "钥匙"
    assert store.compare_and_set("k", "钥匙", None, 0)
    assert other.get("k") is None
    assert other.compare_and_set("k", None, None, 0)
    other.close()


def test_values_expire(store):
    """A value is there for its time, by the server's clock; without a time it never was."""
    assert store.compare_and_set("k", None, "v", 2)
    assert store.compare_and_set("other", None, "v", 0)
    assert (store.get("k"), store.get("other")) == ("v", None)
    deadline = time.monotonic() + 20
    while store.get("k") is not None and time.monotonic() < deadline:
        time.sleep(0.1)
    assert store.get("k") is None
    assert store._client.keys(PREFIX + "*") == []


def test_one_of_many_wins(store):
    """Of many that set at once, one succeeds."""
    barrier = threading.Barrier(8)
    won = []

    def attempt(name):
        barrier.wait()
        if store.compare_and_set("k", None, name, 10):
            won.append(name)

    threads = [threading.Thread(target=attempt, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == [store.get("k")]


def test_the_clock_is_the_servers(store, redis_server, monkeypatch):
    """Two machines whose clocks differ by an hour agree on the time."""
    here = store.now()
    assert abs(here - time.time()) < 1  # the server is on this machine
    ahead = time.monotonic() + 3600
    monkeypatch.setattr(time, "monotonic", lambda: ahead)
    other = RedisStore(redis_server.url)
    assert abs(other.now() - here) < 5
    other.close()


def test_a_server_that_starts_again(store, redis_server):
    """A connection that it closed meanwhile costs nothing."""
    store.compare_and_set("k", None, "v", 60)
    redis_server.kill()
    redis_server.start()
    assert store.get("k") is None  # it kept nothing on the disk
    assert store.compare_and_set("k", None, "w", 60)


def test_a_server_that_is_gone_or_hangs(store, redis_server):
    """Nobody waits for it for long; what is said names the server, and no password."""
    store.compare_and_set("k", None, "v", 60)
    redis_server.process.send_signal(signal.SIGSTOP)
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(StoreError) as caught:
            store.get("k")
        assert time.monotonic() - began < 2 * CALL + 0.5
        assert f"127.0.0.1:{redis_server.port} cannot be used" in str(caught.value)
        assert redis_server.password not in str(caught.value)
        redis_server.kill()


def test_a_wrong_password(redis_server):
    """It is no traceback with the right one, or the wrong one, in it."""
    store = RedisStore(redis_server.url.replace("W0rd", "w0rd"))
    with pytest.raises(StoreError, match="the password or user is not acc") as caught:
        store.get("k")
    assert "rd-of-redis" not in str(caught.value)
    assert caught.value.__context__ is None
    store.close()


@pytest.mark.parametrize(
    ("url", "installed"),
    [
        *((url, True) for url in ("", "here", "http://a:b@c", "redis://h:port", "redis://[")),
        *((url, False) for url in ("", "here", "http://a:b@c")),
    ],
)
def test_what_is_no_address(url, installed, monkeypatch):
    """What cannot be an address is told with an example of one, readable, and is not repeated."""
    if not installed:  # to install it would not help
        monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(StoreError, match="no Redis address, such as redis://host:6379/0") as caught:
        RedisStore(url)
    told = str(caught.value)
    assert secret.scrub(told) == told
    assert not url or "c" not in url or url not in told


def test_what_the_server_does_is_said_in_words(store, redis_server, monkeypatch):
    """No class name stands for a cause that can be said, in either language."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    redis_server.kill()
    with pytest.raises(StoreError, match="用不了（连不上）"):
        store.get("k")
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    with pytest.raises(StoreError, match="cannot be reached"):
        store.get("k")


def test_a_host_that_is_called_valkey():
    """Only the scheme is taken for Redis's; a host of that name stays."""
    for url in ("redis://valkey:1/0", "valkey://valkey:1/0"):
        one = RedisStore(url)
        assert one._client.get_connection_kwargs()["host"] == "valkey"
        one.close()


def test_the_password_is_masked():
    """Whoever prints it, as a part of the URL or by itself, prints a mask."""
    RedisStore("valkey://user:p%40ss-W0rd@127.0.0.1:1/0").close()
    shown = secret.scrub("valkey://user:p%40ss-W0rd@127.0.0.1:1/0 and p@ss-W0rd")
    assert "ss-W0rd" not in shown


def test_without_the_extra():
    """Where redis is not installed, that is what is said."""
    code = """
import sys
sys.modules["redis"] = None
from notebook_notify.delivery.redis_store import RedisStore
try:
    RedisStore("redis://:p4ss-W0rd@127.0.0.1:1/0")
except Exception as error:
    print(type(error).__name__, error)
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert run.stdout == "StoreError 127.0.0.1:1 cannot be used (run pip install redis)\n"
