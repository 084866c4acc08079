"""``%notify_outbox``: what waits to be sent."""

from __future__ import annotations

import contextlib
import threading
from html import escape
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from notebook_notify.errors import NotifyError
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How long ``flush`` is waited for, in seconds.
PATIENCE = 15.0
#: As ``delivery.outbox``'s, which is not imported for a look.
_FILE = "outbox.sqlite3"
_CELL = "text-align:left;vertical-align:top;padding:.15em .75em .15em 0;white-space:pre-wrap"


@magics_class
class OutboxMagics(Magics):
    """Shows what waits, and has it sent or dropped."""

    @line_magic
    @no_var_expand
    def notify_outbox(self, line: str) -> None:
        """Show what waits to be sent: messages that met no network, and those that may be lost.

        显示排队中的消息：发送时没有网络的，以及结果未知的。

        ::

            %notify_outbox               what waits
            %notify_outbox flush         try all of it now
            %notify_outbox resend 7f3a   send this one again, whatever became of it
            %notify_outbox drop 7f3a     delete it, unsent

        Messages to saved targets wait for a day at most; any kernel that has loaded the
        extension sends them, as does ``python -m notebook_notify outbox flush``. One that comes
        late says so; one that may have come before begins with "possible repeat" and its id.
        """
        try:
            _do(line.split())
            return
        except NotifyError as error:
            message = str(error)
        raise UsageError(message)


def look() -> None:
    """Have what waits sent, if anything does: on a thread, since a home may be slow to answer."""

    def find() -> None:
        from notebook_notify.ledger_file import path_of

        with contextlib.suppress(NotifyError, OSError):
            if path_of().with_name(_FILE).exists():
                from notebook_notify.sender import DRAIN

                DRAIN.start()

    with contextlib.suppress(RuntimeError):  # too many threads: the next kernel will look
        threading.Thread(target=find, name="notebook_notify look", daemon=True).start()


def _do(words: Sequence[str]) -> None:
    from notebook_notify.outgoing import act
    from notebook_notify.sender import DRAIN

    act(DRAIN, words, PATIENCE)
    _show()


def _show() -> None:
    from notebook_notify.boxes import FONT
    from notebook_notify.outgoing import cells
    from notebook_notify.sender import DRAIN

    rows = list(cells(DRAIN))
    trouble = DRAIN.trouble
    if not rows:
        told = " · ".join(filter(None, (say("没有排队的消息", "nothing waits"), trouble)))
        display({"text/plain": told, "text/html": f"<div>{escape(told)}</div>"}, raw=True)
        return
    plain = [f"{mark} {' · '.join(rest)}" for mark, *rest in rows]
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    html = f'<table style="{FONT}">{body}</table>'
    if trouble:
        plain.append(f"· {trouble}")
        html += f"<div>{escape(trouble)}</div>"
    display({"text/plain": "\n".join(plain), "text/html": html}, raw=True)
