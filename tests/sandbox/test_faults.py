"""Faults: what the caller meets, and whether the message arrives."""

import http.client
import json
import time

import pytest

from notebook_notify.sandbox import SandboxClient


@pytest.mark.parametrize("errcode", [-1, 45009, 45033, 60020])
def test_an_errcode_fault_is_used_up(caller, sandbox, errcode):
    """The next call gets the errcode with the platform's text and delivers nothing; then all is well."""
    sandbox.fail_next(errcode=errcode, path="send")
    reply = caller.appchat()
    assert reply["errcode"] == errcode
    assert "hint: [" in reply["errmsg"]
    assert sandbox.inbox == []
    assert caller.appchat()["errcode"] == 0


def test_a_sub_code_fault_comes_inside_88(caller, sandbox):
    """DingTalk's gateway codes are wrapped, with the given text if there is one."""
    sandbox.fail_next(sub_code="90018", path="send")
    sandbox.fail_next(
        sub_code=60020, errmsg="访问ip不在白名单之中,request ip=203.0.113.7", path="send"
    )
    assert caller.chat_send()["sub_code"] == "90018"
    assert caller.chat_send() == {
        "errcode": 88,
        "sub_code": "60020",
        "sub_msg": "访问ip不在白名单之中,request ip=203.0.113.7",
        "errmsg": "ding talk error[subcode=60020,submsg=访问ip不在白名单之中,request ip=203.0.113.7]",
    }


def test_a_code_fault_is_an_answer_of_the_new_host(caller, sandbox):
    """A code comes with its own HTTP status and text, or with those that the test gives."""
    sandbox.fail_next(code="Forbidden.AccessDenied.QpsLimitForApi", path="/v1.0/robot")
    sandbox.fail_next(code="system.busy", errmsg="slow", status=503, path="/v1.0/robot")
    status, body = caller.robot_send()
    assert (status, body["code"]) == (403, "Forbidden.AccessDenied.QpsLimitForApi")
    assert body["message"] == "当前接口的请求触发限流"
    status, body = caller.robot_send()
    assert (status, body["code"], body["message"]) == (503, "system.busy", "slow")
    assert sandbox.inbox == []
    assert caller.robot_send()[0] == 200


def test_an_errcode_at_the_new_host_stays_an_errcode(caller, sandbox):
    """As for a path that it does not know at all, the answer is HTTP 200 with errcode."""
    sandbox.fail_next(errcode=404, path="/v1.0/robot")
    assert caller.robot_send() == (200, {"errcode": 404, "errmsg": "请求的URI地址不存在"})


def test_throttling_by_address_has_no_code_at_all(caller, sandbox):
    """The new host's calls meet the gateway's body without errcode and code, too."""
    sandbox.fail_next("no_errcode", path="/v1.0/robot")
    assert caller.robot_send()[1] == {"status": 1111, "wait": 5, "punish": "deny"}


def test_a_fault_waits_for_its_path_and_counts(caller, sandbox):
    """A fault for `send` leaves gettoken alone, and lasts for `count` requests."""
    sandbox.fail_next(errcode=-1, path="send", count=2)
    token = caller.wecom_token()
    assert [caller.appchat(token=token)["errcode"] for _ in range(3)] == [-1, -1, 0]


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "start"),
    [
        ("html", 200, "text/html", b"<html>"),
        ("array", 200, "application/json", b"["),
        ("no_errcode", 200, "application/json", b'{"status": 1111'),
        ("huge", 200, "application/json", b'{"errcode": -1'),
        ("empty_404", 404, "text/plain", b""),
        ("redirect", 301, "text/html", b""),
    ],
)
def test_answers_that_are_no_platforms_answer(caller, sandbox, kind, status, content_type, start):
    """A proxy's page, a wrong shape, a huge body, a redirect: told as named, nothing delivered."""
    token = caller.wecom_token()
    sandbox.fail_next(kind)
    got_status, headers, body = caller.request(
        "POST", "/cgi-bin/appchat/send", {}, access_token=token
    )
    assert (got_status, headers.get_content_type()) == (status, content_type)
    assert body.startswith(start)
    assert (len(body) > 10_000_000) == (kind == "huge")
    if kind == "redirect":
        assert headers["Location"].startswith(sandbox.url + "/cgi-bin/appchat/send?")
    assert sandbox.inbox == []


