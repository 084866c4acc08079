"""The HTTP side: one handler per connection, its faults, and the sandbox's own pages."""

from __future__ import annotations

import contextlib
import json
import secrets
import select
import socket
import struct
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Condition, Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from notebook_notify.sandbox import page
from notebook_notify.sandbox.dingtalk_v1_errors import v1_refusal
from notebook_notify.sandbox.faults import CANNED, DELIVERED, Fault
from notebook_notify.sandbox.media import key_of
from notebook_notify.sandbox.wire import Answer, Call, Platform, answer_json, read_object

if TYPE_CHECKING:
    from notebook_notify.sandbox.server import Sandbox

MAX_BODY = 30 * 1024 * 1024
"""Bytes of a request's body; above the largest upload of either platform (20 MB)."""


class Server(ThreadingHTTPServer):
    """The listening socket on loopback, and the connections that are open."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox, port: int) -> None:
        """Answer on a port of 127.0.0.1, from a daemon thread; port 0 takes any free one."""
        self.sandbox = sandbox
        self._open: set[socket.socket] = set()
        self._changed = Condition()
        super().__init__(("127.0.0.1", port), Handler)
        self._thread = Thread(target=self.serve, name="notebook_notify-sandbox", daemon=True)
        self._thread.start()

    def server_bind(self) -> None:
        """Bind without the base class's name look-up, which waits for DNS where there is none."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        with self._changed:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: object) -> None:
        """Close a connection and forget it."""
        super().shutdown_request(request)  # type: ignore[arg-type]
        with self._changed:
            self._open.discard(request)
            self._changed.notify_all()

    def serve(self) -> None:
        """Accept connections until `stop`; unlike serve_forever, this wakes for nothing else."""
        while not self.sandbox.stopping.is_set():
            self.handle_request()

    def stop(self) -> None:
        """Stop accepting, and close the kept connections, on which handlers wait for requests."""
        self.sandbox.stopping.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.server_port), timeout=1).close()
        self._thread.join(timeout=1)  # seconds
        self.server_close()
        with self._changed:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self._changed.wait_for(lambda: not self._open, timeout=1)

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent when a caller goes away in the middle of an answer."""


class Handler(BaseHTTPRequestHandler):
    """Serves one connection, kept alive as both platforms keep theirs."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    _counted = False

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Log nothing: URLs hold tokens, and a notebook shows stderr."""

    def _route(self) -> None:
        try:
            path = urlsplit(self.path).path
            query = dict(reversed(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)))
        except ValueError:
            self._send_last(Answer(b"bad request", 400, "text/plain"))
            return
        if self._serve_own(path):
            return
        platform = self.server.sandbox.platform(path)
        token_request = platform.is_token_request(path)
        self.server.sandbox.count(
            new_connection=not self._counted,
            token_request=token_request,
            upload=platform.is_upload(path),
        )
        self._counted = True
        fault = self.server.sandbox.faults.take(path, token_request=token_request)
        if fault is not None and fault.kind == "reset_before":
            self._reset()
            return
        body = self._read_body()
        if body is None:
            return
        kind = self.headers.get("Content-Type", "")
        token = self.headers.get("x-acs-dingtalk-access-token", "")
        call = Call(self.command, path, query, kind, body, self.client_address[0], token)
        try:
            if fault is None:
                self._send(platform.handle(call))
            else:
                self._fail(fault, platform, call)
        except OSError:
            raise
        except Exception:  # noqa: BLE001 - a mistake in the sandbox must be seen by its user
            self._send_last(Answer(traceback.format_exc().encode(), 500, "text/plain"))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _route  # noqa: N815

    def _serve_own(self, path: str) -> bool:
        """Serve the sandbox's own pages; False if the request is not for one of them."""
        sandbox = self.server.sandbox
        match self.command, path:
            case "GET", "/":
                self._send_page()
            case "GET", "/inbox.json":
                self._send(answer_json(sandbox.inbox))
            case "GET", "/targets.json":
                self._send(answer_json(sandbox.targets))
            case "GET", "/stats.json":
                self._send(answer_json(sandbox.stats))
            case "GET", "/favicon.ico":
                self._send(Answer(b"", 404, "text/plain"))
            case "GET", _ if (key := key_of(path)) is not None:
                self._send(sandbox.media.answer(key))
            case ("DELETE", "/inbox.json") | ("POST", "/expire_tokens" | "/fail_next"):
                body = self._read_body()
                if body is not None:
                    self._send(self._control(path, body))
            case _:
                return False
        return True

    def _control(self, path: str, body: bytes) -> Answer:
        sandbox = self.server.sandbox
        if path == "/inbox.json":
            sandbox.clear()
        elif path == "/expire_tokens":
            sandbox.expire_tokens()
        else:
            fields = read_object(body)
            if fields is None:
                return answer_json({"error": "the body must be a JSON object"}, 400)
            try:
                sandbox.fail_next(**fields)
            except (TypeError, ValueError) as error:
                return answer_json({"error": str(error)}, 400)
        return answer_json({"ok": True})

    def _send_page(self) -> None:
        nonce = secrets.token_urlsafe(16)
        wanted = self.headers.get("Accept-Language", "zh").strip().lower()
        lang = "zh" if wanted.startswith("zh") else "en"
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
            "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
        )
        sandbox = self.server.sandbox
        html = page.full(sandbox.inbox, lang, nonce, sandbox.media_bytes)
        headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
        self._send(Answer(html.encode(), 200, "text/html; charset=utf-8", headers))

    def _read_body(self) -> bytes | None:
        """Return the request's body; answer and return None if it cannot be read."""
        declared = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not declared.isdecimal():
            self._send_last(Answer(b"a plain Content-Length is needed", 411, "text/plain"))
            return None
        if int(declared) > MAX_BODY:
            self._send_last(Answer(b"the body is too large", 413, "text/plain"))
            return None
        body = self.rfile.read(int(declared))
        if len(body) < int(declared):
            self.close_connection = True
            return None
        return body

    def _send(self, answer: Answer) -> None:
        self._send_head(answer)
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def _send_last(self, answer: Answer) -> None:
        """Answer and close, since the rest of the connection cannot be trusted."""
        self.close_connection = True
        self._send(answer)

    def _send_head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in {"Cache-Control": "no-store", **answer.headers}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _fail(self, fault: Fault, platform: Platform, call: Call) -> None:
        """Meet a request with a fault; `faults` says which ones let the message through."""
        if fault.kind in CANNED:
            self._send(fault.canned(self.server.sandbox.url + self.path))
            return
        answer = platform.handle(call) if fault.kind in DELIVERED else Answer()
        match fault.kind:
            case "errcode":
                self._send(
                    answer_json(platform.refusal(fault.errcode, fault.errmsg, fault.sub_code))
                )
            case "code":
                self._send(v1_refusal(fault.code, fault.errmsg, fault.status))
            case "expired":
                self._send(platform.revoke(call))
            case "errcode_string" | "partial":
                self._send(_altered(answer, fault))
            case "hang" | "deliver_hang":
                self._hang(fault.seconds)
            case "drip":
                self._drip(answer, 1.0 if fault.seconds is None else fault.seconds)
            case "half":
                self.close_connection = True
                self._send_head(answer)
                self.wfile.write(answer.body[: len(answer.body) // 2])
            case "reset":
                self._reset()

    def _hang(self, seconds: float | None) -> None:
        """Answer nothing until the time is over, the caller has gone, or the sandbox stops."""
        self.close_connection = True
        end = float("inf") if seconds is None else time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            readable, _, _ = select.select([self.connection], [], [], min(left, 60))
            if readable and not self.connection.recv(4096):
                return

    def _drip(self, answer: Answer, interval: float) -> None:
        self._send_head(answer)
        for byte in answer.body:
            if self.server.sandbox.stopping.wait(interval):
                return
            self.wfile.write(bytes([byte]))

    def _reset(self) -> None:
        """Close with RST: no lingering, and no reader that keeps the socket open."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


def _altered(answer: Answer, fault: Fault) -> Answer:
    """Return the platform's answer with a string errcode, or with recipients refused."""
    reply = json.loads(answer.body)
    if fault.kind == "partial":
        reply["invaliduser"] = "lisi" if fault.body is None else fault.body
    elif "errcode" in reply:  # DingTalk's new host has none
        reply["errcode"] = str(reply["errcode"])
    return answer_json(reply, answer.status)
