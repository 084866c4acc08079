"""What is sent: texts, pictures, files, and the whole of them for one target."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from notebook_notify.sizes import size_of
from notebook_notify.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Text:
    """A plain text.

    Attributes:
        content: the text, of any length; it is split to fit a channel.
    """

    content: str


@dataclass(frozen=True, slots=True)
class Markdown:
    """A text in the channel's own dialect of Markdown: none is translated into another's.

    Attributes:
        content: the text, of any length; it is split to fit a channel.
        title: what DingTalk's list of chats and lock screen show; empty means the first line.
            WeCom has no place for it.
    """

    content: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that goes along.

    Attributes:
        data: a PNG, JPEG or SVG file.
        name: its file name.
    """

    data: bytes = field(repr=False)
    name: str = "plot.png"


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes along.

    Attributes:
        data: its content.
        name: its name, without folders.
    """

    data: bytes = field(repr=False)
    name: str


Attachment = Image | File
Piece = str | Text | Markdown | Image | File


@dataclass(frozen=True, slots=True)
class Message:
    """A text, and what goes along with it.

    Attributes:
        text: of any length; split to fit a channel.
        attachments: uploaded first, so that the text promises only what follows.
        markdown: whether *text* is in the channel's dialect of Markdown.
        mention: whom it should ring: ids or mobile numbers of the channel's platform, or
            ``all``; an ``@`` before them does no harm.
        notes: what its sender should be told of how it was made.
        title: of a Markdown text, as in :class:`Markdown`.
        missing: names of what should go along and could not be read; the text names them.
    """

    text: str
    attachments: tuple[Attachment, ...] = ()
    markdown: bool = False
    mention: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    title: str = ""
    missing: tuple[str, ...] = ()

    @classmethod
    def of(cls, content: Piece | Sequence[Piece]) -> Message:
        """The message that *content* means: texts become paragraphs, the rest goes along.

        A plain text beside a :class:`Markdown` is read as Markdown too: a message is one or
        the other.
        """
        many = [content] if isinstance(content, str | Text | Markdown | Image | File) else content
        texts = [
            one if isinstance(one, str) else one.content
            for one in many
            if isinstance(one, str | Text | Markdown)
        ]
        marked = [one for one in many if isinstance(one, Markdown)]
        return cls(
            "\n\n".join(texts),
            tuple(one for one in many if isinstance(one, Image | File)),
            markdown=bool(marked),
            title=next((one.title for one in marked if one.title), ""),
        )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to send."""
        return not self.text.strip() and not self.attachments


#: A message, or what makes it on the sending thread, where the target's secrets are known.
Making: TypeAlias = "Message | Callable[[], Message]"


def people(mention: Iterable[str]) -> tuple[str, ...]:
    """Whom *mention* names, each once, without ``@``."""
    ids = (" ".join(one.split()).lstrip("@") for one in mention)
    return tuple(one for one in dict.fromkeys(ids) if one)


def named(mention: Iterable[str]) -> str:
    """The people of *mention* as one plain line, ``@zhangwei @13800000000``."""
    return " ".join(f"@{one}" for one in people(mention))


def room_for(mention: Sequence[str]) -> int:
    """The room to leave for the line that names *mention*, in bytes of UTF-8.

    Whatever marks a channel puts around each name.
    """
    return size_of(named(mention)) + 4 * len(mention)


def promise(images: int, files: Sequence[str], missing: Sequence[str] = ()) -> str:
    """The lines of a text that say what follows it, and what does not.

    Args:
        images: how many pictures follow.
        files: the names of the files that follow.
        missing: the names of what does not, though it should.
    """
    zh = [f"图 {images} 张"] if images else []
    en = [f"{images} image{'s' if images > 1 else ''}"] if images else []
    if files:
        zh.append(f"文件 {len(files)} 个（{'、'.join(files)}）")
        en.append(f"{len(files)} file{'s' if len(files) > 1 else ''} ({', '.join(files)})")
    follow = "follows" if images + len(files) == 1 else "follow"
    lines = [say(f"📎 {'、'.join(zh)}随后", f"📎 {' and '.join(en)} {follow}")] if zh else []
    if missing:
        lines.append(say(f"未附上：{'、'.join(missing)}", f"Not attached: {', '.join(missing)}"))
    return "\n".join(lines)
