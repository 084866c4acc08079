"""The transport: what leaves, and what is known of it when no reply comes."""

from __future__ import annotations

import socket
import threading
import time
from urllib.parse import urlsplit

import pytest

from notebook_notify import errors
from notebook_notify.delivery import transport as module
from notebook_notify.delivery.transport import MAX_REPLY, Reply, Request, Upload

# ── what leaves ──────────────────────────────────────────────────────────────────────────────


def test_body_is_utf8_json(post, header, serve):
    """The body is compact JSON in UTF-8, Chinese as Chinese, with its length and its type."""
    server = serve()
    reply = post(server.url)
    (request,) = server.requests
    assert request.endswith(b"\r\n\r\n" + '{"text":"完成"}'.encode())
    assert request.startswith(b"POST /send?access_token=s3cr3t-T0KEN%2F%2B%26x HTTP/1.1\r\n")
    assert header(request, "Content-Type") == "application/json; charset=utf-8"
    assert header(request, "Content-Length") == str(len('{"text":"完成"}'.encode()))
    assert header(request, "Transfer-Encoding") is None
    assert reply.json_object() == {"errcode": 0}


def test_a_lone_surrogate_leaves_as_a_question_mark(transport, serve):
    """Half a character, as a cut string may hold, does not keep the message back."""
    server = serve()
    request = Request("POST", server.url, payload={"text": "a\ud83d"})
    transport.perform(request, deadline=time.monotonic() + 5)
    assert server.requests[0].endswith(b'{"text":"a?"}')


def test_no_compression_is_asked_for(get, header, serve):
    """No reply can be a bomb, since none may be compressed; the sender names itself."""
    server = serve()
    get(server.url)
    assert header(server.requests[0], "Accept-Encoding") == "identity"
    assert header(server.requests[0], "User-Agent").startswith("notebook-notify/")


def test_netrc_is_not_used(post, header, serve, tmp_path, monkeypatch):
    """A password in ~/.netrc goes to no platform."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve()
    post(server.url)
    assert header(server.requests[0], "Authorization") is None


def test_redirects_are_not_followed(post, get, serve):
    """A redirect is a reply like any other: nothing goes where it points."""
    goal = serve()
    moved = f"HTTP/1.1 301 Moved\r\nLocation: {goal.url}/x\r\nContent-Length: 0\r\n\r\n".encode()
    server = serve(lambda _: moved)
    assert post(server.url).status == 301
    assert get(server.url).status == 301
    assert goal.requests == []
    assert server.connections == 1


def test_without_the_packages_metadata(get, header, serve, monkeypatch):
    """Run from a folder or a zip, where no version can be read, it sends all the same."""
    from importlib import metadata

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    monkeypatch.setattr(module, "_agent", None)
    server = serve()
    get(server.url)
    assert header(server.requests[0], "User-Agent") == "notebook-notify/0"


# ── what cannot be reached was not sent ──────────────────────────────────────────────────────


def test_refused(post, failure):
    """A refused connection was not sent, and the words name the host."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(post, f"http://127.0.0.1:{port}")
    assert (error.errcode, error.left) == (errors.NOT_CONNECTED, False)
    assert str(error) == f"cannot reach 127.0.0.1:{port}: the connection was refused"


def test_name_not_resolved(post, failure, monkeypatch):
    """A host that DNS does not know was not sent to."""

    def unknown(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(post, "https://qyapi.invalid")
    assert (error.errcode, error.left) == (errors.NOT_CONNECTED, False)
    assert str(error) == "cannot reach qyapi.invalid: the host name cannot be resolved"


@pytest.mark.parametrize("kind", ["reset_before", "reset", "half", "hang"])
def test_a_get_sends_nothing(get, failure, sandbox, kind):
    """A token's call carries no message, so however it fails, nothing may have arrived."""
    sandbox.fail_next(kind)
    error = failure(get, sandbox.url, seconds=0.3)
    assert (error.errcode, error.left) == (errors.NOT_CONNECTED, False)


# ── what may have arrived ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("reset", "the connection was closed"),
        ("hang", "no answer in time"),
        ("half", "the answer was cut off"),
    ],
)
def test_lost_replies_are_unknown(post, failure, sandbox, kind, words):
    """Once the body has left, no reply means that it may have arrived, and says why."""
    sandbox.fail_next(kind)
    error = failure(post, sandbox.url, path="/cgi-bin/appchat/send", seconds=0.3)
    assert (error.errcode, error.left) == (errors.UNKNOWN, True)
    host = urlsplit(sandbox.url).netloc
    assert str(error) == f"{host}: request sent, but {words}; it may have arrived"


