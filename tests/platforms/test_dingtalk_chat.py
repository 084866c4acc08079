"""DingTalk group chat: the wire form, and what a target must have."""

from __future__ import annotations

import pytest

from notebook_notify.errors import TargetError
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Words
from notebook_notify.targets import Target

CHANNEL = CHANNELS["dingtalk_chat"]
FIELDS = {"app_key": "dingabc", "app_secret": "s3cr3t-of-the-app", "chat_id": "chat0123"}


def target(**fields):
    """A whole target, or one with other fields."""
    return Target("dingtalk_chat", {**FIELDS, **fields})


def test_wire_form():
    """A text is posted to chat/send nested in msg, Chinese as UTF-8."""
    call = CHANNEL.request(target(proxy="http://egress:3128"), Words("✅ 完成\n第二行"), "t0k3n")
    assert call.method == "POST"
    assert call.url == "https://oapi.dingtalk.com/chat/send"
    assert call.query == {"access_token": "t0k3n"}
    assert call.proxy == "http://egress:3128"
    assert (
        call.body().decode() == '{"chatid":"chat0123","msg":{"msgtype":"text",'
        '"text":{"content":"✅ 完成\\n第二行"}}}'
    )


def test_base_url():
    """Another address takes the place of the host."""
    call = CHANNEL.request(target(base_url="http://127.0.0.1:8000/"), Words("x"), "t")
    assert call.url == "http://127.0.0.1:8000/chat/send"


def test_once_changes_nothing():
    """The call has no check for repeats, so asking for it adds no field."""
    assert CHANNEL.request(target(), Words("x"), "t", once=True) == CHANNEL.request(
        target(), Words("x"), "t"
    )
    assert not CHANNEL.drops_repeats


def test_a_whole_target_passes():
    """What the developer console and chat/create give is enough."""
    CHANNEL.check(target())
    assert not CHANNEL.everyone(target())


@pytest.mark.parametrize("name", ["app_key", "app_secret", "chat_id"])
def test_what_is_needed(name, monkeypatch):
    """A missing field is refused, with the place where it is found, in the reader's language."""
    fields = {key: value for key, value in FIELDS.items() if key != name}
    where = CHANNEL.spec.field(name).where
    for language, text in zip(("zh", "en"), where, strict=True):
        monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
        with pytest.raises(TargetError) as caught:
            CHANNEL.check(Target("dingtalk_chat", fields, name="ding-group"))
        assert name in str(caught.value)
        assert "ding-group" in str(caught.value)
        assert text in str(caught.value)


def test_spec():
    """It answers to %notify_dingtalk, takes 2,048 bytes, and names its variables."""
    spec = CHANNEL.spec
    assert (spec.magic, spec.platform, CHANNEL.text_limit) == ("dingtalk", "dingtalk", 2048)
    assert spec.title == ("钉钉群", "DingTalk group")
    assert [field.env for field in spec.fields] == [
        "DINGTALK_APP_KEY",
        "DINGTALK_APP_SECRET",
        "DINGTALK_CHAT_ID",
    ]


def test_markdown():
    """Markdown is its own type, with the title that DingTalk requires, of at most 64 characters."""
    words = Words("### 完成\n\n**ok**", markdown=True, title="长" * 70)
    message = CHANNEL.request(target(), words, "t").payload["msg"]
    assert message == {
        "msgtype": "markdown",
        "markdown": {"title": "长" * 64, "text": "### 完成\n\n**ok**"},
    }
    assert (CHANNEL.markdown.dialect, CHANNEL.markdown.max_bytes) == ("dingtalk", 2048)


def test_it_rings_nobody():
    """The call has no way to mention: nothing of it is on the wire."""
    assert CHANNEL.mention(("zhangwei",), markdown=False).rung == ()
    told = CHANNEL.request(target(), Words("x", mention=("13800000000",)), "t")
    assert told == CHANNEL.request(target(), Words("x"), "t")
