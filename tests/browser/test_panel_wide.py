"""What a person does first, on a wide page: set a target up, try the sandbox, use two panels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from shown import ROOT, Shown

from notebook_notify.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

NAME = "wide.ipynb"
TWICE = """
from IPython.display import display
from notebook_notify.panel.shell import Panel
panel = Panel("zh")
display(panel)
display(panel)
"""
TEXT = """## 收盘日报 11-24
> 组合净值 **1.0234**，当日 <font color="info">+0.83%</font>
> 最大回撤 <font color="warning">-4.1%</font>
[打开看板](https://example.com/board)"""


@pytest.fixture(scope="module")
def page(
    lab, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Page, Sandbox]]:
    """A notebook of a newcomer: one panel shown twice, and another one in English."""
    with Sandbox() as sandbox:
        folder = tmp_path_factory.mktemp("wide")
        robot, chat = (sandbox.targets[f"sandbox-wecom_{one}"] for one in ("robot", "chat"))
        lab.write(
            NAME,
            f"%env NOTEBOOK_NOTIFY_CONFIG={folder / 'notebook_notify.toml'}\n"
            f"%env NOTEBOOK_NOTIFY_STATE={folder}\n"
            f"%env OPS_HOOK={robot['webhook']}\n%env OPS_SECRET={chat['corp_secret']}",
            "%load_ext notebook_notify",
            TWICE,
            "%notify_panel en",
        )
        page = lab.open(browser, NAME)
        expect(page.locator(ROOT)).to_have_count(3, timeout=30_000)
        yield page, sandbox
        page.close()


@pytest.fixture
def panels(lab, page: tuple[Page, Sandbox]) -> list[Shown]:
    """The two views of the first panel, and the second panel; nothing has arrived yet."""
    page[1].clear()
    return [Shown(lab, *page, number) for number in range(3)]


def test_set_up_from_nothing(
    panels: list[Shown], artifacts: Path, axe: Callable[[Page, str], list[str]]
) -> None:
    """A group's robot is set up by a reference to its webhook, and its test message arrives."""
    panel = panels[0]
    panel.open("接入")
    panel.field("名称").fill("研究组")
    panel.field("通道", "combobox").select_option("企业微信群机器人")
    panel.field("Webhook 地址的引用（webhook）").fill("env:OPS_HOOK")
    panel.field("更多设置", "checkbox").check()
    panel.field("API 地址（base_url）").fill(panel.sandbox.url)
    assert axe(panel.page, ROOT) == []
    assert panel.fits(), "it is wider than its place"
    panel.host.shoot(panel.page, artifacts / "panel-setup.png")
    panel.button("保存并验证").click()
    expect(panel.root).to_contain_text("研究组 已保存到", timeout=20_000)
    panel.button("发测试消息").click()
    (message,) = panel.arrived()
    assert "notebook_notify" in message["content"]


def test_a_group_is_made(panels: list[Shown]) -> None:
    """Without a group the application makes one; it is saved, and its test message arrives in it."""
    panel = panels[0]
    chat = panel.sandbox.targets["sandbox-wecom_chat"]
    panel.open("接入")
    panel.field("名称").fill("新群")
    panel.field("通道", "combobox").select_option("企业微信群")
    panel.field("企业ID（corp_id）").fill(chat["corp_id"])
    panel.field("应用 Secret 的引用（corp_secret）").fill("env:OPS_SECRET")
    panel.field("更多设置", "checkbox").check()
    panel.field("API 地址（base_url）").fill(panel.sandbox.url)
    panel.field("群名称").fill("量化研究")
    panel.field("群成员的账号").fill("zhangwei, lisi")
    panel.button("建群").click()
    expect(panel.root).to_contain_text("群“量化研究”已建好，2 人", timeout=20_000)
    group = panel.field("群 ID（chat_id）").input_value()
    assert group != chat["chat_id"]
    panel.button("保存并验证").click()
    expect(panel.root).to_contain_text("新群 已保存到", timeout=20_000)
    panel.button("发测试消息").click()
    (message,) = panel.arrived()
    assert group in str(message)


