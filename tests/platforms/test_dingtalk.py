"""What DingTalk's legacy host answers, and how it is read."""

from __future__ import annotations

import json

import pytest

from notebook_notify.delivery.transport import Reply
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Token
from notebook_notify.platforms.replies import code_of
from notebook_notify.targets import Target

CHANNEL = CHANNELS["dingtalk_chat"]
FIELDS = {"app_key": "dingabc", "app_secret": "s3cr3t-of-the-app", "chat_id": "chat0123"}
NOT_LISTED = "ding talk error[subcode=60020,submsg=访问ip不在白名单之中,request ip=203.0.113.7 appKey(dingabc)]"


def target(**fields):
    """A whole target, or one with other fields."""
    return Target("dingtalk_chat", {**FIELDS, **fields})


def reply(payload, status=200):
    """An answer with *payload* as JSON."""
    return Reply(status, json.dumps(payload, ensure_ascii=False).encode())


def wrapped(code):
    """The three forms in which a code comes inside code 88."""
    return [
        {"errcode": 88, "sub_code": str(code), "sub_msg": "…", "errmsg": "ding talk error"},
        {"errcode": 88, "subCode": code, "subMsg": "…", "errmsg": "ding talk error"},
        {"errcode": "88", "errmsg": f"ding talk error[subcode={code},submsg=…]"},
    ]


def test_token_call():
    """The token is fetched by GET gettoken with appkey and appsecret in the query alone."""
    call = CHANNEL.token_request(target(proxy="http://egress:3128"))
    assert call.method == "GET"
    assert call.url == "https://oapi.dingtalk.com/gettoken"
    assert call.query == {"appkey": "dingabc", "appsecret": "s3cr3t-of-the-app"}
    assert call.body() == b""
    assert call.proxy == "http://egress:3128"


def test_token():
    """The reply's token and its lifetime in seconds are taken over."""
    answer = {"errcode": 0, "errmsg": "ok", "access_token": "t0k3n", "expires_in": 7200}
    assert CHANNEL.read_token(reply(answer)) == Token("t0k3n", 7200.0)


@pytest.mark.parametrize("errcode", [40096, 40089, 40001, 33001, 40035])
def test_token_refused(errcode):
    """At gettoken a wrong credential is final, wrapped or not."""
    for payload in ({"errcode": errcode, "errmsg": "不合法的appKey或appSecret"}, *wrapped(errcode)):
        verdict = CHANNEL.read_token(reply(payload))
        assert verdict.kind == "failed"
        assert verdict.payload == payload


def test_sent():
    """An errcode of 0 means sent, as a number or as a string; messageId is the message's id."""
    for errcode in (0, "0"):
        verdict = CHANNEL.read(reply({"errcode": errcode, "errmsg": "ok", "messageId": "abc=="}))
        assert (verdict.kind, verdict.message_id) == ("ok", "abc==")
    assert CHANNEL.read(reply({"errcode": 0, "errmsg": "ok"})).message_id is None


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *[(code, "refresh") for code in (40014, 42001, 40001, 33001)],
        *[(code, "busy") for code in (-1, 34015, 90002, 90018)],
        *[(code, "failed") for code in (60020, 60011, 34001, 45009, 90020, 48002)],
    ],
)
def test_codes_plain_and_wrapped(code, kind):
    """A code means the same by itself and inside code 88; the dict stays the platform's own."""
    for payload in ({"errcode": code, "errmsg": "…"}, *wrapped(code)):
        verdict = CHANNEL.read(reply(payload))
        assert (verdict.kind, verdict.payload) == (kind, payload)
        assert code_of(payload) == code


def test_a_wrapper_with_nothing_in_it():
    """Code 88 without a code inside is a failure with code 88."""
    payload = {"errcode": 88, "errmsg": "ding talk error"}
    assert CHANNEL.read(reply(payload)).kind == "failed"
    assert code_of(payload) == 88


def test_a_wrapper_never_means_sent():
    """Code 88 stays a failure even if the code inside is 0 or unreadable."""
    for sub_code in ("0", "", None, "ok"):
        payload = {"errcode": 88, "sub_code": sub_code, "errmsg": "ding talk error"}
        assert CHANNEL.read(reply(payload)).kind == "failed"


def test_recorded_text():
    """The code is found in a recorded errmsg."""
    payload = {"errcode": 88, "errmsg": NOT_LISTED}
    assert code_of(payload) == 60020
    assert CHANNEL.read(reply(payload)).payload == payload


def test_a_blocked_address_gets_no_errcode():
    """The answer to a blocked address has a status of its own and no errcode: a failure."""
    payload = {"status": 1111, "wait": 5, "punish": "deny"}
    verdict = CHANNEL.read(reply(payload))
    assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1004)
    assert '"status": 1111' in verdict.payload["errmsg"]


def test_gateway_timeout():
    """A gateway that gave up waiting had passed the message on: it may have arrived."""
    for status in (408, 500, 502, 503, 504):
        assert CHANNEL.read(Reply(status, b"")).payload["errcode"] == -1003


def test_one_token_an_application():
    """Each app and secret, at each address, has a token; other platforms' are apart."""
    targets = [
        target(),
        target(app_key="dingxyz"),
        target(app_secret="another"),
        target(base_url="https://x.cn"),
    ]
    assert len({CHANNEL.token_key(one) for one in targets}) == len(targets)
    same = {"corp_id": "dingabc", "corp_secret": "s3cr3t-of-the-app"}
    wecom = CHANNELS["wecom_chat"].token_key(Target("wecom_chat", same))
    assert CHANNEL.token_key(target()) != wecom
