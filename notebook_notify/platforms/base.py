"""What every channel is: fields, limits, requests, and how its replies are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from notebook_notify.messages import named

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.delivery.pacing import Pace
    from notebook_notify.delivery.transport import Reply, Request
    from notebook_notify.fields import Spec
    from notebook_notify.messages import Attachment
    from notebook_notify.targets import Target


@dataclass(frozen=True, slots=True)
class Token:
    """A platform's access token.

    Attributes:
        value: the token; masked in every ``repr``.
        expires_in: seconds from now, as the platform said.
    """

    value: str = field(repr=False)
    expires_in: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply means.

    Attributes:
        kind: ``ok``; ``partial`` (accepted, but not for everyone); ``refresh`` (the token is
            no longer good); ``busy`` (the platform asks to try again); ``unknown`` (it says so
            itself); ``failed``.
        payload: the platform's own dict, or ours (``errcode``, ``errmsg``) if it had none.
        refused: ids that the platform did not deliver to, by the reply's own key
            (``invaliduser``, ``unlicenseduser``, …).
        message_id: the platform's id of the message, if it gave one.
    """

    kind: Literal["ok", "partial", "refresh", "busy", "unknown", "failed"]
    payload: dict[str, Any]
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A text as one message carries it.

    Attributes:
        text: within the channel's limit.
        markdown: whether it is in the channel's dialect of Markdown.
        title: what a list of chats shows of a Markdown text: one line, never empty.
        mention: whom it rings: ids or mobile numbers without ``@``, or ``all``.
    """

    text: str
    markdown: bool = False
    title: str = ""
    mention: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or file, as one message carries it.

    Attributes:
        kind: ``image`` or ``file``.
        media_id: the platform's id of what was uploaded, or a picture's public address.
        name: its file name.
        data: the picture itself, where the message holds it.
    """

    kind: Literal["image", "file"]
    media_id: str
    name: str
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Mention:
    """How a channel mentions people in a text.

    Attributes:
        rung: whom the platform rings: ids or mobile numbers without ``@``, or ``all``.
        text: what the text must say for that, and the names of those whom it does not ring.
        quiet: whom it does not ring.
    """

    rung: tuple[str, ...] = ()
    text: str = ""
    quiet: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call beside sending: it looks something up, or sets something up.

    Attributes:
        request: makes it for a target, with a token.
        read: what the reply means; an ``ok`` verdict's ``payload`` is the answer.
        changes: whether it changes something at the platform, so that a lost answer leaves open
            whether it was done, and it is not repeated.
    """

    request: Callable[[Target, str], Request]
    read: Callable[[Reply], Verdict]
    changes: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What the answer to a probe says.

    Attributes:
        told: it in words, for the reader of a proof.
        name: the name of the group or application, where the platform tells it.
        members: how many are in the group.
    """

    told: str
    name: str | None = None
    members: int | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """One step of the proof that a target works; posts nothing.

    Attributes:
        what: what is proved, in Chinese and in English.
        call: what is asked for that; ``None``: only a message proves it.
        find: what the answer says; raises ``TargetError`` if that is why nothing can arrive, and
            ``KeyError``, ``TypeError`` or ``AttributeError`` if it says nothing of the kind.
        unasked: codes by which the platform refuses the question alone: the application has no
            permission to ask, but needs none to send.
    """

    what: tuple[str, str]
    call: Call | None = None
    find: Callable[[dict[str, Any]], Found] | None = None
    unasked: frozenset[int | str] = frozenset()


