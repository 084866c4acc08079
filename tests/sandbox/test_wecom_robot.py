"""WeCom's group robots: the webhook, its message types, its uploads and its rate."""

import base64
import hashlib

import pytest


@pytest.fixture
def send(caller, sandbox):
    """Send a message of some type by the first robot, or by another key; give the reply."""

    def call(msgtype, payload, *, key=None):
        return caller.json(
            "POST",
            "/cgi-bin/webhook/send",
            {"msgtype": msgtype, msgtype: payload},
            key=sandbox.wecom_robot.key if key is None else key,
        )

    return call


@pytest.fixture
def upload(caller, make_form, sandbox):
    """Upload a file for the first robot, or for another key; give the reply."""

    def call(name="a.csv", content=b"a,b\n1,2\n", *, kind="file", key=None):
        body, content_type = make_form(name, content)
        return caller.json(
            "POST",
            "/cgi-bin/webhook/upload_media",
            body,
            content_type=content_type,
            key=sandbox.wecom_robot.key if key is None else key,
            type=kind,
        )

    return call


def image(content, **changed):
    """Return the payload of an image."""
    payload = {
        "base64": base64.b64encode(content).decode(),
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
    }
    return payload | changed


def test_a_text_arrives_and_says_whom_it_calls(send, sandbox):
    """Text goes to the robot's group, with those of both lists and of the text itself, once each."""
    payload = {
        "content": "失败 <@lisi>",
        "mentioned_list": ["zhangwei", "@all", "lisi"],
        "mentioned_mobile_list": ["13800001111"],
    }
    assert send("text", payload) == {"errcode": 0, "errmsg": "ok"}
    (message,) = sandbox.inbox
    assert (message["platform"], message["channel"]) == ("wecom", "wecom_robot")
    assert (message["to"], message["msgtype"]) == ("sandbox-wecom_robot", "text")
    assert message["content"] == "失败 <@lisi>"
    assert message["mentions"] == ["lisi", "zhangwei", "@all", "13800001111"]
    assert sandbox.wecom_robot.key not in str(message)


def test_markdown_calls_people_and_markdown_v2_does_not(send, sandbox):
    """`<@userid>` is a mention in Markdown; markdown_v2 shows it as it was typed."""
    for msgtype in ("markdown", "markdown_v2"):
        assert send(msgtype, {"content": "**x** <@lisi>"})["errcode"] == 0
    assert [message["mentions"] for message in sandbox.inbox] == [["lisi"], []]


@pytest.mark.parametrize("key", ["", "693a91f6-7000-4bc4-97a0-0ec2516fa500"])
def test_a_bad_key_is_93000(send, key, sandbox):
    """No key and an unknown one are the same error, with the hint that the platform appends."""
    reply = send("text", {"content": "x"}, key=key)
    assert reply["errcode"] == 93000
    assert reply["errmsg"].startswith("invalid webhook url, hint: [")
    assert sandbox.inbox == []


def test_a_whole_address_is_no_key(send, sandbox):
    """Pasting the URL where the key belongs is 93000, the commonest mistake."""
    url = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={sandbox.wecom_robot.key}"
    assert send("text", {"content": "x"}, key=url)["errcode"] == 93000


