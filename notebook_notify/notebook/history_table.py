"""What went out, as it is shown to people."""

from __future__ import annotations

from IPython.display import display

from notebook_notify import columns, sender
from notebook_notify.boxes import box
from notebook_notify.sending.history import cells, heading, nothing


def show(count: int) -> None:
    """Show the latest *count* messages; raises ``LedgerError`` if the ledger cannot be read."""
    rows = list(cells(sender.history(count)))
    if not rows:
        display({"text/plain": nothing(), "text/html": box(nothing(), mark="·")}, raw=True)
        return
    bundle = {
        "text/plain": columns.plain(heading(), rows),
        "text/html": columns.table(heading(), rows),
    }
    display(bundle, raw=True)