@dataclass(frozen=True, slots=True)
class MarkdownLimits:
    """What a channel's Markdown is like.

    Attributes:
        dialect: whose it is, ``wecom`` or ``dingtalk``.
        max_bytes: the longest text of one message, in bytes of UTF-8.
    """

    dialect: str
    max_bytes: int


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What a channel takes beside text.

    Attributes:
        image_types: formats of pictures, by the word of :func:`media.image_type`; none means
            that it takes no pictures.
        image_bytes: the largest picture, in bytes.
        file_bytes: the largest file, in bytes; 0 means that it takes no files.
        file_types: endings of files, without the dot; ``None`` means any.
    """

    image_types: frozenset[str]
    image_bytes: int
    file_bytes: int
    file_types: frozenset[str] | None = None


class Channel(ABC):
    """One way into one platform. Stateless: one instance serves every target of its kind."""

    #: kind, platform, the magic it answers to, and its fields.
    spec: ClassVar[Spec]
    #: the longest text of one message, in bytes of UTF-8.
    text_limit: ClassVar[int]
    #: its Markdown.
    markdown: ClassVar[MarkdownLimits]
    #: what it takes beside text.
    media: ClassVar[MediaLimits]
    #: the most messages that one text becomes: WeCom drops more than 30 a minute to one person
    #: without a word (developer.work.weixin.qq.com/document/path/90236).
    most_parts: ClassVar[int] = 30
    #: whether ``request(..., once=KEY)`` makes the platform drop a message that *says the same*.
    drops_repeats: ClassVar[bool] = False
    #: whether it makes the platform drop a message *of the same key*, whatever both say.
    takes_keys: ClassVar[bool] = False
    #: whether a message can be taken back.
    recalls: ClassVar[bool] = False
    #: how often it may send, for each :meth:`paced`; ``None``: no limit is known.
    pace: ClassVar[Pace | None] = None
    #: what a sender should know of what the platform accepted, in Chinese and in English.
    caveat: ClassVar[tuple[str, str] | None] = None

    @abstractmethod
    def check(self, target: Target) -> None:
        """Raise ``TargetError`` if *target* cannot work as written (no network)."""

    def everyone(self, target: Target) -> bool:  # noqa: ARG002 - most channels have one group
        """Whether *target* stands for all in the application's visible scope."""
        return False

    def paced(self, target: Target) -> str:  # noqa: ARG002 - most platforms count by application
        """For whom of one credential :attr:`pace` is counted by itself."""
        return ""

    def media_for(self, target: Target) -> MediaLimits:  # noqa: ARG002 - most take the same
        """What *target* takes beside text."""
        return self.media

    def mention(self, people: tuple[str, ...], *, markdown: bool) -> Mention:  # noqa: ARG002
        """How a text mentions *people*: ids or mobile numbers without ``@``, or ``all``."""
        return Mention((), named(people), people)

    def inert(self, text: str) -> str:
        """A plain text in which nothing rings anybody by what it happens to say."""
        return text

    def stamped(self, words: Words) -> Words:
        """*words* with what the channel itself adds to a text before it leaves, e.g. the time."""
        return words

    def fits(self, words: Words) -> bool:  # noqa: ARG002 - most count the text alone
        """Whether *words*, within the limit, fit with all that JSON makes of them."""
        return True

    def mark(self) -> str:
        """What makes a text unlike any other of the same second, where equal ones are dropped."""
        return f"#{token_hex(2)}" if self.drops_repeats else ""

    @abstractmethod
    def token_key(self, target: Target) -> str:
        """Which credential *target* uses: a hash over platform, host, id and secret."""

    @abstractmethod
    def token_request(self, target: Target) -> Request | None:
        """The call that fetches an access token; ``None``: the channel's calls carry none."""

    @abstractmethod
    def read_token(self, reply: Reply) -> Token | Verdict:
        """The token, or why there is none (``busy`` or ``failed``)."""

    @abstractmethod
    def request(
        self, target: Target, content: Words | Media, token: str, *, once: str | None = None
    ) -> Request:
        """The call that sends *content*: a text, or what was uploaded.

        *once*, a key of this message alone, asks the platform to drop a repeat.
        """

    def carried(
        self,
        target: Target,  # noqa: ARG002 - most channels upload everything
        attachment: Attachment,  # noqa: ARG002
        seconds: float,  # noqa: ARG002
    ) -> Media | None:
        """*attachment* as a message carries it without an upload; ``None``: it is uploaded.

        Takes *seconds* at most. Raises ``UnfitError`` if it cannot go along, and says why.
        """
        return None

    def uploader(self, target: Target) -> tuple[Channel, Target]:
        """Whose token and calls upload what goes along: its own, but where another host does."""
        return self, target

    def upload_request(self, target: Target, attachment: Attachment, token: str) -> Request:
        """The call that uploads *attachment*; what it gives is read by :meth:`read_upload`.

        Not called for what :meth:`media_for` excludes or :meth:`carried` gives, nor where
        :meth:`uploader` is another.
        """
        raise NotImplementedError

    def read_upload(self, reply: Reply) -> Verdict:
        """What the reply to :meth:`upload_request` means; ``message_id`` is the media id."""
        raise NotImplementedError

    @abstractmethod
    def read(self, reply: Reply) -> Verdict:
        """What the reply to :meth:`request` means."""

    @abstractmethod
    def probes(self, target: Target) -> tuple[Probe, ...]:
        """What proves *target*, its credential aside, in order; posts nothing."""

    def recall_request(self, target: Target, message_id: str, token: str) -> Request:
        """The call that takes a message back; not called unless :attr:`recalls`."""
        raise NotImplementedError

    def read_recall(self, reply: Reply) -> Verdict:
        """What the reply to :meth:`recall_request` means."""
        raise NotImplementedError
