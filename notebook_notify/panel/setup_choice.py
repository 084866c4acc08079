"""Which target is set up: a new one by its name, platform and channel, or one that is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from notebook_notify import sender
from notebook_notify.grouping import GROUP_FIELDS
from notebook_notify.panel import looks
from notebook_notify.panel.setup_fields import Fields
from notebook_notify.panel.setup_words import ABOUT, PLATFORMS, by_default, offered
from notebook_notify.platforms import SPECS
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.panel.desk import Desk


class Choice:
    """What is chosen, and the fields that this asks for.

    Args:
        desk: the panel's.
        another: is called when another target or channel is chosen.
        grouped: is called when the group's field is filled in or emptied.

    Attributes:
        saved: which saved target is changed; an empty text for a new one.
        name: what the new one is called.
        platform: whose channels are offered.
        channel: where messages go.
        default: whether its magic uses it when none is named.
        box: all but ``default``, which belongs to the end of the form.
    """

    def __init__(
        self, desk: Desk, another: Callable[[], None], grouped: Callable[[], None]
    ) -> None:
        self._desk, self._another, self._grouped = desk, another, grouped
        self._filling = False
        self._made: dict[str, Fields] = {}
        self.saved: Any = desk.field(
            widgets.Dropdown(options=[("", "")]),
            ("目标", "Target"),
            ("新建一个，或修改已保存的", "make a new one, or change one that is saved"),
        )
        self.name: Any = desk.field(
            widgets.Text(),
            ("名称", "Name"),
            ("以后用这个名称指明发到哪里", "what you call it when you send"),
        )
        desk.word(self.name, "placeholder", "例如 研究组", "e.g. research")
        self._wrong = widgets.HTML()
        self.platform: Any = desk.field(
            widgets.Dropdown(options=offered_platforms()),
            ("平台", "Platform"),
            ("企业微信或钉钉", "WeCom or DingTalk"),
        )
        self.channel: Any = desk.field(
            widgets.Dropdown(options=offered(self.platform.value)),
            ("通道", "Channel"),
            ("用哪种方式发", "by which way messages go"),
        )
        self._about = widgets.HTML()
        self._place = widgets.VBox()
        self.default = widgets.Checkbox(
            indent=False, description=by_default(SPECS[self.channel.value])
        )
        for widget, action in (
            (self.saved, self._choose),
            (self.platform, self._offer_channels),
            (self.channel, self._turn),
        ):
            desk.watch(widget, self._unless_filling(action))
        pair = widgets.HBox([self.platform, self.channel])
        pair.add_class("nn-pair")
        first = widgets.VBox([self.saved, self.name, self._wrong, pair, self._about])
        self.box = widgets.HBox([first, self._place])
        self.box.add_class("nn-columns")

    def _unless_filling(self, action: Callable[[], None]) -> Callable[[], None]:
        return lambda: None if self._filling else action()

    # ── what is chosen ───────────────────────────────────────────────────────────────────────

    @property
    def fields(self) -> Fields:
        """Those of the channel that is chosen."""
        kind = self.channel.value
        if kind not in self._made:
            on = GROUP_FIELDS.get(kind)
            self._made[kind] = made = Fields(self._desk, kind, self._line, self._grouped, on)
            made.fill({})
            # Those of other channels are hidden and stay, so that the panel closes them too.
            made.box.layout.display = "none"
            self._place.children = [*self._place.children, made.box]
        return self._made[kind]

    def values(self) -> dict[str, Any] | None:
        """What was filled in; ``None`` if it cannot be used, which is said beside it."""
        self._reread()
        return self.fields.values()

    def _reread(self) -> None:
        """A cell may have asked for the secret meanwhile."""
        old = sender.TARGETS.config.targets.get(self.saved.value)
        if old is not None:
            self.fields.keep(old.fields)

    def _line(self) -> str:
        """What asks in a cell for its secret."""
        return f"%notify_setup {self.name.value.strip() or say('名称', 'NAME')} --secret"

    def good_name(self) -> str | None:
        """What it is called; ``None`` if that cannot be, which is said beside it."""
        self._wrong.value = ""
        if self.saved.value:
            return str(self.saved.value)
        name = str(self.name.value).strip()
        if not name:
            self.fail(say("必填：以后怎么称呼它", "needed: what you will call it"))
            return None
        if name in sender.TARGETS.config.targets:
            self.fail(
                say(
                    f"{name} 已存在：换个名称，或在上面选它来修改",
                    f"{name} exists: choose another name, or choose it above to change it",
                )
            )
            return None
        return name

    def fail(self, why: str) -> None:
        """Say beside the name what is wrong with it."""
        self._wrong.value = looks.alert(f"<b>✗</b> {looks.escape(scrub(why))}")

    # ── coming and going ─────────────────────────────────────────────────────────────────────

    def refresh(self) -> None:
        """Offer what there is now, in the panel's language; what was filled in stays."""
        self._filling = True
        try:
            self._offer_saved(self.saved.value)
            _offer(self.platform, offered_platforms())
            _offer(self.channel, offered(self.platform.value))
        finally:
            self._filling = False
        self._reread()
        self._show()

    def leave(self) -> None:
        """Ids of people are in the kernel's memory alone."""
        for fields in self._made.values():
            fields.leave()

    def become(self, name: str) -> None:
        """Change what is saved as *name* from here on; with an empty text, begin a new one."""
        self._filling = True
        try:
            self._offer_saved(name)
        finally:
            self._filling = False
        self._choose()

    def _offer_saved(self, chosen: str) -> None:
        names = list(sender.TARGETS.config.targets)
        self.saved.options = [(say("新建", "New"), ""), *((one, one) for one in names)]
        self.saved.value = chosen if chosen in names else ""

    def _choose(self) -> None:
        """Begin anew, or show what is saved of the target that was chosen."""
        old = sender.TARGETS.config.targets.get(self.saved.value)
        for fields in self._made.values():
            fields.fill({})
        self._filling = True
        try:
            self.name.value = self.saved.value
            if old is not None:
                self.platform.value = SPECS[old.channel].platform
                self.channel.options = offered(self.platform.value)
                self.channel.value = old.channel
        finally:
            self._filling = False
        self.fields.fill(old.fields if old is not None else {})
        self._turn()

    def _offer_channels(self) -> None:
        self._filling = True
        try:
            self.channel.options = offered(self.platform.value)
        finally:
            self._filling = False
        self._turn()

    def _turn(self) -> None:
        """Another target or channel was chosen."""
        current = sender.TARGETS.config.defaults.get(self.fields.spec.magic)
        self.default.value = current in (None, self.saved.value)
        self._wrong.value = ""
        self._show()
        self._another()

    def _show(self) -> None:
        fields = self.fields
        fields.back()
        changing = bool(self.saved.value)
        for widget in (self.name, self.platform, self.channel):
            widget.layout.display = "none" if changing else ""
        told = say(*ABOUT[fields.spec.kind])
        title = say(*fields.spec.title)
        self._about.value = looks.hint(f"{title} · {told}" if changing else told)
        for one in self._place.children:  # first all others: a page may draw in between
            if one is not fields.box:
                one.layout.display = "none"
        fields.box.layout.display = ""
        fields.tell()
        self.default.description = by_default(fields.spec)


def offered_platforms() -> list[tuple[str, str]]:
    """The platforms as (name, key)."""
    return [(say(*pair), key) for key, pair in PLATFORMS.items()]


def _offer(menu: Any, options: list[tuple[str, str]]) -> None:
    """Offer *options* in place of others with the same values; what was chosen stays."""
    chosen = menu.value
    menu.options = options
    menu.value = chosen
