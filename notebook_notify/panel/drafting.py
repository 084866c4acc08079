"""What the form says becomes a message; what will be sent of it; when to ask before that."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from notebook_notify.errors import NotifyError
from notebook_notify.messages import File, Image, Message, people, promise
from notebook_notify.platforms import channel_of
from notebook_notify.platforms.checks import names
from notebook_notify.platforms.media import UnfitError, fit, image_type
from notebook_notify.platforms.wecom_robot import WeComRobot
from notebook_notify.secret import scrub
from notebook_notify.sending.parts import check, limit_of, notes_on, words_of
from notebook_notify.sizes import size_of
from notebook_notify.texts import say

if TYPE_CHECKING:
    from notebook_notify.messages import Attachment, Making
    from notebook_notify.notebook.recent import RecentCell
    from notebook_notify.platforms.base import MediaLimits, Words
    from notebook_notify.targets import Target

#: Who reaches more people than these is asked first.
MANY = 20
#: The largest upload from a page, in bytes: tornado, which Jupyter's server is made of, closes
#: the connection of a larger message (``websocket_max_message_size``, 10 MiB,
#: tornadoweb.org/en/stable/websocket.html). Some room is left for what stands around the file.
UPLOAD = (10 << 20) - (64 << 10)
#: How long the drawing of an SVG may take for a preview, in seconds.
_DRAWING = 5.0
#: Fields of a target that hold people one by one, and those that hold groups of them.
_ONES, _GROUPS = ("users",), ("parties", "tags")


@dataclass(frozen=True, slots=True)
class About:
    """What a platform tells of a group.

    Attributes:
        name: what it is called there: the platform's own text, not yet escaped.
        members: how many people are in it, or ``None``.
    """

    name: str
    members: int | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """What the form says.

    Attributes:
        text: as typed; with a *cell*, its second line.
        markdown: whether it is in the channel's dialect of Markdown.
        mention: ids, mobile numbers, or ``all``.
        attachment: what was uploaded, or ``None``.
        cell: the cell whose output is sent, or ``None``.
    """

    text: str = ""
    markdown: bool = False
    mention: tuple[str, ...] = ()
    attachment: Attachment | None = None
    cell: RecentCell | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to send."""
        return not self.text.strip() and self.attachment is None and self.cell is None

    def making(self, target: Target) -> Making:
        """The message for *target*; one on a cell is made on the sending thread."""
        return self.message(target) if self.cell is None else partial(self.message, target)

    def message(self, target: Target) -> Message:
        """The message for *target*."""
        along = () if self.attachment is None else (self.attachment,)
        if self.cell is None:
            return Message(self.text, along, markdown=self.markdown, mention=self.mention)
        form = "markdown" if self.markdown else "auto"
        made = self.cell.message(target, summary=self.text.strip(), form=form)
        mention = self.mention or made.mention
        return replace(made, attachments=(*made.attachments, *along), mention=mention)


@dataclass(frozen=True, slots=True)
class Preview:
    """What will be sent.

    Attributes:
        parts: the texts, each one message, as they leave.
        limit: the longest text of one message, in bytes of UTF-8.
        along: the names of the pictures and files, each one message.
        notes: what its sender should know.
        refusal: why it cannot be sent, or an empty string.
    """

    parts: tuple[Words, ...] = ()
    limit: int = 0
    along: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: str = ""

    @property
    def messages(self) -> int:
        """How many messages that makes."""
        return len(self.parts) + len(self.along)

    @property
    def size(self) -> int:
        """The size of the texts, in bytes of UTF-8, as both platforms count them."""
        return sum(size_of(part.text) for part in self.parts)


@dataclass(slots=True)
class Fitting:
    """Attachments as channels take them; the last ones are remembered, since a reader types on.

    Thread-safe.
    """

    _known: dict[tuple[int, MediaLimits], tuple[Attachment, Attachment | str, str]] = field(
        default_factory=dict
    )
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, attachment: Attachment, limits: MediaLimits) -> tuple[Attachment | str, str]:
        """*attachment* as it goes, or why it does not; and what was done to it."""
        key = (id(attachment), limits)
        with self._lock:
            known = self._known.get(key)
        if known is None or known[0] is not attachment:
            known = (attachment, *_fitted(attachment, limits))
            with self._lock:
                self._known = {**dict(list(self._known.items())[-3:]), key: known}
        return known[1:]

    def forget(self) -> None:
        """Hold no attachment any more."""
        with self._lock:
            self._known = {}


