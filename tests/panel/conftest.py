"""A panel without a page: its widgets work all the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import ipywidgets as widgets
import pytest
from ipywidgets.widgets.widget import _instances

from notebook_notify.panel.shell import Panel
from notebook_notify.sender import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from notebook_notify.sandbox import Sandbox

#: A picture of one pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6364f8cf500f0003860180"
    "5a347d6b0000000049454e44ae426082"
)


@pytest.fixture
def make(sandbox: Sandbox) -> Iterator[Callable[..., Panel]]:
    """Makes panels whose targets are the sandbox's."""
    TARGETS.use_sandbox(sandbox.targets)
    made: list[Panel] = []

    def make(language: str = "en") -> Panel:
        made.append(Panel(language))
        made[-1].desk.wait()
        return made[-1]

    yield make
    for panel in made:
        panel.desk.wait()
        panel.close()
    assert not [one for one in _instances.values() if type(one).__name__ == "Textarea"]


@pytest.fixture
def panel(make: Callable[..., Panel]) -> Panel:
    """One panel, in English."""
    return make()


class Page:
    """What a reader does on a panel, and what is read there."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.send_tab = panel.tabs[0]
        self.form = panel.tabs[0].form

    def write(self, text: str, to: str = "wecom_chat") -> None:
        """Choose a target of the sandbox and type a text."""
        self.form.to.value = f"sandbox-{to}"
        self.form.text.value = text
        self.panel.desk.wait()

    def choose(self, name: str, data: bytes) -> None:
        """Choose a file, as the page hands it over."""
        file = {"name": name, "type": "", "size": len(data), "content": memoryview(data)}
        self.form.file.upload.set_state({"value": [{**file, "last_modified": 0}]})
        self.panel.desk.wait()

    def click(self, button: widgets.Button) -> None:
        """Click, and wait for what comes of it."""
        button.click()
        self.panel.desk.wait()

    @property
    def text(self) -> str:
        """All HTML that the panel shows, hidden rows left out."""
        return _text(self.panel.root)

    @property
    def state(self) -> str:
        """What a page may save of all widgets of this process."""
        return repr([_readable(one.get_state()) for one in list(_instances.values())])


def _readable(state: object) -> object:
    """*state* with its buffers as bytes, whose content is seen."""
    if isinstance(state, dict):
        return {key: _readable(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return [_readable(one) for one in state]
    return bytes(state) if isinstance(state, memoryview) else state


def _text(widget: widgets.Widget) -> str:
    if getattr(widget, "layout", None) is not None and widget.layout.display == "none":
        return ""
    inner = "\n".join(map(_text, getattr(widget, "children", ())))
    value = widget.value if isinstance(widget, widgets.HTML) else ""
    return f"{value}\n{inner}"


@pytest.fixture
def page(panel: Panel) -> Page:
    """What a reader does on it."""
    return Page(panel)


@pytest.fixture
def png() -> bytes:
    """A picture of one pixel."""
    return PNG


@pytest.fixture
def page_of() -> type[Page]:
    """The same of another panel."""
    return Page


class SetUp:
    """What a reader does there, and what is read."""

    def __init__(self, panel: Panel, sandbox) -> None:
        self.panel, self.sandbox = panel, sandbox
        self.tab = panel.tabs[1]
        self.choice = self.tab.choice
        self.open(1)

    def open(self, number: int) -> None:
        self.panel.root.children[-1].children[-1].selected_index = number
        self.panel.desk.wait()

    def choose(self, kind: str, name: str, **fields: str) -> None:
        """Choose a channel of the sandbox, and fill fields in."""
        self.choice.platform.value = kind.partition("_")[0]
        self.choice.channel.value = kind
        self.choice.name.value = name
        self.fill(**{"base_url": self.sandbox.url, **fields})

    def choose_app(self, kind: str, name: str, secret, *also: str, **fields: str) -> None:
        """As `choose`, an application's id, a reference to its secret and *also* filled in."""
        target = self.sandbox.targets[f"sandbox-{kind}"]
        own = ("corp_id", "corp_secret") if kind.startswith("wecom") else ("app_key", "app_secret")
        copied = {one: str(target[one]) for one in (own[0], *also)}
        self.choose(kind, name, **copied, **{own[1]: secret(kind, own[1])}, **fields)

    def fill(self, **fields: str) -> None:
        for field, value in fields.items():
            self.rows[field].widget.value = value

    def click(self, button) -> None:
        button.click()
        self.panel.desk.wait()

    @property
    def rows(self):
        return self.choice.fields.rows

    @property
    def group(self):
        return self.tab.groups[self.choice.platform.value]

    @property
    def report(self) -> str:
        return re.sub("<[^>]*>", "", self.tab.report.value)

    @property
    def wrong(self) -> dict[str, str]:
        """What is said beside fields."""
        return {name: row.wrong.value for name, row in self.rows.items() if row.wrong.value}


@pytest.fixture
def setup(sandbox):
    """The tab of a newcomer, in English."""
    panel = Panel("en")
    yield SetUp(panel, sandbox)
    panel.desk.wait()
    panel.close()
    fields = (widgets.Text, widgets.Checkbox, widgets.Dropdown)
    assert not [one for one in _instances.values() if isinstance(one, fields)]


@pytest.fixture
def secret(sandbox, monkeypatch):
    """Puts a secret of the sandbox's into the environment, and gives the reference."""

    def put(kind: str, name: str, value: str | None = None) -> str:
        monkeypatch.setenv("OPS", value or sandbox.targets[f"sandbox-{kind}"][name])
        return "env:OPS"

    return put


@pytest.fixture
def set_up_on() -> type[SetUp]:
    """The same on another panel."""
    return SetUp
