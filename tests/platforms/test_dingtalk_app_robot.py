"""DingTalk's application robot: the wire form, whose token uploads, and what a target must have."""

from __future__ import annotations

import json

import pytest

from notebook_notify.delivery.transport import Reply
from notebook_notify.errors import TargetError
from notebook_notify.messages import File
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Media, Words
from notebook_notify.targets import Target

CHANNEL = CHANNELS["dingtalk_app_robot"]
FIELDS = {
    "app_key": "dingabc",
    "app_secret": "s3cr3t-of-the-app",
    "open_conversation_id": "cid0123==",
}


def target(**fields):
    """A whole target, or one with other fields."""
    return Target("dingtalk_app_robot", {**FIELDS, **fields})


def sent(content, **fields):
    """The body that is posted, ``msgParam`` read."""
    body = json.loads(CHANNEL.request(target(**fields), content, "t").body())
    assert isinstance(body["msgParam"], str)
    return body | {"msgParam": json.loads(body["msgParam"])}


def reply(payload, status=200):
    """An answer with *payload* as JSON."""
    return Reply(status, json.dumps(payload, ensure_ascii=False).encode())


def test_wire_form():
    """A text goes to the new host, the token in the header alone, the parameters as JSON text."""
    call = CHANNEL.request(target(proxy="http://egress:3128"), Words("✅ 完成\n第二行"), "t0k3n")
    assert call.method == "POST"
    assert call.url == "https://api.dingtalk.com/v1.0/robot/groupMessages/send"
    assert call.query == {}
    assert call.headers == {"x-acs-dingtalk-access-token": "t0k3n"}
    assert "t0k3n" not in repr(call)
    assert call.proxy == "http://egress:3128"
    assert json.loads(call.body()) == {
        "robotCode": "dingabc",
        "openConversationId": "cid0123==",
        "msgKey": "sampleText",
        "msgParam": '{"content":"✅ 完成\\n第二行"}',
    }


def test_the_robots_code():
    """It is the AppKey, unless the target names another."""
    assert sent(Words("x"), robot_code=" dingrobot ")["robotCode"] == "dingrobot"
    assert sent(Words("x"), robot_code="")["robotCode"] == "dingabc"


def test_markdown():
    """Markdown has the title that DingTalk requires, of at most 64 characters."""
    body = sent(Words("### 完成", markdown=True, title="长" * 70))
    assert body["msgKey"] == "sampleMarkdown"
    assert body["msgParam"] == {"title": "长" * 64, "text": "### 完成"}
    assert CHANNEL.markdown.dialect == "dingtalk"


def test_media():
    """A picture goes by its media id, a file with its name and kind besides."""
    picture = sent(Media("image", "@m1", "plot.png"))
    assert (picture["msgKey"], picture["msgParam"]) == ("sampleImageMsg", {"photoURL": "@m1"})
    file = sent(Media("file", "@m2", "报告.PDF"))
    assert file["msgKey"] == "sampleFile"
    assert file["msgParam"] == {"mediaId": "@m2", "fileName": "报告.PDF", "fileType": "pdf"}


def test_the_longest_text_fits():
    """However a text is escaped, ``msgParam`` stays within its 15,000 bytes."""
    for text in ("\x01" * CHANNEL.text_limit, '"' * CHANNEL.text_limit):
        words = Words(text, markdown=True, title="\x01" * 64)
        body = json.loads(CHANNEL.request(target(), words, "t").body())
        assert len(body["msgParam"].encode()) <= 15_000


def test_the_legacy_host_uploads():
    """Pictures and files go to the legacy host with its own token, never the new host's."""
    channel, whose = CHANNEL.uploader(target(proxy="http://egress:3128"))
    call = channel.upload_request(whose, File(b"123456", "a.pdf"), "legacy")
    assert call.url == "https://oapi.dingtalk.com/media/upload"
    assert call.query == {"access_token": "legacy", "type": "file"}
    assert call.proxy == "http://egress:3128"
    fetch = channel.token_request(whose)
    assert fetch.url == "https://oapi.dingtalk.com/gettoken"
    assert fetch.query == {"appkey": "dingabc", "appsecret": "s3cr3t-of-the-app"}
    chat = Target("dingtalk_chat", {**FIELDS, "chat_id": "c"})
    assert channel.token_key(whose) == CHANNELS["dingtalk_chat"].token_key(chat)


