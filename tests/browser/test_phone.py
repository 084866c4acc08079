"""The sandbox's page in a real browser: what it draws, and what hostile messages cannot do."""

from __future__ import annotations

import io
import itertools
import re
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
    from collections.abc import Callable

    from playwright.sync_api import Browser, Locator, Page

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "notebooks" / "report.ipynb"
DONE = """\
%%notify_wechat --title "夜间回测" --summary "Sharpe {sharpe:.2f}，最大回撤 -4.1%"
%matplotlib inline
import math

import matplotlib.pyplot as plt

sharpe = 1.82
value = [1 + 0.0006 * day + 0.012 * math.sin(day / 9) for day in range(120)]
figure, axes = plt.subplots(figsize=(5, 2.4), layout="constrained")
axes.plot(value, color="#1976d2")
axes.fill_between(range(120), value, min(value), color="#1976d2", alpha=0.12)
axes.set_title("NAV, 120 days")
axes.spines[["top", "right"]].set_visible(False)
plt.show()
{"年化": 0.142, "交易": 1204}"""
FAILED = """\
%%notify_dingtalk --title "夜间回测"
def load_prices(codes):
    table = {"600519.SH": 1500.0}
    return [table[code] for code in codes]


print("238/240 codes ok")
load_prices(["600519.SH", "000001.SZ"])"""
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


def test_the_report_on_a_phone(
    browser: Browser, artifacts: Path, tmp_path: Path, monkeypatch, sandbox
) -> None:
    """The daily report's text, plots and file are drawn, and fit into any width."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_STATE", str(tmp_path / "state"))
    notebook = nbformat.read(REPORT, 4)
    (parameters,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", ())]
    parameters.source = f"sandbox_url = {sandbox.url!r}"
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()
    context = browser.new_context(locale="zh-CN")
    tab = context.new_page()
    for width, scheme in itertools.product((400, 1400), ("light", "dark")):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=scheme)
        tab.goto(sandbox.url + "/")
        expect(tab.locator(".picture img")).to_have_count(2)
        _drawn(tab)
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


def _drawn(tab: Page) -> None:
    for image in tab.locator(".picture img").all():
        image.evaluate("i => i.decode()")


def test_its_picture(
    browser: Browser, sandbox, tmp_path: Path, monkeypatch, picture: Callable[[Locator, str], None]
) -> None:
    """README's picture: a cell that ended, with its plot, and one that failed, as phones show them."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    monkeypatch.setenv("JUPYTERHUB_USER", "zhangwei")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/zhangwei/backtest.ipynb")
    load = (
        "import platform\nplatform.node = lambda: 'hub-gpu03'\n"
        f"%load_ext notebook_notify\n%notify_sandbox --url {sandbox.url}"
    )
    cells = [nbformat.v4.new_code_cell(one) for one in (load, DONE, FAILED)]
    cells[-1].metadata["tags"] = ["raises-exception"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()
    context = browser.new_context(
        viewport={"width": 860, "height": 850}, locale="zh-CN", device_scale_factor=1.2
    )
    tab = context.new_page()
    tab.goto(sandbox.url + "/")
    expect(tab.locator(".picture img")).to_have_count(1)
    _drawn(tab)
    tab.evaluate("document.querySelectorAll('.phone:not(:has(article))').forEach(e => e.remove())")
    expect(tab.locator(".phone")).to_have_count(2)
    picture(tab.locator(".phones"), "phone.png")
    context.close()


def test_the_pictures_of_readme() -> None:
    """Each picture that README names is there, and small enough for a page."""
    named = re.findall(r"notebooks/images/[\w.-]+", (ROOT / "README.md").read_text())
    own = [f"notebooks/images/{name}" for name in ("panel.png", "phone.png")]
    for path in {*named, *own}:
        assert 10_000 < (ROOT / path).stat().st_size < 150_000, path