def preview(letter: Letter, target: Target, fitting: Fitting) -> Preview:
    """What will be sent of *letter* to *target*, by the code that sends; nothing leaves.

    What only the platform can tell is not in it: whether it takes an upload, whom it knows.
    """
    try:
        channel = channel_of(target)
        if letter.empty:
            return Preview(limit=channel.text_limit)
        message = letter.message(target)
        check(message, channel)
    except NotifyError as error:
        return Preview(refusal=scrub(str(error)))
    going: list[Attachment] = []
    missing, notes = list(message.missing), list(notes_on(message, channel))
    for attachment in message.attachments:
        fitted, note = fitting(attachment, channel.media_for(target))
        if isinstance(fitted, str):
            missing.append(attachment.name)
        else:
            going.append(fitted)
        notes += filter(None, [note])
    files = [one.name for one in going if isinstance(one, File)]
    follows = promise(len(going) - len(files), files, missing)
    return Preview(
        tuple(map(channel.stamped, words_of(message, channel, follows))),
        limit_of(message, channel),
        tuple(scrub(one.name) for one in going),
        tuple(map(scrub, notes)),
    )


def dialect(made: Preview, target: Target) -> str:
    """How the platform's clients draw the Markdown of *made*."""
    channel = channel_of(target)
    if isinstance(channel, WeComRobot) and any(
        channel.wire(part)["msgtype"] == "markdown_v2" for part in made.parts
    ):
        return "wecom_v2"
    return channel.markdown.dialect


def _fitted(attachment: Attachment, limits: MediaLimits) -> tuple[Attachment | str, str]:
    try:
        fitted, note = fit(attachment, limits, seconds=_DRAWING)
    except UnfitError as unfit:
        return str(unfit), str(unfit)
    return fitted, note or ""


def uploaded(name: str, data: bytes) -> Attachment:
    """What was uploaded: a picture, if its first bytes say so, else a file."""
    return Image(data, name) if image_type(data) else File(data, name)


def mentioned(typed: str) -> tuple[str, ...]:
    """The people that a line names, between commas or spaces, Chinese ones among them."""
    for mark in ",，、;；":
        typed = typed.replace(mark, " ")
    return people("all" if one.lstrip("@") == "all" else one for one in typed.split())


def many(letter: Letter, target: Target, about: About | None) -> str:
    """Why to ask before *letter* goes to *target*: how many it reaches; empty if few."""
    if channel_of(target).everyone(target):
        return say(
            "这个目标是应用可见范围内的所有人（@all）",
            "this target is everyone in the application's visible scope (@all)",
        )
    if "all" in letter.mention:
        return say("会提醒群里的所有人（@all）", "it rings everyone in the group (@all)")
    if about is not None and (about.members or 0) > MANY:
        return say(f"这个群有 {about.members} 人", f"this group has {about.members} members")
    ones = sum(len(names(target.get(one))) for one in _ONES)
    if ones > MANY:
        return say(f"会发给 {ones} 个人", f"it goes to {ones} people")
    if any(names(target.get(one)) for one in _GROUPS):
        return say(
            "收件人是部门或标签，这里数不出有多少人",
            "it goes to departments or tags, and how many people that is cannot be told here",
        )
    return ""


def takes(target: Target) -> str:
    """What *target* takes beside text, in words."""
    media = channel_of(target).media_for(target)
    if not media.file_bytes and not media.image_types:
        return say("这个通道不收图片和文件", "this channel takes neither pictures nor files")
    pictures = say(
        f"图片最大 {media.image_bytes >> 20} MB", f"pictures up to {media.image_bytes >> 20} MB"
    )
    files = say(f"文件最大 {media.file_bytes >> 20} MB", f"files up to {media.file_bytes >> 20} MB")
    told = [pictures] if media.image_types else []
    told += [files] if media.file_bytes else []
    return say("、", ", ").join(told)
