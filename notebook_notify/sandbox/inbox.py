"""What was delivered: plain dictionaries, oldest first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.media import Media
    from notebook_notify.sandbox.wire import Json


class Inbox:
    """The delivered messages of all chats; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Stamp messages with `clock`, in seconds since the epoch."""
        self._clock = clock
        self._messages: list[Json] = []
        self._lock = threading.Lock()

    def add(
        self,
        platform: str,
        channel: str,
        to: str,
        msgtype: str,
        content: str,
        media: Media | None,
        title: str = "",
        mentions: tuple[str, ...] = (),
    ) -> Json:
        """Deliver one message, a text or an upload; return it, for `recall`.

        `title` is what DingTalk's Markdown has; `mentions`, whom a robot's message calls.
        """
        with self._lock:
            now = datetime.fromtimestamp(self._clock(), UTC).astimezone()
            message: Json = {
                "platform": platform,
                "channel": channel,
                "to": to,
                "msgtype": msgtype,
                "title": title,
                "content": content,
                "mentions": list(mentions),
                "media": None if media is None else media.entry(),
                "recalled": False,
                "time": now.isoformat(timespec="milliseconds"),
            }
            self._messages.append(message)
            return message

    def recall(self, message: Json) -> None:
        """Mark a delivered message as taken back."""
        with self._lock:
            message["recalled"] = True

    def messages(self, url: str) -> list[Json]:
        """Return copies of the messages, oldest first; uploads are found under `url`."""
        with self._lock:
            return [under(url, message) for message in self._messages]

    def clear(self) -> None:
        """Forget every message."""
        with self._lock:
            self._messages.clear()


def under(url: str, message: Json) -> Json:
    """Return a copy of a message whose upload, if it shows one, has its address under `url`."""
    media = message["media"]
    if media is None:
        return dict(message)
    path = f"/media/{media['url'].rpartition('/')[2]}"
    return message | {"media": media | {"url": url + path}}
