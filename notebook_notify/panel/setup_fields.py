"""The fields of one channel, and what was filled in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from notebook_notify.errors import NotifyError, PlatformError
from notebook_notify.panel.setup_jobs import FieldError
from notebook_notify.panel.setup_row import Row
from notebook_notify.panel.setup_words import at_fault, common, label
from notebook_notify.platforms import SPECS
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from notebook_notify.fields import Spec
    from notebook_notify.panel.desk import Desk
    from notebook_notify.reports import SendResult

#: Fields that hold people one by one: they leave the page with the reader.
_PRIVATE = frozenset({"users", "mention"})


class Fields:
    """The fields of one channel.

    Args:
        desk: the panel's.
        kind: the channel's.
        line: makes the line that asks for a secret in a cell.
        changed: is called when the field *on* is filled in or emptied.
        on: the name of a field.

    Attributes:
        spec: the channel.
        rows: its fields by name, in their order.
        box: all of them.
    """

    def __init__(
        self,
        desk: Desk,
        kind: str,
        line: Callable[[], str],
        changed: Callable[[], None],
        on: str | None,
    ) -> None:
        self.spec: Spec = SPECS[kind]
        self.rows = {
            one.name: Row(desk, one, line, made=one.name == on) for one in self.spec.all_fields
        }
        self._away: dict[str, str] = {}
        self._more = desk.field(
            widgets.Checkbox(indent=False),
            ("更多设置", "More settings"),
            ("代理、API 地址等，多数情况不需要", "proxy, API address and so on; rarely needed"),
        )
        first = [row.box for row in self.rows.values() if common(row.field)]
        rest = widgets.VBox([row.box for row in self.rows.values() if not common(row.field)])
        rest.layout.display = "none"

        def show_rest() -> None:
            rest.layout.display = "" if self._more.value else "none"

        desk.watch(self._more, show_rest)
        if on is not None:
            desk.watch(self.rows[on].widget, changed)
        self.box = widgets.VBox([*first, self._more, rest])

    def fill(self, saved: Mapping[str, object]) -> None:
        """Show the fields of a saved target; secrets as references or not at all."""
        self._away = {}
        for name, row in self.rows.items():
            row.fill(saved.get(name))
        self._more.value = any(
            saved.get(name) is not None for name, row in self.rows.items() if not common(row.field)
        )

    def keep(self, saved: Mapping[str, object]) -> None:
        """These are saved by now; what was filled in stays."""
        for name, row in self.rows.items():
            row.keep(saved.get(name))

    def tell(self) -> None:
        """Say all hints in the panel's language."""
        for row in self.rows.values():
            row.tell()

    def clear(self) -> None:
        """Nothing is wrong any more."""
        for row in self.rows.values():
            row.clear()

    def values(self) -> dict[str, Any] | None:
        """What was filled in; ``None`` if some of it cannot be used, which is said beside it."""
        self.clear()
        found: dict[str, Any] = {}
        good = True
        for name, row in self.rows.items():
            try:
                value = row.value()
            except NotifyError as error:
                self.fail(name, str(error))
                good = False
            else:
                if value is not None:
                    found[name] = value
        return found if good else None

    def lacking(self, values: Mapping[str, object], but: Iterable[str] = ()) -> list[str]:
        """What *values* lack, beside *but*, which is said beside it."""
        names = [one.name for one in self.spec.lacking(values) if one.name not in but]
        for name in names:
            told = say(*label(self.rows[name].field))  # where it is found says its hint
            self.fail(name, say(f"必填：{told}", f"needed: {told}"))
        return names

    def secrets_lacking(self, values: Mapping[str, object]) -> list[str]:
        """The names of the secrets that *values* lack."""
        return [one.name for one in self.spec.lacking(values) if one.secret]

    def fail(self, name: str, why: str) -> None:
        """Say beside a field what is wrong with it."""
        row = self.rows[name]
        if not common(row.field):
            self._more.value = True
        row.fail(why)

    def blame(self, error: NotifyError) -> bool:
        """Say *error* beside what it is about, if it is about one of these; whether it was."""
        name: str | None = None
        if isinstance(error, FieldError):
            name = error.field
        elif isinstance(error, PlatformError):
            name = at_fault(self.spec.platform, error.result.code)
        if name not in self.rows:
            return False
        self.fail(name, str(error))
        return True

    def blame_result(self, result: SendResult) -> None:
        """The same of what became of a proof or a message."""
        name = at_fault(self.spec.platform, result.code)
        if result.outcome == "failed" and name in self.rows and result.advice is not None:
            self.fail(name, f"{result.advice.what} · {result.advice.todo}")

    def leave(self) -> None:
        """Keep people's ids in the kernel's memory alone."""
        for name in _PRIVATE & set(self.rows):
            widget = self.rows[name].widget
            self._away[name] = widget.value or self._away.get(name, "")
            widget.value = ""

    def back(self) -> None:
        """Show them again."""
        for name, value in self._away.items():
            self.rows[name].widget.value = value
        self._away = {}