def test_everyone_is_asked_for(panels: list[Shown]) -> None:
    """A message that rings everyone asks first: "no" sends nothing and keeps it, "yes" sends it."""
    panel = panels[2]  # shown once: of two views the one that has the keyboard cannot be chosen
    panel.button("Reload").click()
    panel.field("To", "combobox").select_option("研究组 · WeCom group robot")
    panel.field("Message").fill("全员注意")
    panel.field("Mention").fill("all")
    panel.button("Send").click()
    expect(panel.root.get_by_role("alert")).to_contain_text("It rings everyone in the group")
    expect(panel.button("Cancel")).to_be_focused()
    panel.page.keyboard.press("Enter")
    expect(panel.button("Cancel")).to_be_hidden()
    expect(panel.button("Send")).to_be_focused()
    expect(panel.field("Message")).to_have_value("全员注意")
    assert panel.sandbox.inbox == []
    panel.button("Send").click()
    panel.button("Send anyway").click()
    (message,) = panel.arrived(said="sent 研究组")
    assert message["content"].startswith("全员注意")


def test_one_panel_twice_and_another(panels: list[Shown]) -> None:
    """Both views of a panel are the same panel; what is typed in another one stays there."""
    first, again, other = panels
    first.open("发消息")
    expect(again.field("内容")).to_be_visible()
    other.field("Message").fill("of the other one")
    first.field("内容").fill("第一个")
    expect(again.field("内容")).to_have_value("第一个")
    expect(other.field("Message")).to_have_value("of the other one")
    again.button("发送").click()
    (message,) = first.arrived()
    assert message["content"] == "第一个"
    expect(again.root.get_by_role("status").filter(has_text="已发送")).to_be_visible()
    expect(other.field("Message")).to_have_value("of the other one")
    expect(other.root).not_to_contain_text("第一个")


def test_the_sandbox_by_a_button(panels: list[Shown], artifacts: Path) -> None:
    """Without any account: start it, send to it, see what a phone would show."""
    panel = panels[2]
    panel.open("Sandbox")
    panel.button("Start the sandbox").click()
    expect(panel.root).to_contain_text("the sandbox is running", timeout=20_000)
    panel.open("Message")
    panel.field("To", "combobox").select_option("sandbox-wecom_chat · WeCom group")
    panel.field("Message").fill("只在沙盒里 in the sandbox only")
    panel.button("Send").click()
    expect(panel.root).to_contain_text("sent sandbox-wecom_chat", timeout=20_000)
    panel.open("Sandbox")
    expect(panel.root.get_by_text("只在沙盒里 in the sandbox only")).to_be_visible(timeout=20_000)
    panel.host.shoot(panel.page, artifacts / "panel-wide.png")


def test_its_picture(
    panels: list[Shown],
    picture: Callable[[Locator, str], None],
    axe: Callable[[Page, str], list[str]],
) -> None:
    """README's picture: Markdown as the phone will draw it, and what was sent before."""
    panel = panels[0]
    panel.open("发消息")
    panel.field("发到", "combobox").select_option("新群 · 企业微信群")
    expect(panel.root).to_contain_text("量化研究 · 2 人")
    panel.field("格式", "combobox").select_option("Markdown")
    panel.field("内容").fill(TEXT)
    expect(panel.root.locator(".nn-bubble")).to_contain_text("收盘日报")
    assert axe(panel.page, ROOT) == []
    picture(panel.root, "panel.png")


def test_what_may_be_lost_is_in_the_outbox(
    panels: list[Shown], artifacts: Path, axe: Callable[[Page, str], list[str]]
) -> None:
    """A message without an answer is listed, to be sent again or deleted; keys alone will do."""
    panel = panels[2]
    panel.open("Message")
    panel.field("To", "combobox").select_option("新群 · WeCom group")
    expect(panel.root).to_contain_text("量化研究 · 2 members", timeout=20_000)
    panel.field("Message").fill("有没有收到 did it arrive")
    panel.sandbox.fail_next("half", path="appchat/send")
    panel.button("Send").click()
    expect(panel.root.get_by_role("heading", name="Outbox · 1")).to_be_visible(timeout=20_000)
    expect(panel.root).not_to_contain_text("有没有收到")
    assert axe(panel.page, ROOT) == []
    panel.host.shoot(panel.page, artifacts / "panel-outbox.png")
    panel.button("Delete").focus()
    panel.page.keyboard.press("Enter")
    expect(panel.root.get_by_role("alert")).to_contain_text("so that it is not sent any more?")
    panel.page.keyboard.press("Shift+Tab")
    expect(panel.button("Yes")).to_be_focused()
    panel.page.keyboard.press("Enter")
    expect(panel.root.get_by_role("status").filter(has_text="is deleted")).to_be_visible()
    expect(panel.button("Delete")).to_be_hidden()
    expect(panel.button("Send")).to_be_focused()
    assert len(panel.sandbox.inbox) == 1
