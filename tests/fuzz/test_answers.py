"""Whatever a server answers: a verdict, never an exception, never *ok* without the platform's word.

What is then told of it is plain text of one line each, and harmless HTML.
"""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notebook_notify.delivery.transport import Reply
from notebook_notify.messages import Message
from notebook_notify.platforms import CHANNELS
from notebook_notify.platforms.base import Token, Verdict
from notebook_notify.reports import SendReport
from notebook_notify.secret import remember
from notebook_notify.sending.outcomes import Delivery, RefusedError, troubled
from notebook_notify.targets import Target

HOSTILE = "<script>alert(1)</script>\x1b]0;x\x07\x1b[2J\r\n\u202e\ud800 secret=hunter-of-2222"
remember("hunter-of-2222")
KEYS = ["errcode", "errmsg", "sub_code", "subCode", "code", "message", "msgid", "messageId"]
KEYS += ["processQueryKey", "access_token", "accessToken", "expires_in", "expireIn", "media_id"]
KEYS += ["invaliduser", "invalidparty", "unlicenseduser", "task_id", "failedResult", "status"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, "0", 88, -1, 40014, 42001, 45009, "ok", "system.busy", "1e400", HOSTILE]),
    st.sampled_from([0.0, -0.0, float("nan"), float("inf"), 10**400, -(2**63), "0_0", "٠", " 0"]),
    st.integers(),
    st.text(max_size=9),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)
BODIES = st.one_of(
    OBJECTS.map(lambda one: json.dumps(one).encode()),
    OBJECTS.map(lambda one: json.dumps(one, ensure_ascii=False).encode("gbk", "replace")),
    st.tuples(OBJECTS, st.integers(0, 60)).map(lambda one: json.dumps(one[0]).encode()[: one[1]]),
    VALUES.map(lambda one: json.dumps(one).encode()),
    st.binary(max_size=60),
    st.sampled_from([b"[" * 90_000, b'{"errcode":' + b"9" * 5000 + b"}", b'{"errcode":0}{}']),
)
REPLIES = st.builds(
    Reply,
    st.sampled_from([200, 200, 200, 201, 204, 301, 304, 400, 403, 404, 408, 429, 500, 502, 599, 0]),
    BODIES,
    st.sampled_from([True, True, True, False]),
    st.sampled_from([None, None, 0.0, 37.0]),
)


def accepts(channel, reply):
    """Whether *reply* has the platform's word that the message was taken; not by our own code."""
    try:
        said = json.loads(reply.body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return False
    if not isinstance(said, dict) or not reply.complete or 300 <= reply.status < 400:
        return False
    if channel == "dingtalk_app_robot":
        key = said.get("processQueryKey")
        return 200 <= reply.status < 300 and isinstance(key, str) and key != ""
    return said.get("errcode") == "0" or (type(said.get("errcode")) is int and not said["errcode"])


@pytest.mark.parametrize("channel", CHANNELS)
@settings(max_examples=40)
@given(reply=REPLIES)
@example(reply=Reply(200, b'{"errcode":0.0}'))
@example(reply=Reply(200, b'{"errcode":false}'))
@example(reply=Reply(200, b'{"errcode":"0_0"}'))
@example(reply=Reply(200, b'{"errcode":0,"errcode":45009}'))
@example(reply=Reply(200, b'{"errcode":88,"sub_code":0}'))
@example(reply=Reply(200, b'{"errcode":0}', complete=False))
@example(reply=Reply(502, b'{"processQueryKey":"k"}'))
def test_any_answer_to_a_message(channel, reply):
    """A message counts as taken by the platform's word alone; all else can be told."""
    verdict = CHANNELS[channel].read(reply)
    assert isinstance(verdict, Verdict)
    if verdict.kind in ("ok", "partial"):
        assert accepts(channel, reply)
        assert all(isinstance(one, str) and one for ids in verdict.refused.values() for one in ids)
    told(channel, verdict)


@pytest.mark.parametrize("channel", CHANNELS)
@settings(max_examples=40)
@given(reply=REPLIES)
def test_any_answer_to_the_other_calls(channel, reply):
    """A token, an upload and a recall are there, or a verdict says why not."""
    one = CHANNELS[channel]
    token = one.read_token(reply)
    if isinstance(token, Token):
        assert token.value
        assert token.expires_in == token.expires_in  # no NaN
    else:
        assert token.kind not in ("ok", "partial", "unknown")
        told(channel, token)
    if one.media.image_types and channel != "dingtalk_app_robot":
        upload = one.read_upload(reply)
        assert (upload.kind == "ok") == bool(upload.message_id)
        told(channel, upload)
    if one.recalls:
        assert isinstance(one.read_recall(reply), Verdict)


def told(channel, verdict):
    """What a report makes of it, as text, as HTML and in a notebook's line."""
    one = CHANNELS[channel]
    delivery = Delivery(
        Target(channel, {}, name="ops"), one, Message("x"), time.monotonic(), repeat=True, once=True
    )
    delivery.refused.update(verdict.refused)
    delivery.miss("plot.png", verdict)
    report = SendReport((troubled(delivery, RefusedError(verdict)),))
    text, html = str(report), report._repr_html_()
    for shown in (text, html):
        assert "hunter-of-2222" not in shown
        assert not re.search(
            "[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown
        )
    assert "<script" not in html
    assert len(text) < 5_000
    text.encode()
    html.encode()


def test_the_hostile_text_is_told_harmlessly():
    """The examples above do reach the report: the words, without what would do harm."""
    for channel in CHANNELS:
        body = json.dumps({"errcode": 81013, "code": "x.y", "errmsg": HOSTILE, "message": HOSTILE})
        verdict = CHANNELS[channel].read(Reply(400, body.encode()))
        assert verdict.kind == "failed"
        told(channel, verdict)
        delivery = Delivery(
            Target(channel, {}), CHANNELS[channel], Message("x"), 0.0, repeat=True, once=True
        )
        html = SendReport((troubled(delivery, RefusedError(verdict)),))._repr_html_()
        assert "&lt;script&gt;" in html
