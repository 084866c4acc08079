"""HTTPS connections whose requests leave in one write, head and body together.

Two writes are two TLS records and two packets, and wake the other side twice; ``urllib3`` has no
setting for that.
"""

from __future__ import annotations

from typing import Any

from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection


class OneWrite(HTTPSConnection):
    """A request's head waits for its body's first bytes; what keeps these back keeps it too."""

    _waits = False
    _head = b""

    def request(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Any = None,
        **options: Any,
    ) -> None:
        """As ``urllib3``'s, which calls :meth:`send` with the head, then with each chunk."""
        self._waits, self._head = body is not None, b""
        super().request(method, url, body, headers, **options)
        if self._head:  # the body was empty
            self.send(b"")

    def send(self, data: Any) -> None:
        """Write *data*, after the head that waits."""
        if self._waits:
            self._waits, self._head = False, data
            return
        head, self._head = self._head, b""
        super().send(head + data)


class OneWritePool(HTTPSConnectionPool):
    """Keeps such connections to one host."""

    ConnectionCls = OneWrite
