"""What stands under the cell: the report, or the message that a dry run would have sent."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from IPython.display import display

from notebook_notify.messages import Image, Making, Message, promise
from notebook_notify.secret import scrub
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from notebook_notify.reports import SendReport
    from notebook_notify.targets import Target


def show(report: SendReport) -> None:
    """Show what became of a message."""
    display(report.bundle(), raw=True)


def show_dry_run(messages: Sequence[tuple[Target, Making]], notes: Sequence[str]) -> None:
    """Show what would have been sent to each target."""
    made = [(target, one if isinstance(one, Message) else one()) for target, one in messages]
    parts = [
        (
            say(f"试运行，未发送 → {target.label}", f"dry run, not sent → {target.label}"),
            scrub("\n\n".join(filter(None, (message.text, _follows(message))))),
        )
        for target, message in made
    ]
    made_notes = (note for _, message in made for note in message.notes)
    noted = "".join(f"\n· {scrub(note)}" for note in dict.fromkeys((*notes, *made_notes)))
    html = "".join(
        f"<div><b>{escape(head)}</b></div>"
        '<pre style="white-space:pre-wrap;overflow-wrap:anywhere;'
        f'border-left:3px solid #9e9e9e;padding-left:.75em">{escape(text)}</pre>'
        for head, text in parts
    )
    plain = "\n\n".join(f"{head}\n{text}" for head, text in parts)
    display(
        {"text/plain": plain + noted, "text/html": html + escape(noted).replace("\n", "<br>")},
        raw=True,
    )


def _follows(message: Message) -> str:
    files = [one.name for one in message.attachments if not isinstance(one, Image)]
    return promise(len(message.attachments) - len(files), files, message.missing)
