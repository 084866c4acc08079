"""The sandbox's page in a real browser: what it draws, and what hostile messages cannot do."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from nbclient import NotebookClient
from playwright.sync_api import expect

from notebook_notify.messages import File, Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.sandbox import Sandbox, page
from notebook_notify.sender import SENDER, TARGETS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REPORT = Path(__file__).parents[2] / "notebooks" / "report.ipynb"
SCRIPT = "<script>document.title='owned'</script><img src=https://evil.test/a onerror=document.title='owned'>"
HOSTILE = "\n".join(
    [
        SCRIPT,
        f"# {SCRIPT}",
        f"> **{SCRIPT}** `{SCRIPT}`",
        "[click](javascript:document.title='owned')",
        "[click](https://evil.test/\"onmouseover=document.title='owned')",
        "![picture](https://evil.test/picture.png)",
        f'<font color="info" onclick=x>{SCRIPT}</font>',
        f'<font color="info">{SCRIPT}</font>',
        "<style>@import 'https://evil.test/style.css'</style>",
    ]
)


@pytest.fixture
def hostile() -> Sandbox:
    """A sandbox that received hostile texts, Markdown and files on every channel."""
    with Sandbox() as box:
        TARGETS.use_sandbox(box.targets)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(SCRIPT.replace("/", "\\"), "x")
        files = (
            File(f"{SCRIPT},b\n1,2\n".encode(), "a.csv"),
            File(f"{SCRIPT}\nend\n".encode(), "a.txt"),
            File(packed.getvalue(), "a.zip"),
        )
        for name in box.targets:
            target = TARGETS.resolve(name)
            for markdown in (False, True):
                taken = files if CHANNELS[target.channel].media.file_bytes else ()
                message = Message(HOSTILE, taken, markdown=markdown, title=SCRIPT[:50])
                assert SENDER.send([(target, message)], timeout=20)
        yield box


def _watched(browser: Browser, allowed: str) -> tuple:
    """A page, and the list of what it asked of others, which is refused."""
    tab = browser.new_page(viewport={"width": 1400, "height": 900})
    strayed: list[str] = []

    def gate(route) -> None:
        if route.request.url.startswith((allowed, "data:")):
            route.continue_()
        else:
            strayed.append(route.request.url)
            route.abort()

    tab.route("**/*", gate)
    return tab, strayed


def test_hostile_messages_do_nothing_on_the_page(browser: Browser, hostile: Sandbox) -> None:
    """No script of a message runs, nothing is fetched from elsewhere, also after a refresh."""
    tab, strayed = _watched(browser, hostile.url)
    tab.goto(hostile.url + "/")
    for link in tab.locator(".phone a[href]").all():
        address = link.get_attribute("href") or ""
        assert address.startswith(("media/", "https://evil.test/"))
        assert link.get_attribute("rel") == "noopener noreferrer" or address.startswith("media/")
    hostile.clear()
    expect(tab.locator("article")).to_have_count(0)
    assert tab.title() == "沙盒 Sandbox"
    assert strayed == []
    tab.close()


def test_hostile_messages_do_nothing_in_a_notebook(browser: Browser, hostile: Sandbox) -> None:
    """The fragment alone, without the page's policy to help it: still no script, nothing fetched."""
    tab, strayed = _watched(browser, "about:")
    tab.set_content(page.inline(hostile.inbox, hostile.url, "en", hostile.media_bytes))
    tab.mouse.move(200, 200)
    tab.wait_for_timeout(300)
    assert tab.locator("script, img[src^=http], [onerror], [onclick], [onmouseover]").count() == 0
    assert tab.title() == ""
    assert strayed == []
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_the_report_on_a_phone(
    browser: Browser, artifacts: Path, tmp_path: Path, monkeypatch, sandbox, width: int, scheme: str
) -> None:
    """The daily report's text, plots and file are drawn, and fit into the phone's width."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_STATE", str(tmp_path / "state"))
    notebook = nbformat.read(REPORT, 4)
    (parameters,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", ())]
    parameters.source = f"sandbox_url = {sandbox.url!r}"
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale="zh-CN"
    )
    tab = context.new_page()
    tab.goto(sandbox.url + "/")
    expect(tab.locator(".picture img")).to_have_count(2)
    for image in tab.locator(".picture img").all():
        image.evaluate("i => i.decode()")
    assert tab.locator(".sheet tr").count() == 5
    assert "report.csv" in tab.locator(".file").inner_text()
    assert "日报 Daily 2025-11-24" in tab.locator(".bubble").first.inner_text()
    for chat in tab.locator(".chat").all():
        inner, outer = chat.evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert inner <= outer
    tab.screenshot(path=artifacts / f"report-{width}-{scheme}.png")
    tab.locator(".chat").first.evaluate("e => e.scrollTop = -e.scrollHeight")
    tab.screenshot(path=artifacts / f"report-{width}-{scheme}-top.png")
    context.close()
