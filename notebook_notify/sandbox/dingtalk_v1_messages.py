"""What the application's robot says: a template's name, and its parameters as JSON text.

Document: open.dingtalk.com/document/development/robot-message-type. Of its templates the text, the
Markdown, the image and the file are here; the others (links, cards, sound, video) are unknown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from notebook_notify.sandbox.dingtalk_messages import Read
from notebook_notify.sandbox.dingtalk_v1_errors import V1Error
from notebook_notify.sandbox.wire import read_object

if TYPE_CHECKING:
    from notebook_notify.sandbox.media import Media, MediaStore
    from notebook_notify.sandbox.wire import Json

MAX_PARAM = 15000
"""Bytes of UTF-8 in msgParam (document the-robot-sends-a-group-message)."""
FILE_TYPES = frozenset({"xlsx", "pdf", "zip", "rar", "doc", "docx"})


def read_template(body: Json, store: MediaStore, owner: str) -> Read:
    """Check msgKey and msgParam; return the message. Uploads are those of `owner`."""
    key, param = body.get("msgKey"), body.get("msgParam")
    if not isinstance(key, str) or not key:
        raise V1Error("invalidParameter.msgKey.empty")
    if key not in {"sampleText", "sampleMarkdown", "sampleImageMsg", "sampleFile"}:
        raise V1Error("invalidParameter.msgKey.invalid")
    if not isinstance(param, str):
        raise V1Error("invalidParameter.msgParam.invalid")
    if len(param.encode()) > MAX_PARAM:
        raise V1Error("invalidParameter.msgParam.tooLong")
    fields = read_object(param.encode())
    if fields is None:
        raise V1Error("invalidParameter.msgParam.invalid")
    match key:
        case "sampleText":
            return Read("text", "", _need(fields, "content", "contentOfText"), None)
        case "sampleMarkdown":
            title = _need(fields, "title", "markdownTotitle")
            return Read("markdown", title, _need(fields, "text", "markdownTotext"), None)
        case "sampleImageMsg":
            return _image(_need(fields, "photoURL", "photoTophotoUrl"), store, owner)
    return Read("file", "", "", _file(fields, store, owner))


def _image(photo: str, store: MediaStore, owner: str) -> Read:
    """Return an image: an upload, or an address, which the sandbox does not follow."""
    if urlsplit(photo).scheme in {"http", "https"}:
        return Read("image", "", photo, None)
    return Read("image", "", "", _upload(photo, "image", store, owner))


def _file(fields: Json, store: MediaStore, owner: str) -> Media:
    """Return an upload under the name that the message gives it."""
    media_id, name, kind = (_need(fields, n, "file") for n in ("mediaId", "fileName", "fileType"))
    if kind not in FILE_TYPES:
        raise V1Error("invalidParameter.msgParam.invalid", "不支持的fileType")
    return replace(_upload(media_id, "file", store, owner), name=name)


def _upload(media_id: str, kind: str, store: MediaStore, owner: str) -> Media:
    media = store.find(owner, media_id, kind)
    if media is None:
        raise V1Error("invalidParameter.msgParam.invalid", "无效的mediaId")
    return media


def _need(fields: Json, name: str, missing: str) -> str:
    """Return a text that must be there and not blank."""
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise V1Error(f"miss.param.{missing}")
    return value