@pytest.mark.parametrize(
    ("msgtype", "most"), [("text", 2048), ("markdown", 4096), ("markdown_v2", 4096)]
)
def test_the_limit_is_in_bytes_and_named(send, msgtype, most, sandbox):
    """The last byte that fits arrives; one more is 40058, which names the field and the limit."""
    fits = "中" * (most // 3) + "x" * (most % 3)
    assert send(msgtype, {"content": fits})["errcode"] == 0
    reply = send(msgtype, {"content": fits + "x"})
    assert reply["errcode"] == 40058
    assert reply["errmsg"].startswith(f"{msgtype}.content exceed max length {most}. ")
    assert len(sandbox.inbox) == 1


@pytest.mark.parametrize(
    ("msgtype", "payload", "errcode"),
    [
        ("text", {}, 44004),
        ("text", {"content": " \n"}, 44004),
        ("markdown", {"content": ""}, 44004),
        ("text", {"content": 3}, 40035),
        ("text", {"content": "x", "mentioned_list": "lisi"}, 40035),
        ("shout", {"content": "x"}, 40008),
        ("image", {"md5": "0" * 32}, 40063),
        ("image", {"base64": "???", "md5": "0" * 32}, 40035),
        ("file", {}, 41006),
        ("file", {"media_id": "3unknown"}, 40007),
        ("news", {"articles": []}, 40035),
        ("news", {"articles": [{"title": "x", "url": "https://e.com"}] * 9}, 40035),
        ("news", {"articles": [{"title": "x"}]}, 40063),
        ("template_card", {"card_type": "vote_interaction"}, 40035),
        ("template_card", {"card_type": "text_notice"}, 40063),
    ],
)
def test_what_is_refused(send, msgtype, payload, errcode, sandbox):
    """Each mistake has the platform's code, and nothing is delivered."""
    assert send(msgtype, payload)["errcode"] == errcode
    assert sandbox.inbox == []


def test_a_broken_body_and_a_wrong_method(caller, sandbox):
    """Bad JSON is told with the platform's warning; GET is no way to send."""
    key = sandbox.wecom_robot.key
    reply = caller.json("POST", "/cgi-bin/webhook/send", b"{", key=key)
    assert reply["errcode"] == 40035
    assert reply["errmsg"].startswith("Warning: wrong json format. ")
    assert caller.json("GET", "/cgi-bin/webhook/send", key=key)["errcode"] == 43002
    assert caller.request("POST", "/cgi-bin/webhook/nowhere", b"", key=key)[0] == 404


def test_an_image_comes_in_the_message(send, sandbox, make_png):
    """The bytes that were sent are those that the inbox serves; md5 may be in capitals."""
    content = make_png()
    payload = image(content)
    assert send("image", payload | {"md5": payload["md5"].upper()})["errcode"] == 0
    (message,) = sandbox.inbox
    assert (message["msgtype"], message["content"]) == ("image", "")
    assert message["media"]["type"] == "image/png"
    assert message["media"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert sandbox.media_bytes(message["media"]) == content


def test_what_is_no_image(send, sandbox, make_png):
    """Another md5, a GIF, and more than 2 MB before base64 are refused; 2 MB arrive."""
    largest = 2 * 1024 * 1024
    padding = largest - len(make_png(padding=1)) + 1
    assert send("image", image(make_png(), md5="0" * 32))["errcode"] == 301019
    assert send("image", image(b"GIF89a" + bytes(20)))["errcode"] == 40123
    assert send("image", image(make_png(padding=padding + 1)))["errcode"] == 40009
    assert sandbox.inbox == []
    assert send("image", image(make_png(padding=padding)))["errcode"] == 0
    assert sandbox.inbox[0]["media"]["size"] == largest


def test_a_file_is_uploaded_first_and_serves_its_robot_alone(send, upload, caller, sandbox):
    """The robot's own upload is delivered; another robot's, an app's and an old one are 40007."""
    reply = upload("表.csv")
    assert (reply["errcode"], reply["type"]) == (0, "file")
    assert reply["created_at"] == "1764000000"
    payload = {"media_id": reply["media_id"]}
    other = sandbox.wecom_robot.add("other")
    assert send("file", payload, key=other)["errcode"] == 40007
    of_app = caller.wecom_upload("a.csv", b"a,b\n1,2\n", "file")["media_id"]
    assert send("file", {"media_id": of_app})["errcode"] == 40007
    assert send("file", payload)["errcode"] == 0
    (message,) = sandbox.inbox
    assert message["media"]["name"] == "表.csv"
    assert sandbox.media_bytes(message["media"]) == b"a,b\n1,2\n"
    assert sandbox.stats["uploads"] == 2


def test_an_old_upload_is_gone(send, upload, clock):
    """After three days a media id is 40007."""
    media_id = upload()["media_id"]
    clock.now += 3 * 24 * 3600
    assert send("file", {"media_id": media_id})["errcode"] == 40007


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"content": b"", "key": "unknown"}, 44001),
        ({"key": "unknown"}, 93000),
        ({"kind": "image"}, 40004),
        ({"kind": ""}, 40004),
        ({"content": b"12345"}, 40006),
        ({"content": bytes(20 * 1024 * 1024 + 1)}, 45001),
    ],
)
def test_what_is_not_uploaded(upload, fields, errcode):
    """An empty file is told before the key; types and sizes are the webhook's own."""
    assert upload(**fields)["errcode"] == errcode


def test_news_and_cards_are_shown_by_their_texts(send, sandbox):
    """Two types that few send arrive with what a reader would see first."""
    article = {"title": "日报", "description": "三项", "url": "https://example.com"}
    card = {"card_type": "text_notice", "main_title": {"title": "完成", "desc": "用时 3 分"}}
    assert send("news", {"articles": [article]})["errcode"] == 0
    assert send("template_card", card)["errcode"] == 0
    contents = [message["content"] for message in sandbox.inbox]
    assert contents == ["日报\n三项\nhttps://example.com", "完成\n用时 3 分"]


def test_twenty_messages_a_minute(send, sandbox, clock):
    """The 21st within a minute is 45009; what was refused does not count; robots count apart."""
    for n in range(20):
        clock.now += 1
        assert send("text", {"content": str(n)})["errcode"] == 0
    assert send("text", {"content": "x"})["errcode"] == 45009
    assert send("text", {"content": "x"}, key=sandbox.wecom_robot.add("other"))["errcode"] == 0
    clock.now += 41  # the first of them has left the minute, the second has not
    assert [send("text", {"content": "x"})["errcode"] for _ in range(2)] == [0, 45009]
    assert len(sandbox.inbox) == 22


def test_the_rate_can_be_set(send, sandbox, clock):
    """A test need not send twenty messages, nor wait for a minute."""
    sandbox.wecom_robot.rate.most, sandbox.wecom_robot.rate.seconds = 1, 2
    errcodes = [send("text", {"content": "x"})["errcode"] for _ in range(2)]
    clock.now += 2
    assert [*errcodes, send("text", {"content": "x"})["errcode"]] == [0, 45009, 0]


def test_faults_meet_robots_too(send, sandbox):
    """An errcode on demand comes with the platform's hint; a robot taken away is 93000."""
    sandbox.fail_next(errcode=45033, path="webhook/send")
    sandbox.fail_next("expired")
    assert send("text", {"content": "x"})["errmsg"].startswith("api concurrent out of limit, hint")
    assert send("text", {"content": "x"})["errcode"] == 93000
    assert send("text", {"content": "x"})["errcode"] == 0
