"""What WeCom's two channels share: token call, and how replies are read."""

from __future__ import annotations

import json

import pytest

from notebook_notify.delivery.transport import Reply
from notebook_notify.errors import TargetError
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Token
from notebook_notify.targets import Target

FIELDS = {
    "corp_id": "ww0123456789",
    "corp_secret": "s3cr3t-of-the-app",
    "chat_id": "research",
    "agent_id": 1000002,
}
HINT = ", hint: [1700000000123456789], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e="


@pytest.fixture(params=["wecom_chat", "wecom_app"])
def channel(request):
    """Each of the two channels."""
    return CHANNELS[request.param]


def target(**fields):
    """A target with the fields of both channels."""
    return Target("wecom_chat", {**FIELDS, **fields})


def reply(payload, status=200):
    """An answer with *payload* as JSON, or as it is."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Reply(status, body)


def error(errcode, errmsg="error"):
    """An answer as WeCom words its errors."""
    return reply({"errcode": errcode, "errmsg": errmsg + HINT + str(errcode)})


def test_token_call(channel):
    """The token is fetched by GET gettoken with corpid and corpsecret in the query alone."""
    call = channel.token_request(target(proxy="http://egress:3128"))
    assert call.method == "GET"
    assert call.url == "https://qyapi.weixin.qq.com/cgi-bin/gettoken"
    assert call.query == {"corpid": "ww0123456789", "corpsecret": "s3cr3t-of-the-app"}
    assert call.body() == b""
    assert call.proxy == "http://egress:3128"


def test_a_secret_with_a_line_break(channel):
    """What a file or a keyring leaves around a secret is no part of it."""
    pasted = target(corp_secret="s3cr3t-of-the-app\n")
    assert channel.token_request(pasted) == channel.token_request(target())
    assert channel.token_key(pasted) == channel.token_key(target())


def test_base_url(channel):
    """Another address takes the place of the host, with or without a slash at its end."""
    for base in ("https://wecom.example.com/qy", "https://wecom.example.com/qy/"):
        call = channel.token_request(target(base_url=base))
        assert call.url == "https://wecom.example.com/qy/cgi-bin/gettoken"


def test_token(channel):
    """The reply's token and its lifetime in seconds are taken over, and no repr shows it."""
    answer = {"errcode": 0, "errmsg": "ok", "access_token": "t0k3n", "expires_in": 3600}
    token = channel.read_token(reply(answer))
    assert token == Token("t0k3n", 3600.0)
    assert "t0k3n" not in repr(token)


def test_token_without_lifetime(channel):
    """A token without a lifetime counts as good for the documented 7,200 seconds."""
    answer = {"errcode": "0", "access_token": "t0k3n"}
    assert channel.read_token(reply(answer)) == Token("t0k3n", 7200.0)


@pytest.mark.parametrize("errcode", [40001, 40013, 41002, 41004, 42001, 40014, 45009])
def test_token_refused(channel, errcode):
    """At gettoken every code but the busy ones is final: no new token would help."""
    verdict = channel.read_token(error(errcode))
    assert verdict.kind == "failed"
    assert verdict.payload["errcode"] == errcode


def test_success_without_a_token_is_a_failure(channel):
    """An errcode of 0 without a token is not taken for a token."""
    verdict = channel.read_token(reply({"errcode": 0, "errmsg": "ok"}))
    assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1004)


def test_gateway_timeout_of_the_token_call_is_no_unknown_outcome(channel):
    """A token call sends no message, so nothing can have arrived when a gateway gives up."""
    verdict = channel.read_token(reply(b"<html>504</html>", 504))
    assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1004)


def test_sent(channel):
    """An errcode of 0 means sent, as a number or as a string."""
    for errcode in (0, "0"):
        verdict = channel.read(reply({"errcode": errcode, "errmsg": "ok"}))
        assert verdict.kind == "ok"
        assert verdict.message_id is None


@pytest.mark.parametrize("errcode", [40014, 42001, 40001, "42001"])
def test_token_codes(channel, errcode):
    """The codes of a dead token ask for a new one."""
    verdict = channel.read(error(errcode))
    assert (verdict.kind, verdict.payload["errcode"]) == ("refresh", errcode)


@pytest.mark.parametrize("errcode", [-1, 6000, 45033])
def test_busy_codes(channel, errcode):
    """System busy, version conflict and concurrency ask to try again, at either call."""
    assert channel.read(error(errcode)).kind == "busy"
    assert channel.read_token(error(errcode)).kind == "busy"


