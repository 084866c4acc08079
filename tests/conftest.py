"""What all tests share: a clean environment, and the sandbox."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import hypothesis
import pytest

from notebook_notify import secret, sender, texts
from notebook_notify.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# CI says the same of the same tree; on a developer's machine the search goes on.
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("search", deadline=None)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "search")

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
    sender.BOOKKEEPING.flush()
    secret._known.clear()
    sender.SENDER.close()
    sender.SENDER.renew()
    sender.BOOKKEEPING.renew()
    sender.TARGETS.use_sandbox({})


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of the test's own, in this process."""
    with Sandbox() as box:
        yield box
