"""The transport tells no secret, however a call ends."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from pathlib import Path

import pytest

from notebook_notify.delivery.transport import Reply, Request


def told(error):
    """All that a traceback, a debugger or a log could show of *error*."""
    tests = Path(__file__).parent  # whose own locals hold the secrets
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    trace.stack = traceback.StackSummary.from_list(
        [one for one in trace.stack if Path(one.filename).parent != tests]
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
def test_no_secret_in_errors_or_logs(
    post, get, failure, token, sandbox, serve, tls, caplog, kind, monkeypatch
):
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
        error = failure(call, url, seconds=0.3, **options)
        assert (error.__cause__, error.__context__) == (None, None)
        for secret in (token, "s3cr3t-T0KEN", "access_token=", "corpsecret=", "proxy-passw0rd"):
            assert secret not in told(error)
            assert secret not in caplog.text
    assert "urllib3" in {record.name.partition(".")[0] for record in caplog.records}


def test_logs_of_others_are_left_alone(post, serve, caplog):
    """Our calls are logged without their query; those of other users of urllib3 as ever."""
    import requests

    caplog.set_level(logging.DEBUG)
    server = serve()
    post(server.url)
    assert '"POST /send HTTP/1.1" 200' in caplog.text
    requests.get(f"{server.url}/other?page=7", timeout=5)
    assert "/other?page=7" in caplog.text


def test_a_requests_repr_shows_no_secret(token):
    """Neither query nor payload nor proxy stands in a request's or a reply's repr."""
    request = Request(
        "GET", "https://h/p", {"k": token}, json.loads('{"a": "bodyTEXT"}'), "http://u:pw@h"
    )
    assert repr(request) == "Request(method='GET', url='https://h/p')"
    assert "bodyTEXT" not in repr(Reply(200, b"bodyTEXT"))
