"""A :class:`Request` becomes a :class:`Reply` within a deadline; judges nothing.

This is the only module that imports ``requests``, and it does so with the first request, so
that ``import notebook_notify`` stays cheap.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from notebook_notify import errors
from notebook_notify.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests import PreparedRequest, Response
    from requests.adapters import HTTPAdapter

#: The longest reply that is read, in bytes; the platforms' own are below 10 KiB.
MAX_REPLY = 1 << 20
#: A connection that does not stand after so many seconds will not.
CONNECT_TIMEOUT = 5.0
#: A connection idle for longer is not used again, in seconds: NAT boxes forget it without a
#: word, and a message written into such a connection would have an unknown outcome.
MAX_IDLE = 60.0
#: What ``requests`` reads from the environment; its answer is kept until one of these changes.
_ENVIRONMENT = tuple(
    name
    for base in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    for name in (base, base.upper())
) + ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a platform.

    Attributes:
        method: ``"GET"`` or ``"POST"``.
        url: scheme, host and path; never a secret.
        query: what follows the ``?``; holds tokens and secrets, so no ``repr`` shows it.
        payload: the JSON body of a ``POST``.
        proxy: the URL of a proxy for this call alone; ``None`` means the environment's.
    """

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    payload: Mapping[str, Any] | None = field(default=None, repr=False)
    proxy: str | None = field(default=None, repr=False)

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
    """

    status: int
    body: bytes = field(repr=False)
    complete: bool = True

    def json_object(self) -> dict[str, Any] | None:
        """The body if it is one JSON object in UTF-8, else ``None``."""
        if not self.complete:
            return None
        try:
            value = json.loads(self.body.decode("utf-8"))
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None


class Transport:
    """Sends requests over kept connections, one pool for all hosts. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._adapter: HTTPAdapter | None = None
        self._settings: dict[tuple[str, str | None], dict[str, Any]] = {}
        self._environment: tuple[str | None, ...] = ()
        self._last_use = 0.0

    def perform(
        self,
        request: Request,
        *,
        deadline: float,
        depart: Callable[[], None] | None = None,
    ) -> Reply:
        """Send *request* and read its reply.

        Args:
            request: what to send. Redirects are not followed; TLS is verified.
            deadline: on the ``time.monotonic()`` clock, in seconds.
            depart: called once, when the connection stands and the first byte of the body is
                about to be written; may raise to keep it back. What fails before was not sent.

        Raises:
            TransportError: no complete reply; ``left`` says whether the body was on its way.
        """
        body = _Body(request.body(), depart) if request.method == "POST" else None
        try:
            with _quiet_logs:
                return self._perform(request, body, deadline)
        except Exception as error:
            if isinstance(error, TransportError) or not _is_delivery_problem(error):
                raise
            failure = _explain(error, request, left=body is not None and body.left)
        # Raised here, not above: its __context__ must not hold an exception that quotes the URL.
        raise failure

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            if self._adapter is not None:
                self._adapter.close()
                self._adapter = None

    def _perform(self, request: Request, body: _Body | None, deadline: float) -> Reply:
        now = time.monotonic()
        if now >= deadline:
            raise TransportError(
                "no time left to send it", errcode=errors.OVER_BUDGET, left=False
            )
        adapter = self._ready_adapter(now)
        response = adapter.send(
            _prepare(request, body),
            stream=True,
            timeout=(min(CONNECT_TIMEOUT, deadline - now), deadline - now),
            **self._environment_settings(request),
        )
        try:
            return _read(response, deadline)
        finally:
            self._last_use = time.monotonic()
            response.close()

    def _ready_adapter(self, now: float) -> HTTPAdapter:
        with self._lock:
            if self._adapter is None:
                from requests.adapters import HTTPAdapter

                self._adapter = HTTPAdapter(max_retries=0)
            elif now - self._last_use > MAX_IDLE:
                self._adapter.close()
            self._last_use = now
            return self._adapter

    def _environment_settings(self, request: Request) -> dict[str, Any]:
        """Proxies and CA bundle as ``requests`` finds them, computed once per environment."""
        environment = tuple(map(os.environ.get, _ENVIRONMENT))
        if environment != self._environment:
            self._settings = {}
            self._environment = environment
        parts = urlsplit(request.url)
        key = (f"{parts.scheme}://{parts.netloc}", request.proxy)
        settings = self._settings.get(key)
        if settings is None:
            from requests import Session

            proxies = {"http": request.proxy, "https": request.proxy} if request.proxy else {}
            merged = Session().merge_environment_settings(
                request.url, proxies, stream=True, verify=True, cert=None
            )
            if request.proxy:
                merged["proxies"] = proxies
            settings = {name: merged[name] for name in ("proxies", "verify", "cert")}
            self._settings[key] = settings
        return settings


