"""Real JupyterLab, Notebook and Voilà servers, which open their notebooks in a browser."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as Late

if TYPE_CHECKING:
    from collections.abc import Iterator

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"
ARTIFACTS.mkdir(exist_ok=True)
# Idle, and not just because there is no kernel yet: who runs a cell then is asked for one, or
# nothing happens at all.
_READY = """() => {
    const status = document.querySelector(".jp-Notebook-ExecutionIndicator")?.dataset.status;
    const kernel = document.querySelector(".jp-KernelName")?.innerText ?? "";
    return status === "idle" && kernel.startsWith("Python");
}"""


def missing(what: str) -> None:
    """End the test that lacks *what*: an error in CI, which installs everything."""
    if os.environ.get("CI"):
        pytest.fail(f"CI needs {what}: .ci/run installs it")
    pytest.skip(f"no {what} on this machine")


@dataclass(frozen=True)
class Saved:
    """A notebook and its checkpoint, as they stand on the disk."""

    notebook: str
    checkpoint: str

    @property
    def widgets(self) -> list[dict[str, Any]]:
        """The state of each widget that the notebook's metadata holds."""
        kept = json.loads(self.notebook)["metadata"].get("widgets", {})
        models = kept.get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
        return [model["state"] for model in models.values()]


class Host:
    """A server over a folder of its own, which opens the folder's notebooks in a browser."""

    module: ClassVar[str]
    options: ClassVar[tuple[str, ...]]
    #: Where the server answers when it is up.
    alive: ClassVar[str]
    #: The key that makes room for the notebook on a narrow page.
    fold: ClassVar[str | None] = None

    def __init__(self, folder: Path, port: int, token: str) -> None:
        self.folder = folder
        self._port = port
        self._url = f"http://127.0.0.1:{port}"
        self._token = token

    def command(self) -> list[str]:
        """What starts it."""
        options = [one.format(token=self._token, folder=self.folder) for one in self.options]
        return [sys.executable, "-m", self.module, "--no-browser", f"--port={self._port}", *options]

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it answers."""
        for _ in range(300):
            try:
                urllib.request.urlopen(self._address(self.alive), timeout=1).close()
            except OSError:
                assert process.poll() is None, f"{self.module} ended"
                time.sleep(0.1)
            else:
                return
        pytest.fail(f"{self.module} does not answer")

    def write(self, name: str, *cells: str) -> None:
        """Put a notebook with these code cells into the folder."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        notebook.metadata["kernelspec"] = kernel
        nbformat.write(notebook, self.folder / name)

    def open(
        self,
        browser: Browser,
        name: str,
        *,
        width: int = 1400,
        dark: bool = False,
        run: bool = True,
    ) -> Page:
        """Open a notebook of the folder, and run it to its end.

        With ``run=False`` it is only opened, and its kernel is idle; Voilà runs it in any case.
        """
        scheme = "dark" if dark else "light"
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self._load(page, name, dark)
        if width < 800:
            self.make_room(page)
        if run:
            self.run_all(page)
        return page

    def make_room(self, page: Page) -> None:
        """Fold away what leaves no room for the notebook on a narrow page."""
        if self.fold:
            page.keyboard.press(self.fold)

    def run_all(self, page: Page, *, wait: bool = True) -> None:
        """Run all cells, and wait until the last one ended."""
        raise NotImplementedError

    def lose_kernel(self, page: Page) -> None:
        """Make the kernel forget everything: the page is still there, what it was made of is not."""
        raise NotImplementedError

    def shoot(self, page: Page, path: Path) -> None:
        """A picture of the whole notebook, not just of what is in view."""
        raise NotImplementedError

    def _load(self, page: Page, name: str, dark: bool) -> None:
        raise NotImplementedError

    def _address(self, path: str, **query: str) -> str:
        return f"{self._url}{path}?{urlencode({'token': self._token, **query})}"


