"""WeCom's half: the checks, their order and their codes."""

import re

import pytest

WITHOUT = object()


def _without(fields):
    return {name: None if value is WITHOUT else value for name, value in fields.items()}


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({}, 41004),
        ({"corpid": "ww0000000000000000"}, 41004),
        ({"corpsecret": "x"}, 41002),
        ({"corpid": "ww0000000000000000", "corpsecret": "x"}, 40013),
    ],
)
def test_gettoken_reports_the_secret_before_the_corp_id(caller, query, errcode):
    """A missing secret is told before a missing corp id, and a wrong corp id whatever the secret."""
    assert caller.json("GET", "/cgi-bin/gettoken", **query)["errcode"] == errcode


def test_gettoken_refuses_a_wrong_secret_with_the_platforms_hint(caller, sandbox):
    """A wrong secret is 40001, its text ending in the hint, the address and the look-up page."""
    reply = caller.json(
        "GET", "/cgi-bin/gettoken", corpid=sandbox.wecom.corp_id, corpsecret="wrong"
    )
    assert reply["errcode"] == 40001
    assert re.fullmatch(
        r"invalid credential, hint: \[\d+\], from ip: 127\.0\.0\.1, "
        r"more info at https://open\.work\.weixin\.qq\.com/devtool/query\?e=40001",
        reply["errmsg"],
    )


def test_gettoken_lasts_two_hours(caller, clock, sandbox):
    """A token is valid for expires_in seconds, then 42001, and the next one is new."""
    query = {"corpid": sandbox.wecom.corp_id, "corpsecret": sandbox.wecom.app.corp_secret}
    reply = caller.json("GET", "/cgi-bin/gettoken", **query)
    assert (reply["errcode"], reply["errmsg"], reply["expires_in"]) == (0, "ok", 7200)
    clock.now += 7199
    assert caller.appchat(token=reply["access_token"])["errcode"] == 0
    clock.now += 1
    expired = caller.appchat(token=reply["access_token"])
    assert expired["errcode"] == 42001
    assert expired["errmsg"].startswith("access_token expired, hint: [")
    assert caller.wecom_token() != reply["access_token"]


def test_the_token_belongs_in_the_url(caller):
    """A token in the body is no token: 41001; an unknown one is 40014."""
    token = caller.wecom_token()
    reply = caller.json("POST", "/cgi-bin/appchat/send", {"access_token": token})
    assert reply["errcode"] == 41001
    assert caller.appchat(token="unknown")["errcode"] == 40014


def test_the_token_is_checked_before_the_parameters(caller):
    """A bad token is told even if the body is no JSON at all."""
    reply = caller.json("POST", "/cgi-bin/message/send", b"{", access_token="unknown")
    assert reply["errcode"] == 40014


def test_a_broken_body_is_named(caller):
    """Bad JSON is 40035 with the platform's warning about the format."""
    for body in (b"{", b"", b"[]", '{"chatid": "é"}'.encode("latin-1"), b'{"chatid": "\\ud800"}'):
        reply = caller.json(
            "POST", "/cgi-bin/appchat/send", body, access_token=caller.wecom_token()
        )
        assert reply["errcode"] == 40035
        assert reply["errmsg"].startswith("Warning: wrong json format. ")


def test_a_wrong_method_and_an_unknown_path(caller):
    """GET on a sending path is 43002; an unknown path is HTTP 404 without a body."""
    assert caller.json("GET", "/cgi-bin/appchat/send")["errcode"] == 43002
    assert caller.json("POST", "/cgi-bin/gettoken", {})["errcode"] == 43001
    status, _, body = caller.request("POST", "/cgi-bin/appchat/sent", {})
    assert (status, body) == (404, b"")


def test_appchat_delivers_and_answers_no_more_than_documented(caller, sandbox):
    """A group message arrives as it was written, and the reply has errcode and errmsg only."""
    content = '中文 "quoted" \\ back\nslash\t<b> 😀'
    assert caller.appchat(content) == {"errcode": 0, "errmsg": "ok"}
    (message,) = sandbox.inbox
    assert message == {
        "platform": "wecom",
        "channel": "wecom_chat",
        "to": sandbox.wecom.app.chat_id,
        "msgtype": "text",
        "title": "",
        "content": content,
        "mentions": [],
        "media": None,
        "recalled": False,
        "time": message["time"],
    }


