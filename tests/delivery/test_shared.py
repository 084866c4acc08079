"""Which store is shared, and what happens while it cannot be used."""

from __future__ import annotations

import threading
import time

import pytest

from notebook_notify import ledger_file
from notebook_notify.config import Config
from notebook_notify.delivery import shared as module
from notebook_notify.delivery.file_store import FileStore
from notebook_notify.delivery.redis_store import RedisStore
from notebook_notify.delivery.shared import SharedStore, open_shared
from notebook_notify.delivery.store import MemoryStore
from notebook_notify.errors import ConfigError, NotifyError, StoreError
from notebook_notify.secret import Secret


class Shaky(MemoryStore):
    """A store that fails, or hangs, when it is told to."""

    failing: Exception | None = None
    hanging = False
    calls = 0

    def get(self, key):
        self.calls += 1
        if self.hanging:
            threading.Event().wait(5)
        if self.failing is not None:
            raise self.failing
        return super().get(key)


@pytest.fixture
def shaky():
    """The store behind."""
    return Shaky()


@pytest.fixture
def shared(shaky):
    """What kernels use."""
    return SharedStore(lambda: shaky)


@pytest.fixture
def later(monkeypatch):
    """Let some seconds pass."""
    now = [0.0]
    real = time.monotonic
    monkeypatch.setattr(module.time, "monotonic", lambda: real() + now[0])

    def later(seconds):
        now[0] += seconds

    return later


def test_it_is_the_store_behind(shared, shaky):
    """As long as it works, it is all there is."""
    assert shared.compare_and_set("k", None, "v", 60)
    assert (shared.get("k"), shaky.get("k")) == ("v", "v")
    assert abs(shared.now() - shaky.now()) < 1
    assert shared.news() == ()


@pytest.mark.parametrize(
    ("error", "words"),
    [(StoreError("f · full; move it away"), "move it away"), (KeyError("x"), "KeyError in notebo")],
)
def test_memory_while_it_fails(shared, shaky, later, error, words):
    """Whatever goes wrong, sends go on with this process's memory; said once; then it is back."""
    shared.compare_and_set("k", None, "v", 600)
    shaky.failing = error
    assert shared.get("k") is None
    assert shared.compare_and_set("k", None, "mine", 600)
    assert shared.get("k") == "mine"
    (said,) = shared.news()
    assert "shared store cannot be used" in said
    assert words in said
    assert shaky.calls == 1  # left alone
    later(module.REST)
    assert shared.get("k") == "mine"
    assert (shaky.calls, shared.news()) == (2, ())  # looked at again, and not said again
    later(module.REST)
    shaky.failing = None
    assert shared.get("k") == "v"


def test_a_store_that_hangs(shared, shaky, later, monkeypatch):
    """A name look-up or a file server that hangs costs a moment, once in a while."""
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    shared.get("k")
    later(module.FRESH)
    shaky.hanging = True
    began = time.monotonic()
    assert [shared.get("k") for _ in range(5)] == [None] * 5
    assert time.monotonic() - began < 1
    assert "did not answer in time" in shared.news()[0]


def test_a_store_that_cannot_be_opened(later):
    """That too is said once, and tried again."""
    tries = []

    def opening():
        tries.append(1)
        raise NotifyError("no such secret")

    shared = SharedStore(opening)
    assert shared.compare_and_set("k", None, "v", 60)
    assert shared.get("k") == "v"
    assert "no such secret" in shared.news()[0]
    later(module.REST)
    shared.get("k")
    assert len(tries) == 2
    shared.close()


def no_config():
    """A config file with a mistake."""
    raise ConfigError("line 3")


def test_the_users_file_if_nothing_is_said(tmp_path):
    """Kernels of one user share a file in the state folder, even with a bad config file."""
    environ = {ledger_file.VARIABLE: str(tmp_path)}
    for config in (Config, no_config):
        store = open_shared(config, environ)
        assert isinstance(store, FileStore)
        assert store.path == tmp_path / "store.sqlite3"


def test_the_config_files_url():
    """``store`` of the config file names a server; a reference will do."""
    config = Config(store=Secret.of("env:OUR_STORE"))
    store = open_shared(lambda: config, {"OUR_STORE": "redis://:p4ss-W0rd@127.0.0.1:2/0"})
    assert isinstance(store, RedisStore)
    assert store._shown == "127.0.0.1:2"


def test_the_variable_is_stronger():
    """``NOTEBOOK_NOTIFY_STORE`` comes before the config file; it too may refer."""
    config = Config(store=Secret("redis://127.0.0.1:3/0"))
    for environ in (
        {module.VARIABLE: "redis://127.0.0.1:4/0"},
        {module.VARIABLE: "env:OURS", "OURS": "redis://127.0.0.1:4/0"},
    ):
        assert open_shared(lambda: config, environ)._shown == "127.0.0.1:4"


def test_a_reference_to_nothing():
    """It is told as of every secret."""
    with pytest.raises(NotifyError, match="OURS is not set"):
        open_shared(Config, {module.VARIABLE: "env:OURS"})
