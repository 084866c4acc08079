"""WeCom group chat: the wire form, and what a target must have."""

from __future__ import annotations

import json

import pytest

from notebook_notify.delivery.transport import Reply
from notebook_notify.errors import TargetError
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Words
from notebook_notify.targets import Target

CHANNEL = CHANNELS["wecom_chat"]
FIELDS = {"corp_id": "ww0123456789", "corp_secret": "s3cr3t-of-the-app", "chat_id": "research"}


def target(**fields):
    """A whole target, or one with other fields."""
    return Target("wecom_chat", {**FIELDS, **fields})


def test_wire_form():
    """A text is posted to appchat/send as the page says, Chinese as UTF-8."""
    call = CHANNEL.request(target(), Words("✅ 完成\n第二行"), "t0k3n")
    assert call.method == "POST"
    assert call.url == "https://qyapi.weixin.qq.com/cgi-bin/appchat/send"
    assert call.query == {"access_token": "t0k3n"}
    assert call.proxy is None
    assert (
        call.body().decode() == '{"chatid":"research","msgtype":"text",'
        '"text":{"content":"✅ 完成\\n第二行"},"safe":0}'
    )


def test_nothing_secret_in_the_repr():
    """A request's repr shows neither token nor text."""
    shown = repr(CHANNEL.request(target(), Words("机密"), "t0k3n"))
    assert "t0k3n" not in shown
    assert "机密" not in shown


def test_safe_proxy_and_base_url():
    """The target's flag, proxy and address are used."""
    fields = {"safe": True, "proxy": "http://egress:3128", "base_url": "https://qy.example.com/"}
    call = CHANNEL.request(target(**fields), Words("x"), "t")
    assert call.url == "https://qy.example.com/cgi-bin/appchat/send"
    assert call.proxy == "http://egress:3128"
    assert json.loads(call.body())["safe"] == 1


def test_once_changes_nothing():
    """The call has no check for repeats, so asking for it adds no field."""
    assert CHANNEL.request(target(), Words("x"), "t", once=True) == CHANNEL.request(
        target(), Words("x"), "t"
    )
    assert not CHANNEL.drops_repeats


def test_white_space_around_ids_is_cut():
    """A line break pasted along with an id does no harm."""
    call = CHANNEL.request(target(chat_id=" research\n"), Words("x"), "t")
    assert call.payload["chatid"] == "research"


@pytest.mark.parametrize("chat_id", [None, "", " \n", ["a"], True])
def test_chat_id_is_needed(chat_id):
    """A target without a chat id, or with none that is a text, is refused before anything runs."""
    with pytest.raises(TargetError, match="chat_id"):
        CHANNEL.check(target(chat_id=chat_id))


def test_a_whole_target_passes():
    """What the admin console and appchat/create give is enough."""
    CHANNEL.check(target())
    assert not CHANNEL.everyone(target())


def test_an_undocumented_msgid_is_taken_over():
    """A msgid, which some callers have seen, becomes the message's id."""
    reply = Reply(200, b'{"errcode":0,"errmsg":"ok","msgid":"m1"}')
    assert CHANNEL.read(reply).message_id == "m1"


def test_spec():
    """It answers to %notify_wechat, takes 2,048 bytes, and names its variables."""
    assert (CHANNEL.spec.magic, CHANNEL.spec.platform, CHANNEL.text_limit) == (
        "wechat",
        "wecom",
        2048,
    )
    assert CHANNEL.spec.title == ("企业微信群", "WeCom group")
    assert [field.env for field in CHANNEL.spec.fields if field.required] == [
        "WECOM_CORP_ID",
        "WECOM_CORP_SECRET",
        "WECOM_CHAT_ID",
    ]


def test_markdown():
    """Markdown is its own type, within 2,048 bytes; WeCom has no title."""
    payload = CHANNEL.request(target(), Words("**ok**", markdown=True, title="完成"), "t").payload
    assert (payload["msgtype"], payload["markdown"]) == ("markdown", {"content": "**ok**"})
    assert "text" not in payload
    assert (CHANNEL.markdown.dialect, CHANNEL.markdown.max_bytes) == ("wecom", 2048)


def test_it_rings_nobody():
    """The call has no way to mention: nothing of it is on the wire."""
    assert CHANNEL.mention(("zhangwei",), markdown=False).rung == ()
    told = CHANNEL.request(target(), Words("x", mention=("zhangwei",)), "t")
    assert told == CHANNEL.request(target(), Words("x"), "t")


@pytest.mark.parametrize(
    ("users", "told"), [(["a", "b"], "“日报”, 2 members"), (["a"], "“日报”, 1 member")]
)
def test_the_group_of_a_proof(users, told):
    """A proof names the group and how many are in it, and one is no "members"."""
    (probe,) = CHANNEL.probes(target())
    found = probe.find({"chat_info": {"name": "日报", "userlist": users}})
    assert (found.told, found.name, found.members) == (told, "日报", len(users))
