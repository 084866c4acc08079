"""A real Chromium, and the servers whose notebooks it opens."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Locator, Page, sync_playwright

sys.path.append(str(Path(__file__).parent))

from hosts import ARTIFACTS, Host, Lab, Notebook, Voila, missing, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

IMAGES = Path(__file__).parents[2] / "notebooks" / "images"
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; in CI it must be there. Ends with the module: Playwright holds an event loop."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One server for all browser tests; each opens a notebook of its own."""
    with running(tmp_path_factory.mktemp("lab"), Lab) as host:
        yield host


@pytest.fixture(scope="session")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """As ``lab``."""
    with running(tmp_path_factory.mktemp("notebook"), Notebook) as host:
        yield host


@pytest.fixture(scope="session")
def voila(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voila]:
    """As ``lab``."""
    with running(tmp_path_factory.mktemp("voila"), Voila) as host:
        yield host


@pytest.fixture(scope="module", params=["lab", "notebook", "voila"])
def host(request: pytest.FixtureRequest) -> Host:
    """Each of the three in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def axe() -> Callable[[Page, str], list[str]]:
    """What axe-core finds seriously wrong with the part of a page at a selector, in words."""
    from axe_playwright_python.sync_playwright import Axe

    def run(page: Page, selector: str) -> list[str]:
        assert page.locator(selector).count(), f"the page has no {selector}"
        found = Axe().run(page, context=selector).response["violations"]
        return [
            f"{one['impact']} · {one['id']} · {one['help']}\n  {node['html']}\n  {node['failureSummary']}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    return run


@pytest.fixture(scope="session")
def artifacts() -> Path:
    """Where screenshots are kept."""
    return ARTIFACTS


@pytest.fixture(scope="session")
def picture(artifacts: Path) -> Callable[[Page | Locator, str], None]:
    """Takes a picture for README; ``TAKE_PICTURES=1`` puts it where README looks for it."""

    def take(of: Page | Locator, name: str) -> None:
        shot = of.screenshot(path=artifacts / name)
        assert len(shot) < 150_000, f"{name} is {len(shot)} bytes"
        if os.environ.get("TAKE_PICTURES"):
            IMAGES.mkdir(exist_ok=True)
            (IMAGES / name).write_bytes(shot)

    return take
