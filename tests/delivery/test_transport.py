"""The transport: a request becomes a reply within a deadline, and tells no secret."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from notebook_notify import errors
from notebook_notify.delivery import routes
from notebook_notify.delivery import transport as module
from notebook_notify.delivery.transport import MAX_REPLY, Reply, Request, Transport
from notebook_notify.errors import TransportError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
SECRET = "s3cr3t-T0KEN/+&x"


@pytest.fixture
def transport():
    """A transport that ends with the test."""
    one = Transport()
    yield one
    one.close()


def post(transport, url, *, seconds=5.0, path="/send", **options):
    """Post a small JSON with a secret in the query."""
    depart, patience = options.pop("depart", None), options.pop("patience", None)
    request = Request("POST", url + path, {"access_token": SECRET}, {"text": "完成"}, **options)
    deadline = time.monotonic() + seconds
    return transport.perform(request, deadline=deadline, patience=patience, depart=depart)


def get(transport, url, *, seconds=5.0, **options):
    """Get with a secret in the query."""
    request = Request("GET", url + "/gettoken", {"corpsecret": SECRET}, **options)
    return transport.perform(request, deadline=time.monotonic() + seconds)


def failure(call, *args, **options):
    """The error that the call ends with."""
    with pytest.raises(TransportError) as caught:
        call(*args, **options)
    return caught.value


def header(request, name):
    """A header of a raw request, or ``None``."""
    for line in request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name.lower():
            return value.strip()
    return None


# ── what leaves ──────────────────────────────────────────────────────────────────────────────


def test_body_is_utf8_json(transport, serve):
    """The body is compact JSON in UTF-8, Chinese as Chinese, with its length and its type."""
    server = serve()
    reply = post(transport, server.url)
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


def test_no_compression_is_asked_for(transport, serve):
    """No reply can be a bomb, since none may be compressed; the sender names itself."""
    server = serve()
    get(transport, server.url)
    assert header(server.requests[0], "Accept-Encoding") == "identity"
    assert header(server.requests[0], "User-Agent").startswith("notebook-notify/")


def test_netrc_is_not_used(transport, serve, tmp_path, monkeypatch):
    """A password in ~/.netrc goes to no platform."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hunter2hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve()
    post(transport, server.url)
    assert header(server.requests[0], "Authorization") is None


def test_redirects_are_not_followed(transport, serve):
    """A redirect is a reply like any other: nothing goes where it points."""
    goal = serve()
    moved = f"HTTP/1.1 301 Moved\r\nLocation: {goal.url}/x\r\nContent-Length: 0\r\n\r\n".encode()
    server = serve(lambda _: moved)
    assert post(transport, server.url).status == 301
    assert get(transport, server.url).status == 301
    assert goal.requests == []
    assert server.connections == 1


# ── connections ──────────────────────────────────────────────────────────────────────────────


def test_one_connection_for_100_requests(transport, serve, tls, trusted):
    """The connection is kept: 100 requests need one, over TLS too."""
    server = serve(tls=tls)
    for _ in range(50):
        post(transport, server.url)
        get(transport, server.url)
    assert (server.connections, len(server.requests)) == (1, 100)


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n',
    ],
    ids=["empty", "chunked"],
)
def test_odd_replies_keep_the_connection(transport, serve, reply):
    """A reply without a body, or in chunks, is read whole and costs no connection."""
    server = serve(lambda _: reply)
    for _ in range(3):
        assert post(transport, server.url).body in (b"", b'{"a":1}')
    assert server.connections == 1


def test_a_connection_closed_in_between_is_replaced(transport, serve):
    """A server that hangs up after each reply is asked anew, and nothing is lost."""
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    server = serve(lambda _: closing)
    for _ in range(3):
        assert post(transport, server.url).body == b"{}"
    assert server.connections == 3


def test_idle_connections_are_not_used_again(transport, serve, monkeypatch):
    """A connection that may have been forgotten on the way carries no message."""
    server = serve()
    post(transport, server.url)
    post(transport, server.url)
    assert server.connections == 1
    monkeypatch.setattr(routes, "MAX_IDLE", 0.05)
    time.sleep(0.1)
    post(transport, server.url)
    assert server.connections == 2


