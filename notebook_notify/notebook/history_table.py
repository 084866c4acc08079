"""What went out, as it is shown to people."""

from __future__ import annotations

from html import escape

from IPython.display import display

from notebook_notify import sender
from notebook_notify.boxes import FONT
from notebook_notify.history import cells
from notebook_notify.texts import say

_CELL = "text-align:left;vertical-align:top;padding:.15em .75em .15em 0;white-space:pre-wrap"


def show(count: int) -> None:
    """Show the latest *count* messages; raises ``LedgerError`` if the ledger cannot be read."""
    rows = list(cells(sender.history(count)))
    if not rows:
        nothing = say("还没有发送记录", "nothing was sent yet")
        display({"text/plain": nothing, "text/html": f"<div>{nothing}</div>"}, raw=True)
        return
    plain = "\n".join(f"{mark} {' · '.join(rest)}" for mark, *rest in rows)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    html = f'<table style="{FONT}">{body}</table>'
    display({"text/plain": plain, "text/html": html}, raw=True)
