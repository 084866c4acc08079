"""The judge of accessibility."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page


def test_axe_finds_what_is_wrong(browser: Browser, axe: Callable[[Page, str], list[str]]) -> None:
    """A field without a name and a text too pale to read are told, and only within the selector."""
    page = browser.new_page()
    page.set_content(
        "<html lang=zh><title>t</title><main><input><p>好</p>"
        "<div id=part style='background:#fff'><input><p style='color:#eee'>pale</p></div></main>"
    )
    found = axe(page, "#part")
    assert sorted(re.findall(r"· ([a-z-]+) ·", "\n".join(found))) == ["color-contrast", "label"]
    page.close()
