"""What every channel looks at before anything leaves, and the proxy that it goes by."""

from __future__ import annotations

import pytest

from notebook_notify.errors import SecretError, TargetError
from notebook_notify.messages import File
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Words
from notebook_notify.platforms.checks import check_fields, names, proxy_of
from notebook_notify.secret import Secret
from notebook_notify.targets import Target

FIELDS = {
    "wecom_chat": {"corp_id": "ww1", "corp_secret": "s3cr3t-of-the-app", "chat_id": "c"},
    "wecom_app": {"corp_id": "ww1", "corp_secret": "s3cr3t-of-the-app", "agent_id": 7},
    "wecom_robot": {"webhook": "693a91f6-7baf-4bc4-97a0-0ec2cbb5f5d2"},
    "dingtalk_robot": {"webhook": "693a91f67baf4bc497a00ec2cbb5f5d2"},
    "dingtalk_chat": {"app_key": "k", "app_secret": "s3cr3t-of-the-app", "chat_id": "c"},
    "dingtalk_app_robot": {
        "app_key": "k",
        "app_secret": "s3cr3t-of-the-app",
        "open_conversation_id": "c",
    },
    "dingtalk_notice": {
        "app_key": "k",
        "app_secret": "s3cr3t-of-the-app",
        "agent_id": 7,
        "users": ["a"],
    },
}
PASSWORD = "http://me:pr0xy-pw@egress:3128"


@pytest.fixture(params=list(FIELDS))
def channel(request):
    """Each channel."""
    return CHANNELS[request.param]


def calls(channel, proxy):
    """Every call that *channel* makes of a target with that proxy."""
    target = Target(channel.spec.kind, {**FIELDS[channel.spec.kind], "proxy": proxy})
    channel.check(target)
    made = [channel.request(target, Words("x"), "t")]
    if (token_call := channel.token_request(target)) is not None:
        made.append(token_call)
    if channel.media.file_bytes:
        uploader, whose = channel.uploader(target)
        made += [
            uploader.upload_request(whose, File(b"123456", "a.pdf"), "t"),
            uploader.token_request(whose) or made[0],
        ]
    if channel.recalls:
        made.append(channel.recall_request(target, "id", "t"))
    return made


@pytest.mark.parametrize(
    ("proxy", "url"),
    [
        (PASSWORD, PASSWORD),
        ("http://egress:3128", "http://egress:3128"),
        ("env:EGRESS", PASSWORD),
        (Secret("http://masked.example"), "http://masked.example"),
        ("", None),
        (None, None),
    ],
)
def test_every_call_goes_by_the_targets_proxy(channel, monkeypatch, proxy, url):
    """Token, message and upload go by the proxy's real URL, masked or referred to as it may be."""
    monkeypatch.setenv("EGRESS", PASSWORD)
    assert {call.proxy for call in calls(channel, proxy)} == {url}
    assert "pr0xy-pw" not in repr(calls(channel, proxy))


def test_a_proxy_that_leads_nowhere_is_told(channel):
    """A reference to a variable that is not set is named, and no call is made past the proxy."""
    with pytest.raises(SecretError, match="EGRESS is not set"):
        calls(channel, "env:EGRESS")


def test_a_proxy_is_text(channel):
    """A proxy that is no text is refused by its field's name."""
    with pytest.raises(TargetError, match="proxy: expected a text"):
        calls(channel, 3128)


def test_no_proxy_of_its_own():
    """Without the field the environment's proxy counts."""
    assert proxy_of(Target("wecom_chat")) is None
    assert proxy_of(Target("wecom_chat", {"proxy": "  "})) is None


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        (None, ()),
        ("", ()),
        ("a|b", ("a", "b")),
        (" a | ", ("a",)),
        ("a, b，c", ("a", "b", "c")),
        ([1, " b "], ("1", "b")),
        ((), ()),
    ],
)
def test_ids(value, ids):
    """Ids are read from a list, one id, or the platforms' own forms; blank ones are none."""
    assert names(value) == ids


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_missing_field_says_where_to_find_it(channel, monkeypatch, language):
    """What lacks is named in the reader's language, with its place in the console."""
    monkeypatch.setenv("NOTEBOOK_NOTIFY_LANGUAGE", language)
    for field in channel.spec.fields:
        if field.required:
            rest = {k: v for k, v in FIELDS[channel.spec.kind].items() if k != field.name}
            with pytest.raises(TargetError) as refusal:
                check_fields(Target(channel.spec.kind, rest, "ops"), channel.spec)
            where = field.where[language == "en"]
            lacks = (
                f"target ops lacks {field.name}: " if language == "en" else f"缺少 {field.name}："
            )
            assert lacks + where in str(refusal.value)