def test_each_host_is_idle_by_itself(transport, serve, monkeypatch):
    """A host that is asked often keeps no forgotten connection to another one in use."""
    often, seldom = serve(), serve()
    post(transport, seldom.url)
    monkeypatch.setattr(routes, "MAX_IDLE", 0.15)
    for _ in range(4):
        time.sleep(0.05)
        post(transport, often.url)
    assert often.connections == 1
    post(transport, seldom.url)
    assert seldom.connections == 2


def test_a_call_under_way_survives_another_hosts_idleness(transport, serve, monkeypatch):
    """Letting kept connections go does not break the calls that use them."""
    slow, seldom = serve(lambda _: time.sleep(0.3) or OK), serve()
    post(transport, seldom.url)
    monkeypatch.setattr(routes, "MAX_IDLE", 0.05)
    statuses = []
    thread = threading.Thread(target=lambda: statuses.append(post(transport, slow.url).status))
    thread.start()
    time.sleep(0.1)
    post(transport, seldom.url)
    thread.join()
    assert statuses == [200]


def test_many_at_once_say_nothing(transport, serve, caplog):
    """Thirty requests side by side put no warning on anyone's screen."""
    barrier = threading.Barrier(30)

    def answer(_):
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(2)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    server = serve(answer)
    threads = [threading.Thread(target=post, args=(transport, server.url)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.requests) == 30
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


def test_close_and_go_on(transport, serve):
    """A closed transport opens a new connection when it is used again."""
    server = serve()
    post(transport, server.url)
    transport.close()
    post(transport, server.url)
    assert server.connections == 2


def test_more_hosts_than_are_kept(transport, serve, monkeypatch):
    """However many hosts there are, each is reached."""
    monkeypatch.setattr(routes, "MOST_KEPT", 1)
    servers = [serve() for _ in range(4)]
    for _ in range(2):
        for server in servers:
            assert post(transport, server.url).status == 200


# ── what cannot be reached was not sent ──────────────────────────────────────────────────────


def not_sent(error, code=errors.NOT_CONNECTED):
    """Whether the error says that nothing had left."""
    return (error.errcode, error.left) == (code, False)


def test_refused(transport):
    """A refused connection was not sent, and the words name the host."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(post, transport, f"http://127.0.0.1:{port}")
    assert not_sent(error)
    assert str(error) == f"cannot reach 127.0.0.1:{port}: the connection was refused"


def test_name_not_resolved(transport, monkeypatch):
    """A host that DNS does not know was not sent to."""

    def unknown(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(post, transport, "https://qyapi.invalid")
    assert not_sent(error)
    assert str(error) == "cannot reach qyapi.invalid: the host name cannot be resolved"


def test_connect_times_out(transport, monkeypatch):
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
        error = failure(post, transport, f"http://127.0.0.1:{full.getsockname()[1]}")
        for filler in fillers:
            filler.close()
    assert not_sent(error)
    assert time.monotonic() - started < 1


def test_handshake_times_out(transport, monkeypatch):
    """A host that takes the connection and never shakes hands was not sent to."""
    monkeypatch.setattr(module, "CONNECT_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = failure(post, transport, f"https://127.0.0.1:{silent.getsockname()[1]}")
    assert not_sent(error)


def test_deadline_passed(transport, serve):
    """Without time left, nothing leaves."""
    server = serve()
    assert not_sent(failure(post, transport, server.url, seconds=-1), errors.OVER_BUDGET)
    assert server.requests == []


def test_deadline_passed_in_a_name_look_up(transport, serve, monkeypatch):
    """A name look-up keeps no time: what it delays past the deadline does not leave after it."""
    server = serve()
    real = socket.getaddrinfo

    def slow(*args, **kwargs):
        time.sleep(0.3)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    error = failure(post, transport, server.url, seconds=0.1)
    assert not_sent(error, errors.OVER_BUDGET)
    time.sleep(0.1)
    assert server.requests == []


@pytest.mark.parametrize("kind", ["reset_before", "reset", "half", "hang"])
def test_a_get_sends_nothing(transport, sandbox, kind):
    """A token's call carries no message, so however it fails, nothing may have arrived."""
    sandbox.fail_next(kind)
    assert not_sent(failure(get, transport, sandbox.url, seconds=0.3))


# ── what may have arrived ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("reset", "the connection was closed"),
        ("hang", "no answer in time"),
        ("half", "the answer was cut off"),
    ],
)
def test_lost_replies_are_unknown(transport, sandbox, kind, words):
    """Once the body has left, no reply means that it may have arrived, and says why."""
    sandbox.fail_next(kind)
    error = failure(post, transport, sandbox.url, path="/cgi-bin/appchat/send", seconds=0.3)
    assert (error.errcode, error.left) == (errors.UNKNOWN, True)
    host = urlsplit(sandbox.url).netloc
    assert str(error) == f"{host}: request sent, but {words}; it may have arrived"


