"""A box in a notebook: a head, and rows of label and text; no script, all text escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: How text of ours is set, in JupyterLab's own font where that is known.
FONT = (
    "font-family:var(--jp-ui-font-family, system-ui, sans-serif);"
    "font-size:var(--jp-ui-font-size1, 13px);line-height:1.5"
)
_PLAIN = "var(--jp-border-color1, #9e9e9e)"
_COLOURS = {
    "sent": "var(--jp-success-color1, #2e7d32)",
    "partial": "var(--jp-warn-color1, #b26a00)",
    "queued": "var(--jp-info-color1, #1565c0)",
    "unknown": "var(--jp-warn-color1, #b26a00)",
    "failed": "var(--jp-error-color1, #c62828)",
    "note": _PLAIN,
}


def box(
    head: str, rows: Iterable[tuple[str, str]] = (), *, mark: str = "", outcome: str = "note"
) -> str:
    """A box in the colour of *outcome*.

    Args:
        head: its first line; bold if no *mark* stands before it.
        rows: labels and texts; a text that is an https address alone becomes a link.
        mark: a sign in the colour of *outcome*.
        outcome: as of a result, or ``note``.
    """
    colour = _COLOURS[outcome]
    first = (
        f'<b style="color:{colour}">{escape(mark)}</b> {escape(head)}'
        if mark
        else f"<b>{escape(head)}</b>"
    )
    quiet = "opacity:.75;" if mark and outcome == "note" else ""
    return (
        f'<div style="{quiet}border-left:3px solid {colour};padding:.15em .75em;margin:.3em 0;'
        f'{FONT}"><div style="overflow-wrap:anywhere">{first}</div>{"".join(map(_row, rows))}</div>'
    )


def _row(row: tuple[str, str]) -> str:
    label, text = row
    width = "1em" if len(label) == 1 else "6.5em"  # of a mark
    named = f'<span style="flex:0 0 {width};opacity:.65">{escape(label)}</span>' if label else ""
    return (
        f'<div style="display:flex;gap:.8em;margin-top:.25em">{named}'
        '<span style="flex:1;min-width:0;white-space:pre-wrap;overflow-wrap:anywhere">'
        f"{_linked(text)}</span></div>"
    )


def _linked(text: str) -> str:
    safe = escape(text)
    if text.startswith("https://") and " " not in text:
        return f'<a href="{safe}" target="_blank" rel="noopener noreferrer">{safe}</a>'
    return safe
