"""How the panel looks: one style sheet, in JupyterLab's own colours where those are known.

No script and nothing from outside. What comes from people or platforms is escaped here.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from notebook_notify.boxes import box
from notebook_notify.sandbox import markup
from notebook_notify.sandbox.looks import FRAGMENT
from notebook_notify.sandbox.page_text import clean, size_text
from notebook_notify.sizes import size_of
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from notebook_notify.panel.drafting import Preview

__all__ = [
    "ROOT",
    "alert",
    "box",
    "bubbles",
    "count",
    "details",
    "escape",
    "heading",
    "hint",
    "outcome",
    "paragraph",
    "refused",
    "size",
    "status",
    "style",
    "table",
    "warning",
]

#: The class of a panel's outermost box.
ROOT = "notebook-notify-panel"

_FALLBACKS = (
    "--nn-line:var(--jp-border-color1,#bdbdbd);--nn-soft:var(--jp-layout-color2,#f5f5f5);"
    "--nn-paper:var(--jp-layout-color1,#fff);--nn-ink:var(--jp-ui-font-color1,#212121);"
    "--nn-quiet:var(--jp-ui-font-color2,#616161);--nn-brand:var(--jp-brand-color1,#1976d2);"
    "--nn-bad:var(--jp-error-color1,#c62828);--nn-warn:var(--jp-warn-color1,#b26a00);"
    "--nn-good:var(--jp-success-color1,#2e7d32)"
)
_RULES = {
    "": (
        f"{_FALLBACKS};max-width:1080px;color:var(--nn-ink);padding:2px;"
        "font-family:var(--jp-ui-font-family,system-ui,sans-serif);overflow:hidden"
    ),
    " .nn-head": "justify-content:space-between;align-items:center;flex-wrap:wrap;gap:4px 12px",
    " .nn-title": "font-size:15px;font-weight:600;line-height:28px;margin:0;padding:0;border:0",
    " a": "text-decoration:underline",
    # ── tabs ──
    " .jupyter-widget-tab": "margin:0;max-width:100%",
    " .jupyter-widget-tab > .lm-TabBar .lm-TabBar-tab": (
        "flex:0 1 auto;min-width:0;padding:0 16px;line-height:32px;height:34px;border:0;"
        "border-bottom:3px solid transparent;background:none;color:var(--nn-quiet)"
    ),
    " .jupyter-widget-tab > .lm-TabBar .lm-TabBar-tab::before": "display:none",
    " .jupyter-widget-tab > .lm-TabBar .lm-TabBar-tab.lm-mod-current": (
        "border-bottom-color:var(--nn-brand);color:var(--nn-ink);font-weight:600;transform:none"
    ),
    " .jupyter-widget-tab > .lm-TabBar": "overflow:visible;min-height:34px",
    " .jupyter-widget-tab > .widget-tab-contents": (
        "border:1px solid var(--nn-line);border-radius:0 0 6px 6px;padding:14px;margin:0;"
        "background:var(--nn-paper);overflow:hidden"
    ),
    # ── fields: the label above what it labels, so that 340 px are enough ──
    " .widget-inline-hbox": (
        "flex-direction:column;align-items:stretch;width:auto;height:auto;margin:0 0 10px;"
        "overflow:visible"
    ),
    " .widget-inline-hbox > .widget-label": (
        "width:auto;max-width:100%;text-align:left;height:auto;line-height:1.5;font-weight:600;"
        "margin:0 0 3px;white-space:normal;overflow:visible"
    ),
    " textarea": "min-height:7.5em;line-height:1.5;resize:vertical;padding:6px 8px;margin:0",
    " select, .notebook-notify-panel input[type=text]": "height:32px;padding:0 8px;margin:0",
    # ipywidgets' own arrow is black in any theme.
    " .widget-dropdown > select": (
        "background-image:linear-gradient(45deg,transparent 50%,var(--nn-quiet) 50%),"
        "linear-gradient(135deg,var(--nn-quiet) 50%,transparent 50%);"
        "background-position:calc(100% - 15px) 13px,calc(100% - 10px) 13px;"
        "background-size:5px 5px;background-repeat:no-repeat;padding-right:26px"
    ),
    " .widget-inline-hbox > :not(.widget-label)": "flex:none;width:100%",
    " .widget-checkbox": "width:auto;margin:0 0 6px;flex-direction:row;height:auto",
    " .widget-checkbox .widget-label-basic": (
        "white-space:normal;overflow:visible;height:auto;line-height:1.5;overflow-wrap:anywhere"
    ),
    " .widget-html": "margin:0;height:auto",
    " .widget-html-content": "line-height:1.5;font-size:13px;overflow-wrap:anywhere",
    " button.jupyter-button": (
        "height:auto;min-height:32px;width:auto;line-height:20px;padding:5px 14px;"
        "border-radius:5px;border:1px solid var(--nn-line);background:var(--nn-soft);"
        "color:var(--nn-ink);white-space:normal;margin:0"
    ),
    " button.jupyter-button.mod-primary": (
        "background:#1565c0;border-color:#1565c0;color:#fff;font-weight:600"  # any theme: 5.7:1
    ),
    " button.jupyter-button.nn-busy": "opacity:.65;cursor:progress",
    " button:focus-visible, .notebook-notify-panel select:focus-visible": (
        "outline:2px solid var(--nn-brand);outline-offset:2px"
    ),
    " .lm-TabBar-tab:focus-visible": "outline:2px solid var(--nn-brand);outline-offset:-3px",
    # ── rows ──
    " .nn-columns": (
        "margin-bottom:8px;flex-wrap:wrap;gap:4px 24px;align-items:flex-start;overflow:visible"
    ),
    " .nn-columns > *": "flex:1 1 290px;min-width:0;width:auto;overflow:visible",
    " .nn-pair": "flex-wrap:wrap;gap:0 16px;overflow:visible",
    " .nn-pair > *": "flex:1 1 120px;min-width:0",
    " .nn-row + .widget-html .nn-hint": "margin-top:2px",
    " .nn-columns h3": "margin-top:0",
    " .nn-row": "flex-wrap:wrap;gap:8px;align-items:center;overflow:visible;margin:6px 0",
    " .nn-hint": "color:var(--nn-quiet);font-size:12px;line-height:1.45;margin:-4px 0 10px",
    " .nn-ask": (
        "border:1px solid var(--nn-warn);border-left-width:4px;border-radius:5px;padding:8px 12px;"
        "margin:6px 0;flex-wrap:wrap;gap:8px 12px;align-items:center;overflow:visible"
    ),
    " .nn-alert": (
        "border-left:4px solid var(--nn-bad);padding:4px 12px;margin:2px 0 10px;"
        "background:var(--nn-soft);border-radius:0 5px 5px 0"
    ),
    " .nn-alert.nn-warn": "border-left-color:var(--nn-warn)",
    " .nn-alert pre": "white-space:pre-wrap;overflow-wrap:anywhere;font-size:11px;margin:4px 0",
    " .nn-status": "min-height:20px;color:var(--nn-ink)",
    " .nn-id": "color:var(--nn-quiet);font-size:12px;white-space:nowrap",
    " .nn-text": "margin:0 0 8px;max-width:46em",
    " h3": "font-size:13px;font-weight:600;margin:8px 0 6px;line-height:1.4;color:var(--nn-ink)",
    " .nn-bubbles": "max-height:420px;overflow:auto;border-radius:6px",
    # As on a phone: the bubble is white with dark ink in either theme.
    " .nn-bubble": (
        "background:#fff;color:#181818;border:1px solid #d4d4d4;border-radius:7px;"
        "padding:8px 11px;white-space:pre-wrap;overflow-wrap:anywhere;font-size:14px;"
        "line-height:1.55"
    ),
    " .nn-bubble.rich": "white-space:normal",
    " .nn-empty": (
        "border:1px dashed var(--nn-line);border-radius:7px;padding:14px;color:var(--nn-quiet)"
    ),
    " .nn-meta": "color:var(--nn-quiet);font-size:12px;margin:2px 2px 8px",
    " table.nn-table": "border-collapse:collapse;width:100%;font-size:12px;table-layout:auto",
    " table.nn-table th, .notebook-notify-panel table.nn-table td": (
        "text-align:left;vertical-align:top;padding:4px 10px 4px 0;white-space:normal;"
        "overflow-wrap:anywhere;border-bottom:1px solid var(--nn-line);background:none"
    ),
    # Only the last column gives way to a long word.
    " table.nn-table :is(th, td):not(:last-child)": "overflow-wrap:break-word",
    " .nn-progress .progress": "height:8px;min-height:8px;border-radius:4px;margin:2px 0 6px",
    # ── a kernel that is gone: ipywidgets marks each view, and this notice appears ──
    " > .nn-stale": "display:none",
    ".jupyter-widgets-disconnected > .nn-stale": "display:block",
    ".jupyter-widgets-disconnected::before, .notebook-notify-panel .jupyter-widgets-disconnected"
    "::before": "display:none",
    ".jupyter-widgets-disconnected > .nn-works": "opacity:.45;pointer-events:none",
}


def style(hides: str) -> str:
    """The style sheet, for an HTML widget.

    Args:
        hides: the class of what stands in the panel's place: as long as this widget is shown,
            so is the panel.
    """
    rules = "".join(f".{ROOT}{where}{{{rule}}}" for where, rule in _RULES.items())
    # The second rule takes the place away as well, in JupyterLab and Notebook 7.
    gone = f".{hides},.jp-OutputArea-child:has(.{hides}){{display:none}}"
    return f"<style>{rules}{gone}</style>"


def status(text: str) -> str:
    """What goes on now, where screen readers listen for it."""
    return f'<div class="nn-status" role="status" aria-live="polite">{escape(text)}</div>'


def outcome(body: str) -> str:
    """HTML about what became of something, which screen readers say when they are free."""
    return f'<div role="status" aria-live="polite">{body}</div>' if body else ""


def alert(body: str) -> str:
    """HTML about trouble, which screen readers say at once."""
    return f'<div class="nn-alert" role="alert">{body}</div>'


def refused(why: str) -> str:
    """Why something cannot be sent."""
    return f'<div class="nn-alert"><b>✗</b> {escape(why)}</div>'


def warning(text: str) -> str:
    """What the reader should know now, which screen readers say when they are free."""
    return f'<div class="nn-alert nn-warn" role="status"><b>⚠</b> {escape(text)}</div>'


def details(summary: str, text: str) -> str:
    """*text* behind a line that opens it."""
    return f"<details><summary>{escape(summary)}</summary><pre>{escape(text)}</pre></details>"


def hint(text: str) -> str:
    """A quiet line below a field."""
    return f'<div class="nn-hint">{escape(text)}</div>' if text else ""


def paragraph(text: str) -> str:
    """Some sentences."""
    return f'<p class="nn-text">{escape(text)}</p>'


def heading(text: str) -> str:
    """The heading of a section."""
    return f"<h3>{escape(text)}</h3>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, all text escaped."""
    top = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f'<table class="nn-table"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


