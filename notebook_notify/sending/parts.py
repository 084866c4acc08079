"""What a message's text becomes at one channel: masked, within the limits, with those it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from notebook_notify.errors import TargetError
from notebook_notify.messages import named, people
from notebook_notify.platforms.base import Words
from notebook_notify.secret import scrub
from notebook_notify.sizes import size_of
from notebook_notify.splitting import split
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.messages import Message
    from notebook_notify.platforms.base import Channel

#: What a title shows as it stands: marks of Markdown at the beginning of a line, marks within,
#: the address of a link.
_LEADING = re.compile(r"^\s*(?:[#>]+\s*|[*+-]\s+)*")
_WITHIN = re.compile(r"</?font\b[^<>]{0,40}>|[*`\u200b]")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
#: The most of a line that is looked at for a title, in characters.
_LINE = 500
#: No shorter text is tried, in bytes of UTF-8, however much JSON makes of it.
_LEAST = 64
#: What a file's name may hold that Markdown would read, and what looks like it.
_LOOKALIKES = str.maketrans("`[]~", "｀［］～")


def check(message: Message, channel: Channel) -> None:
    """See whether *message* can be sent, before pains are taken over it.

    Raises:
        TargetError: it is empty, or too long.
    """
    if message.empty:
        raise TargetError(say("消息为空，未发送", "the message is empty; nothing was sent"))
    many = -(-size_of(message.text) // limit_of(message, channel))
    if many > channel.most_parts:
        raise TargetError(
            say(
                f"正文过长，会成为约 {many} 条消息，未发送；请把它作为文件（File）发送",
                f"the text is too long: it would be some {many} messages; nothing was sent. "
                "Send it as a File",
            )
        )


def limit_of(message: Message, channel: Channel) -> int:
    """The longest text of one message, in bytes of UTF-8."""
    return channel.markdown.max_bytes if message.markdown else channel.text_limit


def words_of(message: Message, channel: Channel, follows: str) -> list[Words]:
    """The pieces of *message*'s text, which ends with *follows*, lines of plain text.

    Those whom the channel rings go with the piece that names them; with the first, if it need
    not.
    """
    mention = channel.mention(people(message.mention), markdown=message.markdown)
    names = scrub(mention.text)
    follows = scrub(follows)
    if message.markdown:
        follows = follows.translate(_LOOKALIKES).replace("\n", "\n\n")
    told = scrub(message.text)
    told = told if message.markdown else channel.inert(told)
    text = "\n\n".join(filter(str.strip, (told, names, follows)))
    title = title_of(scrub(message.title) or text) if message.markdown else ""

    def within(limit: int) -> list[Words]:
        pieces = split(text, limit, markdown=message.markdown)
        ringing = next((n for n, piece in enumerate(pieces, 1) if names in piece), len(pieces))
        return [
            Words(
                piece,
                markdown=message.markdown,
                title=f"({number}/{len(pieces)}) {title}" if title and len(pieces) > 1 else title,
                mention=mention.rung if number == ringing else (),
            )
            for number, piece in enumerate(pieces, 1)
        ]

    limit = limit_of(message, channel)
    words = within(limit)
    while limit > _LEAST and not all(map(channel.fits, words)):
        limit -= limit // 8
        words = within(limit)
    return words


def title_of(text: str) -> str:
    """The first line of a Markdown text that says something, without its marks."""
    for line in text.splitlines():
        bare = _LINK.sub(r"\1", _LEADING.sub("", line[:_LINE]))
        if re.search(r"\w", bare):
            return " ".join(_WITHIN.sub("", bare).split())
    return say("消息", "message")


def notes_on(message: Message, channel: Channel) -> tuple[str, ...]:
    """What *message*'s sender should know of how it reaches *channel*."""
    mention = channel.mention(people(message.mention), markdown=message.markdown)
    if not mention.quiet:
        return message.notes
    some = named(mention.quiet)
    quiet = (
        say(f"提醒不到 {some}：正文里只写出", f"this cannot ring {some}: the text names them")
        if mention.rung
        else say(
            "这个通道不能单独提醒谁：正文里只写出名字",
            "this channel rings nobody in particular: the text names the people",
        )
    )
    return (*message.notes, quiet)
