"""Servers of the tests' own, for what no platform would do on purpose, and calls to them."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import pytest
import trustme

from notebook_notify.delivery.transport import Reply, Request, Transport
from notebook_notify.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n" + b'{"errcode":0}'
SECRET = "s3cr3t-T0KEN/+&x"


class Server:
    """Reads whole requests and answers with what ``answer`` makes of each; ``None`` hangs up."""

    def __init__(
        self,
        answer: Callable[[bytes], bytes | None] = lambda _request: OK,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[bytes] = []
        self.broken_off: list[bytes] = []
        self.connections = 0
        self._answer = answer
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            with connection:
                while (request := self._read(connection)) is not None:
                    self.requests.append(request)
                    reply = self._answer(request)
                    if reply is None:
                        return
                    connection.sendall(reply)

    def _read(self, connection: socket.socket) -> bytes | None:
        data = b""
        while True:
            head, found, body = data.partition(b"\r\n\r\n")
            if found:
                length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
                if len(body) >= int(length or 0):
                    return data
            received = connection.recv(65536)
            if not received:
                if data:
                    self.broken_off.append(data)
                return None
            data += received


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers that end with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(Server(*args, **kwargs))


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """An authority that no machine trusts by itself."""
    return trustme.CA()


@pytest.fixture(scope="session")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    """TLS for 127.0.0.1 by that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is trusted, as a company's is: by REQUESTS_CA_BUNDLE."""
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))


@pytest.fixture
def ok() -> bytes:
    """The answer of a platform that has taken the message."""
    return OK


@pytest.fixture
def token() -> str:
    """The secret in the query of each call."""
    return SECRET


@pytest.fixture
def transport() -> Iterator[Transport]:
    """A transport that ends with the test."""
    one = Transport()
    yield one
    one.close()


@pytest.fixture
def post(transport: Transport) -> Callable[..., Reply]:
    """Post a small JSON with a secret in the query."""

    def post(url: str, *, seconds: float = 5.0, path: str = "/send", **options: Any) -> Reply:
        depart, patience = options.pop("depart", None), options.pop("patience", None)
        request = Request("POST", url + path, {"access_token": SECRET}, {"text": "完成"}, **options)
        deadline = time.monotonic() + seconds
        return transport.perform(request, deadline=deadline, patience=patience, depart=depart)

    return post


@pytest.fixture
def get(transport: Transport) -> Callable[..., Reply]:
    """Get with a secret in the query."""

    def get(url: str, *, seconds: float = 5.0, **options: Any) -> Reply:
        request = Request("GET", url + "/gettoken", {"corpsecret": SECRET}, **options)
        return transport.perform(request, deadline=time.monotonic() + seconds)

    return get


def _failure(call: Callable[..., Reply], *args: Any, **options: Any) -> TransportError:
    with pytest.raises(TransportError) as caught:
        call(*args, **options)
    return caught.value


@pytest.fixture
def failure() -> Callable[..., TransportError]:
    """Gives the error that a call ends with."""
    return _failure


def _header(request: bytes, name: str) -> str | None:
    for line in request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name.lower():
            return value.strip()
    return None


@pytest.fixture
def header() -> Callable[[bytes, str], str | None]:
    """Gives a header of a raw request, or ``None``."""
    return _header


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1_764_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    """The outbox's clock."""
    return Clock()
