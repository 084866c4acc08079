"""The notebook as its reader sees it, in JupyterLab."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

from notebook_notify import columns
from notebook_notify.boxes import box
from notebook_notify.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
NAME = "cells.ipynb"


def test_quickstart(lab, browser: Browser, artifacts: Path) -> None:
    """A newcomer runs the quickstart and sees the messages as a phone would, on any width."""
    notebook = nbformat.read(QUICKSTART, 4)
    for cell in notebook.cells:
        if cell.cell_type == "code":  # what is on the page is of this run
            cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, lab.folder / QUICKSTART.name)
    shutil.copytree(QUICKSTART.parent / "images", lab.folder / "images", dirs_exist_ok=True)
    page = lab.open(browser, QUICKSTART.name, dark=True)
    text = page.locator(".jp-Notebook").inner_text()
    assert "✓ 已发送 sandbox-wecom_chat" in text
    assert "Sharpe 1.82，最大回撤 -6.4%" in text
    assert "❌ 失败 · 夜间回测" in text
    assert "KeyError: '000001.SZ'" in text
    assert "training finished, loss 0.0312 · 训练完成" in text
    assert "本周例会改到 15:00" in text
    assert "60020" in text
    assert "203.0.113.7" in text
    for width in (1400, 400):
        page.set_viewport_size({"width": width, "height": 900})
        if width == 400:
            lab.make_room(page)
        for number, output in enumerate(page.locator(".jp-OutputArea-output").all()):
            inner, outer = output.evaluate("e => [e.scrollWidth, e.clientWidth]")
            assert inner <= outer + 1, f"output {number} is wider than its place at {width} px"
        lab.shoot(page, artifacts / f"quickstart-{width}-dark.png")
    page.close()


@pytest.fixture(scope="module")
def cells(lab, browser: Browser) -> Iterator[tuple[Page, Sandbox]]:
    """A page whose cells have just begun to run, and a sandbox for what is set up in one of them."""
    with Sandbox() as sandbox:
        lab.write(
            NAME,
            "%load_ext notebook_notify\n%notify_sandbox -o box",
            "%%notify_wechat\nimport time\nprint('first', 'line')\ntime.sleep(4)\n"
            "print('second', 'line')",
            f'box.fail_next(errcode=60020, errmsg="{HOSTILE}", path="send")\n%notify_wechat hello',
            f'text = "{HOSTILE}"\n%notify_wechat {{text}}\n%notify_inbox',
            f"%notify_setup ops --channel wecom_chat --base-url {sandbox.url}",
            "%notify --to ops what was saved delivers · 保存的目标可用",
        )
        page = lab.open(browser, NAME, run=False)
        lab.run_all(page, wait=False)
        yield page, sandbox
        page.close()


@pytest.mark.parametrize(("width", "beside"), [(320, False), (1200, True)])
def test_boxes_and_tables_fit_the_page(browser: Browser, width: int, *, beside: bool) -> None:
    """On a narrow page a text stands below its label, and no line of a table is a letter wide."""
    advice = "Administrator: admin console, App Management, the app, Trusted IPs: add the address"
    line = ("…", "7f3a", "11-25 18:00:00", "research", "✅ Done · nightly · 2 ms", advice)
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_content(
        box("✗ not sent", [("what to do", advice), ("corp_secret", "••••"), ("·", advice)])
        + f'<div style="overflow:auto">{columns.table(("",) * len(line), [line])}</div>'
    )

    def place(text: str, number: int = 0) -> dict[str, float]:
        found = page.get_by_text(text, exact=True).nth(number).bounding_box()
        assert found is not None
        return dict(found)

    label, text = place("what to do"), place(advice)
    assert (text["x"] > label["x"] + label["width"]) == beside
    assert (text["y"] >= label["y"] + label["height"]) != beside
    assert place("••••")["x"] == text["x"]
    assert place(advice, 1)["x"] > place("·")["x"]  # a mark stays in front
    assert place(advice, 2)["height"] < 200
    page.close()


def _output(page: Page, cell: int) -> Locator:
    return page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea")


def test_output_is_live(cells: tuple[Page, Sandbox]) -> None:
    """What the cell prints is on the page while it still runs, and the box comes at its end."""
    output = _output(cells[0], 1)
    expect(output).to_contain_text("first line", timeout=30_000)
    assert "second line" not in output.inner_text()
    assert "已发送" not in output.inner_text()
    expect(output).to_contain_text("second line", timeout=10_000)
    expect(output).to_contain_text("已发送", timeout=10_000)


def test_hostile_texts_stay_texts(cells: tuple[Page, Sandbox]) -> None:
    """HTML in a platform's answer or in a message is shown as text and never becomes part of the page."""
    page, _ = cells
    for cell in (2, 3):
        expect(_output(page, cell)).to_contain_text("onerror", timeout=30_000)
    assert page.locator(".jp-OutputArea img").count() == 0
    assert "owned" not in page.title()


def test_setup_dialogue(lab, cells: tuple[Page, Sandbox], artifacts: Path) -> None:
    """`%notify_setup` asks on the page, the secret without echo, and what it saves delivers."""
    page, box = cells
    target = box.targets["sandbox-wecom_chat"]
    asked = page.locator(".jp-CodeCell").nth(4)
    secret = target["corp_secret"]
    answers = {name: target[name] for name in ("corp_id", "corp_secret", "chat_id")}
    for question, answer in {**answers, "[y/N]": "y"}.items():
        field = asked.locator(".jp-Stdin").filter(has_text=question).locator("input")
        expect(field).to_be_visible(timeout=20_000)
        assert (field.get_attribute("type") == "password") == (answer == secret)
        field.fill(answer)
        field.press("Enter")
    expect(_output(page, 5)).to_contain_text("已发送 ops", timeout=20_000)
    assert [message["content"].split(" · ")[0] for message in box.inbox] == [
        "notebook_notify 测试消息",
        "what was saved delivers",
    ]
    lab.shoot(page, artifacts / "setup.png")
    saved = lab.save(page, NAME)
    assert "已发送 ops" in saved.notebook
    assert secret not in saved.notebook + saved.checkpoint
    config = lab.folder / "notebook_notify.toml"
    assert secret in config.read_text()
    assert config.stat().st_mode & 0o777 == 0o600
