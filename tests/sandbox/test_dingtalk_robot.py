"""DingTalk's custom robots: the checks that a group chooses, message types, repeats and rate."""

import base64
import hashlib
import hmac
from urllib.parse import quote

import pytest

TEXT = {"msgtype": "text", "text": {"content": "你好"}}
MARKDOWN = {"msgtype": "markdown", "markdown": {"title": "完成", "text": "### 完成\n\n> 3 分"}}


def signature(secret, timestamp):
    """Return the sign for a timestamp, by the document's recipe, before it is URL-encoded."""
    message = f"{timestamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


@pytest.fixture
def robot(sandbox):
    """Give the robots of the sandbox."""
    return sandbox.dingtalk_robot


@pytest.fixture
def send(caller, robot, clock):
    """Send a body by the signing robot, well signed, unless told otherwise; give the reply."""

    def call(body, *, content_type="application/json", **query):
        if "access_token" not in query:
            timestamp = round(clock.now * 1000)
            sign = signature(robot.secret, timestamp)
            signed = {"access_token": robot.token, "timestamp": timestamp, "sign": sign}
            query = signed | query
        return caller.json("POST", "/robot/send", body, content_type=content_type, **query)

    return call


def test_a_signed_text_arrives(send, sandbox, robot):
    """The message stands in the inbox under the robot's name, without token or secret."""
    assert send(TEXT) == {"errcode": 0, "errmsg": "ok"}
    (message,) = sandbox.inbox
    assert (message["platform"], message["channel"]) == ("dingtalk", "dingtalk_robot")
    assert (message["to"], message["msgtype"]) == ("sandbox-dingtalk_robot", "text")
    assert (message["content"], message["mentions"]) == ("你好", [])
    assert robot.token not in str(message)
    assert robot.secret not in str(message)


def test_the_sign_is_encoded_exactly_once(send, robot, clock, sandbox):
    """`+` and `/` in a signature survive one encoding; none and two are a mismatch."""
    while not {"+", "/"} <= set(sign := signature(robot.secret, round(clock.now * 1000))):
        clock.now += 0.001
    assert send(TEXT, sign=sign)["errcode"] == 0
    assert send(TEXT, sign=quote(sign, safe=""))["errmsg"] == "sign not match"
    assert send(TEXT, sign=sign.replace("+", " "))["errmsg"] == "sign not match"
    assert len(sandbox.inbox) == 1


@pytest.mark.parametrize("missing", ["timestamp", "sign"])
def test_a_missing_half_of_the_signature(send, missing):
    """Without timestamp or sign nothing matches."""
    assert send(TEXT, **{missing: ""}) == {"errcode": 310000, "errmsg": "sign not match"}


@pytest.mark.parametrize(
    ("seconds", "errmsg"),
    [(3600, "ok"), (-3600, "ok"), (3601, "invalid timestamp"), (-3601, "invalid timestamp")],
)
def test_the_clock_may_be_an_hour_off(send, robot, clock, seconds, errmsg):
    """A timestamp is good within one hour of the server's time, on both sides."""
    timestamp = round((clock.now + seconds) * 1000)
    reply = send(TEXT, timestamp=timestamp, sign=signature(robot.secret, timestamp))
    assert reply["errmsg"] == errmsg


@pytest.mark.parametrize("timestamp", ["1764000000", "now", "１７６４", "-5", "9" * 5000])
def test_a_timestamp_in_seconds_or_no_number(send, timestamp):
    """Seconds in place of milliseconds, and what is no number, are an invalid timestamp."""
    assert send(TEXT, timestamp=timestamp)["errmsg"] == "invalid timestamp"


def test_a_keyword_must_be_in_the_message(send, robot, sandbox):
    """A keyword robot needs no signature, and takes the word in the text or in the title."""
    token = robot.keyword_token
    assert send(TEXT, access_token=token) == {
        "errcode": 310000,
        "errmsg": "keywords not in content",
    }
    titled = {"msgtype": "markdown", "markdown": {"title": "值班", "text": "x"}}
    assert send(titled, access_token=token)["errcode"] == 0
    worded = {"msgtype": "text", "text": {"content": "[值班] x"}}
    assert send(worded, access_token=token)["errcode"] == 0
    assert [message["to"] for message in sandbox.inbox] == ["sandbox-dingtalk_robot-keyword"] * 2


