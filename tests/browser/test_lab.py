"""The notebook as its reader sees it, in JupyterLab."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"


def _notebook(path: Path, *cells: str) -> None:
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path
    )


def _run_all(page: Page) -> None:
    """JupyterLab may swallow the first command after the kernel became idle: ask again then."""
    prompt = page.locator(".jp-CodeCell .jp-InputPrompt").first
    for _ in range(5):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        try:
            expect(prompt).to_have_text(re.compile(r"\[(?:\*|\d+)\]"), timeout=6_000)
        except AssertionError:
            continue
        return
    pytest.fail("JupyterLab runs nothing")


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (400, True)], ids=["wide", "dark-400"])
def test_quickstart(lab, browser: Browser, artifacts: Path, width: int, dark: bool) -> None:
    """A newcomer runs the quickstart and sees the messages as a phone would show them."""
    name = f"quickstart-{width}.ipynb"
    shutil.copy(QUICKSTART, lab.folder / name)
    page = lab.open(browser, name, width=width, dark=dark)
    _run_all(page)
    last = page.locator(".jp-CodeCell").last
    expect(last.locator(".jp-InputPrompt")).to_have_text(re.compile(r"\[\d+\]"), timeout=60_000)
    text = page.locator(".jp-Notebook").inner_text()
    assert "✓ 已发送 sandbox-wecom_chat" in text
    assert "Sharpe 1.82，最大回撤 -6.4%" in text
    assert "❌ 失败 · 夜间回测" in text
    assert "KeyError: '000001.SZ'" in text
    assert "training finished, loss 0.0312 · 训练完成" in text
    assert "本周例会改到 15:00" in text
    assert "60020" in text
    assert "203.0.113.7" in text
    for number, output in enumerate(page.locator(".jp-OutputArea-output").all()):
        inner, outer = output.evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert inner <= outer + 1, f"output {number} is wider than its place"
    page.evaluate("document.querySelector('.jp-WindowedPanel-outer')?.scrollTo(0, 0)")
    _shoot(page, artifacts / f"quickstart-{width}{'-dark' if dark else ''}.png")
    page.close()


def _shoot(page: Page, path: Path) -> None:
    """The whole notebook, not just what is in view."""
    height = page.evaluate("document.querySelector('.jp-WindowedPanel-inner').scrollHeight")
    size = page.viewport_size or {"width": 1400, "height": 900}
    page.set_viewport_size({"width": size["width"], "height": min(int(height) + 200, 8000)})
    page.wait_for_timeout(500)
    page.screenshot(path=path)


def test_output_is_live(lab, browser: Browser) -> None:
    """What the cell prints is on the page while it still runs, and the box comes at its end."""
    _notebook(
        lab.folder / "live.ipynb",
        "%load_ext notebook_notify\n%notify_sandbox -o box",
        "%%notify_wechat\nimport time\nprint('first', 'line')\ntime.sleep(4)\nprint('second', 'line')",
    )
    page = lab.open(browser, "live.ipynb")
    _run_all(page)
    cell = page.locator(".jp-CodeCell").nth(1)
    expect(cell.locator(".jp-OutputArea")).to_contain_text("first line", timeout=30_000)
    assert "second line" not in cell.locator(".jp-OutputArea").inner_text()
    assert "已发送" not in cell.locator(".jp-OutputArea").inner_text()
    expect(cell.locator(".jp-OutputArea")).to_contain_text("second line", timeout=10_000)
    expect(cell.locator(".jp-OutputArea")).to_contain_text("已发送", timeout=10_000)
    page.close()


def test_hostile_texts_stay_texts(lab, browser: Browser) -> None:
    """HTML in a platform's answer or in a message is shown as text and never becomes part of the page."""
    hostile = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
    _notebook(
        lab.folder / "hostile.ipynb",
        "%load_ext notebook_notify\n%notify_sandbox -o box",
        f'box.fail_next(errcode=60020, errmsg="{hostile}", path="send")\n%notify_wechat hello',
        f'text = "{hostile}"\n%notify_wechat {{text}}\n%notify_inbox',
    )
    page = lab.open(browser, "hostile.ipynb")
    _run_all(page)
    output = page.locator(".jp-OutputArea").last
    expect(output).to_contain_text("onerror", timeout=30_000)
    assert page.locator(".jp-OutputArea img").count() == 0
    assert "owned" not in page.title()
    page.close()


def test_setup_dialogue_asks_without_echo(lab, browser: Browser) -> None:
    """`%notify_setup` asks on the page, the secret without echo, and what it saves delivers."""
    _notebook(
        lab.folder / "setup.ipynb",
        "from notebook_notify.sandbox import Sandbox\nbox = Sandbox().start()\n"
        "t = box.targets['sandbox-wecom_chat']\n%load_ext notebook_notify\n"
        "print(t['corp_id'], t['corp_secret'], t['chat_id'])",
        "%notify_setup ops --channel wecom_chat",
    )
    page = lab.open(browser, "setup.ipynb")
    _run_all(page)
    first = page.locator(".jp-CodeCell").nth(0).locator(".jp-OutputArea")
    expect(first).to_contain_text("ww", timeout=30_000)
    corp_id, secret, chat_id = first.inner_text().split()
    asked = page.locator(".jp-CodeCell").nth(1)
    for answer in (corp_id, secret, chat_id):
        field = asked.locator("input.jp-Stdin-input")
        expect(field).to_be_visible(timeout=20_000)
        assert field.get_attribute("type") == ("password" if answer == secret else "text")
        field.fill(answer)
        field.press("Enter")
        expect(field.locator(f"xpath=self::*[@value='{answer}']")).to_have_count(0)
    # No sandbox here: the saved target goes to the real host, which cannot be reached.
    output = asked.locator(".jp-OutputArea")
    expect(output).to_contain_text("notebook_notify.toml", timeout=30_000)
    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name="Save Notebook", exact=True).click()
    page.wait_for_timeout(1000)
    saved = nbformat.read(lab.folder / "setup.ipynb", 4)
    assert secret not in str(saved.cells[1])
    config = lab.folder / "notebook_notify.toml"
    assert secret in config.read_text()
    assert config.stat().st_mode & 0o777 == 0o600
    page.close()
