"""apprise: the group robots of both platforms, `wecombot://` and `dingtalk://`."""

from __future__ import annotations

import pytest

CLIENT = "apprise"

TEXT = "训练完成:准确率 0.97 🎉"
SECRET = "SEC" + "0123456789abcdef" * 4


def notify(url, **message):
    """Return whether apprise says that the message was sent."""
    import apprise

    sender = apprise.Apprise()
    assert sender.add(url)
    return bool(sender.notify(**message))


@pytest.mark.parametrize(
    "form", ["wecombot://{}", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={}"]
)
def test_wecom_text(judge, sandbox, form):
    """A text arrives in the WeCom group, also by the webhook's own address."""
    assert judge(notify, url=form.format(sandbox.wecom_robot.key), body=TEXT) is True
    [message] = sandbox.inbox
    assert (message["channel"], message["msgtype"], message["content"]) == (
        "wecom_robot",
        "text",
        TEXT,
    )


def test_dingtalk_text_and_mention(judge, sandbox):
    """A text arrives in the DingTalk group, its title on the first line, the number called."""
    url = f"dingtalk://{sandbox.dingtalk_robot.add('plain')}/13800000001"
    assert judge(notify, url=url, title="结果", body=TEXT) is True
    [message] = sandbox.inbox
    assert (message["msgtype"], message["content"]) == ("text", f"结果\r\n{TEXT}")
    assert message["mentions"] == ["13800000001"]


def test_dingtalk_markdown(judge, sandbox):
    """Markdown arrives as Markdown, the title in both places."""
    url = f"dingtalk://{sandbox.dingtalk_robot.add('plain')}/?format=markdown"
    sent = judge(notify, url=url, title="结果", body="**0.97**", body_format="markdown")
    assert sent is True
    [message] = sandbox.inbox
    assert (message["msgtype"], message["title"]) == ("markdown", "结果")
    assert message["content"] == "# 结果\n**0.97**"


@pytest.mark.parametrize(
    "url", ["wecombot://00000000-0000-0000-0000-000000000000", "dingtalk://" + "0" * 64]
)
def test_wrong_key_is_called_a_success(judge, sandbox, url):
    """It looks at the HTTP status alone: an unknown robot is "sent", and nothing arrives."""
    before = sandbox.stats["requests"]
    assert judge(notify, url=url, body=TEXT) is True
    assert sandbox.stats["requests"] == before + 1
    assert sandbox.inbox == []


def test_http_error_is_a_failure(judge, sandbox):
    """What apprise does see is an HTTP status, such as a gateway's 502."""
    sandbox.fail_next(status=502)
    assert judge(notify, url=f"wecombot://{sandbox.wecom_robot.key}", body=TEXT) is False
    assert sandbox.inbox == []


def test_sign_encoded_twice_is_refused(judge, sandbox):
    """It quotes the signature and lets requests quote it again: no signed robot takes it."""
    url = f"dingtalk://{SECRET}@{sandbox.dingtalk_robot.add('signed', secret=SECRET)}"
    assert judge(notify, url=url, body=TEXT) is True  # as above: HTTP 200
    assert sandbox.inbox == []
    assert judge(answer_of, url=url, body=TEXT)["errmsg"] == "sign not match"


def answer_of(url, body):
    """Return what the platform answered, which apprise itself does not read."""
    from unittest import mock

    import requests

    real, answers = requests.post, []

    def post(*args, **kwargs):
        answers.append(real(*args, **kwargs))
        return answers[-1]

    with mock.patch.object(requests, "post", post):
        notify(url, body=body)
    return answers[0].json()
