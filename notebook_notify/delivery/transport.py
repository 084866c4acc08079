"""A :class:`Request` becomes a :class:`Reply` within a deadline; judges nothing.

How a host is reached is the business of :mod:`notebook_notify.delivery.routes`; each call then is
``urllib3``'s alone.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from notebook_notify import errors
from notebook_notify.delivery.explain import explain
from notebook_notify.delivery.routes import Routes
from notebook_notify.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from urllib3 import Retry
    from urllib3.response import BaseHTTPResponse

#: The longest reply that is read, in bytes; the platforms' own are below 10 KiB.
MAX_REPLY = 1 << 20
#: A connection that does not stand after so many seconds will not.
CONNECT_TIMEOUT = 5.0
#: So many bytes leave at once where their leaving is told.
CHUNK = 64 << 10
#: The longest that ``Retry-After`` is believed, in seconds.
MOST_WAITED = 3600.0


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a request.

    Attributes:
        form_field: the name of the form's field.
        name: the file's name, which goes out as UTF-8.
        data: the file.
        content_type: its MIME type.
    """

    form_field: str
    name: str
    data: bytes = field(repr=False)
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a platform.

    Attributes:
        method: ``"GET"`` or ``"POST"``.
        url: scheme, host and path; never a secret.
        query: what follows the ``?``; holds tokens and secrets, so no ``repr`` shows it.
        payload: the JSON body of a ``POST``.
        upload: a file instead of a JSON body, as ``multipart/form-data``.
        proxy: the URL of a proxy for this call alone; ``None`` means the environment's.
        headers: beside those of every call; may hold a token, so no ``repr`` shows them.
    """

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    payload: Mapping[str, Any] | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)
    upload: Upload | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def encoded(self) -> tuple[bytes, str]:
        """The body and its content type."""
        if self.upload is None:
            return self.body(), "application/json; charset=utf-8"
        from urllib3.filepost import encode_multipart_formdata

        part = (self.upload.name, self.upload.data, self.upload.content_type)
        return encode_multipart_formdata({self.upload.form_field: part})

    def body(self) -> bytes:
        """The payload as UTF-8 JSON; Chinese stays Chinese, so that byte counts hold."""
        if self.payload is None:
            return b""
        text = json.dumps(self.payload, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, unjudged.

    Attributes:
        status: the HTTP status.
        body: at most ``MAX_REPLY`` bytes.
        complete: whether that is all of it.
        retry_after: in how many seconds to ask again, if it says so; ``MOST_WAITED`` at most.
    """

    status: int
    body: bytes = field(repr=False)
    complete: bool = True
    retry_after: float | None = None

    def json_object(self) -> dict[str, Any] | None:
        """The body if it is one JSON object, else ``None``.

        Bytes that are no UTF-8 become U+FFFD: a text in another charset must not hide the code
        beside it, by which a message is known to have arrived.
        """
        if not self.complete:
            return None
        try:
            value = json.loads(self.body.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


class Transport:
    """Sends requests over kept connections, one pool for all hosts. Thread-safe."""

    def __init__(self) -> None:
        self._routes = Routes()

    def perform(
        self,
        request: Request,
        *,
        deadline: float,
        patience: float | None = None,
        depart: Callable[[], None] | None = None,
        sends: bool = True,
        told: Callable[[int, int], None] | None = None,
    ) -> Reply:
        """Send *request* and read its reply.

        Args:
            request: what to send. Redirects are not followed; TLS is verified.
            deadline: on the ``time.monotonic()`` clock, in seconds.
            patience: how long to wait for the reply once the body has left, in seconds; ``None``
                means until *deadline*.
            depart: called once, when the connection stands and the first byte of the body is
                about to be written; may raise to keep it back. What fails before was not sent.
            sends: whether it tells anybody anything: of a lost reply else nothing may have arrived.
            told: told, on this thread, how many bytes of the body have left, and of how many;
                must not raise.

        Raises:
            TransportError: no complete reply; ``left`` says whether the body was on its way.
        """
        body = None
        if request.method == "POST":
            body = _Body(*request.encoded(), deadline, depart, told)
        try:
            with _quiet_logs:
                return self._perform(request, body, deadline, patience)
        except Exception as error:
            if isinstance(error, TransportError) or not _is_delivery_problem(error):
                raise
            host = request.url.partition("://")[2].partition("/")[0]
            failure = explain(error, host, left=sends and body is not None and body.left)
        # Raised here, not above: its __context__ must not hold an exception that quotes the URL.
        raise failure

    def close(self) -> None:
        """Close the kept connections."""
        self._routes.close()

    def _perform(
        self, request: Request, body: _Body | None, deadline: float, patience: float | None
    ) -> Reply:
        from urllib3 import Timeout

        now = time.monotonic()
        if now >= deadline:
            raise _too_late()
        route = self._routes.to(request.url, request.proxy, now)
        headers = {**request.headers, **_HEADERS, "User-Agent": _user_agent()}
        if body is not None:
            headers["Content-Type"] = body.content_type
            headers["Content-Length"] = str(len(body.data))
        response = route.pool.urlopen(
            request.method,
            _path(request, route.untold),
            body=body,
            headers=headers,
            retries=_no_retries(),
            redirect=False,
            assert_same_host=False,
            # Of the total, connecting takes its share before the reply is waited for.
            timeout=Timeout(
                connect=min(CONNECT_TIMEOUT, deadline - now), read=patience, total=deadline - now
            ),
            preload_content=False,
            decode_content=False,
        )
        reply = None
        try:
            if body is not None and patience is not None:
                deadline = min(deadline, body.left_at + patience)
            reply = _read(response, deadline)
        finally:
            route.last_use = time.monotonic()
            if reply is None or not reply.complete:
                response.close()  # what was not read to its end must not be used again
            response.release_conn()
        return reply


@cache
def _no_retries() -> Retry:
    from urllib3 import Retry

    return Retry.from_int(False, redirect=False)


def _path(request: Request, untold: int) -> str:
    path = request.url[untold:]
    return f"{path}?{urlencode(request.query, errors='replace')}" if request.query else path


class _Body:
    """A request's body that knows whether its first byte was asked for."""

    def __init__(
        self,
        data: bytes,
        content_type: str,
        deadline: float,
        depart: Callable[[], None] | None,
        told: Callable[[int, int], None] | None,
    ) -> None:
        self.data = data
        self.content_type = content_type
        self.left = False
        self.left_at = 0.0
        self._deadline = deadline
        self._depart = depart
        self._told = told

    def __iter__(self) -> Iterator[bytes]:
        if time.monotonic() >= self._deadline:  # a name look-up keeps no time
            raise _too_late()
        if self._depart is not None:
            self._depart()
        self.left = True
        self.left_at = time.monotonic()
        if self._told is None:
            yield self.data
            return
        for start in range(0, len(self.data), CHUNK):
            yield self.data[start : start + CHUNK]
            self._told(min(start + CHUNK, len(self.data)), len(self.data))


def _read(response: BaseHTTPResponse, deadline: float) -> Reply:
    """Read by single receives, so that a dripping server cannot outlast the deadline."""
    chunks: list[bytes] = []
    size = 0
    while chunk := response.read1(MAX_REPLY, decode_content=False):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_REPLY:
            return Reply(response.status, b"".join(chunks)[:MAX_REPLY], complete=False)
        if time.monotonic() > deadline:
            raise TimeoutError
        if response.length_remaining == 0:
            break
    return Reply(response.status, b"".join(chunks), retry_after=_retry_after(response))


def _retry_after(response: BaseHTTPResponse) -> float | None:
    """What ``Retry-After`` says, as seconds or as a date; ``None``: nothing that can be read."""
    if "Retry-After" not in response.headers:
        return None
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    try:
        seconds = Retry().get_retry_after(response)
    except (InvalidHeader, ValueError, OverflowError):
        return None
    return None if seconds is None else min(float(seconds), MOST_WAITED)


def _too_late() -> TransportError:
    return TransportError("no time left to send it", errcode=errors.OVER_BUDGET, left=False)


# No compression is asked for and none is undone: replies are tiny, and a gzip bomb is not.
_HEADERS = {"Accept-Encoding": "identity"}


def _user_agent() -> str:
    global _agent  # noqa: PLW0603 - reading the metadata takes milliseconds
    if _agent is None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("notebook-notify")
        except PackageNotFoundError:  # run from a folder or a zip
            number = "0"
        _agent = f"notebook-notify/{number}"
    return _agent


_agent: str | None = None


def _is_delivery_problem(error: BaseException) -> bool:
    from http.client import HTTPException

    from urllib3.exceptions import HTTPError

    # A RequestException of requests is an OSError.
    return isinstance(error, (HTTPError, HTTPException, OSError))


class _QuietLogs(logging.Filter):
    """Cuts the query string, which holds tokens, from urllib3's log lines of our requests."""

    def __init__(self) -> None:
        super().__init__()
        self._ours = threading.local()

    def __enter__(self) -> None:
        logging.getLogger("urllib3.connectionpool").addFilter(self)  # adds once
        self._ours.busy = True

    def __exit__(self, *_: object) -> None:
        self._ours.busy = False

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(self._ours, "busy", False) and isinstance(record.args, tuple):
            record.args = tuple(
                arg.partition("?")[0] if isinstance(arg, str) else arg for arg in record.args
            )
        return True


_quiet_logs = _QuietLogs()
