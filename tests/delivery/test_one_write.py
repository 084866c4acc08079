"""Over TLS a request leaves whole: in one write, or not at all."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from notebook_notify.delivery.transport import Request


@pytest.fixture
def first(tls, ok):
    """A TLS server that answers each connection's first piece, and keeps what the pieces were."""
    pieces = []

    def serve(listener):
        while True:
            try:
                connection, _ = listener.accept()
                with tls.wrap_socket(connection, server_side=True) as stream:
                    pieces.append(stream.recv(65536))  # one TLS record at most
                    stream.sendall(ok)
            except OSError:
                if listener.fileno() < 0:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", pieces
        listener.close()


def test_head_and_body_leave_together(post, first, trusted):
    """The server has the whole message with the first thing that it reads."""
    url, pieces = first
    assert post(url).status == 200
    head, _, body = pieces[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /send?")
    assert body == '{"text":"完成"}'.encode()


def test_what_has_no_body_leaves_too(transport, get, first, trusted):
    """A GET, and a POST of nothing, do not wait for what never comes."""
    url, pieces = first
    assert get(url).status == 200
    empty = Request("POST", url + "/empty")
    assert transport.perform(empty, deadline=time.monotonic() + 5).status == 200
    assert [one.partition(b" ")[0] for one in pieces] == [b"GET", b"POST"]


def test_what_is_kept_back_leaves_nothing(post, first, trusted):
    """If nobody may depart any more, the server sees not even an address; the next one goes."""
    url, pieces = first

    def stop():
        raise InterruptedError("given up")

    with pytest.raises(Exception):  # noqa: B017 - whatever it becomes
        post(url, depart=stop)
    assert post(url).status == 200
    assert pieces[0] == b""
    assert len(pieces) == 2