@pytest.mark.parametrize("errcode", [45009, 60020, 81013, 86008, 301002, 41001, 1])
def test_failures(channel, errcode):
    """Every other code is a failure, with the platform's own dict."""
    verdict = channel.read(error(errcode, "no"))
    assert verdict.kind == "failed"
    assert verdict.payload == {"errcode": errcode, "errmsg": "no" + HINT + str(errcode)}


def test_the_http_status_decides_nothing(channel):
    """The errcode counts under HTTP 500 as under 200."""
    assert channel.read(reply({"errcode": 0, "errmsg": "ok"}, 500)).kind == "ok"
    assert channel.read(reply({"errcode": 60020, "errmsg": "no"}, 200)).kind == "failed"


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (b"", "empty body"),
        (b"<html>\n<title>Sign in</title>", "<html> <title>Sign in</title>"),
        (b'[{"errcode": 0}]', '[{"errcode": 0}]'),
        (b'"ok"', '"ok"'),
        (b"{}", "{}"),
        (b'{"errmsg": "ok"}', '{"errmsg": "ok"}'),
        (b'{"errcode": null}', '{"errcode": null}'),
        (b'{"errcode": true}', '{"errcode": true}'),
        (b'{"errcode": 0.0}', '{"errcode": 0.0}'),
        (b'{"errcode": "ok"}', '{"errcode": "ok"}'),
        (b"\xff\xfe\x00", "\ufffd\ufffd"),
        (b"a\x1b[2Jb\x07\xe2\x80\xaec", "a [2Jb c"),
        (b"[" * 100_000, "[" * 200),
    ],
)
def test_unreadable(channel, body, seen):
    """What is not an object with an errcode is a failure that shows how it begins."""
    for read in (channel.read, channel.read_token):
        verdict = read(reply(body))
        assert verdict.kind == "failed"
        assert verdict.payload == {
            "errcode": -1004,
            "errmsg": f"unreadable answer (HTTP 200): {seen}",
            "http_status": 200,
        }


def test_not_found_with_an_empty_body(channel):
    """WeCom answers an unknown path with 404 and nothing else."""
    payload = channel.read(Reply(404, b"")).payload
    assert payload["errmsg"] == "unreadable answer (HTTP 404): empty body"
    assert payload["http_status"] == 404


def test_a_redirect_is_no_answer(channel):
    """A redirect is a failure, whatever its body says."""
    verdict = channel.read(reply({"errcode": 0, "errmsg": "ok"}, 301))
    assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1004)
    assert verdict.payload["errmsg"].startswith("redirect, not followed (HTTP 301): ")


def test_an_answer_that_is_cut_off(channel):
    """The platform's answer that was not read to its end is not believed; a token's says no more."""
    cut = Reply(200, b'{"errcode": 0, "errmsg": "ok"}', complete=False)
    for begun in (cut, Reply(200, b' {"errcode": 0, "errm')):
        verdict = channel.read(begun)
        assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1003)
        for other in (channel.read_token(begun), channel.read_upload(begun)):
            assert (other.kind, other.payload["errcode"]) == ("failed", -1004)
    assert channel.read(cut).payload["errmsg"].startswith("answer too long or cut off (HTTP 200): ")


def test_asked_too_often(channel):
    """A gateway's 429 passed nothing on: asked again, or told when; the platform's own code counts."""
    for read in (channel.read, channel.read_token, channel.read_upload):
        assert read(Reply(429, b"slow down")).kind == "busy"
        told = read(Reply(429, b"slow down", retry_after=37.0))
        assert (told.kind, told.payload["errcode"]) == ("failed", -1004)
        assert told.payload["retry_after"] == 37
        assert read(reply({"errcode": 45009, "errmsg": "no"}, 429)).payload["errcode"] == 45009


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_gateways_page(channel, status):
    """A gateway that had trouble may have passed the message on; an upload or a token tells nobody."""
    page = reply(b"<html>Bad Gateway</html>", status)
    verdict = channel.read(page)
    assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1003)
    for other in (channel.read_token(page), channel.read_upload(page)):
        assert (other.kind, other.payload["errcode"]) == ("failed", -1004)
    readable = channel.read(reply({"errcode": 45009, "errmsg": "no"}, status))
    assert readable.payload["errcode"] == 45009


@pytest.mark.parametrize("status", [200, 400, 403, 404, 407, 413, 429])
def test_a_page_that_is_no_gateways_trouble(channel, status):
    """A log-in page or a refusal had not passed the message on."""
    assert channel.read(reply(b"<html>", status)).payload["errcode"] == -1004


