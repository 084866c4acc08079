"""wecom-notifier: WeCom's group robot with markdown_v2, images and long texts in parts."""

from __future__ import annotations

import base64
import functools

CLIENT = "wecom_notifier"

URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
TEXT = "训练完成:准确率 0.97 🎉"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@functools.cache
def notifier():
    """Return the one notifier of the client's process; each ends its threads slowly."""
    from wecom_notifier import WeComNotifier

    return WeComNotifier(max_retries=0)


def send(method, url, **arguments):
    """Call one of the client's methods; return whether it went well, and what did not."""
    result = getattr(notifier(), method)(url, async_send=False, **arguments)
    return [result.is_success(), result.error]


def test_text_with_mentions(judge, sandbox):
    """A text arrives and calls those who are listed."""
    url = URL + sandbox.wecom_robot.add("judged")
    sent = judge(send, method="send_text", url=url, content=TEXT, mentioned_list=["lisi"])
    assert sent == [True, None]
    [message] = sandbox.inbox
    assert (message["content"], message["mentions"]) == (TEXT, ["lisi"])


def test_markdown_v2_table(judge, sandbox):
    """A table arrives as markdown_v2."""
    table = "| 轮次 | 损失 |\n| :--- | ---: |\n| 1 | 0.03 |"
    url = URL + sandbox.wecom_robot.add("judged")
    assert judge(send, method="send_markdown", url=url, content=table) == [True, None]
    [message] = sandbox.inbox
    assert (message["msgtype"], message["content"]) == ("markdown_v2", table)


def test_image(judge, sandbox):
    """An image arrives byte for byte."""
    url = URL + sandbox.wecom_robot.add("judged")
    assert judge(send, method="send_image", url=url, image_base64=PNG) == [True, None]
    [message] = sandbox.inbox
    assert sandbox.media_bytes(message["media"]) == base64.b64decode(PNG)


def test_long_text_in_parts(judge, sandbox):
    """A text beyond the limit comes in parts, each of which the sandbox finds short enough."""
    lines = [f"第 {number} 行:损失 0.03" for number in range(100)]
    url = URL + sandbox.wecom_robot.add("judged")
    assert judge(send, method="send_text", url=url, content="\n".join(lines)) == [True, None]
    assert len(sandbox.inbox) > 1
    arrived = "\n".join(message["content"] for message in sandbox.inbox)
    assert [line for line in lines if line not in arrived] == []


def test_wrong_key(judge, sandbox):
    """A wrong key is 93000, which the client calls an invalid webhook."""
    success, error = judge(send, method="send_text", url=URL + "wrong", content=TEXT)
    assert success is False
    assert "93000" in error
    assert sandbox.inbox == []


def test_empty_text_that_only_calls_is_refused(judge, sandbox):
    """To call all with an image the client adds an empty text; content is required: 44004."""
    url = URL + sandbox.wecom_robot.add("judged")
    success, error = judge(send, method="send_image", url=url, image_base64=PNG, mention_all=True)
    assert success is False
    assert "44004" in error
    assert [message["msgtype"] for message in sandbox.inbox] == ["image"]
