"""A magic line that is ready: everything about it is found before the cell runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from notebook_notify import sender
from notebook_notify.errors import NotifyError
from notebook_notify.notebook.filling import explicit_fields, fill
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.notebook.options import Options
    from notebook_notify.targets import Target


@dataclass(frozen=True, slots=True)
class Call:
    """A magic line that is ready: everything about it was found before the cell runs.

    Attributes:
        options: as parsed.
        targets: where to.
        alerts: where to if the cell fails.
        title: filled in, or ``None``.
        notes: what the reader of the box should know.
    """

    options: Options
    targets: tuple[Target, ...]
    alerts: tuple[Target, ...]
    title: str | None
    notes: tuple[str, ...] = ()


def make_call(options: Options, family: str | None, shell: Any) -> Call:
    """Resolve what *options* name; raises ``UsageError``, for nothing ran yet."""
    try:
        explicit = explicit_fields(options, shell.user_ns)
        targets = sender.find(options.to, magic=family, explicit=explicit)
        alerts: list[Target] = []
        for one in map(sender.alert_for, targets):
            if one not in alerts:  # several may have their failures go to one and the same
                alerts.append(one)
    except NotifyError as error:
        message = str(error)
    else:
        title, failed = fill(options.title or "", shell.user_ns)
        return Call(options, tuple(targets), tuple(alerts), title or None, unfilled(failed))
    raise UsageError(message)


def unfilled(failed: Sequence[str]) -> tuple[str, ...]:
    """What the reader of the box is told of fields that stay as typed."""
    if not failed:
        return ()
    fields = say("、", ", ").join(failed)
    return (
        say(f"未能填入，保持原样：{fields}", f"could not be filled in, left as typed: {fields}"),
    )


def cell_of(count: int | None) -> str:
    """A cell as the notebook numbers it, e.g. ``[12]``; empty if it has no number."""
    return f"[{count}]" if count is not None else ""


def title_of(call: Call, notebook: str, cell: str) -> str:
    """What a message calls a cell: as the user does, else by its notebook, else by its number."""
    named = call.title or notebook.removesuffix(".ipynb")
    return named or say(f"单元 {cell}", f"cell {cell}").strip()
