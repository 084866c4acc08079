"""The panel as a whole."""

from __future__ import annotations

import subprocess
import sys

import ipywidgets as widgets
import pytest
from IPython.core.error import UsageError
from IPython.utils.capture import capture_output

from notebook_notify import panel as panels
from notebook_notify.errors import TargetError
from notebook_notify.panel.desk import Desk
from notebook_notify.panel.shell import TABS, Panel
from notebook_notify.secret import remember


def _walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _walk(child)


def test_nothing_typed_is_lost_when_the_language_is_switched(page, png) -> None:
    """Chinese and English change places at once; fields, file and choice stay."""
    page.write("halb fertig", to="dingtalk_chat")
    page.choose("a.png", png)
    page.click(page.panel.language)
    assert page.form.text.description == "内容"
    assert page.send_tab.send.description == "发送"
    assert "预览" in page.send_tab.count.value
    assert "钉钉群" in dict(map(reversed, page.form.to.options))["sandbox-dingtalk_chat"]
    assert page.form.text.value == "halb fertig"
    assert page.form.to.value == "sandbox-dingtalk_chat"
    assert page.form.letter().attachment.name == "a.png"
    page.click(page.panel.language)
    assert page.form.text.description == "Message"


def test_every_field_has_a_label_and_every_button_a_tooltip(make) -> None:
    """In both languages: a label that is tied to its field, a text and a tooltip on each button."""
    seen = set()
    for language in ("zh", "en"):
        for widget in _walk(make(language).root):
            if isinstance(widget, widgets.Button | widgets.FileUpload):
                assert widget.description
                assert widget.tooltip
            elif isinstance(
                widget, widgets.Text | widgets.Textarea | widgets.Dropdown | widgets.Checkbox
            ):
                assert widget.description, widget
                assert not getattr(widget, "description_allow_html", False)
            else:
                continue
            seen.add((language, type(widget).__name__))
    kinds = ("Button", "Upload", "Textarea", "Text", "Dropdown", "Checkbox")
    assert seen >= {(language, kind) for language in ("zh", "en") for kind in kinds}


def test_an_error_of_ours_is_shown_without_secrets(page) -> None:
    """A callback that fails says so in the panel, with where; what is secret is masked."""
    remember("s3cr3t-value")

    def fail() -> None:
        raise RuntimeError("no good: s3cr3t-value <b>")

    page.panel.desk.do(fail)
    assert "RuntimeError: no good" in page.text
    assert "s3cr3t-value" not in page.text
    assert "&lt;b&gt;" in page.text
    assert "test_shell.py" in page.text
    page.panel.desk.run(fail, lambda done: done.result())
    page.panel.desk.show(None)
    page.panel.desk.wait()
    page.panel.desk.do(fail)
    page.panel.desk.show(TargetError("just this"))
    assert "Traceback" not in page.text


def test_a_tab_of_another_maker() -> None:
    """Who adds a tab hands in what makes it; it is refreshed when it is opened, and left."""
    calls = []

    class Other:
        title = ("另", "Other")

        def __init__(self, desk: Desk) -> None:
            self.box = widgets.VBox([desk.trouble])

        def refresh(self) -> None:
            calls.append("refresh")

        def leave(self) -> None:
            calls.append("leave")

    panel = Panel("en", tabs=[Other, Other])
    tabs = panel.root.children[-1].children[-1]
    assert tabs.titles == ("Other", "Other")
    tabs.selected_index = 1
    assert calls == ["refresh", "leave", "refresh"]
    panel.close()


def test_what_is_shown_where_no_panel_can_be(shell, make) -> None:
    """A page without the kernel, and nbconvert, show a text; it names nothing of the user's."""
    with capture_output() as shown:
        make("zh")._ipython_display_()
    instead, view = (one.data for one in shown.outputs)
    assert "请运行显示它的单元" in instead["text/html"]
    assert "%notify --to" in instead["text/plain"]
    assert "sandbox-wecom" not in repr(instead)
    assert set(view) == {"text/html", "application/vnd.jupyter.widget-view+json"}


def test_shown_twice_it_is_the_same(shell, make) -> None:
    """Both views are of one panel: what is typed in one stands in the other."""
    panel = make()
    with capture_output() as first:
        panel._ipython_display_()
    with capture_output() as second:
        panel._ipython_display_()
    assert first.outputs[1].data == second.outputs[1].data


def test_in_a_terminal_it_says_what_to_do_instead(shell) -> None:
    """`%notify_panel` without a kernel shows a text and makes no widget."""
    with capture_output() as shown:
        shell.run_line_magic("notify_panel", "")
    with capture_output() as again:
        panels.show()
    for one in (shown, again):
        assert "In a terminal" in one.outputs[0].data["text/plain"]


def test_a_wrong_language_is_told(shell) -> None:
    """`%notify_panel fr` is refused in one line."""
    with pytest.raises(UsageError, match="zh, en or nothing"):
        panels.notify_panel("fr")


def test_unloading_takes_the_magic_away(shell) -> None:
    """After `%unload_ext` there is no `%notify_panel`."""
    from notebook_notify import load_ipython_extension, unload_ipython_extension

    assert "notify_panel" in shell.magics_manager.magics["line"]
    unload_ipython_extension(shell)
    assert "notify_panel" not in shell.magics_manager.magics["line"]
    load_ipython_extension(shell)


def test_the_name_can_be_imported_alone() -> None:
    """`from notebook_notify import panel` is cheap: no widget library before it is shown."""
    code = (
        "import sys\nfrom notebook_notify import panel\nassert panel.show.__doc__\n"
        "print('ipywidgets' in sys.modules, 'IPython' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_tabs_stand_in_this_order(make) -> None:
    """Sending is what opens."""
    first, *_, last = (one.title[1] for one in TABS)
    assert (first, last) == ("Message", "Sandbox")
    assert make().root.children[-1].children[-1].selected_index == 0
