"""``{fields}`` of a magic line, filled in from the user's variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from notebook_notify.notebook.options import SECRET_OPTIONS, Options
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIELD = re.compile(
    r"(?<!\{)\{([^\W\d]\w*)((?:\.[^\W\d]\w*|\[[^\[\]{}]+\])*)(![rsa])?(:[^{}]*)?\}(?!\})"
)


def fill(text: str, namespace: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Fill the ``{fields}`` of *text* from *namespace*; the rest stays as typed.

    A field is a name with attributes and keys, a conversion and a format: ``{loss:.4f}``,
    ``{table.shape}``, ``{best[lr]!r}``. Doubled braces are no field.

    Returns:
        The text, and the fields that could not be filled in, which stay as typed.
    """
    failed: list[str] = []

    def value(match: re.Match[str]) -> str:
        try:
            # One field at a time: a failing one must not take the others with it.
            return match[0].format_map(namespace)
        except (Exception, SystemExit):  # noqa: BLE001 - whatever the user's objects raise
            failed.append(match[0])
            return match[0]

    return _FIELD.sub(value, text), failed


def explicit_fields(options: Options, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The target's fields of the line, ``{name}`` being looked up; raises ``UsageError``."""
    from notebook_notify.secret import Secret

    fields: dict[str, Any] = {}
    for name, given in options.explicit.items():
        reference = re.fullmatch(r"\{(\w+)\}", given)
        if reference is None:
            fields[name] = given
        elif reference[1] in namespace:
            value = namespace[reference[1]]
            literal = name in SECRET_OPTIONS and not isinstance(value, Secret)
            fields[name] = Secret(str(value)) if literal else value
        else:
            option = f"--{name.replace('_', '-')}"
            raise UsageError(
                say(f"{option}：没有变量 {reference[1]}", f"{option}: no variable {reference[1]}")
            )
    return fields
