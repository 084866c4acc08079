"""A box in a notebook: a head, and rows of label and text; no script, all text escaped.

Readable without its styles too, which some viewers of notebooks take away.
"""

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
#: JupyterLab's own colour, and the one where that is not known.
_COLOURS = {
    "sent": ("--jp-success-color1", "#2e7d32"),
    "partial": ("--jp-warn-color1", "#b26a00"),
    "queued": ("--jp-info-color1", "#1565c0"),
    "unknown": ("--jp-warn-color1", "#b26a00"),
    "failed": ("--jp-error-color1", "#c62828"),
    "note": ("--jp-border-color1", "#9e9e9e"),
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
    name, plain = _COLOURS[outcome]
    # JupyterLab takes what names a variable out of a notebook that it does not trust yet.
    colour = f"color:{plain};color:var({name}, {plain})"
    edge = f"border-left:3px solid {plain};border-left-color:var({name}, {plain})"
    first = (
        f'<b style="{colour}">{escape(mark)}</b> {escape(head)}'
        if mark
        else f"<b>{escape(head)}</b>"
    )
    quiet = "opacity:.75;" if mark and outcome == "note" else ""
    rows = list(rows)
    width = max([7.2, *(0.65 * len(label) for label, _ in rows)])  # em, of the labels' column
    told = "".join(_row(label, text, width) for label, text in rows)
    return (
        f'<div style="{quiet}{edge};padding:.15em .75em;margin:.3em 0;'
        f'{FONT}"><div style="overflow-wrap:anywhere">{first}</div>{told}</div>'
    )


def _row(label: str, text: str, width: float) -> str:
    marked = len(label) == 1
    width = 1 if marked else width
    named = f'<span style="flex:0 0 {width}em;opacity:.65">{escape(label)}</span>' if label else ""
    # Where there is no room beside a label, its text stands below it; a mark stays in front.
    wraps, least = ("", "0") if marked else ("flex-wrap:wrap;", "14em")
    return (
        f'<div style="display:flex;{wraps}gap:0 .8em;margin-top:.25em">{named} '
        f'<span style="flex:1 1 {least};min-width:0;white-space:pre-wrap;overflow-wrap:anywhere">'
        f"{_linked(text)}</span></div>"
    )


def _linked(text: str) -> str:
    safe = escape(text).replace("\n", "<br>")
    if text.startswith("https://") and " " not in text:
        return f'<a href="{safe}" target="_blank" rel="noopener noreferrer">{safe}</a>'
    return safe