def test_garbage_is_unknown(transport, serve):
    """An answer that is not HTTP leaves open what became of the request."""
    server = serve(lambda _: b"\x16\x03\x01 what\r\n\r\n")
    assert failure(post, transport, server.url).errcode == errors.UNKNOWN


def test_a_drip_is_bounded(transport, sandbox):
    """A server that sends a byte now and then does not outlast the deadline."""
    sandbox.fail_next("drip", seconds=0.05)
    started = time.monotonic()
    error = failure(post, transport, sandbox.url, path="/cgi-bin/appchat/send", seconds=0.3)
    assert error.errcode == errors.UNKNOWN
    assert time.monotonic() - started < 0.6


def test_ten_megabytes_are_not_read(transport, sandbox):
    """A huge reply is cut at MAX_REPLY and says so; its connection is not used again."""
    sandbox.fail_next("huge")
    reply = post(transport, sandbox.url, path="/cgi-bin/appchat/send")
    assert (len(reply.body), reply.complete, reply.json_object()) == (MAX_REPLY, False, None)
    after = post(transport, sandbox.url, path="/cgi-bin/appchat/send")
    assert after.json_object()["errcode"] == 40014


@pytest.mark.parametrize("body", [b"", b"[]", b"nul", b"\xff{}", b"[" * 200_000, b'"a"'])
def test_not_an_object(body):
    """What is no JSON object in UTF-8 reads as none, and never raises."""
    assert Reply(200, body).json_object() is None


# ── depart ───────────────────────────────────────────────────────────────────────────────────


def test_depart_is_called_once_when_the_connection_stands(transport, serve):
    """Whoever must agree to the departure is asked once, with the connection already there."""
    server = serve()
    seen = []

    def depart():
        deadline = time.monotonic() + 2
        while not server.connections and time.monotonic() < deadline:
            time.sleep(0.01)
        seen.append((server.connections, len(server.requests)))

    post(transport, server.url, depart=depart)
    assert seen == [(1, 0)]


def test_depart_is_not_called_without_a_connection(transport):
    """Where no connection stands, nothing is about to leave."""
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    failure(post, transport, f"http://127.0.0.1:{port}", depart=lambda: seen.append(1))
    assert seen == []


def test_depart_keeps_the_body_back(transport, serve):
    """If it raises, the server sees no complete request, and the error is its own."""

    class StopError(Exception):
        pass

    def stop():
        raise StopError

    server = serve()
    with pytest.raises(StopError):
        post(transport, server.url, depart=stop)
    time.sleep(0.1)
    assert server.requests == []
    assert all(b"text" not in part.partition(b"\r\n\r\n")[2] for part in server.broken_off)
    assert post(transport, server.url).status == 200


# ── TLS ──────────────────────────────────────────────────────────────────────────────────────


def test_untrusted_certificate(transport, serve, tls):
    """A certificate that nobody vouches for is refused before anything is told to the server."""
    server = serve(tls=tls)
    error = failure(post, transport, server.url)
    assert not_sent(error, errors.TLS_FAILED)
    assert "certificate not trusted" in str(error)
    assert (server.requests, server.broken_off) == ([], [])


def test_certificate_of_another_host(transport, serve, tls, trusted):
    """A trusted certificate for another name is refused."""
    server = serve(tls=tls)
    error = failure(post, transport, server.url.replace("127.0.0.1", "localhost"))
    assert not_sent(error, errors.TLS_FAILED)
    assert server.requests == []


