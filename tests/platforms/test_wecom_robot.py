"""WeCom group robot: its webhook in every form, the wire form, pictures, files, people."""

from __future__ import annotations

import base64
import hashlib
import io
import json

import pytest
from PIL import Image as Picture

from notebook_notify import File, Image, Markdown, send
from notebook_notify.book import Targets
from notebook_notify.errors import TargetError
from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS, SPECS
from notebook_notify.platforms.base import Media, Words
from notebook_notify.secret import MASK, Secret, scrub
from notebook_notify.sender import SENDER, check
from notebook_notify.targets import Target

CHANNEL = CHANNELS["wecom_robot"]
KEY = "693a91f6-7baf-4bc4-97a0-0ec2cbb5f5d2"
URL = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"


def target(webhook=KEY, **fields):
    """A robot of the config file."""
    return Target("wecom_robot", {"webhook": webhook, **fields}, name="ops")


def body(content, of=None):
    """What is posted of *content*."""
    return json.loads(CHANNEL.request(of or target(), content, "").body())


@pytest.fixture
def robot(robot_of):
    """The sandbox's robot, with other fields where given."""
    return lambda **changed: robot_of("sandbox-wecom_robot", **changed)


# ── the webhook ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "webhook",
    [
        KEY,
        f"  {KEY}\n",
        f"key={KEY}",
        URL,
        f"{URL}&debug=1",
        URL.removeprefix("https://"),
        URL.replace("/send?", "/upload_media?type=file&"),
        "env:OPS_WEBHOOK",
    ],
)
def test_key_or_whole_address(posted, monkeypatch, webhook):
    """The key alone and the address as the group shows it mean the same robot."""
    monkeypatch.setenv("OPS_WEBHOOK", URL)
    assert posted(target(webhook), "完成") == (
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        {"key": KEY},
        '{"msgtype":"text","text":{"content":"完成"}}',
    )
    assert CHANNEL.token_key(target(webhook)) == CHANNEL.token_key(target())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("webhook", "word"),
    [
        (f"https://evil.example/cgi-bin/webhook/send?key={KEY}", "evil.example"),
        (f"https://oapi.dingtalk.com/robot/send?access_token={KEY}", "qyapi.weixin.qq.com"),
        (f"https://qyapi.weixin.qq.com@evil.example/send?key={KEY}", "evil.example"),
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send", "key="),
        (f"webhook {KEY}", "key="),
        ("short", "key="),
        ("http://[::1/?key=1", "key="),
    ],
)
def test_what_is_no_webhook_is_refused(monkeypatch, webhook, word, language):
    """Another host, or an address without its key, is told before anything leaves, key unseen."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    with pytest.raises(TargetError) as refusal:
        CHANNEL.check(target(webhook))
    assert word in str(refusal.value)
    assert "ops" in str(refusal.value)
    assert KEY not in str(refusal.value)


def test_base_url_says_so():
    """Another host than the platform's own is taken if base_url names it; it gets the message."""
    own = target(
        f"http://127.0.0.1:8000/cgi-bin/webhook/send?key={KEY}", base_url="http://127.0.0.1:8000"
    )
    CHANNEL.check(own)
    assert CHANNEL.request(own, Words("x"), "").url == (
        "http://127.0.0.1:8000/cgi-bin/webhook/send"
    )
    relayed = target(URL, base_url="https://relay.example")
    assert CHANNEL.request(relayed, Words("x"), "").url.startswith("https://relay.example/")


def test_a_keyring_is_not_asked_to_check():
    """Looking at a target opens no keyring, which might ask the person in front of it."""
    CHANNEL.check(target("keyring:notify/ops"))


@pytest.mark.parametrize("webhook", [KEY, URL])
def test_the_key_is_never_shown(robot, webhook):
    """Neither a repr nor an error nor a message that quotes it shows the key or the address."""
    one = target(webhook, base_url="http://127.0.0.1:1")
    (result,) = SENDER.send([(one, Message("x"))], timeout=5, repeat=False).results
    assert result.outcome == "failed"
    call = CHANNEL.request(one, Words("x"), "")
    assert KEY not in f"{one!r} {call!r} {result!r} {result.lines()}"
    assert scrub(f"see {KEY} and {URL}").count(MASK) == 2
    assert isinstance(one.get("webhook"), Secret)


