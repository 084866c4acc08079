"""A page in a browser: ``python pages.py lab|notebook|voila``.

The servers and what is clicked are those of the browser tests, whose machine drives them here
too; what is checked is that a fresh installation without any test tool's help shows the same.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.append(str(Path(__file__).parents[2] / "browser"))

import pytest
from common import PICTURE, Place, place
from hosts import Host, Lab, Notebook, Voila, running
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    import subprocess


class Patient(Host):
    """In a fresh environment a server compiles what it imports, and starts slowly that once."""

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """As long as other tests wait, three times."""
        for _ in range(2):
            with contextlib.suppress(pytest.fail.Exception):
                super().wait(process)
                return
        super().wait(process)


class PatientLab(Patient, Lab):
    """JupyterLab 4."""


class PatientNotebook(Patient, Notebook):
    """Notebook 7."""


class PatientVoila(Patient, Voila):
    """Voilà."""


HOSTS = {"lab": PatientLab, "notebook": PatientNotebook, "voila": PatientVoila}
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
WORK = """%%notify_wechat --to ops --title nightly
import asyncio
await asyncio.sleep(0)
print('prin' + 'ted')
6 * 7"""
CELLS = (
    "%load_ext notebook_notify",
    WORK,
    f"%%notify_wechat --to ops --title plot\n{PICTURE}",
    "%notify_panel en",
)


def main(kind: str) -> None:
    """Check one page, and what is saved of it."""
    with place() as (check, here), sync_playwright() as playwright:
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        with running(here.folder, HOSTS[kind]) as host:
            host.write("report.ipynb", *CELLS)
            page = host.open(browser, "report.ipynb")
            with check("output, value and box"):
                shown = page.locator(".jp-OutputArea-output")
                for told in (r"^\s*printed\s*$", r"^\s*42\s*$"):
                    only = shown.filter(has_text=re.compile(told))
                    expect(only).to_have_count(1, timeout=60_000)
                boxes = shown.filter(has_text=re.compile("✓ (sent|已发送) ops"))
                expect(boxes).to_have_count(2, timeout=60_000)
            with check("the form"):
                send = page.get_by_role("button", name="Send", exact=True)
                expect(send).to_be_visible(timeout=60_000)
            with check("the messages"):
                check_messages(here, kind)
            with check("no secret in the page"):
                here.unseen(page.content())
            if kind != "voila":
                with check("no secret in the saved notebook"):
                    saved = host.save(page, "report.ipynb")
                    assert "printed" in saved.notebook
                    here.unseen(saved.notebook, saved.checkpoint)
        browser.close()


def check_messages(here: Place, kind: str) -> None:
    """The texts of both cells, and the picture."""
    first, second, image = here.inbox.wait(3)
    text = str(first["content"])
    assert "nightly" in text
    assert text.endswith("\nprinted")
    assert "plot" in str(second["content"])
    assert image["msgtype"] == "image"
    assert ("report.ipynb [" in text) == (kind != "voila"), text


if __name__ == "__main__":
    main(sys.argv[1])