def count(preview: Preview) -> str:
    """How many messages and bytes, e.g. ``2 messages · 2,310 bytes of text``."""
    many, size = preview.messages, preview.size
    return say(
        f"{many} 条消息 · 文字 {size:,} 字节",
        f"{many} message{'' if many == 1 else 's'} · {size:,} bytes of text",
    )


def bubbles(preview: Preview, dialect: str) -> str:
    """The messages as a phone shows them.

    Args:
        preview: what will be sent.
        dialect: of Markdown: ``wecom``, ``wecom_v2`` or ``dingtalk``.
    """
    if preview.refusal:
        return refused(preview.refusal)
    if not preview.messages:
        nothing = say("写下内容，这里显示将要发出的消息", "What you write shows here as it will go")
        return f'<div class="nn-empty">{nothing}</div>'
    shown = []
    for part in preview.parts:
        text = clean(part.text)
        size = f"{size_of(part.text):,} / {preview.limit:,} {say('字节', 'bytes')}"
        if part.markdown:
            drawn = getattr(markup, dialect)(text, FRAGMENT)
            shown.append(f'<div class="nn-bubble rich">{drawn}</div>')
            size = f"Markdown · {size}"
        else:
            shown.append(f'<div class="nn-bubble">{escape(text)}</div>')
        shown.append(f'<div class="nn-meta">{size}</div>')
    shown += [
        f'<div class="nn-bubble">📎 {escape(clean(name))}</div><div class="nn-meta"></div>'
        for name in preview.along
    ]
    label = say("将要发出的消息", "the messages as they will go")
    inner = "".join(shown)
    notes = "".join(f'<div class="nn-meta">· {escape(clean(one))}</div>' for one in preview.notes)
    return (
        f'<div class="nn-bubbles" tabindex="0" role="region" aria-label="{label}">{inner}</div>'
        f"{notes}"
    )


def size(number: int) -> str:
    """A number of bytes as people read it."""
    return size_text(number)
