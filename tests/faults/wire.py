"""What stands before a sandbox and does to a connection what no HTTP server can be asked for."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import socket
import ssl
import struct
import threading
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import trustme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OK = b'{"errcode":0,"errmsg":"\xb3\xc9\xb9\xa6","processQueryKey":"k","msgid":"m"}'  # GBK
#: Answers in the platform's place: status line and headers without a length, then the body.
CANNED = {
    "429": (b"429 Too Many Requests", b"", b"slow down"),
    "429 Retry-After": (b"429 Too Many Requests", b"Retry-After: 37\r\n", b"slow down"),
    "gzip bomb": (
        b"200 OK",
        b"Content-Encoding: gzip\r\nContent-Type: application/json\r\n",
        gzip.compress(bytes(50 << 20)),
    ),
    "hostile": (
        b"403 Forbidden",
        b"Content-Type: text/html\r\n",
        b"<script>alert(1)</script>\x1b]0;owned\x07\x1b[2J\r\n\xff\xfe\xe2\x80\xae<img src=x>" * 99,
    ),
}


class Wire:
    """Passes requests on to *sandbox*, but for those that *act* names a fault for.

    | fault | what becomes of the request |
    |---|---|
    | ``reset during`` | the connection is reset when half of the body is read |
    | ``reset after`` | the platform has it and answers; the connection is reset instead |
    | ``endless`` | chunks come for as long as anybody reads |
    | ``charset`` | the platform has it; the answer's text is no UTF-8 |
    | a key of ``CANNED`` | that is answered, and the platform never sees it |
    """

    def __init__(self, sandbox: str, act: Callable[[str], str | None]) -> None:
        self.met: list[str] = []
        self._sandbox = urlsplit(sandbox)
        self._act = act
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that waits in accept() is not woken by close() alone.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        """One request for each connection is enough here."""
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as file:
            line = file.readline()
            method, target, _ = line.decode("ascii").split(" ")
            headers = http.client.parse_headers(file)
            length = int(headers.get("Content-Length", 0))
            fault = self._act(target)
            if fault is None:
                _answer(connection, *self._passed(method, target, headers, file.read(length)))
                return
            self.met.append(target)
            if fault == "reset during":
                file.read(length // 2)
                _reset(connection)
                return
            body = file.read(length)
            if fault in CANNED:
                _answer(connection, *CANNED[fault])
            elif fault == "endless":
                _endless(connection)
            else:
                status, kind, _ = self._passed(method, target, headers, body)
                if fault == "charset":
                    _answer(connection, status, kind, OK)
                else:
                    _reset(connection)

    def _passed(
        self, method: str, target: str, headers: http.client.HTTPMessage, body: bytes
    ) -> tuple[bytes, bytes, bytes]:
        upstream = http.client.HTTPConnection(str(self._sandbox.netloc), timeout=5)
        with contextlib.closing(upstream):
            upstream.request(method, target, body, dict(headers))
            reply = upstream.getresponse()
            status = f"{reply.status} {reply.reason}".encode()
            return status, b"Content-Type: application/json\r\n", reply.read()


def _answer(connection: socket.socket, status: bytes, headers: bytes, body: bytes) -> None:
    length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
    connection.sendall(b"HTTP/1.1 " + status + b"\r\n" + headers + length + body)


def _endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:  # until the reader goes
        connection.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")


def _reset(connection: socket.socket) -> None:
    """Close with RST; the file that reads it is closed by then or its last reference goes."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RD)
    connection.close()


@contextlib.contextmanager
def untrusted() -> Iterator[str]:
    """The address of a server whose certificate nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def shake(connection: socket.socket) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True):
                pass

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(
                        target=shake, args=(listening.accept()[0],), daemon=True
                    ).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def refused_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port
