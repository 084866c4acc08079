"""How Markdown and a file's beginning look: by class on the page, by style in a fragment.

The page's policy forbids inline styles, and a notebook's output has no stylesheet of ours: what
draws is given one of these two tables, from the name of a part to its attribute.
"""

from __future__ import annotations

from collections.abc import Mapping

Looks = Mapping[str, str]

_STYLES = {
    "line": "min-height:1.55em;white-space:pre-wrap",
    "block": "margin:5px 0",
    "h1": "font-weight:700;font-size:19px;margin:2px 0 4px",
    "h2": "font-weight:700;font-size:17.5px;margin:2px 0 4px",
    "h3": "font-weight:700;font-size:16px;margin:2px 0 4px",
    "h4": "font-weight:700;font-size:15px;margin:2px 0 3px",
    "h5": "font-weight:700;font-size:14px;margin:2px 0 3px",
    "h6": "font-weight:700;font-size:13px;margin:2px 0 3px",
    "quote": "border-left:3px solid #c4c8cf;padding-left:9px;color:#5f6570;white-space:pre-wrap",
    "cited": "border-left:3px solid #c4c8cf;padding-left:9px;color:#5f6570;margin:5px 0",
    "item": "display:flex;gap:7px;margin:0 0 3px",
    "mark": "flex:none;min-width:1em;text-align:right;color:#5f6570",
    "link": "color:#0b57d0;text-decoration:none",
    "code": (
        "background:#f0f1f3;color:#181818;border-radius:4px;padding:1px 4px;"
        "font:13px/1.4 ui-monospace,Menlo,Consolas,monospace"
    ),
    "fenced": (
        "background:#f0f1f3;color:#181818;border-radius:4px;margin:5px 0;padding:5px 8px;"
        "font:12px/1.45 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap"
    ),
    "info": "color:#14804a",
    "comment": "color:#6b6b6b",
    "warning": "color:#b85c00",
    "absent": "color:#6b6b6b",
    "called": (
        "color:#0b57d0;font-weight:600;font-size:13px;margin:4px 2px 0;overflow-wrap:anywhere"
    ),
    "sheet": (
        "margin:6px 0 0;border-collapse:collapse;table-layout:auto;width:auto;max-width:100%;"
        "background:#fff;color:#181818;font-size:12px;line-height:1.35"
    ),
    "head": (
        "border:1px solid #d5d9e0;background:#f2f4f7;color:#181818;padding:3px 7px;"
        "text-align:left;font-weight:600;overflow-wrap:anywhere"
    ),
    "cell": (
        "border:1px solid #d5d9e0;background:#fff;color:#181818;padding:3px 7px;"
        "text-align:left;overflow-wrap:anywhere"
    ),
    "lines": (
        "margin:6px 0 0;background:#fff;color:#181818;border-radius:7px;padding:7px 10px;"
        "font:12px/1.45 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;"
        "overflow-wrap:anywhere"
    ),
    "more": "color:#6b6b6b;font-size:12px;margin:3px 2px 0",
}

PAGE: Looks = {name: f'class="{name}"' for name in _STYLES}
FRAGMENT: Looks = {name: f'style="{style}"' for name, style in _STYLES.items()}
