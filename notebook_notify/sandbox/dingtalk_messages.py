"""What stands in `msg`, of a group's message and of a work notice.

Documents: open.dingtalk.com/document/development/message-types-and-data-format,
/send-group-messages (2048 bytes), /server-api-error-codes-1 (34016, whose text bounds Markdown).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_notify.sandbox.dingtalk_errors import RefusedError

if TYPE_CHECKING:
    from notebook_notify.sandbox.media import Media, MediaStore
    from notebook_notify.sandbox.wire import Json

MAX_CONTENT = 2048
"""Bytes of UTF-8 in a text."""
MAX_MARKDOWN, MAX_TITLE = 5000, 64
"""Characters of title and text together, and of the title."""


@dataclass(frozen=True, slots=True)
class Read:
    """A message as it is delivered."""

    msgtype: str
    title: str
    content: str
    media: Media | None


def read_msg(msg: object, store: MediaStore, owner: str) -> Read:
    """Check a message and return it; its uploads are those of `owner`.

    The message stands under `msg`; the flat form of old SDKs is not in the document, so not here.
    """
    if not isinstance(msg, dict):
        raise RefusedError(34014)
    msgtype = msg.get("msgtype")
    if not isinstance(msgtype, str) or msgtype not in {"text", "markdown", "image", "file"}:
        raise RefusedError(34004)
    payload = msg.get(msgtype)
    if not isinstance(payload, dict):
        raise RefusedError(34014)
    if msgtype == "text":
        return Read(msgtype, "", _text(payload), None)
    if msgtype == "markdown":
        return Read(msgtype, *_markdown(payload), None)
    return Read(msgtype, "", "", _find(msgtype, payload, store, owner))


def _text(payload: Json) -> str:
    content = _filled(payload, "content")
    if len(content.encode()) > MAX_CONTENT:
        raise RefusedError(34016)
    return content


def _markdown(payload: Json) -> tuple[str, str]:
    """Return title and text."""
    title, text = _filled(payload, "title"), _filled(payload, "text")
    if len(title) > MAX_TITLE or len(title) + len(text) > MAX_MARKDOWN:
        raise RefusedError(34016)
    return title, text


def _find(msgtype: str, payload: Json, store: MediaStore, owner: str) -> Media:
    """Return the upload that a message of an image or a file shows."""
    media_id = payload.get("media_id")
    if media_id is None or media_id == "":
        raise RefusedError(34008 if msgtype == "image" else 34010)
    if not isinstance(media_id, str):
        raise RefusedError(34014)
    media = store.find(owner, media_id, msgtype)
    if media is None:
        raise RefusedError(40007)
    return media


def _filled(payload: Json, name: str) -> str:
    """Return a text that must be there and not blank."""
    value = payload.get(name, "")
    if not isinstance(value, str):
        raise RefusedError(34014)
    if not value.strip():
        raise RefusedError(44004)
    return value
