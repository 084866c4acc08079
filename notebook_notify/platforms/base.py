"""What every channel is: fields, limits, requests, and how its replies are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
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
            no longer good); ``busy`` (the platform asks to try again); ``failed``.
        payload: the platform's own dict, or ours (``errcode``, ``errmsg``) if it had none.
        refused: ids that the platform did not deliver to, by the reply's own key
            (``invaliduser``, ``unlicenseduser``, …).
        message_id: the platform's id of the message, if it gave one.
    """

    kind: Literal["ok", "partial", "refresh", "busy", "failed"]
    payload: dict[str, Any]
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """What was uploaded.

    Attributes:
        kind: ``image`` or ``file``.
        media_id: the platform's id of it.
        name: its file name.
    """

    kind: Literal["image", "file"]
    media_id: str
    name: str


def wire(content: str | Media) -> dict[str, Any]:
    """``msgtype`` and what belongs to it, as both platforms write them."""
    if isinstance(content, str):
        return {"msgtype": "text", "text": {"content": content}}
    return {"msgtype": content.kind, content.kind: {"media_id": content.media_id}}


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What a channel takes beside text.

    Attributes:
        image_types: formats of pictures, by the word of :func:`media.image_type`.
        image_bytes: the largest picture, in bytes.
        file_bytes: the largest file, in bytes.
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
    #: what it takes beside text.
    media: ClassVar[MediaLimits]
    #: whether ``request(..., once=True)`` makes the platform drop an identical repeat.
    drops_repeats: ClassVar[bool] = False

    @abstractmethod
    def check(self, target: Target) -> None:
        """Raise ``TargetError`` if *target* cannot work as written (no network)."""

    def everyone(self, target: Target) -> bool:  # noqa: ARG002 - most channels have one group
        """Whether *target* stands for all in the application's visible scope."""
        return False

    @abstractmethod
    def token_key(self, target: Target) -> str:
        """Which token *target* uses: a hash over platform, host, id and secret."""

    @abstractmethod
    def token_request(self, target: Target) -> Request:
        """The call that fetches an access token."""

    @abstractmethod
    def read_token(self, reply: Reply) -> Token | Verdict:
        """The token, or why there is none (``busy`` or ``failed``)."""

    @abstractmethod
    def request(
        self, target: Target, content: str | Media, token: str, *, once: bool = False
    ) -> Request:
        """The call that sends *content*: a text, or what was uploaded.

        *once* asks the platform to drop an identical repeat.
        """

    @abstractmethod
    def upload_request(self, target: Target, attachment: Attachment, token: str) -> Request:
        """The call that uploads *attachment*; what it gives is read by :meth:`read_upload`."""

    @abstractmethod
    def read_upload(self, reply: Reply) -> Verdict:
        """What the reply to :meth:`upload_request` means; ``message_id`` is the media id."""

    @abstractmethod
    def read(self, reply: Reply) -> Verdict:
        """What the reply to :meth:`request` means."""
