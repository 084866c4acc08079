"""WeCom's group robots: a webhook whose key is all that a caller needs, and its own uploads.

Document: developer.work.weixin.qq.com/document/path/99110. Observed: a bad key is 93000, and so is
none; an empty upload is told before the key. The other checks' order is not published, nor whether
an upload serves other robots too: here it does not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import string
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notebook_notify.sandbox.media import image_type
from notebook_notify.sandbox.multipart import read_parts
from notebook_notify.sandbox.rates import Rate
from notebook_notify.sandbox.uploads import MB, wecom_errcode
from notebook_notify.sandbox.wecom_errors import RefusedError, refusal
from notebook_notify.sandbox.wire import Answer, Call, Json, answer_json, random_text, read_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.inbox import Inbox
    from notebook_notify.sandbox.media import Media, MediaStore

MAX_CONTENT = {"text": 2048, "markdown": 4096, "markdown_v2": 4096}
"""Bytes of UTF-8 in content, by msgtype."""
MAX_IMAGE = 2 * MB
"""Bytes of an image before base64."""
MAX_ARTICLES = 8
PER_MINUTE = 20
"""Messages of one robot."""

_CARDS = frozenset({"text_notice", "news_notice"})
_UPLOADS = frozenset({"file", "voice"})
_MENTION = re.compile(r"<@([^<>\s]+)>")
_ID = string.ascii_letters + string.digits + "-_"


@dataclass(frozen=True, slots=True)
class _Message:
    content: str = ""
    media: Media | None = None
    mentions: tuple[str, ...] = ()


class WeComRobot:
    """The robots of one corp: the one in the targets, and those that `add` makes."""

    def __init__(self, inbox: Inbox, media: MediaStore, clock: Callable[[], float]) -> None:
        """Deliver into `inbox`, keep images and uploads in `media`; count messages by `clock`."""
        self.rate = Rate(clock, most=PER_MINUTE, seconds=60)
        self._inbox = inbox
        self._media = media
        self._names: dict[str, str] = {}
        self.key = self.add("sandbox-wecom_robot")

    def add(self, name: str) -> str:
        """Make one more robot, called `name` in the inbox; return its key."""
        key = str(uuid.uuid4())
        self._names[key] = name
        return key

    def targets(self, url: str) -> dict[str, Json]:
        """Return the ready target of the first robot."""
        target = {"channel": "wecom_robot", "webhook": self.key, "base_url": url}
        return {"sandbox-wecom_robot": target}

    def is_token_request(self, path: str) -> bool:  # noqa: ARG002 - the platforms' protocol
        """Tell whether this path hands out tokens: a webhook has none."""
        return False

    def is_upload(self, path: str) -> bool:
        """Tell whether this path takes uploads."""
        return path == "/cgi-bin/webhook/upload_media"

    def handle(self, call: Call) -> Answer:
        """Answer a call; errors come with HTTP 200, an unknown path is an empty HTTP 404."""
        answers = {
            "/cgi-bin/webhook/send": self._send,
            "/cgi-bin/webhook/upload_media": self._upload,
        }
        answer = answers.get(call.path)
        if answer is None:
            return Answer(b"", 404, "text/plain")
        try:
            _require_post(call)
            return answer_json(answer(call))
        except RefusedError as refused:
            reply = refusal(refused.errcode, address=call.address)
            return answer_json(reply | {"errmsg": refused.prefix + reply["errmsg"]})

    def refusal(self, errcode: int, errmsg: str | None = None, sub_code: str | None = None) -> Json:
        """Return the reply for an errcode, its text with the hint that the platform appends."""
        return refusal(errcode, errmsg, sub_code)

    def revoke(self, call: Call) -> Answer:  # noqa: ARG002 - the platforms' protocol
        """Answer as for a robot that was taken out of its group; the key stays good."""
        return answer_json(refusal(93000))

    def _key(self, call: Call) -> str:
        key = call.query.get("key", "")
        if key not in self._names:
            raise RefusedError(93000)
        return key

    def _upload(self, call: Call) -> Json:
        part = (read_parts(call.content_type, call.body) or {}).get("media")
        if part is None or not part.filename or not part.content:
            raise RefusedError(44001)
        key = self._key(call)
        kind = call.query.get("type", "")
        errcode = wecom_errcode(kind, part) if kind in _UPLOADS else 40004
        if errcode:
            raise RefusedError(errcode)
        media_id = "3" + random_text(65, _ID)
        now = self._media.add(key, media_id, kind, part.filename, part.content)
        reply = {"errcode": 0, "errmsg": "ok", "type": kind, "media_id": media_id}
        return reply | {"created_at": str(int(now))}

    def _send(self, call: Call) -> Json:
        key = self._key(call)
        body = read_object(call.body)
        if body is None:
            raise RefusedError(40035, "Warning: wrong json format. ")
        msgtype = body.get("msgtype")
        payload = body.get(msgtype) if isinstance(msgtype, str) else None
        message = self._read(key, msgtype, payload if isinstance(payload, dict) else {})
        if not self.rate.take(key):
            raise RefusedError(45009)
        self._inbox.add(
            "wecom",
            "wecom_robot",
            self._names[key],
            str(msgtype),
            message.content,
            message.media,
            mentions=message.mentions,
        )
        return {"errcode": 0, "errmsg": "ok"}

    def _read(self, key: str, msgtype: object, payload: Json) -> _Message:
        """Check what stands under the msgtype; return what is delivered."""
        match msgtype:
            case "text" | "markdown" | "markdown_v2":
                return _text(msgtype, payload)
            case "image":
                return _Message(media=self._image(key, payload))
            case "file" | "voice":
                media_id = _filled(payload, "media_id", 41006)
                media = self._media.find(key, media_id, msgtype)
                if media is None:
                    raise RefusedError(40007)
                return _Message(media=media)
            case "news":
                return _Message(_news(payload))
            case "template_card":
                return _Message(_card(payload))
        raise RefusedError(40008)

    def _image(self, key: str, payload: Json) -> Media | None:
        """Return the image that stands in the message itself."""
        try:
            content = base64.b64decode(_filled(payload, "base64", 40063), validate=True)
        except (binascii.Error, ValueError):
            raise RefusedError(40035) from None
        if len(content) > MAX_IMAGE:
            raise RefusedError(40009)
        form = image_type(content)
        if form not in {"image/png", "image/jpeg"}:
            raise RefusedError(40123)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if _filled(payload, "md5", 40063).lower() != md5:
            raise RefusedError(301019)
        media_id = "3" + random_text(65, _ID)
        name = "image.png" if form == "image/png" else "image.jpg"
        self._media.add(key, media_id, "image", name, content)
        return self._media.find(key, media_id, "image")


def _require_post(call: Call) -> None:
    if call.method != "POST":
        raise RefusedError(43002)


def _text(msgtype: str, payload: Json) -> _Message:
    """Return a text with those whom it mentions: in lists, or as `<@userid>` in the content."""
    content = _filled(payload, "content", 44004)
    if not content.strip():
        raise RefusedError(44004)
    most = MAX_CONTENT[msgtype]
    if len(content.encode()) > most:
        raise RefusedError(40058, f"{msgtype}.content exceed max length {most}. ")
    if msgtype == "markdown_v2":  # it knows no mentions
        return _Message(content)
    mentions = _MENTION.findall(content)
    if msgtype == "text":
        for name in ("mentioned_list", "mentioned_mobile_list"):
            mentions += _names(payload.get(name, []))
    return _Message(content, mentions=tuple(dict.fromkeys(mentions)))


def _news(payload: Json) -> str:
    """Return the articles as lines: title, description and address of each."""
    articles = payload.get("articles")
    if not isinstance(articles, list) or not 0 < len(articles) <= MAX_ARTICLES:
        raise RefusedError(40035)
    lines = []
    for article in articles:
        fields = article if isinstance(article, dict) else {}
        lines.append(_filled(fields, "title", 40063))
        lines += [str(fields["description"])] if fields.get("description") else []
        lines.append(_filled(fields, "url", 40063))
    return "\n".join(lines)


def _card(payload: Json) -> str:
    """Return the texts at the head of a template card; the rest of it is not looked at."""
    if payload.get("card_type") not in _CARDS:
        raise RefusedError(40035)
    head = payload.get("main_title")
    head = head if isinstance(head, dict) else {}
    texts = (head.get("title"), head.get("desc"), payload.get("sub_title_text"))
    lines = [text for text in texts if isinstance(text, str) and text]
    if not lines:
        raise RefusedError(40063)
    return "\n".join(lines)


def _filled(payload: Json, name: str, missing: int) -> str:
    """Return a text that must be there; `missing` is the errcode if it is not."""
    value = payload.get(name)
    if value is None or value == "":
        raise RefusedError(missing)
    if not isinstance(value, str):
        raise RefusedError(40035)
    return value


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise RefusedError(40035)
    return value
