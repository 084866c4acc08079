"""A real JupyterLab in a real Chromium."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "test-artifacts"
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; in CI it must be there. Ends with the module: Playwright holds an event loop."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs chromium: .ci/run installs it")
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield chromium
        chromium.close()


class Lab:
    """A JupyterLab server over a folder of its own."""

    def __init__(self, folder: Path, port: int, token: str) -> None:
        self.folder = folder
        self._url = f"http://127.0.0.1:{port}"
        self._token = token

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it answers."""
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self._url}/api?token={self._token}", timeout=1).close()
            except OSError:
                assert process.poll() is None, "JupyterLab ended"
                time.sleep(0.1)
            else:
                return
        pytest.fail("JupyterLab does not answer")

    def open(self, browser: Browser, name: str, *, width: int = 1400, dark: bool = False) -> Page:
        """Open a notebook of the folder and wait until its kernel is idle."""
        theme = {"theme": "JupyterLab Dark"} if dark else {}
        self._setting("apputils-extension/themes", theme)
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(f"{self._url}/lab/tree/{name}?token={self._token}&reset")
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        idle = page.get_by_text(re.compile(r"Python 3.*\| Idle"))
        expect(idle).to_have_count(1, timeout=60_000)
        if width < 800:
            page.keyboard.press("Control+b")  # the file browser leaves no room for the notebook
        return page

    def _setting(self, plugin: str, value: dict[str, str]) -> None:
        path = self.folder / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))


@contextmanager
def _running(folder: Path) -> Iterator[Lab]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(8)
    lab = Lab(folder, port, token)
    # Every cell stays in the page, whether it is in view or not.
    lab._setting("notebook-extension/tracker", {"windowingMode": "none"})
    lab._setting("apputils-extension/notification", {"fetchNews": "false"})
    environment = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
        "NOTEBOOK_NOTIFY_CONFIG": str(folder / "notebook_notify.toml"),
        "NOTEBOOK_NOTIFY_STATE": str(folder / "state"),
        "NOTEBOOK_NOTIFY_LANGUAGE": "zh",
    }
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
        *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        f"--ServerApp.root_dir={folder}",
    ]
    with (folder / "lab.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            lab.wait(process)
            yield lab
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One server for all browser tests; each opens a notebook of its own."""
    with _running(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where screenshots are kept."""
    ARTIFACTS.mkdir(exist_ok=True)
    return ARTIFACTS
