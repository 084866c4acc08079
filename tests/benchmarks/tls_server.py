"""A loopback HTTPS server in a process of its own, as quick as plain Python allows.

It answers the token call, uploads and every send of WeCom and DingTalk, by whose names its
certificate goes too. It keeps connections, looks at no more of a request than where it ends, and
counts. Being much quicker than a client, it leaves what is measured to the client.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any, Self

import certifi
import trustme

HOSTS = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "api.dingtalk.com")
#: As long as WeCom's.
TOKEN = "t" * 214
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class TlsServer:
    """The server's process: ``url``, ``ca`` (a PEM file to trust) and ``stats()``."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        authority = trustme.CA()
        self.ca = str(folder / "ca.pem")
        # Beside all that people trust anyway: reading those is a part of each new connection.
        Path(self.ca).write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        certificate = str(folder / "server.pem")
        authority.issue_cert("127.0.0.1", *HOSTS).private_key_and_cert_chain_pem.write_to_path(
            certificate
        )
        self._process = subprocess.Popen(
            [sys.executable, __file__, certificate],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port = int(_line(self._process.stdout))
        self.url = f"https://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()  # end of file is the sign to end
        self._folder.cleanup()

    def stats(self, delay: float = 0.0) -> dict[str, Any]:
        """Since the last call: ``connections``, ``token_requests`` and ``sends``.

        And of the last send, on the machine's monotonic clock in seconds, ``first_byte`` and
        ``arrived``. From now on every answer waits *delay* seconds, as if the way were long.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(f"{delay}\n")
        self._process.stdin.flush()
        return dict(json.loads(_line(self._process.stdout)))


def _line(stream: IO[str] | None) -> str:
    assert stream is not None
    line = stream.readline()
    if not line:
        raise RuntimeError("the TLS server has ended")
    return line


def _reply(**fields: object) -> bytes:
    body = json.dumps({"errcode": 0, "errmsg": "ok", **fields}).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Server:
    def __init__(self, certificate: str) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._token_reply = _reply(access_token=TOKEN, expires_in=7200)
        self._send_reply = _reply(msgid="m1", type="file", media_id="m1", created_at="1")
        self._lock = threading.Lock()
        self._delay = 0.0
        self._clear()

    def run(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        for delay in sys.stdin:
            with self._lock:
                self._delay = float(delay)
                print(json.dumps(self._counts), flush=True)
                self._clear()

    def _clear(self) -> None:
        self._counts: dict[str, Any] = {"connections": 0, "token_requests": 0, "sends": 0}

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1

    def _accept(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            self._count("connections")
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with self._context.wrap_socket(connection, server_side=True) as stream:
                while self._answer(stream):
                    pass
        except OSError:
            pass  # the client has gone

    def _answer(self, stream: ssl.SSLSocket) -> bool:
        """Read one request and answer it; a client sends no second one before."""
        data, began = b"", 0.0
        while (end := data.find(b"\r\n\r\n")) < 0:
            chunk = stream.recv(65536)
            if not chunk:
                return False
            began = began if data else time.monotonic()
            data += chunk
        found = _LENGTH.search(data, 0, end)
        missing = (int(found[1]) if found else 0) - (len(data) - end - 4)
        while missing > 0:
            chunk = stream.recv(65536)
            if not chunk:
                return False
            missing -= len(chunk)
        arrived = time.monotonic()
        if self._delay:
            time.sleep(self._delay)
        if data.startswith(b"GET "):
            self._count("token_requests")
            stream.sendall(self._token_reply)
        else:
            self._count("sends")
            with self._lock:
                self._counts.update(first_byte=began, arrived=arrived)
            stream.sendall(self._send_reply)
        return True


if __name__ == "__main__":
    _Server(sys.argv[1]).run()