class Notebook(Host):
    """Notebook 7."""

    module = "notebook"
    options = (
        *("--allow-root", "--ip=127.0.0.1", "--ServerApp.port_retries=0"),
        *("--IdentityProvider.token={token}", "--ServerApp.root_dir={folder}"),
    )
    alive = "/api"
    path: ClassVar[str] = "/notebooks/{name}"

    def __init__(self, folder: Path, port: int, token: str) -> None:
        super().__init__(folder, port, token)
        # Every cell stays in the page, whether it is in view or not.
        self._set("@jupyterlab/notebook-extension/tracker", windowingMode="none")
        self._set("@jupyterlab/apputils-extension/notification", fetchNews="false")
        # "Save Widget State Automatically" in the menu Settings.
        self._set("@jupyter-widgets/jupyterlab-manager/plugin", saveState=True)

    def _load(self, page: Page, name: str, dark: bool) -> None:
        theme = {"theme": "JupyterLab Dark"} if dark else {}
        self._set("@jupyterlab/apputils-extension/themes", **theme)
        for last in (False, True):  # a page that a busy machine starved is loaded once more
            page.goto(self._address(self.path.format(name=name), reset=""))
            try:
                page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
                page.wait_for_function(_READY, timeout=30_000)
            except Late:
                page.screenshot(path=ARTIFACTS / f"not-ready-{self.module}.png")
                if last:
                    raise
            else:
                break

    def run_all(self, page: Page, *, wait: bool = True) -> None:
        self.menu(page, "Run", "Run All Cells")
        first = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").first
        try:
            expect(first).not_to_have_text(re.compile(r"\[\s\]:"), timeout=15_000)
        except AssertionError:  # a page that was not quite ready forgets it
            self.menu(page, "Run", "Run All Cells")
        if not wait:
            return
        try:
            last = page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").last
            expect(last).to_have_text(re.compile(r"\[\d+\]"), timeout=120_000)
        except AssertionError:
            page.screenshot(path=ARTIFACTS / f"stuck-{self.module}.png")
            said = page.locator(".jp-OutputArea-output").all_inner_texts()
            pytest.fail(f"{self.module} did not run all cells; they said: {said}")

    def menu(self, page: Page, menu: str, entry: str) -> None:
        """Choose an entry of the menu bar; its name may be followed by its key."""
        page.get_by_role("menuitem", name=menu, exact=True).click()
        name = re.compile(rf"^{re.escape(entry)}(?! and )")
        page.get_by_role("menuitem", name=name).first.click()

    def lose_kernel(self, page: Page) -> None:
        """Restart it by the menu, as a person does."""
        self.menu(page, "Kernel", "Restart Kernel…")
        with page.expect_response(re.compile(r"/api/kernels/[^/]+/restart")):
            page.locator(".jp-Dialog .jp-mod-accept").click()
        page.wait_for_function(_READY, timeout=60_000)

    def save(self, page: Page, name: str) -> Saved:
        """Save it by the menu, with the state of its widgets, and make its checkpoint."""
        with page.expect_response(
            lambda got: got.request.method == "POST" and "/checkpoints" in got.url
        ) as checkpoint:
            self.menu(page, "File", "Save Notebook")
        assert checkpoint.value.ok
        path = self.folder / name
        kept = self.folder / ".ipynb_checkpoints" / f"{path.stem}-checkpoint.ipynb"
        return Saved(path.read_text("utf-8"), kept.read_text("utf-8"))

    def shoot(self, page: Page, path: Path) -> None:
        page.evaluate("document.querySelector('.jp-WindowedPanel-outer')?.scrollTo(0, 0)")
        height = page.evaluate("document.querySelector('.jp-WindowedPanel-inner').scrollHeight")
        size = page.viewport_size or {"width": 1400, "height": 900}
        page.set_viewport_size({"width": size["width"], "height": min(int(height) + 200, 8000)})
        page.wait_for_timeout(500)
        page.screenshot(path=path)

    def _set(self, plugin: str, **values: str | bool) -> None:
        path = self.folder / "settings" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


class Lab(Notebook):
    """JupyterLab 4."""

    module = "jupyterlab"
    path = "/lab/tree/{name}"
    fold = "Control+b"  # the file browser leaves no room for the notebook


class Voila(Host):
    """Voilà: a page of a notebook's outputs, with a kernel of its own."""

    module = "voila"
    options = ("--Voila.ip=127.0.0.1", "--Voila.port_retries=0", "--token={token}", "{folder}")
    alive = "/"

    def _load(self, page: Page, name: str, dark: bool) -> None:
        theme = "dark" if dark else "light"
        page.goto(self._address(f"/voila/render/{name}", theme=theme), timeout=60_000)
        expect(page.locator("#loading")).to_be_hidden(timeout=60_000)

    def run_all(self, page: Page, *, wait: bool = True) -> None:
        """It ran when it was opened."""

    def lose_kernel(self, page: Page) -> None:
        """End it: a reader of Voilà cannot restart one."""
        config = json.loads(page.locator("#jupyter-config-data").inner_text())
        kernel = self._address(f"/api/kernels/{config['kernelId']}")
        assert page.request.delete(kernel).ok

    def shoot(self, page: Page, path: Path) -> None:
        tall = "Math.max(...[...document.querySelectorAll('*')].map(e => e.scrollHeight))"
        width = (page.viewport_size or {"width": 1400})["width"]
        page.set_viewport_size({"width": width, "height": min(page.evaluate(tall), 8000)})
        page.screenshot(path=path)


@contextmanager
def running(folder: Path, kind: type[Host] = Lab) -> Iterator[Any]:
    """A server of *kind* over *folder*, until it is no longer needed."""
    if importlib.util.find_spec(kind.module) is None:
        missing(kind.module)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    host = kind(folder, port, secrets.token_hex(8))
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
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(host.command(), env=environment, stdout=log, stderr=log)
        try:
            host.wait(process)
            yield host
        finally:
            process.terminate()
            process.wait(20)