class _Body:
    """A request's body that knows whether its first byte was asked for."""

    def __init__(self, data: bytes, depart: Callable[[], None] | None) -> None:
        self.data = data
        self.left = False
        self._depart = depart

    def __iter__(self) -> Iterator[bytes]:
        if self._depart is not None:
            self._depart()
        self.left = True
        yield self.data


def _prepare(request: Request, body: _Body | None) -> PreparedRequest:
    from requests import PreparedRequest
    from requests.structures import CaseInsensitiveDict

    prepared = PreparedRequest()
    prepared.method = request.method
    prepared.url = f"{request.url}?{urlencode(request.query)}" if request.query else request.url
    # No compression is asked for and none is undone: replies are tiny, and a gzip bomb is not.
    prepared.headers = CaseInsensitiveDict(
        {"User-Agent": _user_agent(), "Accept": "application/json", "Accept-Encoding": "identity"}
    )
    if body is not None:
        prepared.headers["Content-Type"] = "application/json; charset=utf-8"
        prepared.headers["Content-Length"] = str(len(body.data))
        prepared.body = body  # type: ignore[assignment]  # any iterable of bytes is sent as it is
    return prepared


def _read(response: Response, deadline: float) -> Reply:
    """Read by single receives, so that a dripping server cannot outlast the deadline."""
    raw = response.raw
    chunks: list[bytes] = []
    size = 0
    while raw.length_remaining != 0:
        chunk = raw.read1(MAX_REPLY, decode_content=False)
        if not chunk:
            break
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_REPLY:
            return Reply(response.status_code, b"".join(chunks)[:MAX_REPLY], complete=False)
        if time.monotonic() > deadline:
            raise TimeoutError
    return Reply(response.status_code, b"".join(chunks))


def _user_agent() -> str:
    global _agent  # noqa: PLW0603 - reading the metadata takes milliseconds
    if _agent is None:
        from importlib.metadata import version

        _agent = f"notebook-notify/{version('notebook-notify')}"
    return _agent


_agent: str | None = None


def _is_delivery_problem(error: BaseException) -> bool:
    from http.client import HTTPException

    from requests import RequestException
    from urllib3.exceptions import HTTPError

    return isinstance(error, (RequestException, HTTPError, HTTPException, OSError))


def _explain(error: BaseException, request: Request, *, left: bool) -> TransportError:
    """Our own words for *error*: the host, the kind of trouble, never the URL."""
    from requests.exceptions import ProxyError, SSLError
    from urllib3.exceptions import ReadTimeoutError

    causes = list(_causes(error))

    def any_is(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    if any_is(TimeoutError, ReadTimeoutError) or type(error).__name__.endswith("Timeout"):
        what = "no answer in time" if left else "timed out"
    elif any_is(socket.gaierror):
        what = "the host name cannot be resolved"
    elif any_is(ConnectionRefusedError):
        what = "the connection was refused"
    elif any_is(ConnectionError):
        what = "the connection was reset"
    else:
        what = next((type(cause).__name__ for cause in reversed(causes)), "unknown")
    host = urlsplit(request.url).netloc
    if left:
        return TransportError(
            f"{host}: request sent, but {what}; it may have arrived",
            errcode=errors.UNKNOWN,
            left=True,
        )
    if any_is(SSLError):
        return TransportError(
            f"{host}: TLS failed: {_tls_reason(causes)}", errcode=errors.TLS_FAILED, left=False
        )
    via = " (by its proxy)" if any_is(ProxyError) else ""
    return TransportError(
        f"cannot reach {host}{via}: {what}", errcode=errors.NOT_CONNECTED, left=False
    )


def _tls_reason(causes: list[BaseException]) -> str:
    import ssl

    for cause in reversed(causes):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate not trusted ({cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return str(cause.reason or type(cause).__name__)
    return "handshake failed"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """*error* and all it wraps, whether in ``args``, ``reason``, ``__cause__`` or context."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
        waiting += [other for other in inner if isinstance(other, BaseException)]


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