@pytest.mark.parametrize(
    ("fields", "sends", "uploads"),
    [
        ({"base_url": "http://127.0.0.1:8000/"}, "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ({"media_url": "https://oapi.x.example"}, "https://api.dingtalk.com", None),
        (
            {"base_url": "https://api.x.example", "media_url": "https://oapi.x.example"},
            "https://api.x.example",
            None,
        ),
    ],
)
def test_addresses(fields, sends, uploads):
    """One address serves both hosts, as of a sandbox; of a region, each has its own."""
    one = target(**fields)
    CHANNEL.check(one)
    assert CHANNEL.request(one, Words("x"), "t").url.startswith(f"{sends}/v1.0/robot/")
    channel, whose = CHANNEL.uploader(one)
    call = channel.upload_request(whose, File(b"123456", "a.pdf"), "t")
    assert call.url == f"{uploads or 'https://oapi.x.example'}/media/upload"


def test_two_tokens_are_never_mixed():
    """At one address, as of a sandbox, the two kinds of token still are kept apart."""
    one = target(base_url="http://127.0.0.1:8000")
    channel, whose = CHANNEL.uploader(one)
    assert CHANNEL.token_key(one) != channel.token_key(whose)
    same = target(base_url="http://127.0.0.1:8000", open_conversation_id="other")
    assert CHANNEL.token_key(same) == CHANNEL.token_key(one)
    assert "s3cr3t" not in CHANNEL.token_key(one)


def test_sent():
    """The message's id is its processQueryKey; without one it was not taken."""
    verdict = CHANNEL.read(reply({"processQueryKey": "key=="}))
    assert (verdict.kind, verdict.message_id) == ("ok", "key==")
    for other in ({}, {"processQueryKey": ""}, {"processQueryKey": 7}, {"ok": True}):
        verdict = CHANNEL.read(reply(other))
        assert (verdict.kind, verdict.payload["errcode"]) == ("failed", -1004)


def test_recall():
    """A message is taken back by its id, with the same token."""
    call = CHANNEL.recall_request(target(), "key==", "t0k3n")
    assert call.url == "https://api.dingtalk.com/v1.0/robot/groupMessages/recall"
    assert call.headers == {"x-acs-dingtalk-access-token": "t0k3n"}
    assert json.loads(call.body()) == {
        "robotCode": "dingabc",
        "openConversationId": "cid0123==",
        "processQueryKeys": ["key=="],
    }
    good = {"successResult": ["key=="], "failedResult": {}}
    assert CHANNEL.read_recall(reply(good)).kind == "ok"
    bad = {"successResult": [], "failedResult": {"key==": "SYSTEM_ERROR"}}
    assert CHANNEL.read_recall(reply(bad)).kind == "failed"
    odd = {"successResult": [], "failedResult": {"key==": 7}}
    assert CHANNEL.read_recall(reply(odd)).kind == "failed"
    assert CHANNEL.read_recall(reply({"code": "system.busy"}, 429)).kind == "busy"


@pytest.mark.parametrize("name", ["app_key", "app_secret", "open_conversation_id"])
def test_what_is_needed(name):
    """A missing field is refused by its name."""
    fields = {key: value for key, value in FIELDS.items() if key != name}
    with pytest.raises(TargetError, match=f"lacks {name}"):
        CHANNEL.check(Target("dingtalk_app_robot", fields, name="ding"))


def test_it_rings_nobody():
    """The call has no way to mention: nothing of it is on the wire."""
    assert CHANNEL.mention(("zhangwei",), markdown=False).rung == ()
    told = CHANNEL.request(target(), Words("x", mention=("zhangwei",)), "t")
    assert told == CHANNEL.request(target(), Words("x"), "t")


def test_once_changes_nothing():
    """The call has no check for repeats."""
    assert CHANNEL.request(target(), Words("x"), "t", once="k") == CHANNEL.request(
        target(), Words("x"), "t"
    )
    assert not CHANNEL.drops_repeats
    assert not CHANNEL.takes_keys