def test_garbage_is_unknown(post, failure, serve):
    """An answer that is not HTTP leaves open what became of the request."""
    server = serve(lambda _: b"\x16\x03\x01 what\r\n\r\n")
    assert failure(post, server.url).errcode == errors.UNKNOWN


def test_ten_megabytes_are_not_read(post, sandbox):
    """A huge reply is cut at MAX_REPLY and says so; its connection is not used again."""
    sandbox.fail_next("huge")
    reply = post(sandbox.url, path="/cgi-bin/appchat/send")
    assert (len(reply.body), reply.complete, reply.json_object()) == (MAX_REPLY, False, None)
    after = post(sandbox.url, path="/cgi-bin/appchat/send")
    assert after.json_object()["errcode"] == 40014


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("37", 37),
        (" 7 ", 7),
        ("999999999999", module.MOST_WAITED),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", module.MOST_WAITED),
        ("soon", None),
        ("-1", None),
        ("9" * 5000, None),
        ("Fri, 99 Dec 99999999 23:59:59 GMT", None),
    ],
)
def test_retry_after(post, serve, said, seconds):
    """When to ask again is read as seconds or as a date; nonsense is nothing, ages an hour."""
    head = f"HTTP/1.1 429 No\r\nRetry-After: {said}\r\nContent-Length: 0\r\n\r\n"
    assert post(serve(lambda _: head.encode()).url).retry_after == seconds


def test_another_charset_does_not_hide_the_code():
    """A text that is no UTF-8, or a mark before it, leaves the code readable."""
    for body in (b'{"errcode":0,"errmsg":"\xb3\xc9"}', b'\xef\xbb\xbf{"errcode":0}'):
        assert Reply(200, body).json_object()["errcode"] == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"nul", b"\xff{}", b"[" * 200_000, b'"a"'])
def test_not_an_object(body):
    """What is no JSON object in UTF-8 reads as none, and never raises."""
    assert Reply(200, body).json_object() is None


# ── progress ─────────────────────────────────────────────────────────────────────────────────


def test_what_has_left_is_told(transport, ok):
    """While the other end does not read, part of an upload has left; at the end all of it has."""
    gate, seen = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def read_late():
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as file:
                gate.wait(20)
                while file.readline().strip():
                    pass
                file.read(size)
                connection.sendall(ok)

        threading.Thread(target=read_late, daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/upload"
        request = Request("POST", url, upload=Upload("media", "a.bin", bytes(24 << 20)))
        size = len(request.encoded()[0])
        sending = threading.Thread(
            target=lambda: transport.perform(
                request, deadline=time.monotonic() + 20, told=lambda *told: seen.append(told)
            )
        )
        sending.start()
        deadline = time.monotonic() + 10
        while not seen and time.monotonic() < deadline:
            time.sleep(0.01)
        assert 0 < seen[-1][0] < size  # no system keeps so much for who does not read
        gate.set()
        sending.join(20)
    assert seen[-1] == (size, size)
    assert seen == sorted(seen)


# ── depart ───────────────────────────────────────────────────────────────────────────────────


def test_depart_is_called_once_when_the_connection_stands(post, serve):
    """Whoever must agree to the departure is asked once, with the connection already there."""
    server = serve()
    seen = []

    def depart():
        deadline = time.monotonic() + 2
        while not server.connections and time.monotonic() < deadline:
            time.sleep(0.01)
        seen.append((server.connections, len(server.requests)))

    post(server.url, depart=depart)
    assert seen == [(1, 0)]


def test_depart_is_not_called_without_a_connection(post, failure):
    """Where no connection stands, nothing is about to leave."""
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    failure(post, f"http://127.0.0.1:{port}", depart=lambda: seen.append(1))
    assert seen == []


def test_depart_keeps_the_body_back(post, serve):
    """If it raises, the server sees no complete request, and the error is its own."""

    class StopError(Exception):
        pass

    def stop():
        raise StopError

    server = serve()
    with pytest.raises(StopError):
        post(server.url, depart=stop)
    time.sleep(0.1)
    assert server.requests == []
    assert all(b"text" not in part.partition(b"\r\n\r\n")[2] for part in server.broken_off)
    assert post(server.url).status == 200
