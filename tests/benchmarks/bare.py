"""What ours is compared with: the same message by ``requests``, and by ``http.client``."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import TYPE_CHECKING, Any

from saved import FIELDS, TEXT, timed
from tls_server import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests
    from tls_server import TlsServer

PATH = f"/cgi-bin/appchat/send?access_token={TOKEN}"
PAYLOAD: dict[str, Any] = {
    "chatid": FIELDS["chat_id"],
    "msgtype": "text",
    "text": {"content": TEXT},
    "safe": 0,
}
BODY = json.dumps(PAYLOAD, ensure_ascii=False, separators=(",", ":")).encode()
HEADERS = {"Content-Type": "application/json"}


def by_requests(server: TlsServer, session: requests.Session) -> Callable[[], float]:
    """``Session.post(json=)``; milliseconds of one message."""
    url = server.url + PATH
    return timed(
        lambda: session.post(url, json=PAYLOAD), lambda reply: reply.json()["errcode"] == 0
    )


def by_requests_bytes(server: TlsServer, session: requests.Session) -> Callable[[], float]:
    """As that, of a body that is encoded already."""
    url = server.url + PATH
    return timed(
        lambda: session.post(url, data=BODY, headers=HEADERS),
        lambda reply: reply.json()["errcode"] == 0,
    )


def by_http_client(server: TlsServer) -> Callable[[], float]:
    """The floor: ``http.client`` on one connection."""
    context = ssl.create_default_context(cafile=server.ca)
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context)

    def post() -> bytes:
        connection.request("POST", PATH, BODY, HEADERS)
        return connection.getresponse().read()

    return timed(post, lambda body: json.loads(body)["errcode"] == 0)
