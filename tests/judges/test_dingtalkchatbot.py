"""DingtalkChatbot: DingTalk's custom robot, with its signature, mentions and cards."""

from __future__ import annotations

import pytest

CLIENT = "dingtalkchatbot"

URL = "https://oapi.dingtalk.com/robot/send?access_token="
TEXT = "训练完成:准确率 0.97 🎉"


@pytest.fixture
def robot(sandbox):
    """A signed robot of the test's own, since each may say 20 things in a minute."""
    secret = "SEC" + "0123456789abcdef" * 4
    token = sandbox.dingtalk_robot.add("judged", secret=secret)
    return {"webhook": URL + token, "secret": secret}


def say(method, arguments, webhook, secret=None, age=0):
    """Call one of the client's methods; `age` is how old its clock's signature is, in seconds."""
    from unittest import mock

    from dingtalkchatbot import chatbot

    clock = chatbot.time.time() - age
    with mock.patch.object(chatbot.time, "time", return_value=clock):
        return getattr(chatbot.DingtalkChatbot(webhook, secret=secret), method)(**arguments)


def cards(webhook, secret):
    """Send one card with a button, one with two, and a feed."""
    from dingtalkchatbot.chatbot import ActionCard, CardItem, DingtalkChatbot

    bot = DingtalkChatbot(webhook, secret=secret)
    one = [CardItem("查看", "https://example.com/1")]
    two = [*one, CardItem("忽略", "https://example.com/2")]
    feed = [CardItem("图一", "https://example.com/3", "https://example.com/3.png")]
    return [
        bot.send_action_card(ActionCard("单钮", "正文一", one)),
        bot.send_action_card(ActionCard("双钮", "正文二", two)),
        bot.send_feed_card(feed),
    ]


def test_text_with_mentions(judge, sandbox, robot):
    """A signed text arrives; numbers, user ids and all are called."""
    arguments = {"msg": TEXT, "at_mobiles": [13800000001], "at_dingtalk_ids": ["lisi"]}
    assert judge(say, method="send_text", arguments=arguments, **robot)["errcode"] == 0
    judge(say, method="send_text", arguments={"msg": TEXT, "is_at_all": True}, **robot)
    first, second = sandbox.inbox
    assert first["content"] == f"{TEXT}\n@13800000001"
    assert first["mentions"] == ["13800000001", "lisi"]
    assert (second["content"], second["mentions"]) == (TEXT, ["all"])


def test_markdown(judge, sandbox, robot):
    """Markdown arrives with its title, its text untouched."""
    arguments = {"title": "结果", "text": "## 结果\n> 损失 **0.03**"}
    assert judge(say, method="send_markdown", arguments=arguments, **robot)["errcode"] == 0
    [message] = sandbox.inbox
    assert (message["msgtype"], message["to"]) == ("markdown", "judged")
    assert {"title": message["title"], "text": message["content"]} == arguments


def test_link_and_cards(judge, sandbox, robot):
    """A link, both forms of the action card and a feed card are taken."""
    arguments = {"title": "报告", "text": "看这里", "message_url": "https://example.com/r"}
    assert judge(say, method="send_link", arguments=arguments, **robot)["errcode"] == 0
    assert [answer["errcode"] for answer in judge(cards, **robot)] == [0, 0, 0]
    kinds = [message["msgtype"] for message in sandbox.inbox]
    assert kinds == ["link", "actionCard", "actionCard", "feedCard"]
    assert [message["title"] for message in sandbox.inbox][:3] == ["报告", "单钮", "双钮"]
    assert "忽略" in sandbox.inbox[2]["content"]
    assert "图一" in sandbox.inbox[3]["content"]


@pytest.mark.parametrize(
    ("change", "age", "errcode", "errmsg"),
    [
        ({"secret": "SEC" + "f" * 64}, 0, 310000, "sign not match"),
        ({"secret": None}, 0, 310000, "sign not match"),
        ({}, 3700, 310000, "invalid timestamp"),
        ({"webhook": URL + "0" * 64}, 0, 300005, "token is not exist"),
    ],
)
def test_refusals(judge, sandbox, robot, change, age, errcode, errmsg):
    """A wrong secret, none, a signature of an hour ago, an unknown token: told, not delivered."""
    answer = judge(say, method="send_text", arguments={"msg": TEXT}, age=age, **robot | change)
    assert (answer["errcode"], answer["errmsg"]) == (errcode, errmsg)
    assert sandbox.inbox == []


def test_keyword(judge, sandbox):
    """A robot with a keyword takes what holds it, and refuses what does not."""
    webhook = URL + sandbox.dingtalk_robot.add("worded", keywords=["值班"])
    answers = [
        judge(say, method="send_text", arguments={"msg": msg}, webhook=webhook)
        for msg in (TEXT, f"值班 {TEXT}")
    ]
    assert [answer["errcode"] for answer in answers] == [310000, 0]
    assert "keywords not in content" in answers[0]["errmsg"]
    assert [message["content"] for message in sandbox.inbox] == [f"值班 {TEXT}"]


def test_image_is_not_in_the_document(judge, sandbox, robot):
    """send_image uses a msgtype that the document on custom robots does not have: refused here."""
    arguments = {"pic_url": "https://example.com/a.png"}
    assert judge(say, method="send_image", arguments=arguments, **robot)["errcode"] == 400105
    assert sandbox.inbox == []