@pytest.mark.parametrize("ids", ["a|b", ["a", "b"], ["a", " b "], "|a||b|"])
def test_refused_ids(channel, ids):
    """The ids of a reply come as one text or as a list."""
    verdict = channel.read(reply({"errcode": 0, "invaliduser": ids}))
    assert (verdict.kind, verdict.refused) == ("partial", {"invaliduser": ("a", "b")})


@pytest.mark.parametrize("ids", ["", [], None])
def test_nobody_refused(channel, ids):
    """No id means that nobody was refused."""
    assert channel.read(reply({"errcode": 0, "invaliduser": ids})).kind == "ok"


@pytest.mark.parametrize(
    "ids", [1.5, True, {"a": 1}, [1.5], [None], [["x" * 1000]], {"x" * 500: 1}]
)
def test_ids_of_no_known_form(channel, ids):
    """What nobody expects there does not make a failure of an accepted message, and is cut."""
    verdict = channel.read(reply({"errcode": 0, "invalidparty": ids}))
    assert (verdict.kind, verdict.refused) == ("partial", {"invalidparty": (str(ids)[:200],)})


@pytest.mark.parametrize(
    "errcode", ["0_0", "\uff10", "\u0660", " 0", "0 ", "+0", "1" * 10, 10**12, ""]
)
def test_what_is_no_code(channel, errcode):
    """Only a plain number is a code: nothing else reads as success."""
    assert channel.read(reply({"errcode": errcode})).payload["errcode"] == -1004


@pytest.mark.parametrize(
    "page",
    [
        "blocked: https://qyapi.weixin.qq.com/cgi-bin/x?access_token=t0k3n&debug=1",
        "?url=https%3A%2F%2Fqyapi.weixin.qq.com%2Fgettoken%3Fcorpsecret%3Dt0k3n",
        '[{"access_token": "t0k3n"}]',
    ],
)
def test_a_page_that_repeats_the_address_shows_no_secret(channel, page):
    """The token or secret that an error page repeats is masked in what is shown of it."""
    assert "t0k3n" not in channel.read(reply(page.encode())).payload["errmsg"]


def test_one_token_an_application(channel):
    """Each pair of enterprise and secret, at each address, has a token of its own."""
    targets = [
        target(),
        target(corp_id="ww9"),
        target(corp_secret="another-secret"),
        target(base_url="https://wecom.example.com"),
    ]
    assert len({channel.token_key(one) for one in targets}) == len(targets)
    assert channel.token_key(target(chat_id="other")) == channel.token_key(target())


def test_both_channels_share_the_token():
    """Group chat and application messages of one application use one token."""
    assert CHANNELS["wecom_chat"].token_key(target()) == CHANNELS["wecom_app"].token_key(target())


def test_the_key_tells_nothing(channel):
    """A token's key is a hash: neither id nor secret stands in it."""
    key = channel.token_key(target())
    assert len(key) == 64
    assert set(key) <= set("0123456789abcdef")


@pytest.mark.parametrize("name", ["corp_id", "corp_secret"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_credential(channel, name, value, monkeypatch):
    """A missing or empty credential is refused, with the place where it is found."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "en")
    fields = {**FIELDS, name: value}
    with pytest.raises(TargetError, match=rf"lacks {name}: WeCom admin console"):
        channel.check(Target(channel.spec.kind, fields))


def test_a_missing_field_in_chinese(channel, monkeypatch):
    """The reader's language is used."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", "zh")
    with pytest.raises(TargetError, match="缺少 corp_id：企业微信管理后台 → 我的企业"):
        channel.check(Target(channel.spec.kind, {}))


@pytest.mark.parametrize("safe", ["yes", "false", 2])
def test_safe_is_a_flag(channel, safe):
    """A text for true or false is refused instead of being taken for true."""
    with pytest.raises(TargetError, match="safe"):
        channel.check(target(safe=safe))


@pytest.mark.parametrize(
    "url", ["http://wecom.example.com", "ftp://x", "wecom.example.com", "https://", "http://[x", ""]
)
def test_base_url_must_be_https(channel, url):
    """Secrets never travel in clear: an address that is not https is refused."""
    with pytest.raises(TargetError, match="base_url"):
        channel.check(target(base_url=url))


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:2"])
def test_base_url_on_this_machine(channel, url):
    """Plain http is fine within this machine."""
    channel.check(target(base_url=url))


def test_a_reference_to_a_secret_is_not_followed(channel):
    """Checking a target looks up no secret: a missing variable does not matter yet."""
    channel.check(target(corp_secret="env:NOTEBOOK_NOTIFY_TEST_NOT_SET"))
