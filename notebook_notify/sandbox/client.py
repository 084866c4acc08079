"""A sandbox in another process, seen over HTTP with the surface of the one in this process."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, cast

from notebook_notify.sandbox.inbox import under
from notebook_notify.sandbox.media import key_of

if TYPE_CHECKING:
    from notebook_notify.sandbox.wire import Json

TIMEOUT = 10
"""Seconds for one call to the sandbox's own pages."""


class SandboxClient:
    """Reads and steers the sandbox at a URL; OSError if nothing answers there."""

    def __init__(self, url: str) -> None:
        """Remember the address; nothing is called yet."""
        self.url = url.rstrip("/")
        # No proxy from the environment: it could not reach this machine's loopback.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __repr__(self) -> str:
        return f"<SandboxClient {self.url}>"

    @property
    def inbox(self) -> list[Json]:
        """The delivered messages, oldest first, uploads under the address of this client."""
        messages = cast("list[Json]", self._call("GET", "/inbox.json"))
        return [under(self.url, message) for message in messages]

    @property
    def targets(self) -> dict[str, Json]:
        """Ready targets by name, their base_url being the address that this client uses."""
        targets = cast("dict[str, Json]", self._call("GET", "/targets.json"))
        return {name: fields | {"base_url": self.url} for name, fields in targets.items()}

    @property
    def stats(self) -> dict[str, int]:
        """What the platforms have seen: connections, requests; token_requests, uploads of these."""
        return cast("dict[str, int]", self._call("GET", "/stats.json"))

    def media_bytes(self, media: Json) -> bytes | None:
        """Return the bytes of a message's `media`, or None if they were dropped."""
        path = f"/media/{key_of(media['url'])}"
        try:
            with self._opener.open(self.url + path, timeout=TIMEOUT) as response:
                return cast("bytes", response.read())
        except urllib.error.HTTPError as error:
            error.close()
            return None

    def clear(self) -> None:
        """Empty the inbox."""
        self._call("DELETE", "/inbox.json")

    def expire_tokens(self) -> None:
        """Expire every token that was handed out."""
        self._call("POST", "/expire_tokens")

    def fail_next(self, kind: str | None = None, **fields: Any) -> None:
        """Let the next matching platform request fail; the fields of `Sandbox.fail_next`."""
        self._call("POST", "/fail_next", {"kind": kind, **fields})

    def _call(self, method: str, path: str, body: Json | None = None) -> object:
        request = urllib.request.Request(  # noqa: S310 - the user's own address
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return cast("object", json.load(response))
        except urllib.error.HTTPError as error:
            with error:
                detail = error.read(1000).decode(errors="replace")
            if error.code == 400:  # noqa: PLR2004 - our own answer to a fault that makes no sense
                raise ValueError(json.loads(detail)["error"]) from None
            raise OSError(f"{self.url}{path}: HTTP {error.code}: {detail[:200]}") from None
