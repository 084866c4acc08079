"""How a report looks in a notebook: a box a result, no script."""

from __future__ import annotations

from html import escape

_COLOURS = {
    "sent": "var(--jp-success-color1, #2e7d32)",
    "partial": "var(--jp-warn-color1, #b26a00)",
    "unknown": "var(--jp-warn-color1, #b26a00)",
    "failed": "var(--jp-error-color1, #c62828)",
    "note": "var(--jp-border-color1, #9e9e9e)",
}


def html_of(outcome: str, lines: list[tuple[str, str]]) -> str:
    """A box of *lines*, as (label, text), in the colour of *outcome*; all text escaped."""
    (mark, head), *rest = lines
    rows = "".join(
        f'<div style="display:flex;gap:.8em;margin-top:.25em">'
        f'<span style="flex:0 0 5.5em;opacity:.65">{escape(label)}</span>'
        f'<span style="flex:1;min-width:0;white-space:pre-wrap;overflow-wrap:anywhere">'
        f"{_linked(body)}</span></div>"
        for label, body in rest
    )
    quiet = "opacity:.75;" if outcome == "note" else ""
    return (
        f'<div style="{quiet}border-left:3px solid {_COLOURS[outcome]};padding:.15em .75em;'
        "margin:.3em 0;font-family:var(--jp-ui-font-family, system-ui, sans-serif);"
        'font-size:var(--jp-ui-font-size1, 13px);line-height:1.5">'
        f'<div style="overflow-wrap:anywhere"><b style="color:{_COLOURS[outcome]}">'
        f"{escape(mark)}</b> {escape(head)}</div>{rows}</div>"
    )


def _linked(text: str) -> str:
    safe = escape(text)
    if text.startswith("https://") and " " not in text:
        return f'<a href="{safe}" target="_blank" rel="noopener noreferrer">{safe}</a>'
    return safe
