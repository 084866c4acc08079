"""A :class:`Request` becomes a :class:`Reply` within a deadline; judges nothing.

This is the only module that imports ``urllib3`` and ``requests``, and it does so with the first
request, so that ``import notebook_notify`` stays cheap. How a host is reached is found out once
for each environment. Where a proxy is set that is the business of ``requests``; elsewhere it is
not imported at all, which saves every kernel 5 MB.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode
from urllib.request import getproxies

from notebook_notify import errors
from notebook_notify.delivery.explain import explain
from notebook_notify.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, PoolManager
    from urllib3.response import BaseHTTPResponse

#: The longest reply that is read, in bytes; the platforms' own are below 10 KiB.
MAX_REPLY = 1 << 20
#: A connection that does not stand after so many seconds will not.
CONNECT_TIMEOUT = 5.0
#: A connection idle for longer is not used again, in seconds: NAT boxes forget it without a
#: word, and a message written into such a connection would have an unknown outcome.
MAX_IDLE = 60.0
#: The most hosts that connections are kept to, and the most connections to each.
MOST_KEPT = 100
#: What ``requests`` reads from the environment; its answer is kept until one of these changes.
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_ENVIRONMENT = (*_PROXIES, *map(str.upper, _PROXIES), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


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
        self._direct: PoolManager | None = None
        self._adapter: HTTPAdapter | None = None
        self._routes: dict[tuple[str, str | None], _Route] = {}
        self._environment: tuple[str | None, ...] = ()

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
        body = _Body(request.body(), deadline, depart) if request.method == "POST" else None
        try:
            with _quiet_logs:
                return self._perform(request, body, deadline)
        except Exception as error:
            if isinstance(error, TransportError) or not _is_delivery_problem(error):
                raise
            host = request.url.partition("://")[2].partition("/")[0]
            failure = explain(error, host, left=body is not None and body.left)
        # Raised here, not above: its __context__ must not hold an exception that quotes the URL.
        raise failure

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            if self._direct is not None:
                self._direct.clear()
            if self._adapter is not None:
                self._adapter.close()
            self._forget()

    def _perform(self, request: Request, body: _Body | None, deadline: float) -> Reply:
        from urllib3 import Timeout

        now = time.monotonic()
        if now >= deadline:
            raise _too_late()
        route = self._route(request, now)
        headers = _HEADERS | {"User-Agent": _user_agent()}
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
            headers["Content-Length"] = str(len(body.data))
        response = route.pool.urlopen(
            request.method,
            route.path_of(request),
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(connect=min(CONNECT_TIMEOUT, deadline - now), read=deadline - now),
            preload_content=False,
            decode_content=False,
        )
        reply = None
        try:
            reply = _read(response, deadline)
        finally:
            route.last_use = time.monotonic()
            if reply is None or not reply.complete:
                response.close()  # what was not read to its end must not be used again
            response.release_conn()
        return reply

    def _route(self, request: Request, now: float) -> _Route:
        """The way to the request's host, found once for each environment and host."""
        environment = tuple(map(os.environ.get, _ENVIRONMENT))
        scheme, _, rest = request.url.partition("://")
        key = (f"{scheme}://{rest.partition('/')[0]}", request.proxy)
        with self._lock:
            if environment != self._environment:
                self._forget()
                self._environment = environment
            route = self._routes.get(key)
            if route is None or now - route.last_use > MAX_IDLE:
                if route is not None or len(self._routes) >= MOST_KEPT:
                    self._forget()
                route = self._routes[key] = self._find_route(*key)
            route.last_use = now
            return route

    def _find_route(self, host: str, proxy: str | None) -> _Route:
        if proxy is not None or getproxies():
            return self._find_proxied_route(host, proxy)
        if self._direct is None:
            self._direct = _direct_pools()
        return _Route(self._direct.connection_from_url(host), len(host))

    def _find_proxied_route(self, host: str, proxy: str | None) -> _Route:
        """As ``requests`` does it: ``no_proxy``, credentials, schemes and all."""
        from requests import PreparedRequest, Session
        from requests.adapters import HTTPAdapter

        if self._adapter is None:
            self._adapter = HTTPAdapter(MOST_KEPT, MOST_KEPT, max_retries=0)
        settings = Session().merge_environment_settings(
            host, {}, stream=True, verify=True, cert=None
        )
        proxies = {"all": proxy} if proxy else settings["proxies"]
        probe = PreparedRequest()
        probe.url = f"{host}/"
        pool = self._adapter.get_connection_with_tls_context(
            probe, settings["verify"], proxies, settings["cert"]
        )
        _authorities()  # raises if they are not there
        self._adapter.cert_verify(  # type: ignore[no-untyped-call]
            pool, host, settings["verify"], settings["cert"]
        )
        # A proxy that is asked for plain HTTP wants the whole address.
        whole = self._adapter.request_url(probe, proxies).startswith("http")
        return _Route(cast("HTTPConnectionPool", pool), 0 if whole else len(host))

    def _forget(self) -> None:
        """Use no kept connection again; those in use close when they are done."""
        self._routes = {}
        self._direct = None
        self._adapter = None


def _authorities() -> str:
    """The file or folder of trusted certificates, by the variables that ``requests`` knows."""
    import certifi

    path = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    path = path or certifi.where()
    if not os.path.exists(path):  # noqa: PTH110 - a str is what is wanted
        raise FileNotFoundError
    return path


def _direct_pools() -> PoolManager:
    from urllib3 import PoolManager

    path = _authorities()
    folder = os.path.isdir(path)  # noqa: PTH112
    return PoolManager(
        MOST_KEPT,
        maxsize=MOST_KEPT,
        cert_reqs="CERT_REQUIRED",
        ca_certs=None if folder else path,
        ca_cert_dir=path if folder else None,
    )


@dataclass(slots=True)
class _Route:
    """How a host is reached: the connections to it, and how much of a URL is not told there."""

    pool: HTTPConnectionPool
    untold: int
    last_use: float = 0.0

    def path_of(self, request: Request) -> str:
        path = request.url[self.untold :]
        return f"{path}?{urlencode(request.query)}" if request.query else path


class _Body:
    """A request's body that knows whether its first byte was asked for."""

    def __init__(self, data: bytes, deadline: float, depart: Callable[[], None] | None) -> None:
        self.data = data
        self.left = False
        self._deadline = deadline
        self._depart = depart

    def __iter__(self) -> Iterator[bytes]:
        if time.monotonic() >= self._deadline:  # a name look-up keeps no time
            raise _too_late()
        if self._depart is not None:
            self._depart()
        self.left = True
        yield self.data


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
    return Reply(response.status, b"".join(chunks))


def _too_late() -> TransportError:
    return TransportError("no time left to send it", errcode=errors.OVER_BUDGET, left=False)


# No compression is asked for and none is undone: replies are tiny, and a gzip bomb is not.
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


def _user_agent() -> str:
    global _agent  # noqa: PLW0603 - reading the metadata takes milliseconds
    if _agent is None:
        from importlib.metadata import version

        _agent = f"notebook-notify/{version('notebook-notify')}"
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
