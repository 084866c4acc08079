"""What the tabs of one panel share: its language, its threads, and where it tells of trouble."""

from __future__ import annotations

import time
import traceback
from html import escape
from typing import TYPE_CHECKING, Any, TypeVar

import ipywidgets as widgets

from notebook_notify import texts
from notebook_notify.errors import NotifyError
from notebook_notify.panel import background, looks
from notebook_notify.panel.abouts import Abouts
from notebook_notify.secret import scrub

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from concurrent.futures import Future


_T = TypeVar("_T")
Pair = tuple[str, str]

#: The most of a traceback that is shown, in characters: its end tells what happened.
_TRACE = 4_000
#: How long no field may change before a click is acted upon, in seconds: a page that waits for
#: the kernel's answer to a letter holds back the next ones, but never a click.
_QUIET = 0.3
#: So often that is waited for, at most.
_ROUNDS = 6


class Desk:
    """One panel's; no two panels share one.

    Args:
        language: ``zh`` or ``en``; ``None`` means the reader's.

    Attributes:
        language: as it is now.
        about: what platforms tell of targets' groups.
        trouble: where an error is shown; each tab puts it where its reader looks.
        on_targets: is called when targets were added or changed; a list to append to.
    """

    def __init__(self, language: str | None = None) -> None:
        self.language = language or texts.language()
        self.about = Abouts(self)
        self.trouble = widgets.HTML()
        self.on_targets: list[Callable[[], None]] = []
        self._words: list[tuple[Any, str, Pair]] = []
        self._threads: list[threading.Thread] = []
        self._typed = False
        self._clicked: set[widgets.Button] = set()

    # ── words ────────────────────────────────────────────────────────────────────────────────

    def say(self, zh: str, en: str) -> str:
        """The one of the two that this panel's reader reads."""
        return zh if self.language == "zh" else en

    def word(self, widget: Any, name: str, zh: str, en: str) -> None:
        """Have the text *name* of *widget* say this, also after the language is switched."""
        self._words.append((widget, name, (zh, en)))
        setattr(widget, name, self.say(zh, en))

    def forget(self, widget: Any) -> None:
        """*widget* is closed: say nothing there any more."""
        self._words = [one for one in self._words if one[0] is not widget]

    def switch(self, language: str) -> None:
        """Speak ``zh`` or ``en`` from now on; what the reader typed stays."""
        self.language = language
        for widget, name, pair in self._words:
            setattr(widget, name, self.say(*pair))

    # ── widgets that are used all over ───────────────────────────────────────────────────────

    def button(
        self, words: Pair, tip: Pair, action: Callable[[], None], *, primary: bool = False
    ) -> widgets.Button:
        """A button with a text and a tooltip, in Chinese and in English.

        Its action comes when the page has told all that was typed before the click; clicks
        meanwhile do nothing more.
        """
        button = widgets.Button(button_style="primary" if primary else "")
        self.word(button, "description", *words)
        self.word(button, "tooltip", *tip)
        button.on_click(lambda _: self._on_click(button, action))
        return button

    def field(self, widget: _T, words: Pair, tip: Pair) -> _T:
        """*widget* with its label, which the page ties to it, and a tooltip."""
        self.word(widget, "description", *words)
        self.word(widget, "tooltip", *tip)
        widget.observe(self._on_typed, "value")  # type: ignore[attr-defined]
        return widget

    def watch(self, widget: Any, action: Callable[[], None], name: str = "value") -> None:
        """Call *action* when the reader changes *widget*."""
        widget.observe(lambda _: self.do(action), name)

    # ── a click may overtake what was typed before it ────────────────────────────────────────

    def _on_typed(self, _: object) -> None:
        self._typed = True

    def _on_click(self, button: widgets.Button, action: Callable[[], None]) -> None:
        if button in self._clicked:
            return
        if not self._typed or not background.served():
            self.do(action)
            return
        self._clicked.add(button)
        button.add_class("nn-busy")

        def act() -> None:
            self._clicked.discard(button)
            button.remove_class("nn-busy")
            action()

        self._when_quiet(act, _ROUNDS)

    def _when_quiet(self, action: Callable[[], None], rounds: int) -> None:
        self._typed = False
        began = time.monotonic()

        def look(_: object) -> None:
            # A loop that comes late was held up, and has yet to read what came meanwhile.
            held_up = time.monotonic() - began > 2 * _QUIET
            if rounds > 1 and (self._typed or held_up):
                self._when_quiet(action, rounds - 1)
            else:
                self._typed = False
                action()

        self.run(lambda: time.sleep(_QUIET), look)

    # ── what is done ─────────────────────────────────────────────────────────────────────────

    def do(self, action: Callable[[], None]) -> None:
        """Call *action*, in the panel's language; what it raises is shown in the panel."""
        with texts.speaking(self.language):
            try:
                action()
            except Exception as error:  # noqa: BLE001 - else only the kernel's log would have it
                self.show(error)

    def run(
        self,
        job: Callable[[], _T],
        then: Callable[[Future[_T]], None],
        tick: Callable[[], None] | None = None,
    ) -> None:
        """Run *job* off the kernel's threads, then *then* with what became of it."""
        self._threads = [one for one in self._threads if one.is_alive()]
        ticking = None if tick is None else lambda: self.do(tick)
        with texts.speaking(self.language):
            thread = background.run(job, lambda done: self.do(lambda: then(done)), ticking)
        self._threads.append(thread)

    def back(self, action: Callable[[_T], None]) -> Callable[[_T], None]:
        """What other threads call to have *action* called on this one, in the panel's language."""
        way = background.way_back()
        return lambda given: way(lambda: self.do(lambda: action(given)))

    def wait(self, seconds: float = 30.0) -> None:
        """Wait for what runs off the kernel's threads; for tests, where no loop is waited for."""
        until = time.monotonic() + seconds
        while any(one.is_alive() for one in self._threads) and time.monotonic() < until:
            time.sleep(0.01)

    def show(self, error: BaseException | None) -> None:
        """Show *error* in the panel, without secrets; ``None`` takes it away again."""
        if error is None:
            if self.trouble.value:
                self.trouble.value = ""
            return
        told = scrub(f"{error}" if isinstance(error, NotifyError) else _headline(error))
        body = f"<b>✗</b> {escape(told)}"
        if not isinstance(error, NotifyError):
            trace = scrub("".join(traceback.format_exception(error)))
            body += looks.details(self.say("出错位置", "where it happened"), trace[-_TRACE:])
        self.trouble.value = looks.alert(body)

    def targets_changed(self) -> None:
        """Tell all tabs that targets were added or changed."""
        for call in self.on_targets:
            call()


def _headline(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
