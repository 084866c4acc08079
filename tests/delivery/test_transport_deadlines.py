"""The transport's time: however slow the other side is, a request ends within its deadline."""

from __future__ import annotations

import socket
import time

from notebook_notify import errors
from notebook_notify.delivery import transport as module

# ── until the connection stands ──────────────────────────────────────────────────────────────


def test_connect_times_out(post, failure, monkeypatch):
    """A host that does not take the connection was not sent to, and costs a bounded wait."""
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
            fillers.append(filler)
        started = time.monotonic()
        error = failure(post, f"http://127.0.0.1:{full.getsockname()[1]}")
        for filler in fillers:
            filler.close()
    assert (error.errcode, error.left) == (errors.NOT_CONNECTED, False)
    assert time.monotonic() - started < 1


def test_handshake_times_out(post, failure, monkeypatch):
    """A host that takes the connection and never shakes hands was not sent to."""
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failure(post, f"https://127.0.0.1:{silent.getsockname()[1]}")
    assert (error.errcode, error.left) == (errors.NOT_CONNECTED, False)


def test_deadline_passed(post, failure, serve):
    """Without time left, nothing leaves."""
    server = serve()
    error = failure(post, server.url, seconds=-1)
    assert (error.errcode, error.left) == (errors.OVER_BUDGET, False)
    assert server.requests == []


def test_deadline_passed_in_a_name_look_up(post, failure, serve, monkeypatch):
    """A name look-up keeps no time: what it delays past the deadline does not leave after it."""
    server = serve()
    real = socket.getaddrinfo

    def slow(*args, **kwargs):
        time.sleep(0.3)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    error = failure(post, server.url, seconds=0.1)
    assert (error.errcode, error.left) == (errors.OVER_BUDGET, False)
    time.sleep(0.1)
    assert server.requests == []


# ── until the reply is there ─────────────────────────────────────────────────────────────────


def test_a_drip_is_bounded(post, failure, sandbox):
    """A server that sends a byte now and then does not outlast the deadline."""
    sandbox.fail_next("drip", seconds=0.05)
    started = time.monotonic()
    error = failure(post, sandbox.url, path="/cgi-bin/appchat/send", seconds=0.3)
    assert error.errcode == errors.UNKNOWN
    assert time.monotonic() - started < 3  # all of it takes 4 s


def test_patience_is_for_the_reply_alone(post, ok, serve, monkeypatch):
    """A slow name look-up takes nothing from the wait for the reply, nor is it ended by that."""
    server = serve(lambda _: ok)
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(2.2) or real(*a, **k))
    assert post(server.url, seconds=20, patience=2).json_object() == {"errcode": 0}


def test_no_more_patience(post, failure, serve):
    """A reply that does not come within the patience, or drips beyond it, is unknown by then."""

    def drip(_):
        time.sleep(0.2)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"

    for answer in (lambda _: time.sleep(4), drip):
        server = serve(answer)
        started = time.monotonic()
        error = failure(post, server.url, patience=0.3)
        assert (error.errcode, error.left) == (errors.UNKNOWN, True)
        assert time.monotonic() - started < 3


def test_the_deadline_holds_after_a_slow_connection(post, failure, serve, monkeypatch):
    """What a name look-up took is not given to the reply a second time."""
    server = serve(lambda _: time.sleep(9))
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(2) or real(*a, **k))
    started = time.monotonic()
    assert failure(post, server.url, seconds=3).errcode == errors.UNKNOWN
    assert time.monotonic() - started < 4.5  # twice the time: 5 s
