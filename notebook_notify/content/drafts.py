"""A draft of a message: the facts, and what was found beside them; each channel gets its own form.

The message itself is made late, on the sending thread: by then the target's secrets are known
and can be masked, and pictures and files are made while nobody's cell is held up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from notebook_notify.content.compose import LEAST_BYTES, PROMISE_BYTES, Composed, Form, compose
from notebook_notify.content.enclosures import Found, pack
from notebook_notify.messages import Message, room_for
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Words
from notebook_notify.platforms.checks import names

if TYPE_CHECKING:
    from notebook_notify.content.facts import Run
    from notebook_notify.platforms.base import Channel
    from notebook_notify.targets import Target


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be told of a run.

    Attributes:
        run: the facts.
        found: what could go along.
        form: ``auto``, ``text``, ``markdown`` or ``file``.
        most: the most messages, what goes along included; ``None`` means the default.
        mention: who is mentioned if it failed, instead of those whom the target names.
    """

    run: Run
    found: Found = field(default_factory=Found)
    form: str = "auto"
    most: int | None = None
    mention: tuple[str, ...] = ()

    def message(self, target: Target) -> Message:
        """The message for *target*."""
        channel = CHANNELS[target.channel]
        run = replace(self.run, mark=channel.mark())
        mention = self._mention(target)
        room = PROMISE_BYTES + room_for(mention)
        packed = pack(
            self.found,
            media=channel.media_for(target),
            most=self.most,
            form=self.form,
            whole=self._composed(run, channel, room).whole,
        )
        missing = (*self.found.unread, *packed.left)
        room = room if packed.attachments or mention or missing else 0
        run = replace(run, enclosed=packed.images, table_follows=packed.table)
        return Message(
            self._composed(run, channel, room).text,
            packed.attachments,
            markdown=self.form == "markdown",
            mention=mention,
            notes=packed.notes,
            missing=missing,
        )

    def _composed(self, run: Run, channel: Channel, room: int) -> Composed:
        """*run* as one message of *channel*; *room* bytes are left for the lines below."""
        form = self._form(channel, room)
        while True:
            made = compose(run, form)
            title = made.text.partition("\n")[0]
            whole = Words(made.text + "x" * room, form.dialect != "plain", title)
            if form.max_bytes == LEAST_BYTES or channel.fits(whole):
                return made
            form = replace(form, max_bytes=max(LEAST_BYTES, form.max_bytes * 7 // 8))

    def _form(self, channel: Channel, room: int) -> Form:
        if self.form == "markdown":
            limits = channel.markdown
            return Form(max(LEAST_BYTES, limits.max_bytes - room), limits.dialect)
        return Form(max(LEAST_BYTES, channel.text_limit - room))

    def _mention(self, target: Target) -> tuple[str, ...]:
        if self.run.verdict != "failed":
            return ()
        return self.mention or names(target.get("mention"))
