"""A panel on a page, found by role and name as its readers find it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image
from playwright.sync_api import Locator, Page, expect

if TYPE_CHECKING:
    from notebook_notify.sandbox import Sandbox

ROOT = ".notebook-notify-panel"


def png(colour: str) -> bytes:
    """A picture of that colour."""
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "PNG")
    return file.getvalue()


@dataclass
class Shown:
    """One of the panels on a page, which sends to *sandbox*.

    Attributes:
        host: the server of the page.
        number: which of the page's panels, from 0.
    """

    host: Any
    page: Page
    sandbox: Sandbox
    number: int = 0

    @property
    def root(self) -> Locator:
        """All of it."""
        return self.page.locator(ROOT).nth(self.number)

    def field(self, name: str, role: str = "textbox") -> Locator:
        """What has this label."""
        return self.root.get_by_role(role, name=name, exact=True)

    def button(self, name: str) -> Locator:
        """What says so."""
        return self.field(name, "button")

    def open(self, tab: str) -> None:
        """Open one of its tabs."""
        self.field(tab, "tab").click()

    def arrived(self, number: int = 1, said: str = "已发送") -> list[dict[str, Any]]:
        """The messages, after so many came and the panel said so."""
        for _ in range(200):
            if len(self.sandbox.inbox) >= number:
                break
            self.page.wait_for_timeout(100)
        told = self.root.get_by_role("status").filter(has_text=said)
        expect(told).to_be_visible(timeout=20_000)
        return self.sandbox.inbox

    def attach(self, name: str, data: bytes) -> None:
        """Choose a file as a person does."""
        with self.page.expect_file_chooser() as chosen:
            self.root.get_by_role("button", name="添加文件").click()
        chosen.value.set_files({"name": name, "mimeType": "image/png", "buffer": data})
        expect(self.root).to_contain_text(f"📎 {name}")

    def fits(self) -> bool:
        """Whether it is no wider than its place."""
        inner, outer = self.root.evaluate("e => [e.scrollWidth, e.clientWidth]")
        return bool(inner <= outer + 1)
