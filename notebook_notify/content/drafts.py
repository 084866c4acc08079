"""A draft of a message: the facts, and what was found beside them; each channel gets its own form.

The message itself is made late, on the sending thread: by then the target's secrets are known
and can be masked, and pictures and files are made while nobody's cell is held up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import TYPE_CHECKING

from notebook_notify.content.compose import PROMISE_BYTES, Form, compose
from notebook_notify.content.enclosures import Found, pack
from notebook_notify.messages import Message, named
from notebook_notify.platforms import CHANNELS
from notebook_notify.sizes import size_of

if TYPE_CHECKING:
    from notebook_notify.content.facts import Run
    from notebook_notify.platforms.base import Channel
    from notebook_notify.targets import Target

#: The least room for a text, in bytes of UTF-8, however many people are named below it.
_LEAST = 512


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
        # A platform that drops repeats would take two runs of one second for one.
        run = replace(self.run, mark=f"#{token_hex(2)}" if channel.drops_repeats else "")
        mention = self._mention(target)
        # Room for the line that names people, whatever marks a channel puts around a name.
        in_text = size_of(named(mention)) + 4 * len(mention)
        tight = self._form(channel, PROMISE_BYTES + in_text)
        packed = pack(
            self.found,
            media=channel.media_for(target),
            most=self.most,
            form=self.form,
            whole=compose(run, tight).whole,
        )
        missing = (*self.found.unread, *packed.left)
        form = tight if packed.attachments or mention or missing else self._form(channel)
        run = replace(run, enclosed=packed.images, table_follows=packed.table)
        return Message(
            compose(run, form).text,
            packed.attachments,
            markdown=self.form == "markdown",
            mention=mention,
            notes=packed.notes,
            missing=missing,
        )

    def _form(self, channel: Channel, room: int = 0) -> Form:
        """The form for *channel*; *room* bytes are left for the line on what follows."""
        if self.form == "markdown":
            limits = channel.markdown
            return Form(max(_LEAST, limits.max_bytes - room), limits.dialect)
        return Form(max(_LEAST, channel.text_limit - room))

    def _mention(self, target: Target) -> tuple[str, ...]:
        if self.run.verdict != "failed":
            return ()
        return self.mention or tuple(target.get("mention") or ())