def test_not_tls_at_all(transport):
    """A plain server on an https address is a TLS failure, and is told nothing."""
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def answer():
            connection, _ = plain.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(65536)

        threading.Thread(target=answer, daemon=True).start()
        error = failure(post, transport, f"https://127.0.0.1:{plain.getsockname()[1]}")
    assert not_sent(error, errors.TLS_FAILED)


def test_trust_begins_and_ends_with_the_variable(transport, serve, tls, trusted, monkeypatch):
    """REQUESTS_CA_BUNDLE counts at once, also when it is unset while a connection is kept."""
    server = serve(tls=tls)
    assert post(transport, server.url).status == 200
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert failure(post, transport, server.url).errcode == errors.TLS_FAILED


def test_missing_bundle(transport, serve, tls, monkeypatch, tmp_path):
    """A bundle that is not there is named as such; TLS is not done without it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    server = serve(tls=tls)
    error = failure(post, transport, server.url)
    assert not_sent(error)
    assert "the file with the certificates to trust was not found" in str(error)


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


def test_proxy_of_a_call(transport, serve, proxy):
    """A target's own proxy is asked for the whole address, with its password, for it alone."""
    server = serve()
    assert post(transport, server.url, proxy=proxy.url).status == 200
    (head,) = proxy.heads
    assert head.startswith(f"POST {server.url}/send?")
    assert "Proxy-Authorization: Basic " in head
    assert post(transport, server.url).status == 200
    assert len(proxy.heads) == 1
    assert header(server.requests[1], "Proxy-Authorization") is None


def test_tunnel(transport, serve, proxy, tls, trusted):
    """Through a proxy, https stays between us and the platform: the proxy sees the host alone."""
    server = serve(tls=tls)
    for _ in range(3):
        assert post(transport, server.url, proxy=proxy.url).status == 200
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT 127.0.0.1:{server.port} ")
    assert SECRET not in head
    assert all(header(one, "Proxy-Authorization") is None for one in server.requests)


def test_tunnel_to_an_untrusted_host(transport, serve, proxy, tls):
    """A proxy does not make an untrusted certificate good."""
    server = serve(tls=tls)
    error = failure(post, transport, server.url, proxy=proxy.url)
    assert not_sent(error, errors.TLS_FAILED)
    assert server.requests == []


def test_proxies_of_the_environment(transport, serve, proxy, monkeypatch):
    """The environment's proxies count, as soon as they are set, and NO_PROXY over them."""
    server = serve()
    post(transport, server.url)
    assert proxy.heads == []
    monkeypatch.setenv("http_proxy", proxy.url)
    post(transport, server.url)
    assert len(proxy.heads) == 1
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    post(transport, server.url)
    assert len(proxy.heads) == 1
    assert len(server.requests) == 3


def test_a_targets_proxy_is_stronger_than_no_proxy(transport, serve, proxy, monkeypatch):
    """A proxy that is written down for a target is used, whatever the environment says."""
    server = serve()
    monkeypatch.setenv("no_proxy", "*")
    post(transport, server.url, proxy=proxy.url)
    assert len(proxy.heads) == 1


@pytest.mark.parametrize("bad", ["http://", "socks9://h:1", "::", "http://127.0.0.1:1"])
def test_bad_proxies(transport, serve, bad):
    """A proxy that cannot be used means that nothing was sent, not a crash."""
    server = serve()
    assert not_sent(failure(post, transport, server.url, proxy=bad))
    assert server.requests == []


def test_the_environment_is_read_once(transport, serve, monkeypatch):
    """How a host is reached is found anew only when a variable that counts has changed."""
    calls = []
    real = routes.getproxies
    monkeypatch.setattr(routes, "getproxies", lambda: calls.append(1) or real())
    server = serve()
    for _ in range(5):
        post(transport, server.url)
    monkeypatch.setenv("UNRELATED", "1")
    post(transport, server.url)
    assert len(calls) == 1
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    post(transport, server.url)
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


# ── no secret is told ────────────────────────────────────────────────────────────────────────