def test_addresses_are_checked(send, robot):
    """Only listed addresses and networks may call; the refusal names the caller's."""
    near = robot.add("near", addresses=["203.0.113.7", "127.0.0.0/8"])
    far = robot.add("far", addresses=["203.0.113.0/24"])
    assert send(TEXT, access_token=near)["errcode"] == 0
    assert send(TEXT, access_token=far) == {
        "errcode": 310000,
        "errmsg": "ip 127.0.0.1 not in whitelist",
    }


def test_checks_combine(send, robot, clock):
    """Where several are set, each must be passed."""
    token = robot.add("strict", secret=robot.secret, keywords=["好"], addresses=["127.0.0.1"])
    timestamp = round(clock.now * 1000)
    sign = signature(robot.secret, timestamp)
    signed = {"access_token": token, "timestamp": timestamp, "sign": sign}
    assert send(TEXT, **signed)["errcode"] == 0
    assert send(TEXT, access_token=token)["errmsg"] == "sign not match"
    assert send(MARKDOWN, **signed)["errmsg"] == "keywords not in content"


def test_a_robot_that_cannot_be(robot):
    """More than ten keywords, or an address that is none, are a mistake in the test."""
    with pytest.raises(ValueError, match="10 keywords"):
        robot.add("x", keywords=["k"] * 11)
    with pytest.raises(ValueError, match="anywhere"):
        robot.add("x", addresses=["anywhere"])


def test_tokens(send):
    """No token and an unknown one are two errors."""
    assert send(TEXT, access_token="") == {"errcode": 40035, "errmsg": "缺少参数 access_token"}
    assert send(TEXT, access_token="0" * 64) == {
        "errcode": 300005,
        "errmsg": "token is not exist",
    }


def test_the_request_itself(send, caller, robot):
    """GET, another content type, no body, and no JSON are each named."""
    assert caller.json("GET", "/robot/send", access_token=robot.token)["errcode"] == 43002
    assert send(TEXT, content_type="text/plain")["errcode"] == 43004
    assert send(b"")["errcode"] == 44002
    assert send(b"[]")["errcode"] == 47001
    assert caller.json("POST", "/robot/nowhere", TEXT)["errcode"] == 404


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, 40035),
        ({"msgtype": "image", "image": {"media_id": "@x"}}, 400105),
        ({"msgtype": "file", "file": {"media_id": "@x"}}, 400105),
        ({"msgtype": "text"}, 40035),
        ({"msgtype": "text", "text": {"content": " "}}, 44004),
        ({"msgtype": "markdown", "markdown": {"text": "x"}}, 40035),
        ({"msgtype": "markdown", "markdown": {"title": "x"}}, 40035),
        ({"msgtype": "link", "link": {"title": "x", "text": "y"}}, 40035),
        ({"msgtype": "actionCard", "actionCard": {"title": "x", "text": "y"}}, 40035),
        ({"msgtype": "feedCard", "feedCard": {"links": []}}, 40035),
        (TEXT | {"at": {"atMobiles": "13800001111"}}, 40035),
        (TEXT | {"at": {"atUserIds": [str(n) for n in range(51)]}}, 40035),
    ],
)
def test_what_is_refused(send, body, errcode, sandbox):
    """Images and files have no place here, and what a message needs must be there."""
    assert send(body)["errcode"] == errcode
    assert sandbox.inbox == []


def test_the_body_has_twenty_thousand_bytes(send, sandbox):
    """The whole request counts: the last byte that fits arrives, one more is 460101."""
    frame = b'{"msgtype": "text", "text": {"content": "%s"}}'
    room = 20000 - len(frame) + 2
    assert send(frame % (b"x" * room))["errcode"] == 0
    assert send(frame % (b"x" * (room + 1))) == {
        "errcode": 460101,
        "errmsg": "message too long, exceed 20000 bytes",
    }
    assert len(sandbox.inbox) == 1