# ── text and Markdown ────────────────────────────────────────────────────────────────────────


def test_a_text_arrives(sandbox, robot):
    """A text arrives without any token call."""
    result = send("完成 ✅", robot()).results[0]
    assert result.outcome == "sent"
    (one,) = sandbox.inbox
    assert (one["channel"], one["msgtype"], one["content"]) == ("wecom_robot", "text", "完成 ✅")
    assert (sandbox.stats["token_requests"], sandbox.stats["requests"]) == (0, 1)


def test_a_wrong_key_is_told(robot):
    """A key that the platform does not know fails with its dict and what to do."""
    result = send("x", robot(webhook=KEY)).results[0]
    assert (result.outcome, result.code) == ("failed", 93000)
    assert "copy its webhook address again" in result.advice.todo


def test_the_limits_hold(sandbox, robot):
    """Long text goes in parts of 2,048 bytes, long Markdown in parts of 4,096."""
    send("字" * 1500, robot())
    send(Markdown("字" * 1500), robot())
    sizes = [len(one["content"].encode()) for one in sandbox.inbox]
    assert [size <= 2048 for size in sizes[:3]] == [True] * 3
    assert len(sizes) == 5
    assert max(sizes[3:]) <= 4096


@pytest.mark.parametrize(
    ("text", "msgtype"),
    [
        ("**ok**", "markdown"),
        ("| a | b |\n|---|:--:|\n| 1 | 2 |", "markdown_v2"),
        ("a | b\n--- | ---\n1 | 2", "markdown_v2"),
        ("> a | b\n\n---", "markdown"),
        # Colours and mentions are shown by the older type alone.
        ('<font color="info">ok</font>\n\n| a | b |\n|---|---|', "markdown"),
        ("<@zhangwei>\n\n| a | b |\n|---|---|", "markdown"),
    ],
)
def test_a_table_needs_the_newer_markdown(sandbox, robot, text, msgtype):
    """Markdown goes as the type that shows most of it."""
    assert send(Markdown(text), robot())
    (one,) = sandbox.inbox
    assert (one["msgtype"], one["content"]) == (msgtype, text)


# ── people ───────────────────────────────────────────────────────────────────────────────────


def test_people_are_rung_beside_a_text(sandbox, robot):
    """Ids, mobile numbers and all stand in the two lists; the text stays as it is."""
    people = ("zhangwei", "13800000000", "+8613900000000", "@all")
    (result,) = SENDER.send([(robot(), Message("失败", mention=people))]).results
    assert (result.outcome, result.notes) == ("sent", ())
    assert sandbox.inbox[0]["content"] == "失败"
    assert set(sandbox.inbox[0]["mentions"]) >= {"zhangwei", "13800000000", "13900000000"}
    words = Words("失败", mention=("zhangwei", "13800000000", "+8613900000000", "all"))
    assert body(words)["text"] == {
        "content": "失败",
        "mentioned_list": ["zhangwei", "@all"],
        "mentioned_mobile_list": ["13800000000", "13900000000"],
    }


def test_output_rings_nobody(sandbox, robot):
    """What a text happens to say is no mention; in Markdown, which is written on purpose, it is."""
    assert send("List[<@all>] <@zhangwei>", robot())
    assert send(Markdown("<@zhangwei>"), robot())
    plain, marked = sandbox.inbox
    assert plain["content"].replace("\u200b", "") == "List[<@all>] <@zhangwei>"
    assert (plain["mentions"], marked["mentions"]) == ([], ["zhangwei"])


def test_markdown_rings_ids_alone(sandbox, robot):
    """In Markdown an id is marked in the text; a number is only named, and that is said."""
    message = Message("**失败**", markdown=True, mention=("zhang<@li>wei", "13800000000", "all"))
    (result,) = SENDER.send([(robot(), message)]).results
    assert sandbox.inbox[0]["content"] == "**失败**\n\n<@zhang@liwei> @13800000000 @all"
    assert sandbox.inbox[0]["mentions"] == ["zhang@liwei"]
    assert "cannot ring @13800000000 @all" in result.notes[0]