def test_an_html_fault_takes_status_and_body(caller, sandbox):
    """The page of a gateway can be any page with any status."""
    sandbox.fail_next(status=503, body="<p>down</p>")
    status, _, body = caller.request("GET", "/gettoken")
    assert (status, body) == (503, b"<p>down</p>")


def test_true_answers_in_odd_clothes_are_delivered(caller, sandbox):
    """A string errcode and refused receivers come with a message that did arrive."""
    token = caller.wecom_token()
    sandbox.fail_next("errcode_string")
    assert caller.appchat(token=token)["errcode"] == "0"
    sandbox.fail_next("partial", body="lisi|wangwu")
    assert caller.app_message(token=token)["invaliduser"] == "lisi|wangwu"
    assert len(sandbox.inbox) == 2


def test_an_expired_fault_kills_the_token(caller, sandbox):
    """The answer says expired, in each platform's way, and gettoken then hands out another one."""
    sandbox.fail_next("expired", count=2)
    token, ding = caller.wecom_token(), caller.dingtalk_token()
    assert caller.appchat(token=token)["errcode"] == 42001
    assert caller.chat_send(token=ding)["sub_code"] == "40014"
    assert caller.wecom_token() != token
    assert caller.dingtalk_token() != ding
    assert caller.appchat()["errcode"] == caller.chat_send()["errcode"] == 0


def test_an_expired_fault_kills_the_new_hosts_token(caller, sandbox):
    """There the answer is HTTP 400, and the next token is another one."""
    token = caller.v1_token()
    sandbox.fail_next("expired", path="/v1.0/robot")
    for _ in range(2):
        status, body = caller.robot_send(token=token)
        assert (status, body["code"]) == (400, "InvalidAuthentication")
    assert caller.v1_token() != token


@pytest.mark.parametrize(("kind", "delivered"), [("hang", 0), ("deliver_hang", 1)])
def test_a_hang_never_answers(caller, sandbox, kind, delivered):
    """The caller waits in vain; with deliver_hang the message is there all the same."""
    token = caller.wecom_token()
    sandbox.fail_next(kind, seconds=0.2)
    with pytest.raises(http.client.RemoteDisconnected):
        caller.appchat(token=token)
    assert len(sandbox.inbox) == delivered


@pytest.mark.parametrize("kind", ["reset", "reset_before"])
def test_a_reset_is_a_reset(caller, sandbox, kind):
    """The connection ends with RST and nothing is delivered."""
    token = caller.wecom_token()
    sandbox.fail_next(kind)
    with pytest.raises(ConnectionResetError):
        caller.appchat(token=token)
    caller.connection.close()
    assert sandbox.inbox == []
    assert caller.appchat()["errcode"] == 0


def test_half_an_answer(caller, sandbox):
    """The message arrives, and its answer breaks off before the declared length."""
    token = caller.wecom_token()
    sandbox.fail_next("half")
    with pytest.raises(http.client.IncompleteRead):
        caller.appchat(token=token)
    assert len(sandbox.inbox) == 1


def test_a_drip_keeps_coming(caller, sandbox):
    """Each byte comes alone, so that a timeout per read never strikes."""
    token = caller.wecom_token()
    sandbox.fail_next("drip", seconds=0.01)
    started = time.monotonic()
    assert caller.appchat(token=token)["errcode"] == 0
    assert time.monotonic() - started > 0.2


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "gremlin"},
        {"kind": "errcode"},
        {"kind": "code"},
        {"code": 3},
        {"errcode": "45009"},
        {"kind": "hang", "seconds": "1"},
        {"kind": "html", "path": 3},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox, fields):
    """A misspelt fault is a ValueError here and through the client, not a test that passes by luck."""
    with pytest.raises(ValueError, match=r"."):
        sandbox.fail_next(**fields)
    with pytest.raises(ValueError, match=r"."):
        SandboxClient(sandbox.url).fail_next(**fields)


def test_an_unknown_field_of_a_fault_is_refused_over_http(caller):
    """A field that fail_next does not know is HTTP 400 with the reason."""
    status, _, body = caller.request("POST", "/fail_next", {"kind": "html", "delay": 3})
    assert status == 400
    assert "delay" in json.loads(body)["error"]
    assert caller.request("POST", "/fail_next", b"nope")[0] == 400
