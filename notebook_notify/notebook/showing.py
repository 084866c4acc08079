"""What stands under the cell: the report, or the message that a dry run would have sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from IPython.display import display

from notebook_notify.boxes import box
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
    more = (note for _, message in made for note in message.notes)
    noted = [scrub(note) for note in dict.fromkeys((*notes, *more))]
    plain = "\n\n".join(f"{head}\n{text}" for head, text in parts)
    html = [box(head, [("", text)]) for head, text in parts]
    html += [box(note, mark="·") for note in noted]
    display(
        {"text/plain": "\n· ".join([plain, *noted]), "text/html": "".join(html)},
        raw=True,
    )


def _follows(message: Message) -> str:
    files = [one.name for one in message.attachments if not isinstance(one, Image)]
    return promise(len(message.attachments) - len(files), files, message.missing)
