"""DingTalk's half: the older host's checks, codes, and the wrapper 88."""

import pytest


def test_gettoken_names_what_is_missing(caller):
    """Missing parameters are 40035; parameters in a body are not read."""
    assert caller.json("GET", "/gettoken") == {
        "errcode": 40035,
        "errmsg": "缺少参数 corpid or appkey",
    }
    assert caller.json("GET", "/gettoken", {"appkey": "x", "appsecret": "y"})["errcode"] == 40035
    assert caller.json("GET", "/gettoken", appkey="x")["errcode"] == 40035
    assert caller.json("POST", "/gettoken", {})["errcode"] == 43001


def test_gettoken_refuses_wrong_credentials_unwrapped(caller, sandbox):
    """A wrong key or secret is a plain 40096, not inside 88."""
    reply = caller.json("GET", "/gettoken", appkey=sandbox.dingtalk.app_key, appsecret="wrong")
    assert reply == {"errcode": 40096, "errmsg": "不合法的appKey或appSecret"}


def test_gettoken_renews_the_same_token(caller, clock):
    """Within its validity the same token comes back, and lives two hours from then."""
    token = caller.dingtalk_token()
    clock.now += 7000
    assert caller.dingtalk_token() == token
    clock.now += 7000
    assert caller.chat_send(token=token)["errcode"] == 0
    clock.now += 200
    assert caller.chat_send(token=token)["sub_code"] == "40014"
    assert caller.dingtalk_token() != token


def test_a_bad_token_comes_inside_88(caller):
    """The wrapper's sub_code is a string, and errmsg repeats it."""
    assert caller.chat_send(token="unknown") == {
        "errcode": 88,
        "sub_code": "40014",
        "sub_msg": "不合法的access_token",
        "errmsg": "ding talk error[subcode=40014,submsg=不合法的access_token]",
    }


def test_a_blank_token_comes_inside_88(caller):
    """A token in the header or nowhere is blank: 88 around 40000."""
    reply = caller.json("POST", "/chat/send", {"access_token": caller.dingtalk_token()})
    assert (reply["errcode"], reply["sub_code"]) == (88, "40000")
    assert reply["errmsg"] == "ding talk error[subcode=40000,submsg=access_token is blank]"


def test_chat_send_delivers(caller, sandbox):
    """A group message arrives as it was written, and the reply names it."""
    content = '完成\n<b> "x" \\ 😀'
    reply = caller.chat_send(content)
    assert (reply["errcode"], reply["errmsg"]) == (0, "ok")
    assert reply["messageId"]
    (message,) = sandbox.inbox
    assert message["platform"] == "dingtalk"
    assert message["channel"] == "dingtalk_chat"
    assert message["to"] == sandbox.dingtalk.chat_id
    assert (message["msgtype"], message["content"], message["media"]) == ("text", content, None)


def test_a_wrong_method_and_an_unknown_path(caller):
    """GET on chat/send is 43002; an unknown path is errcode 404 in HTTP 200."""
    assert caller.json("GET", "/chat/send") == {"errcode": 43002, "errmsg": "需要POST请求"}
    for path in ("/chat/sent", "/v1.0x", "/inbox"):
        assert caller.json("POST", path, {}) == {"errcode": 404, "errmsg": "请求的URI地址不存在"}


def test_the_content_type_must_be_json(caller, sandbox):
    """A form is 43004; a charset beside application/json is fine."""
    assert caller.chat_send(content_type="application/x-www-form-urlencoded")["errcode"] == 43004
    assert caller.chat_send(content_type="Application/JSON; charset=utf-8")["errcode"] == 0
    assert len(sandbox.inbox) == 1


def test_a_broken_body_is_named(caller):
    """An empty body is 44002, bad JSON 47001."""
    token = caller.dingtalk_token()
    assert caller.json("POST", "/chat/send", b"", access_token=token)["errcode"] == 44002
    assert caller.json("POST", "/chat/send", b"{", access_token=token)["errcode"] == 47001


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"chatid": None}, 49000),
        ({"chatid": ""}, 34001),
        ({"chatid": "chat0000"}, 34001),
        ({"msg": None}, 34014),
        ({"msg": "hi"}, 34014),
        ({"msg": {"msgtype": "hologram"}}, 34004),
        ({"msg": {"msgtype": "text"}}, 34014),
        ({"msg": {"msgtype": "text", "text": {"content": ""}}}, 44004),
        ({"msg": {"msgtype": "text", "text": {"content": "中" * 683}}}, 34016),
        ({"msg": None, "msgtype": "text", "text": {"content": "flat form"}}, 34014),
    ],
)
def test_chat_send_refuses(caller, sandbox, fields, errcode):
    """Every mistake in a group message has the platform's code, and nothing is delivered."""
    assert caller.chat_send(**fields)["errcode"] == errcode
    assert sandbox.inbox == []


def test_chat_send_takes_2048_bytes(caller, sandbox):
    """The limit is counted in bytes of UTF-8."""
    assert caller.chat_send("中" * 682 + "ab")["errcode"] == 0
    assert len(sandbox.inbox[0]["content"].encode()) == 2048