def test_escaped_and_plain_utf8_are_the_same_text(caller, sandbox):
    """JSON escapes arrive as the characters that they stand for."""
    body = f'{{"chatid": "{sandbox.wecom.app.chat_id}", "msgtype": "text", "text": {{"content": "\\u4e2d\\ud83d\\ude00"}}}}'
    assert (
        caller.json(
            "POST", "/cgi-bin/appchat/send", body.encode(), access_token=caller.wecom_token()
        )["errcode"]
        == 0
    )
    assert sandbox.inbox[0]["content"] == "中😀"


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"chatid": WITHOUT}, 86201),
        ({"chatid": "with space"}, 86001),
        ({"chatid": 12}, 86001),
        ({"chatid": "x" * 33}, 86001),
        ({"chatid": "nosuchchat"}, 86003),
        ({"msgtype": "txt"}, 40008),
        ({"msgtype": ["text"]}, 40008),
        ({"text": WITHOUT}, 44004),
        ({"text": {"content": ""}}, 44004),
        ({"text": {"content": " \n"}}, 44004),
        ({"text": {"content": 5}}, 40035),
        ({"text": {"content": "中" * 683}}, 45002),
        ({"safe": 2}, 40035),
        ({"safe": True}, 40035),
    ],
)
def test_appchat_refuses(caller, sandbox, fields, errcode):
    """Every mistake in a group message has the platform's code, and nothing is delivered."""
    assert caller.appchat(**_without(fields))["errcode"] == errcode
    assert sandbox.inbox == []


def test_appchat_takes_2048_bytes(caller, sandbox):
    """The limit is counted in bytes of UTF-8: 682 Chinese characters and two letters pass."""
    assert caller.appchat("中" * 682 + "ab")["errcode"] == 0
    assert len(sandbox.inbox[0]["content"].encode()) == 2048


def test_another_apps_chat_and_agent_are_refused(caller, sandbox):
    """A chat of another application is 86008, its agentid 301002."""
    other = sandbox.wecom.other_app
    assert caller.appchat(chatid=other.chat_id)["errcode"] == 86008
    assert caller.app_message(agentid=other.agent_id)["errcode"] == 301002


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"agentid": WITHOUT}, 41011),
        ({"agentid": "1000002x"}, 40056),
        ({"agentid": "7"}, 40056),
        ({"agentid": 7}, 40056),
        ({"agentid": True}, 40056),
        ({"touser": ""}, 82001),
        ({"touser": "nobody|noone"}, 81013),
        ({"touser": ["zhangwei"]}, 40031),
        ({"touser": "|".join(["lisi"] * 1001)}, 40032),
        ({"toparty": "|".join(["1"] * 101)}, 82002),
        ({"totag": "|".join(["1"] * 101)}, 82003),
        ({"msgtype": "hologram"}, 40008),
        ({"text": {"content": ""}}, 44004),
        ({"enable_duplicate_check": "1"}, 40035),
        ({"enable_duplicate_check": 1, "duplicate_check_interval": 14401}, 40035),
        ({"msgtype": "markdown", "markdown": {"content": "x" * 2049}}, 45002),
    ],
)
def test_message_send_refuses(caller, sandbox, fields, errcode):
    """Every mistake in an application message has the platform's code, and nothing is delivered."""
    assert (
        caller.app_message(**fields if WITHOUT not in fields.values() else _without(fields))[
            "errcode"
        ]
        == errcode
    )
    assert sandbox.inbox == []


def test_digits_as_text_and_null_flags_pass(caller, sandbox):
    """An agentid in quotes and flags that are null are taken: clients in use send them so."""
    names = ("enable_duplicate_check", "duplicate_check_interval", "safe")
    reply = caller.app_message("done", agentid="1000002", **dict.fromkeys(names))
    assert reply["errcode"] == 0
    assert [message["content"] for message in sandbox.inbox] == ["done"]


def test_a_long_application_message_is_cut_in_silence(caller, sandbox):
    """message/send answers 0 and delivers 2048 bytes at most, no character split."""
    assert caller.app_message("a" + "中" * 1000)["errcode"] == 0
    assert sandbox.inbox[0]["content"] == "a" + "中" * 682


def test_some_bad_receivers_are_listed_beside_errcode_0(caller, sandbox):
    """Unknown and unlicensed people, parties and tags are listed, lower-cased; the rest receive."""
    reply = caller.app_message(touser="ZhangWei|NoBody|wangwu|x", toparty="1|99", totag="77")
    assert reply["errcode"] == 0
    assert reply["msgid"]
    assert reply["invaliduser"] == "nobody|x"
    assert reply["unlicenseduser"] == "wangwu"
    assert (reply["invalidparty"], reply["invalidtag"]) == ("99", "77")
    assert sandbox.inbox[0]["to"] == "zhangwei|party:1"


