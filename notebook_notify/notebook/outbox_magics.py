"""``%notify_outbox``: what waits to be sent."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand
from IPython.display import display

from notebook_notify.errors import NotifyError
from notebook_notify.notebook.manuals import in_chinese
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How long ``flush`` is waited for, in seconds.
PATIENCE = 15.0
#: As ``delivery.outbox``'s, which is not imported for a look.
_FILE = "outbox.sqlite3"


@magics_class
class OutboxMagics(Magics):
    """Shows what waits, and has it sent or dropped."""

    @line_magic
    @no_var_expand
    @in_chinese(
        """显示等待发送的消息：发送时没有网络的，以及结果未知的。

        ::

            %notify_outbox               显示等待的消息
            %notify_outbox flush         现在就全部试发一次
            %notify_outbox resend 7f3a   不论结果如何，再发这一条
            %notify_outbox drop 7f3a     删除这一条，不发送

        发往已保存目标的消息最多等一天；任何加载了本扩展的内核都会发送，
        ``python -m notebook_notify outbox flush`` 也会。迟到的消息会注明；
        可能已经送达过的，首行写“可能重复”和它的编号。
        """
    )
    def notify_outbox(self, line: str) -> None:
        """Show what waits to be sent: messages that met no network, and those that may be lost.

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
    from notebook_notify.sender import DRAIN
    from notebook_notify.waiting.outgoing import do

    _, told = do(DRAIN, words, PATIENCE)
    _show(told)


def _show(came: str) -> None:
    """Show what waits, and before it what *came* of what was done."""
    from notebook_notify import columns
    from notebook_notify.boxes import box
    from notebook_notify.sender import DRAIN
    from notebook_notify.waiting.outgoing import cells, heading

    rows = cells(DRAIN)
    trouble = DRAIN.trouble
    if not rows:
        said = (came, say("没有排队的消息", "nothing waits"), trouble)
        told = " · ".join(filter(None, said))
        display({"text/plain": told, "text/html": box(told, mark="·")}, raw=True)
        return
    plain, html = columns.plain(heading(), rows), columns.table(heading(), rows)
    if came:
        plain, html = f"{came}\n{plain}", box(came) + html
    todo = say(
        "%notify_outbox flush 立即全部试发，resend ID 再发一条，drop ID 删除一条",
        "%notify_outbox flush tries all of it now, resend ID sends one again, drop ID deletes one",
    )
    for note in filter(None, (trouble, todo)):
        plain += f"\n· {note}"
        html += box(note, mark="·")
    display({"text/plain": plain, "text/html": html}, raw=True)