def told(error):
    """All that a traceback, a debugger or a log could show of *error*."""
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    trace.stack = traceback.StackSummary.from_list(
        [frame for frame in trace.stack if Path(frame.filename) != Path(__file__)]  # not ours here
    )
    texts = ["".join(trace.format())]
    seen, waiting = set(), [error]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        texts += [str(one), repr(one), repr(one.args), repr(vars(one))]
        waiting += [
            x for x in (*one.args, one.__cause__, one.__context__) if isinstance(x, BaseException)
        ]
    return "\n".join(texts)


@pytest.mark.parametrize(
    "kind", ["refused", "hang", "reset", "half", "tls", "garbage", "proxy", "name"]
)
def test_no_secret_in_errors_or_logs(transport, sandbox, serve, tls, caplog, kind, monkeypatch):
    """However a call fails, neither error nor chain nor locals nor logs show URL or token."""
    caplog.set_level(logging.DEBUG)
    url, options = sandbox.url, {}
    if kind == "refused":
        url = "http://127.0.0.1:1"
    elif kind == "proxy":
        options = {"proxy": "http://user:proxy-passw0rd@127.0.0.1:1"}
    elif kind == "tls":
        url = serve(tls=tls).url
    elif kind == "garbage":
        url = serve(lambda _: b"garbage\r\n\r\n").url
    elif kind == "name":
        url = "https://no-such-host.invalid"
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda *_a, **_k: (_ for _ in ()).throw(socket.gaierror())
        )
    else:
        sandbox.fail_next(kind, count=2)
    for call in (get, post):
        error = failure(call, transport, url, seconds=0.3, **options)
        assert (error.__cause__, error.__context__) == (None, None)
        for secret in (SECRET, "s3cr3t-T0KEN", "access_token=", "corpsecret=", "proxy-passw0rd"):
            assert secret not in told(error)
            assert secret not in caplog.text
    assert "urllib3" in {record.name.partition(".")[0] for record in caplog.records}


def test_logs_of_others_are_left_alone(transport, serve, caplog):
    """Our calls are logged without their query; those of other users of urllib3 as ever."""
    import requests

    caplog.set_level(logging.DEBUG)
    server = serve()
    post(transport, server.url)
    assert '"POST /send HTTP/1.1" 200' in caplog.text
    requests.get(f"{server.url}/other?page=7", timeout=5)
    assert "/other?page=7" in caplog.text


def test_a_requests_repr_shows_no_secret():
    """Neither query nor payload nor proxy stands in a request's or a reply's repr."""
    request = Request(
        "GET", "https://h/p", {"k": SECRET}, json.loads('{"a": "bodyTEXT"}'), "http://u:pw@h"
    )
    assert repr(request) == "Request(method='GET', url='https://h/p')"
    assert "bodyTEXT" not in repr(Reply(200, b"bodyTEXT"))


def test_without_the_packages_metadata(transport, serve, monkeypatch):
    """Run from a folder or a zip, where no version can be read, it sends all the same."""
    from importlib import metadata

    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    monkeypatch.setattr(module, "_agent", None)
    server = serve()
    get(transport, server.url)
    assert header(server.requests[0], "User-Agent") == "notebook-notify/0"


def test_patience_is_for_the_reply_alone(transport, serve, monkeypatch):
    """A slow name look-up takes nothing from the wait for the reply, nor is it ended by that."""
    server = serve(lambda _: time.sleep(0.15) or OK)
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(0.5) or real(*a, **k))
    assert post(transport, server.url, seconds=2, patience=0.3).body == b"{}"


def test_no_more_patience(transport, serve):
    """A reply that does not come within the patience, or drips beyond it, is unknown by then."""

    def drip(_):
        time.sleep(0.2)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"

    for answer in (lambda _: time.sleep(1), drip):
        server = serve(answer)
        started = time.monotonic()
        error = failure(post, transport, server.url, patience=0.3)
        assert (error.errcode, error.left) == (errors.UNKNOWN, True)
        assert time.monotonic() - started < 0.8


def test_the_deadline_holds_after_a_slow_connection(transport, serve, monkeypatch):
    """What a name look-up took is not given to the reply a second time."""
    server = serve(lambda _: time.sleep(2))
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: time.sleep(0.4) or real(*a, **k))
    started = time.monotonic()
    assert failure(post, transport, server.url, seconds=0.6).errcode == errors.UNKNOWN
    assert time.monotonic() - started < 0.8
