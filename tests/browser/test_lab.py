"""The notebook as its reader sees it, in JupyterLab."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import Page, expect

from notebook_notify.sandbox import Sandbox

if TYPE_CHECKING:
    from playwright.sync_api import Browser

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"


def _notebook(path: Path, *cells: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(notebook, path)


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


def test_setup_dialogue(lab, browser: Browser, artifacts: Path) -> None:
    """`%notify_setup` asks on the page, the secret without echo, and what it saves delivers."""
    with Sandbox() as box:
        target = box.targets["sandbox-wecom_chat"]
        _notebook(
            lab.folder / "setup.ipynb",
            f"%load_ext notebook_notify\n"
            f"%notify_setup ops --channel wecom_chat --base-url {box.url}",
            "%notify_wechat what was saved delivers · 保存的目标可用",
        )
        page = lab.open(browser, "setup.ipynb")
        _run_all(page)
        asked = page.locator(".jp-CodeCell").first
        secret = target["corp_secret"]
        answers = {name: target[name] for name in ("corp_id", "corp_secret", "chat_id")}
        for question, answer in {**answers, "[y/N]": "y"}.items():
            field = asked.locator(".jp-Stdin").filter(has_text=question).locator("input")
            expect(field).to_be_visible(timeout=20_000)
            assert (field.get_attribute("type") == "password") == (answer == secret)
            field.fill(answer)
            field.press("Enter")
        last = page.locator(".jp-CodeCell").last.locator(".jp-OutputArea")
        expect(last).to_contain_text("已发送 ops", timeout=20_000)
        assert [message["content"].split(" · ")[0] for message in box.inbox] == [
            "notebook_notify 测试消息",
            "what was saved delivers",
        ]
        _shoot(page, artifacts / "setup.png")
        page.locator('[data-jp-item-name="save"] button, [data-jp-item-name="save"]').first.click()
        page.wait_for_timeout(1500)
        assert secret not in (lab.folder / "setup.ipynb").read_text()
        config = lab.folder / "notebook_notify.toml"
        assert secret in config.read_text()
        assert config.stat().st_mode & 0o777 == 0o600
        page.close()