def test_everyone_is_one_receiver(caller, sandbox):
    """With @all the parties and tags are ignored."""
    assert "invalidparty" not in caller.app_message(touser="@all", toparty="99")
    assert sandbox.inbox[0]["to"] == "@all"


def test_a_repeat_within_the_interval_is_not_delivered_again(caller, clock, sandbox):
    """enable_duplicate_check swallows an identical request, with errcode 0, until the interval ends."""
    flags = {"enable_duplicate_check": 1, "duplicate_check_interval": 60}
    for wait in (0, 59):
        clock.now += wait
        assert caller.app_message("done", **flags)["errcode"] == 0
    assert len(sandbox.inbox) == 1
    caller.app_message("other", **flags)
    clock.now += 1
    caller.app_message("done", **flags)
    assert [message["content"] for message in sandbox.inbox] == ["done", "other", "done"]


def test_a_repeat_without_the_flag_is_delivered(caller, sandbox):
    """A plain repeat arrives twice, which is why a sender must not repeat in silence."""
    caller.app_message("done")
    caller.app_message("done")
    assert len(sandbox.inbox) == 2


def _recall(caller, **body):
    return caller.json("POST", "/cgi-bin/message/recall", body, access_token=caller.wecom_token())[
        "errcode"
    ]


def test_a_message_is_recalled_within_a_day(caller, clock, sandbox):
    """message/recall marks what the msgid names, and that alone, for 24 hours."""
    first, second = (caller.app_message(text)["msgid"] for text in ("wrong", "right"))
    clock.now += 24 * 3600
    assert _recall(caller, msgid=first) == 0
    assert [message["recalled"] for message in sandbox.inbox] == [True, False]
    clock.now += 1
    assert _recall(caller, msgid=second) == 40058
    assert sandbox.inbox[1]["recalled"] is False


def test_only_the_sender_recalls(caller, sandbox):
    """Without a msgid it is 40063, an unknown one or another application's is 40058."""
    assert _recall(caller) == 40063
    assert _recall(caller, msgid="unknown") == 40058
    msgid = caller.app_message()["msgid"]
    other = caller.json(
        "GET",
        "/cgi-bin/gettoken",
        corpid=sandbox.wecom.corp_id,
        corpsecret=sandbox.wecom.other_app.corp_secret,
    )["access_token"]
    reply = caller.json("POST", "/cgi-bin/message/recall", {"msgid": msgid}, access_token=other)
    assert reply["errcode"] == 40058
    assert sandbox.inbox[0]["recalled"] is False


def test_an_address_that_is_not_trusted_gets_a_token_and_nothing_else(caller, sandbox):
    """From elsewhere gettoken answers, and every other call is 60020 with the caller's address."""
    sandbox.wecom.trusted_ips = ["203.0.113.7"]
    assert caller.wecom_token()
    reply = caller.appchat()
    assert reply["errcode"] == 60020
    assert ", from ip: 127.0.0.1, " in reply["errmsg"]
    assert caller.app_message()["errcode"] == 60020
    sandbox.wecom.trusted_ips.append("127.0.0.1")
    assert caller.appchat()["errcode"] == caller.app_message()["errcode"] == 0


def test_an_application_shows_itself(caller, sandbox):
    """agent/get tells name, visible scope and state of the token's own application alone."""

    def get(**query):
        token = caller.wecom_token()
        return caller.json("GET", "/cgi-bin/agent/get", access_token=token, **query)

    shown = get(agentid=sandbox.wecom.app.agent_id)
    assert (shown["errcode"], shown["name"], shown["close"]) == (0, "沙盒应用", 0)
    assert shown["allow_partys"] == {"partyid": [1]}
    assert get(agentid=sandbox.wecom.other_app.agent_id)["errcode"] == 301002
    assert get(agentid="1")["errcode"] == 40056
    assert get()["errcode"] == 41011
    sandbox.wecom.trusted_ips = []
    assert get(agentid=sandbox.wecom.app.agent_id)["errcode"] == 60020


def test_a_disabled_application(caller, sandbox):
    """An application that was switched off says so, and sends nothing."""
    sandbox.wecom.app.enabled = False
    token = caller.wecom_token()
    shown = caller.json("GET", "/cgi-bin/agent/get", access_token=token, agentid="1000002")
    assert shown["close"] == 1
    assert caller.app_message()["errcode"] == 50003
    assert sandbox.inbox == []
