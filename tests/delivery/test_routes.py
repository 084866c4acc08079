"""The ways to a host: connections that are kept, and proxies."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest

from notebook_notify import errors
from notebook_notify.delivery import routes

# ── connections ──────────────────────────────────────────────────────────────────────────────


def test_one_connection_for_100_requests(post, get, serve, tls, trusted):
    """The connection is kept: 100 requests need one, over TLS too."""
    server = serve(tls=tls)
    for _ in range(50):
        post(server.url)
        get(server.url)
    assert (server.connections, len(server.requests)) == (1, 100)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n',
    ],
    ids=["empty", "chunked"],
)
def test_odd_replies_keep_the_connection(post, serve, reply):
    """A reply without a body, or in chunks, is read whole and costs no connection."""
    server = serve(lambda _: reply)
    for _ in range(3):
        assert post(server.url).body in (b"", b'{"a":1}')
    assert server.connections == 1


def test_a_connection_closed_in_between_is_replaced(post, serve):
    """A server that hangs up after each reply is asked anew, and nothing is lost."""
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    server = serve(lambda _: closing)
    for _ in range(3):
        assert post(server.url).body == b"{}"
    assert server.connections == 3


def test_idle_connections_are_not_used_again(post, serve, monkeypatch):
    """A connection that may have been forgotten on the way carries no message."""
    server = serve()
    post(server.url)
    post(server.url)
    assert server.connections == 1
    monkeypatch.setattr(routes, "MAX_IDLE", 0.05)
    time.sleep(0.1)
    post(server.url)
    assert server.connections == 2


def test_each_host_is_idle_by_itself(post, serve, monkeypatch):
    """A host that is asked often keeps no forgotten connection to another one in use."""
    often, seldom = serve(), serve()
    post(seldom.url)
    monkeypatch.setattr(routes, "MAX_IDLE", 1.5)
    for _ in range(4):
        time.sleep(0.4)
        post(often.url)
    assert often.connections == 1
    post(seldom.url)
    assert seldom.connections == 2


def test_a_call_under_way_survives_another_hosts_idleness(post, ok, serve, monkeypatch):
    """Letting kept connections go does not break the calls that use them."""
    slow, seldom = serve(lambda _: time.sleep(0.3) or ok), serve()
    post(seldom.url)
    monkeypatch.setattr(routes, "MAX_IDLE", 0.05)
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(post(slow.url).status))
    thread.start()
    time.sleep(0.1)
    post(seldom.url)
    thread.join()
    assert statuses == [200]


def test_many_at_once_say_nothing(post, serve, caplog):
    """Thirty requests side by side put no warning on anyone's screen."""
    barrier = threading.Barrier(30)

    def answer(_):
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(2)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    server = serve(answer)
    threads = [threading.Thread(target=post, args=(server.url,)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.requests) == 30
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_close_and_go_on(transport, post, serve):
    """A closed transport opens a new connection when it is used again."""
    server = serve()
    post(server.url)
    transport.close()
    post(server.url)
    assert server.connections == 2


def test_more_hosts_than_are_kept(post, serve, monkeypatch):
    """However many hosts there are, each is reached."""
    monkeypatch.setattr(routes, "MOST_KEPT", 1)
    servers = [serve() for _ in range(4)]
    for _ in range(2):
        for server in servers:
            assert post(server.url).status == 200


# ── proxies ──────────────────────────────────────────────────────────────────────────────────


class Proxy:
    """A proxy on loopback for CONNECT and for plain HTTP; remembers how it was asked."""

    def __init__(self, serve):
        self.heads = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.url = f"http://user:proxy-passw0rd@{self.address}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._server.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client):
        with contextlib.suppress(OSError, ValueError), client:
            data = client.recv(65536)
            head, _, rest = data.partition(b"\r\n\r\n")
            self.heads.append(head.decode())
            method, goal, _ = head.split(b"\r\n")[0].decode().split()
            place = goal if method == "CONNECT" else urlsplit(goal).netloc
            host, _, port = place.partition(":")
            with socket.create_connection((host, int(port))) as upstream:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                    upstream.sendall(rest)
                else:
                    upstream.sendall(data.replace(f"http://{place}".encode(), b"", 1))
                back = threading.Thread(target=self._pump, args=(upstream, client), daemon=True)
                back.start()
                self._pump(client, upstream)
                back.join()

    @staticmethod
    def _pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(serve):
    """A proxy that ends with the test."""
    one = Proxy(serve)
    yield one
    one.close()


def test_proxy_of_a_call(post, header, serve, proxy):
    """A target's own proxy is asked for the whole address, with its password, for it alone."""
    server = serve()
    assert post(server.url, proxy=proxy.url).status == 200
    (head,) = proxy.heads
    assert head.startswith(f"POST {server.url}/send?")
    assert "Proxy-Authorization: Basic " in head
    assert post(server.url).status == 200
    assert len(proxy.heads) == 1
    assert header(server.requests[1], "Proxy-Authorization") is None


def test_tunnel(post, header, token, serve, proxy, tls, trusted):
    """Through a proxy, https stays between us and the platform: the proxy sees the host alone."""
    server = serve(tls=tls)
    for _ in range(3):
        assert post(server.url, proxy=proxy.url).status == 200
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT 127.0.0.1:{server.port} ")
    assert token not in head
    assert all(header(one, "Proxy-Authorization") is None for one in server.requests)


def test_tunnel_to_an_untrusted_host(post, failure, serve, proxy, tls):
    """A proxy does not make an untrusted certificate good."""
    server = serve(tls=tls)
    error = failure(post, server.url, proxy=proxy.url)
    assert (error.errcode, error.left) == (errors.TLS_FAILED, False)
    assert server.requests == []


def test_proxies_of_the_environment(post, serve, proxy, monkeypatch):
    """The environment's proxies count, as soon as they are set, and NO_PROXY over them."""
    server = serve()
    post(server.url)
    assert proxy.heads == []
    monkeypatch.setenv("http_proxy", proxy.url)
    post(server.url)
    assert len(proxy.heads) == 1
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    post(server.url)
    assert len(proxy.heads) == 1
    assert len(server.requests) == 3


def test_a_targets_proxy_is_stronger_than_no_proxy(post, serve, proxy, monkeypatch):
    """A proxy that is written down for a target is used, whatever the environment says."""
    server = serve()
    monkeypatch.setenv("no_proxy", "*")
    post(server.url, proxy=proxy.url)
    assert len(proxy.heads) == 1


@pytest.mark.parametrize("bad", ["http://", "socks9://h:1", "::", "http://127.0.0.1:1"])
def test_bad_proxies(post, failure, serve, bad):
    """A proxy that cannot be used means that nothing was sent, not a crash."""
    server = serve()
    error = failure(post, server.url, proxy=bad)
    assert (error.errcode, error.left) == (errors.NOT_CONNECTED, False)
    assert server.requests == []


def test_the_environment_is_read_once(post, serve, monkeypatch):
    """How a host is reached is found anew only when a variable that counts has changed."""
    calls = []
    real = routes.getproxies
    monkeypatch.setattr(routes, "getproxies", lambda: calls.append(1) or real())
    server = serve()
    for _ in range(5):
        post(server.url)
    monkeypatch.setenv("UNRELATED", "1")
    post(server.url)
    assert len(calls) == 1
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    post(server.url)
    assert len(calls) == 2


def test_requests_is_for_proxies_alone(serve):
    """Where no proxy is set, a kernel does not pay for `requests`."""
    code = (
        "import sys, time\n"
        "from notebook_notify.delivery.transport import Request, Transport\n"
        "request = Request('POST', sys.argv[1], payload={'a': 1})\n"
        "print(Transport().perform(request, deadline=time.monotonic() + 5).status)\n"
        "print('requests' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, serve().url], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["200", "False"]
