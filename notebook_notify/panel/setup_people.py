"""DingTalk's people, to be ticked. What is known of them is in the kernel's memory alone.

The page has the names of those who are shown, and only while its reader looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as widgets

from notebook_notify.panel import looks
from notebook_notify.platforms.dingtalk_admin import ROOT
from notebook_notify.reports import one_line
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from notebook_notify.admin.dingtalk import DingTalkApp
    from notebook_notify.panel.desk import Desk
    from notebook_notify.panel.setup_work import Work
    from notebook_notify.platforms.dingtalk_admin import Department, Member

#: So many people are shown at once; the search finds the others.
_SHOWN = 40
#: How long a department with all below it may take, in seconds.
_TIMEOUT = 60.0


class People:
    """A list to tick.

    Args:
        desk: the panel's.
        work: what goes on in its tab.
        app: the application that may look; raises ``NotifyError``.
        changed: is called when others are ticked.
        failed: is given what stopped a look-up.

    Attributes:
        ticked: the names of those who are ticked, by user id, in the order of ticking.
        department: where to look.
        deep: whether departments below it are looked into, too.
        look: the button that does.
        search: what names are searched for.
        rows: the boxes to tick.
        box: all of them.
    """

    def __init__(
        self,
        desk: Desk,
        work: Work,
        app: Callable[[], DingTalkApp],
        changed: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._desk, self._work, self._app = desk, work, app
        self._changed, self._failed = changed, failed
        self._departments: list[tuple[int, str]] = []
        self._found: list[Member] = []
        self._shown: list[str] = []
        self._hidden = 0
        self._drawing = False
        self._open = False
        self.ticked: dict[str, str] = {}
        self.department = desk.field(
            widgets.Dropdown(options=[("", ROOT)]),
            ("部门", "Department"),
            ("在哪个部门里找人", "in which department to look for people"),
        )
        self.deep = desk.field(
            widgets.Checkbox(value=True, indent=False, layout={"margin": "0"}),
            ("含下级部门", "And departments below it"),
            ("人很多时去掉，逐个部门找", "untick it if there are very many people"),
        )
        self.look = desk.button(
            ("列出成员", "List people"),
            ("向钉钉查询这个部门的成员", "ask DingTalk for the people of this department"),
            self._look,
        )
        self.told = widgets.HTML(looks.status(""))
        self.search = desk.field(
            widgets.Text(),
            ("按姓名或 UserID 查找", "Search by name or user id"),
            ("只显示含有这些字的成员", "show only people that contain this"),
        )
        self._rows = widgets.VBox(
            layout={
                "max_height": "230px",
                "overflow": "auto",
                "border": "1px solid var(--nn-line)",
                "padding": "6px 8px 0",
                "margin": "0 0 10px",
            }
        )
        self.rows: list[widgets.Checkbox] = []
        desk.watch(self.search, self._draw)
        row = widgets.HBox([self.look, self.deep])
        row.add_class("nn-row")
        self.box = widgets.VBox([self.department, row, self.told, self.search, self._rows])
        self._hide_empty()

    # ── coming and going ─────────────────────────────────────────────────────────────────────

    def show(self) -> None:
        """Its reader looks: show what was found, in the panel's language."""
        self._open = True
        self._offer()
        self._draw()

    def leave(self) -> None:
        """Its reader looks elsewhere: no name stays in the page."""
        self._open = False
        self._drawing = True
        try:
            self.search.value = ""
            self.department.options = [("", ROOT)]
            self._blank(self.rows)
        finally:
            self._drawing = False
        self.told.value = looks.status("")

    def forget(self) -> None:
        """Know nobody any more."""
        self.ticked, self._found, self._departments = {}, [], []
        shown = self._open
        self.leave()
        if shown:
            self.show()

    # ── looking ──────────────────────────────────────────────────────────────────────────────

    def _look(self) -> None:
        if self._work.busy:
            return
        try:
            app = self._app()
        except Exception as error:  # noqa: BLE001 - shown beside the field that it is about
            self._failed(error)
            return
        app.timeout = _TIMEOUT
        where, deep = self.department.value or ROOT, self.deep.value

        def look() -> tuple[list[Department], list[Member]]:
            return app.departments(where, deep=deep), app.members(where, deep=deep)

        def found(done: Future[tuple[list[Department], list[Member]]]) -> None:
            try:
                below, self._found = done.result()
            except Exception as error:  # noqa: BLE001 - as above
                self._failed(error)
                return
            self._note(below)
            if self._open:
                self.show()
                if not self._found:
                    self.told.value = looks.status(
                        say("这个部门里没有成员", "there is nobody in this department")
                    )

        self._work.run(
            self.look, self.told, say("正在查找成员…", "Looking people up…"), look, found
        )

    def _note(self, below: list[Department]) -> None:
        """Offer these departments from now on, each after the one that it is below."""
        paths = dict(self._departments)
        for one in below:  # the nearer first
            above = paths.get(one.parent)
            paths[one.id] = f"{above} / {one_line(one.name)}" if above else one_line(one.name)
        self._departments = sorted(paths.items(), key=lambda one: one[1])

    def _offer(self) -> None:
        chosen = self.department.value
        whole = say("整个公司", "The whole company")
        self.department.options = [(whole, ROOT), *((path, key) for key, path in self._departments)]
        if chosen in dict(self._departments):
            self.department.value = chosen

    # ── ticking ──────────────────────────────────────────────────────────────────────────────

    def _draw(self) -> None:
        if self._drawing or not self._open:
            return
        wanted = self.search.value.strip().casefold()
        fit = [one for one in self._found if wanted in f"{one.name}\n{one.id}".casefold()]
        # Those who are ticked stay in view whatever is searched for.
        ticked = [one for one in self._found if one.id in self.ticked and one not in fit]
        shown = [*ticked, *fit][: _SHOWN + len(ticked)]
        self._shown = [one.id for one in shown]
        while len(self.rows) < len(shown):
            self.rows.append(self._new(len(self.rows)))
        self._rows.children = self.rows
        self._drawing = True
        try:
            for box, one in zip(self.rows, shown, strict=False):
                box.layout.display = ""
                box.description = f"{one_line(one.name)} · {one_line(one.id)}"
                box.value = one.id in self.ticked
            self._blank(self.rows[len(shown) :])
        finally:
            self._drawing = False
        self._hide_empty()
        self._hidden = len(fit) + len(ticked) - len(shown)
        self._tell()

    def _blank(self, boxes: list[widgets.Checkbox]) -> None:
        for box in boxes:
            box.description, box.value, box.layout.display = "", False, "none"

    def _new(self, at: int) -> widgets.Checkbox:
        box = widgets.Checkbox(indent=False)
        self._desk.watch(box, lambda: self._tick(at))
        return box

    def _tick(self, at: int) -> None:
        if self._drawing:
            return
        key = self._shown[at]
        if self.rows[at].value:
            self.ticked[key] = next(one_line(one.name) for one in self._found if one.id == key)
        else:
            self.ticked.pop(key, None)
        self._tell()
        self._changed()

    def _hide_empty(self) -> None:
        shown = "" if self._found else "none"
        self.search.layout.display = self._rows.layout.display = shown

    def _tell(self) -> None:
        if not self._found:
            self.told.value = looks.status("")
            return
        many, ticked = len(self._found), len(self.ticked)
        told = [say(f"找到 {many} 人，已勾选 {ticked} 人", f"{many} found, {ticked} ticked")]
        if self._hidden:
            told.append(
                say(
                    f"还有 {self._hidden} 人没有显示，请查找",
                    f"{self._hidden} more are not shown: search",
                )
            )
        self.told.value = looks.status(say("；", "; ").join(told))
