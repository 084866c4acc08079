"""What DingTalk's new host answers, and how it is read."""

from __future__ import annotations

import json

import pytest

from notebook_notify.delivery.transport import Reply
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Token
from notebook_notify.platforms.dingtalk_v1 import read
from notebook_notify.platforms.replies import code_of
from notebook_notify.targets import Target

CHANNEL = CHANNELS["dingtalk_app_robot"]
FIELDS = {"app_key": " dingabc ", "app_secret": "s3cr3t-of-the-app", "open_conversation_id": "c"}
DENIED = "Forbidden.AccessDenied"


def target(**fields):
    """A whole target, or one with other fields."""
    return Target("dingtalk_app_robot", {**FIELDS, **fields})


def reply(payload, status=400):
    """An answer with *payload* as JSON."""
    return Reply(status, json.dumps(payload, ensure_ascii=False).encode())


def test_token_call():
    """The token is fetched by POST; id and secret are in the JSON body alone, and never shown."""
    call = CHANNEL.token_request(target(proxy="http://egress:3128"))
    assert (call.method, call.query, call.headers) == ("POST", {}, {})
    assert call.url == "https://api.dingtalk.com/v1.0/oauth2/accessToken"
    assert json.loads(call.body()) == {"appKey": "dingabc", "appSecret": "s3cr3t-of-the-app"}
    assert call.proxy == "http://egress:3128"
    assert "s3cr3t" not in repr(call)


def test_a_secret_with_a_line_break():
    """What a file or a keyring leaves around a secret is no part of it."""
    pasted = target(app_secret="s3cr3t-of-the-app\n")
    assert CHANNEL.token_request(pasted) == CHANNEL.token_request(target())
    assert CHANNEL.token_key(pasted) == CHANNEL.token_key(target())


def test_token():
    """The token and its life in seconds are taken over; two hours if it says nothing of that."""
    answer = {"accessToken": "t0k3n", "expireIn": 600}
    assert CHANNEL.read_token(reply(answer, 200)) == Token("t0k3n", 600.0)
    assert CHANNEL.read_token(reply({"accessToken": "t0k3n"}, 200)) == Token("t0k3n", 7200.0)


@pytest.mark.parametrize(
    "code", ["invalidClientIdOrSecret", "InvalidAuthentication", "Missingbody"]
)
def test_token_refused(code):
    """A wrong credential is final."""
    payload = {"code": code, "message": "无效的clientId或者clientSecret", "requestid": "r"}
    verdict = CHANNEL.read_token(reply(payload))
    assert (verdict.kind, verdict.payload) == ("failed", payload)


def test_no_token():
    """What is no answer of the host's gives no token, and is never an unknown outcome."""
    for status, body in ((200, b"{}"), (502, b"<html>"), (200, b"<html>"), (302, b"")):
        verdict = CHANNEL.read_token(Reply(status, body))
        assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1004)
    assert CHANNEL.read_token(reply({"code": "system.busy"}, 429)).kind == "busy"


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500, 503])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InvalidAuthentication", "refresh"),
        ("accesstoken.expired", "refresh"),
        ("system.busy", "busy"),
        ("system.error", "busy"),
        ("qps.exceed.limit", "busy"),
        (f"{DENIED}.QpsLimitForApi", "busy"),
        (f"{DENIED}.QpsLimitForAppkeyAndApi", "busy"),
        (f"{DENIED}.QpmLimitForAppkeyAndApi", "failed"),
        (f"{DENIED}.ApiCountLimitForOrg", "failed"),
        (f"{DENIED}.IpNotInWhiteList", "failed"),
        ("invalidParameter.robotCode.auth", "failed"),
        ("unknown.send.result", "unknown"),
        ("something.new", "failed"),
    ],
)
def test_the_code_decides(status, code, kind):
    """A code means the same with whatever HTTP status; the dict stays the platform's own."""
    payload = {"code": code, "message": "…", "requestid": "r"}
    verdict = read(reply(payload, status))
    assert (verdict.kind, verdict.payload) == (kind, payload)
    assert code_of(payload) == code


def test_a_wrong_path_is_answered_in_the_other_form():
    """HTTP 200 with an errcode is no success."""
    payload = {"errcode": 404, "errmsg": "请求的URI地址不存在"}
    assert read(reply(payload, 200)).kind == "failed"
    assert code_of(payload) == 404


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_gateway_trouble(status):
    """A gateway that gave up may have passed the message on: it may have arrived."""
    for body in (b"", b"<html>Bad Gateway</html>", b'{"message":"upstream"}'):
        assert read(Reply(status, body)).payload["errcode"] == -1003


@pytest.mark.parametrize(
    "body", [b"", b"<html>Log in</html>", b"[]", b'{"code":7}', b'{"code":"\\u001b[2J x"}']
)
def test_what_is_no_answer(body):
    """A refusal without a code that can be read is our own failure, with how it begins."""
    for status in (302, 400, 403, 404):
        verdict = read(Reply(status, body))
        assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1004)


def test_a_blocked_address():
    """The answer to a blocked address has neither code nor errcode: no success."""
    for status in (200, 403):
        verdict = CHANNEL.read(reply({"status": 1111, "wait": 5, "punish": "deny"}, status))
        assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1004)
        assert '"status": 1111' in verdict.payload["errmsg"]


def test_a_page_that_quotes_the_token():
    """A gateway's page that repeats a token is shown without it."""
    page = b'<p>{"accessToken":"t0k3n-abc","appSecret":"s3cr3t-abc"}</p>'
    shown = read(Reply(502, page)).payload["errmsg"]
    assert "t0k3n-abc" not in shown
    assert "s3cr3t-abc" not in shown
