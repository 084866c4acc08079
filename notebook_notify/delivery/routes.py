"""How a host is reached, found out once for each environment: connections, proxy, certificates.

Where a proxy is set that is the business of ``requests``; elsewhere it is not imported at all,
which saves every kernel 5 MB. With ``transport`` and ``one_write`` this is the only module that
imports it or ``urllib3``, and it does so with the first request: ``import notebook_notify`` is
cheap.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.request import getproxies

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, PoolManager

#: A connection idle for longer is not used again, in seconds: NAT boxes forget it without a
#: word, and a message written into such a connection would have an unknown outcome.
MAX_IDLE = 60.0
#: The most hosts that connections are kept to, and the most connections to each.
MOST_KEPT = 100
#: What ``requests`` reads from the environment; its answer is kept until one of these changes.
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_ENVIRONMENT = (*_PROXIES, *map(str.upper, _PROXIES), "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(slots=True)
class Route:
    """How a host is reached.

    Attributes:
        pool: the connections to it.
        untold: how much of a URL's beginning is not told there, in characters.
        last_use: on the ``time.monotonic()`` clock, in seconds.
    """

    pool: HTTPConnectionPool
    untold: int
    last_use: float = 0.0


class Routes:
    """The ways to all hosts, with their kept connections. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._direct: PoolManager | None = None
        self._adapter: HTTPAdapter | None = None
        self._routes: dict[tuple[str, str | None], Route] = {}
        self._environment: tuple[str | None, ...] = ()

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            if self._direct is not None:
                self._direct.clear()
            if self._adapter is not None:
                self._adapter.close()
            self._forget()

    def to(self, url: str, proxy: str | None, now: float) -> Route:
        """The way to the host of *url*, found once for each environment and host.

        Args:
            url: where the request goes.
            proxy: the URL of a proxy for it; ``None`` means the environment's.
            now: on the ``time.monotonic()`` clock, in seconds.
        """
        environment = tuple(map(os.environ.get, _ENVIRONMENT))
        scheme, _, rest = url.partition("://")
        key = (f"{scheme}://{rest.partition('/')[0]}", proxy)
        with self._lock:
            if environment != self._environment:
                self._forget()
                self._environment = environment
            route = self._routes.get(key)
            if route is None or now - route.last_use > MAX_IDLE:
                if route is not None or len(self._routes) >= MOST_KEPT:
                    self._forget()
                route = self._routes[key] = self._find(*key)
            route.last_use = now
            return route

    def _find(self, host: str, proxy: str | None) -> Route:
        if proxy is not None or getproxies():
            return self._find_proxied(host, proxy)
        if self._direct is None:
            self._direct = _direct_pools()
        return Route(self._direct.connection_from_url(host), len(host))

    def _find_proxied(self, host: str, proxy: str | None) -> Route:
        """As ``requests`` does it: ``no_proxy``, credentials, schemes and all."""
        from requests import PreparedRequest, Session
        from requests.adapters import HTTPAdapter
        from requests.exceptions import InvalidProxyURL

        if self._adapter is None:
            self._adapter = HTTPAdapter(MOST_KEPT, MOST_KEPT, max_retries=0)
        settings = Session().merge_environment_settings(
            host, {}, stream=True, verify=True, cert=None
        )
        proxies = {"all": proxy} if proxy else settings["proxies"]
        probe = PreparedRequest()
        probe.url = f"{host}/"
        try:
            pool = self._adapter.get_connection_with_tls_context(
                probe, settings["verify"], proxies, settings["cert"]
            )
        except ValueError:  # a proxy that PySocks does not know, and would quote
            raise InvalidProxyURL from None
        _authorities()  # raises if they are not there
        self._adapter.cert_verify(  # type: ignore[no-untyped-call]
            pool, host, settings["verify"], settings["cert"]
        )
        # A proxy that is asked for plain HTTP wants the whole address.
        whole = self._adapter.request_url(probe, proxies).startswith("http")
        return Route(cast("HTTPConnectionPool", pool), 0 if whole else len(host))

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

    from notebook_notify.delivery.one_write import OneWritePool

    path = _authorities()
    folder = os.path.isdir(path)  # noqa: PTH112
    pools = PoolManager(
        MOST_KEPT,
        maxsize=MOST_KEPT,
        cert_reqs="CERT_REQUIRED",
        ca_certs=None if folder else path,
        ca_cert_dir=path if folder else None,
    )
    pools.pool_classes_by_scheme = {**pools.pool_classes_by_scheme, "https": OneWritePool}
    return pools
