"""What all tests share: a clean environment, and the sandbox."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from notebook_notify import (
    load_ipython_extension,
    secret,
    sender,
    texts,
    unload_ipython_extension,
)
from notebook_notify.delivery.outbox import Outbox
from notebook_notify.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from IPython.core.interactiveshell import InteractiveShell

# CI says the same of the same tree; on a developer's machine the search goes on.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "search")

# No test asks the machine's keyring, nor one that another test has defined: keyring looks for
# backends among all subclasses that it finds when it is first used.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

# What a script runs in the background is begun with Ctrl-C ignored, and so is all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

_OURS = ("NOTEBOOK_NOTIFY_", "JPY_SESSION_NAME", "JUPYTERHUB_")
_PROXIES = (
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "requests_ca_bundle",
    "curl_ca_bundle",
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine's reaches a test: no target, no proxy, English texts."""
    for name in list(os.environ):
        if name.startswith(_OURS) or name.lower() in _PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("NOTEBOOK_NOTIFY_CONFIG", str(tmp_path / "config" / "notebook_notify.toml"))
    monkeypatch.setenv("NOTEBOOK_NOTIFY_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    texts.configure()


@pytest.fixture(autouse=True)
def fresh_sender() -> Iterator[None]:
    """No token, secret, connection or sandbox target is carried from one test to the next."""
    yield
    sender.DRAIN.end(10)
    sender.DRAIN.renew(drains=True)
    sender.BOOKKEEPING.flush()
    secret._known.clear()
    sender.SENDER.close()
    sender.SENDER.renew()
    sender.BOOKKEEPING.renew()
    sender.TARGETS.use_sandbox({})


class RedisServer:
    """A real server on a free port, with a password; it keeps nothing on the disk."""

    password = "p4ss-W0rd-of-redis"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "dir": self._folder}
        options["requirepass"] = self.password
        command = ["redis-server", *(f"{x}" for k, v in options.items() for x in (f"--{k}", v))]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            time.sleep(0.02)
        pytest.fail("redis-server does not answer")

    def kill(self) -> None:
        """End it as the kernel's OOM killer does."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """Debian's redis-server; in CI it must be there."""
    if shutil.which("redis-server") is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs redis-server: .ci/run installs it")
        pytest.skip("there is no redis-server")
    server = RedisServer(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of the test's own, in this process."""
    with Sandbox() as box:
        yield box


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """The test's own view of this user's outbox, without jitter; its folder is not there yet."""
    one = Outbox(tmp_path / "state" / "outbox.sqlite3", chance=lambda: 0.5)
    yield one
    one.close()


@pytest.fixture
def save(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write the config file: ``ops`` is a chat of the sandbox, by this address."""
    path = Path(os.environ["NOTEBOOK_NOTIFY_CONFIG"])
    path.parent.mkdir(parents=True)
    path.touch(0o600)
    ding = sandbox.dingtalk
    monkeypatch.setattr(sender.SENDER, "_pauses", ())
    sender.SENDER.renew()

    def write(url: str = sandbox.url, **more: str) -> None:
        lines = "".join(f'{key} = "{value}"\n' for key, value in more.items())
        path.write_text(
            f'[targets.ops]\nchannel = "dingtalk_chat"\napp_key = "{ding.app_key}"\n'
            f'app_secret = "{ding.app_secret}"\nchat_id = "{ding.chat_id}"\n'
            f'base_url = "{url}"\n{lines}'
        )

    write()
    return write


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A shell with the extension loaded."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    InteractiveShell.clear_instance()
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = InteractiveShell.instance(config=config)
    load_ipython_extension(shell)
    yield shell
    unload_ipython_extension(shell)
    # Python's end would take as long again: each shell collects all garbage then.
    atexit.unregister(shell.atexit_operations)
    InteractiveShell.clear_instance()
