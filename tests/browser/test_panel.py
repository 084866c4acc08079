"""The panel as people use it, in JupyterLab, Notebook and Voilà."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from shown import ROOT, Shown, png

from notebook_notify.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

NAME = "panel.ipynb"
# A kernel that needs long for each letter of some texts.
SLOW = """
import time
from ipywidgets.widgets.widget import _instances
for one in list(_instances.values()):
    if type(one).__name__ == "Textarea":
        one.observe(lambda new: "慢" in new["new"] and time.sleep(0.3), "value")
"""


@pytest.fixture(scope="module")
def panel(host, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """One panel a host, on a narrow dark page, with a target whose secret is wrong."""
    with Sandbox() as sandbox:
        folder = tmp_path_factory.mktemp("panel")
        right = sandbox.targets["sandbox-wecom_chat"]
        wrong = {**right, "corp_secret": "wrong-secret-of-nobody-0123456789abcdefghij"}
        lines = [f"{name} = {json.dumps(value)}" for name, value in wrong.items()]
        config = folder / "notebook_notify.toml"
        config.write_text("\n".join(["[targets.wrong]", *lines, ""]))
        config.chmod(0o600)
        cells = (
            f"%env NOTEBOOK_NOTIFY_CONFIG={config}\n%env NOTEBOOK_NOTIFY_STATE={folder}",
            f"%load_ext notebook_notify\n%notify_sandbox --url {sandbox.url}",
            "from notebook_notify import panel\npanel.show()",
            SLOW,
        )
        host.write(NAME, *cells)
        page = host.open(browser, NAME, width=400, dark=True)
        expect(page.locator(ROOT)).to_be_visible(timeout=30_000)
        yield Shown(host, page, sandbox)
        page.close()


@pytest.fixture(autouse=True)
def afresh(panel: Shown) -> None:
    """Each test sees its own messages, and begins with an empty form."""
    panel.sandbox.clear()
    panel.field("发到", "combobox").select_option("sandbox-wecom_chat · 企业微信群")
    panel.field("内容").fill("")


def test_a_person_sends(panel: Shown, artifacts: Path) -> None:
    """Chinese text and a picture, typed and sent in one go, arrive whole, once, and leave the fields."""
    text = "收盘：净值 1.0234，回撤 -0.8% 🎉"
    panel.field("内容").click()
    panel.page.keyboard.type(text)
    panel.attach("净值.png", png("red"))
    panel.host.shoot(panel.page, artifacts / f"panel-{panel.host.module}-dark-400.png")
    panel.button("发送").dblclick()
    panel.arrived(2)
    panel.page.wait_for_timeout(1_000)  # in which a second message would come
    words, picture = panel.sandbox.inbox
    assert words["content"].startswith(text)
    assert panel.sandbox.media_bytes(picture["media"]) == png("red")
    expect(panel.field("内容")).to_have_value("")
    expect(panel.root).not_to_contain_text("净值.png")
    panel.host.shoot(panel.page, artifacts / f"panel-{panel.host.module}-sent.png")


def test_nothing_is_lost_between_key_and_click(panel: Shown) -> None:
    """What was typed last is sent, though the page holds it back while the kernel is busy."""
    text = "慢 " + "abcdefghij" * 4
    panel.field("内容").click()
    panel.page.keyboard.type(text)
    panel.button("发送").click()
    assert [one["content"] for one in panel.arrived()] == [text]


def test_wrong_credentials(panel: Shown) -> None:
    """The platform's answer and what to do are told; the words stay, and no secret is shown."""
    panel.field("发到", "combobox").select_option("wrong · 企业微信群")
    panel.field("内容").fill("发不出去")
    panel.button("发送").click()
    expect(panel.root).to_contain_text("40001", timeout=20_000)
    expect(panel.root).to_contain_text("重新复制 Secret")
    expect(panel.field("内容")).to_have_value("发不出去")
    assert "wrong-secret" not in panel.page.content()
    assert panel.sandbox.inbox == []


def test_keyboard_alone(panel: Shown) -> None:
    """Tab goes through the panel in the order of reading, and Enter sends."""
    panel.field("发到", "combobox").focus()
    seen = [_focused(panel.page)]
    for _ in range(12):
        if seen[-1] == "发送":
            break
        panel.page.keyboard.press("Tab")
        seen.append(_focused(panel.page))
        if seen[-1] == "内容":
            panel.page.keyboard.type("只用键盘 · add dd x")
    assert [one for one in seen if one in ("发到", "内容", "格式", "提醒", "单元输出", "发送")] == [
        *("发到", "内容", "格式", "提醒", "单元输出", "发送")
    ]
    assert any(one.startswith("添加文件") for one in seen)
    assert "" not in seen, "something without a name has the keyboard"
    panel.page.keyboard.press("Enter")
    assert [one["content"] for one in panel.arrived()] == ["只用键盘 · add dd x"]


def _focused(page: Page) -> str:
    """The name of what has the keyboard."""
    return page.evaluate(
        "() => { const e = document.activeElement;"
        " return (e.labels?.[0]?.innerText || e.ariaLabel || e.innerText || '').trim(); }"
    )


def test_nothing_seriously_inaccessible(
    panel: Shown, axe: Callable[[Page, str], list[str]]
) -> None:
    """axe-core finds nothing serious, in the dark, with a preview and a history on the page."""
    panel.field("内容").fill("预览")
    expect(panel.page.locator(f"{ROOT} .nn-bubble")).to_have_text("预览")
    assert axe(panel.page, ROOT) == []
    assert panel.fits(), "it is wider than its place"


@pytest.mark.parametrize("host", ["lab", "notebook"], indirect=True)  # Voilà saves nothing
def test_what_is_saved(panel: Shown) -> None:
    """A notebook that keeps its widgets' state keeps no message, file or secret after the send."""
    text = "只给这个群看的话"
    panel.field("内容").fill(text)
    panel.attach("机密.png", png("blue"))
    typing = panel.host.save(panel.page, NAME)
    assert text in [state.get("value") for state in typing.widgets]
    panel.button("发送").click()
    panel.arrived(2)
    expect(panel.root).not_to_contain_text(text)
    sent = panel.host.save(panel.page, NAME)
    assert len(sent.widgets) > 20
    everything = sent.notebook + sent.checkpoint
    for words in (text, "机密.png", base64.b64encode(png("blue")).decode()[:40]):
        assert words not in everything
    for target in panel.sandbox.targets.values():
        for name in ("corp_secret", "app_secret", "webhook", "secret"):
            assert target.get(name, "\0") not in everything + typing.notebook


# A page of Voilà is not told of its kernel's end.
@pytest.mark.parametrize("host", ["lab", "notebook"], indirect=True)
def test_a_restarted_kernel(panel: Shown, artifacts: Path) -> None:
    """The panel says that it works no more, and what to do."""
    panel.host.lose_kernel(panel.page)
    stale = panel.root.get_by_text(re.compile("内核已重启或断开"))
    expect(stale).to_be_visible()
    panel.host.shoot(panel.page, artifacts / f"panel-{panel.host.module}-stale.png")
