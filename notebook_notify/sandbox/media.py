"""What was uploaded: found by media id for a message, by address for a browser."""

from __future__ import annotations

import hashlib
import re
import string
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from notebook_notify.sandbox.wire import Answer, random_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.wire import Json

LIFETIME = 3 * 24 * 3600
"""Seconds that a media id lives (WeCom, path/90253; DingTalk's document states no end)."""
CAPACITY = 200 * 1024 * 1024
"""Bytes kept in memory; the oldest go first."""
OTHER = "application/octet-stream"

_NAMES = {
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "json": "application/json",
    "log": "text/plain",
    "pdf": "application/pdf",
    "svg": "image/svg+xml",
    "txt": "text/plain",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
_PATH = re.compile(r"/media/([0-9a-f]{32})")


@dataclass(slots=True)
class Media:
    """One upload; `content` is None once it was dropped."""

    kind: str
    name: str
    size: int
    sha256: str
    image: str | None
    key: str
    expires: float
    content: bytes | None

    def entry(self) -> Json:
        """Return what the inbox shows, with a path in place of the address."""
        guess = _NAMES.get(extension(self.name), OTHER)
        return {
            "name": self.name,
            "type": self.image or guess,
            "size": self.size,
            "sha256": self.sha256,
            "url": f"/media/{self.key}",
        }


class MediaStore:
    """The uploads to both platforms; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float], capacity: int = CAPACITY) -> None:
        """Keep `capacity` bytes; media ids live by `clock`, in seconds."""
        self._clock = clock
        self._capacity = capacity
        self._held = 0
        self._by_id: dict[tuple[str, str], Media] = {}
        self._by_key: dict[str, Media] = {}
        self._lock = threading.Lock()

    def add(self, owner: str, media_id: str, kind: str, name: str, content: bytes) -> float:
        """Keep an upload of an owner under its media id; return the time."""
        now = self._clock()
        media = Media(
            kind=kind,
            name=name,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            image=image_type(content),
            key=random_text(32, string.hexdigits[:16]),
            expires=now + LIFETIME,
            content=content,
        )
        with self._lock:
            self._by_id[owner, media_id] = self._by_key[media.key] = media
            self._held += media.size
            for old in self._by_key.values():
                if self._held <= self._capacity:
                    break
                if old.content is not None:
                    old.content = None
                    self._held -= old.size
        return now

    def find(self, owner: str, media_id: str, kind: str) -> Media | None:
        """Return the upload for a message of this kind; None if unknown, expired, another kind."""
        with self._lock:
            media = self._by_id.get((owner, media_id))
            if media is None or media.expires <= self._clock() or media.kind != kind:
                return None
            return media

    def content(self, url: str) -> bytes | None:
        """Return the bytes behind an address of the inbox, or None if they are gone."""
        media = self._by_key.get(key_of(url) or "")
        return None if media is None else media.content

    def answer(self, key: str) -> Answer:
        """Answer a browser: only what begins as an image does goes out as one."""
        media = self._by_key.get(key)
        if media is None:
            return Answer(b"unknown", 404, "text/plain")
        content = media.content
        if content is None:
            return Answer(b"dropped to save memory", 410, "text/plain")
        inline = media.kind == "image" and media.image is not None
        headers = {
            "Content-Disposition": _disposition("inline" if inline else "attachment", media.name),
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=3600, immutable",
        }
        return Answer(content, 200, media.image or OTHER, headers)


def key_of(url: str) -> str | None:
    """Return the key that an address or path of an upload ends with."""
    found = _PATH.search(url)
    return found[1] if found and found.end() == len(url) else None


def image_type(content: bytes) -> str | None:
    """Return the MIME type of a PNG, JPEG, GIF or BMP by its first bytes, else None."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    # "BM" alone begins many a text: the four reserved bytes tell
    if content.startswith(b"BM") and content[6:10] == bytes(4):
        return "image/bmp"
    return None


def extension(name: str) -> str:
    """Return what follows the last dot of a file's name, in lower case; "" without a dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def _disposition(kind: str, name: str) -> str:
    """Return Content-Disposition with the name in ASCII and, whole, in UTF-8."""
    ascii_name = re.sub(r"[^\w. -]", "_", name, flags=re.ASCII)
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"