# ── pictures and files ───────────────────────────────────────────────────────────────────────


def png(width=30, noise=False):
    """A picture."""
    content = io.BytesIO()
    size = (width, width)
    picture = Picture.effect_noise(size, 90) if noise else Picture.new("RGB", size, (9, 90, 200))
    picture.save(content, "PNG")
    return content.getvalue()


def test_a_picture_is_in_the_message(sandbox, robot):
    """A picture goes as base64 with the MD5 sum of its own bytes, and arrives unchanged."""
    content = png()
    result = send(["look", Image(content, "plot.png")], robot()).results[0]
    assert (result.outcome, result.images) == ("sent", 1)
    text, picture = sandbox.inbox
    assert text["content"].endswith("📎 1 image follows")
    assert sandbox.media_bytes(picture["media"]) == content
    assert sandbox.stats["requests"] == 2
    assert body(Media("image", "", "plot.png", content)) == {
        "msgtype": "image",
        "image": {
            "base64": base64.b64encode(content).decode(),
            "md5": hashlib.md5(content).hexdigest(),
        },
    }


def test_a_picture_over_2_mb_is_scaled_down(sandbox, robot):
    """The robot takes 2 MB: what is larger arrives smaller, and that is said."""
    content = png(1800, noise=True)
    assert len(content) > CHANNEL.media.image_bytes == 2 << 20
    result = send(["look", Image(content, "plot.png")], robot()).results[0]
    assert result.outcome == "sent"
    assert "scaled down" in result.notes[0]
    assert 0 < sandbox.inbox[1]["media"]["size"] <= 2 << 20


def test_a_file_is_uploaded_by_the_robot(sandbox, robot):
    """A file goes up by the robot's own call, again for another robot: its id is for one alone."""
    data = "日期,收益\n".encode()
    other = robot(webhook=sandbox.wecom_robot.add("other"))
    for one in (robot(), robot(), other):
        assert send(["look", File(data, "表.csv")], one)
    files = [one for one in sandbox.inbox if one["msgtype"] == "file"]
    assert [one["media"]["name"] for one in files] == ["表.csv"] * 3
    assert sandbox.media_bytes(files[0]["media"]) == data
    # Two messages each, and one upload for each robot.
    assert sandbox.stats["requests"] == 3 * 2 + 2
    call = CHANNEL.upload_request(target(), File(data, "表.csv"), "")
    assert call.url.endswith("/cgi-bin/webhook/upload_media")
    assert call.query == {"key": KEY, "type": "file"}


# ── what else is known of it ─────────────────────────────────────────────────────────────────


def test_a_check_says_that_it_proves_nothing(sandbox, robot):
    """Nothing is posted to see whether a robot is good, and it is not called so."""
    result = check(robot()).results[0]
    assert (result.outcome, result.parts, sandbox.stats["requests"]) == ("unknown", 0, 0)
    head, step = result.lines()
    assert head[0] == step[0] == "?"
    assert "not proved" in head[1]
    assert "only a message proves" in step[1]


def test_the_environment_describes_it(tmp_path):
    """One variable is a whole target; beside another channel's, both are named and none is taken."""
    environ = {
        "NOTEBOOK_NOTIFY_CONFIG": str(tmp_path / "notebook_notify.toml"),
        "NOTEBOOK_NOTIFY_WECOM_WEBHOOK": URL,
    }
    one = Targets(SPECS, environ).resolve(magic="wechat")
    assert (one.channel, one.reveal("webhook", environ)) == ("wecom_robot", URL)
    names = ("CORP_ID", "CORP_SECRET", "CHAT_ID")
    environ |= {f"NOTEBOOK_NOTIFY_WECOM_{name}": "s3cr3t-v4lue" for name in names}
    with pytest.raises(TargetError, match="several channels: wecom_chat, wecom_robot"):
        Targets(SPECS, environ).resolve(magic="wechat")
