"""What the tabs of a panel share: a click that may have overtaken what was typed before it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import ipywidgets as widgets
import pytest

from notebook_notify.panel import desk as desks
from notebook_notify.panel.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator


class Form:
    """A field and a button that takes what stands there."""

    def __init__(self) -> None:
        self.desk = Desk("en")
        self.field = self.desk.field(widgets.Text(), ("字", "Text"), ("提示", "tip"))
        self.taken: list[str] = []
        self.button = self.desk.button(("取", "Take"), ("提示", "tip"), self._take)

    def _take(self) -> None:
        self.taken.append(self.field.value)

    @property
    def busy(self) -> bool:
        return "nn-busy" in self.button._dom_classes

    async def rest(self) -> None:
        """Until the click was acted upon."""
        for _ in range(1000):
            if not self.busy:
                return
            await asyncio.sleep(0.01)
        pytest.fail("it is still busy")


@pytest.fixture
def form() -> Iterator[Form]:
    """One of them."""
    form = Form()
    yield form
    form.desk.wait()
    form.field.close()
    form.button.close()


def test_what_comes_after_the_click_is_taken_too(form) -> None:
    """The page held the last letters back: the action waits for them, once, and looks busy."""

    async def main() -> None:
        form.field.value = "abc"
        form.button.click()
        assert form.busy
        await asyncio.sleep(0.15)
        form.button.click()
        form.field.value = "abcdef"
        await asyncio.sleep(0.25)
        assert form.taken == []
        await form.rest()
        form.button.click()  # nothing was typed since: at once
        assert form.taken == ["abcdef", "abcdef"]

    asyncio.run(main())


def test_a_loop_that_was_held_up_is_waited_for(form) -> None:
    """A cell that ran between the click and the last letters does not cut them off."""

    async def main() -> None:
        form.field.value = "abc"
        form.button.click()
        # The kernel runs something; the page's message lies in its queue.
        time.sleep(1.0)  # noqa: ASYNC251 - the loop is held up
        asyncio.get_running_loop().call_later(0.1, setattr, form.field, "value", "abcdef")
        await form.rest()
        assert form.taken == ["abcdef"]

    asyncio.run(main())


def test_who_types_on_is_not_waited_for_without_end(form, monkeypatch) -> None:
    """After some rounds the action comes in any case."""
    monkeypatch.setattr(desks, "_QUIET", 0.05)

    async def main() -> None:
        form.field.value = "0"
        form.button.click()
        began = time.monotonic()
        while form.busy:
            form.field.value += "x"
            await asyncio.sleep(0.01)
        assert 0.25 < time.monotonic() - began < 2.0

    asyncio.run(main())
    assert len(form.taken) == 1


def test_an_error_of_the_action_is_shown_and_the_button_works_again(form) -> None:
    """What the action raises stands in the panel, as if it had come at once."""

    async def main() -> None:
        form.field.value = "abc"
        form.taken = None
        form.button.click()
        await form.rest()
        assert "AttributeError" in form.desk.trouble.value

    asyncio.run(main())


def test_without_a_loop_there_is_no_page_to_wait_for(form) -> None:
    """A click by code is acted upon at once."""
    form.field.value = "abc"
    form.button.click()
    assert form.taken == ["abc"]
