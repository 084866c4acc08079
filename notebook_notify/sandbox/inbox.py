"""What was delivered: plain dictionaries, oldest first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from notebook_notify.sandbox.wire import Json


class Inbox:
    """The delivered messages of all chats; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Stamp messages with `clock`, in seconds since the epoch."""
        self._clock = clock
        self._messages: list[Json] = []
        self._lock = threading.Lock()

    def add(self, platform: str, channel: str, to: str, msgtype: str, content: str) -> None:
        """Deliver one message."""
        with self._lock:
            now = datetime.fromtimestamp(self._clock(), UTC).astimezone()
            self._messages.append(
                {
                    "platform": platform,
                    "channel": channel,
                    "to": to,
                    "msgtype": msgtype,
                    "content": content,
                    "media": None,
                    "time": now.isoformat(timespec="milliseconds"),
                }
            )

    def messages(self) -> list[Json]:
        """Return copies of the messages, oldest first."""
        with self._lock:
            return [dict(message) for message in self._messages]

    def clear(self) -> None:
        """Forget every message."""
        with self._lock:
            self._messages.clear()