def test_who_is_called(send, sandbox):
    """Mobile numbers, user ids and everybody are listed; a link calls nobody."""
    at = {"atMobiles": ["13800001111"], "atUserIds": ["zhangwei"], "isAtAll": True}
    assert send(MARKDOWN | {"at": at})["errcode"] == 0
    link = {"title": "x", "text": "y", "messageUrl": "https://example.com"}
    assert send({"msgtype": "link", "link": link, "at": at})["errcode"] == 0
    marked, linked = sandbox.inbox
    assert marked["mentions"] == ["13800001111", "zhangwei", "all"]
    assert (marked["title"], marked["content"]) == ("完成", "### 完成\n\n> 3 分")
    assert linked["mentions"] == []
    assert linked["content"] == "x\ny\nhttps://example.com"


def test_cards(send, sandbox):
    """A card is its text and its buttons, a feed its titles and addresses."""
    card = {
        "title": "t",
        "text": "# 审批",
        "btns": [{"title": "同意", "actionURL": "https://e.com"}],
    }
    single = {"title": "t", "text": "# 看", "singleTitle": "去", "singleURL": "https://e.com/1"}
    feed = {"links": [{"title": "a", "messageURL": "https://e.com", "picURL": "https://e.com/p"}]}
    assert send({"msgtype": "actionCard", "actionCard": card})["errcode"] == 0
    assert send({"msgtype": "actionCard", "actionCard": single})["errcode"] == 0
    assert send({"msgtype": "feedCard", "feedCard": feed})["errcode"] == 0
    assert [message["content"] for message in sandbox.inbox] == [
        "# 审批\n\n[同意](https://e.com)",
        "# 看\n\n[去](https://e.com/1)",
        "a\nhttps://e.com",
    ]


def test_a_repeat_with_the_same_uuid_is_delivered_once(send, sandbox, robot):
    """A retry is answered like the first and not shown again; another robot's is another message."""
    body = TEXT | {"msgUuid": "5d1c"}
    assert send(body) == send(body) == {"errcode": 0, "errmsg": "ok"}
    assert len(sandbox.inbox) == 1
    send(body, access_token=robot.add("open"))
    send(TEXT | {"msgUuid": "5d1d"})
    assert len(sandbox.inbox) == 3


def test_a_refused_message_may_be_repeated(send, sandbox):
    """A uuid counts once its message was delivered, not when it was refused."""
    assert send({"msgtype": "text", "text": {"content": ""}, "msgUuid": "1"})["errcode"] == 44004
    assert send(TEXT | {"msgUuid": "1"})["errcode"] == 0
    assert len(sandbox.inbox) == 1


def test_too_fast_is_ten_minutes_of_silence(send, sandbox, clock):
    """The 21st message in a minute shuts the robot for ten; asking again does not lengthen it."""
    assert {send(TEXT)["errcode"] for _ in range(20)} == {0}
    assert send(TEXT) == {
        "errcode": 130101,
        "errmsg": "send too fast, exceed 20 times per minute",
    }
    clock.now += 599
    assert send(TEXT)["errcode"] == 130101
    clock.now += 1
    assert send(TEXT)["errcode"] == 0
    assert len(sandbox.inbox) == 21


def test_the_rate_can_be_set(send, robot, clock):
    """A test need not send twenty messages, nor wait for ten minutes."""
    robot.rate.most, robot.rate.seconds, robot.rate.pause = 1, 1, 3
    errcodes = [send(TEXT)["errcode"] for _ in range(2)]
    clock.now += 3
    assert [*errcodes, send(TEXT)["errcode"]] == [0, 130101, 0]


@pytest.mark.parametrize("errcode", [410100, 660026, 400101, 300001])
def test_faults_meet_robots_too(send, sandbox, errcode):
    """The codes that the documents have, and others saw, come on demand; so does a string 0."""
    sandbox.fail_next(errcode=errcode, path="robot/send")
    sandbox.fail_next("errcode_string")
    sandbox.fail_next("expired")
    assert send(TEXT)["errcode"] == errcode
    assert send(TEXT)["errcode"] == "0"
    assert send(TEXT)["errcode"] == 300005
    assert len(sandbox.inbox) == 1
