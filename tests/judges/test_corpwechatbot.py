"""corpwechatbot: WeCom's group robot, and an application's messages to people and to chats."""

from __future__ import annotations

import base64

import pytest

CLIENT = "corpwechatbot"

TEXT = "训练完成:准确率 0.97 🎉"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def keys(sandbox):
    """What a WeCom administrator copies from the console; the client wants texts."""
    app = sandbox.wecom.app
    return {
        "corpid": sandbox.wecom.corp_id,
        "corpsecret": app.corp_secret,
        "agentid": str(app.agent_id),
    }


def robot(key, method, arguments, file=None):
    """Call a method of the robot's class; `file` is a name and base64 to send."""
    from corpwechatbot import CorpWechatBot

    return getattr(CorpWechatBot(key=key), method)(*_written(file), **arguments)


def app(method, arguments, corpid, corpsecret, agentid, file=None, *, fresh=True):
    """Call a method of the application's class; without `fresh`, with the token of the last call.

    The client keeps tokens inside its own package; here, beside the test's other files.
    """
    from pathlib import Path

    import corpwechatbot.app

    corpwechatbot.app.TOKEN_PATH = store = Path("token.json")
    if fresh:
        store.unlink(missing_ok=True)
    try:
        sender = corpwechatbot.app.AppMsgSender(corpid, corpsecret, agentid)
    except corpwechatbot.app.TokenGetError as error:
        return {"raised": str(error)}
    return getattr(sender, method)(*_written(file), **arguments)


def _written(file):
    """Write a file that is to be sent; return its path, if there is one."""
    from pathlib import Path

    if file is None:
        return []
    Path(file[0]).write_bytes(base64.b64decode(file[1]))
    return [file[0]]


def test_robot_text_with_mentions(judge, sandbox):
    """A robot's text arrives, and calls those who are listed by id and by number."""
    arguments = {
        "content": TEXT,
        "mentioned_list": ["lisi", "@all"],
        "mentioned_mobile_list": ["13800000001"],
    }
    answer = judge(robot, key=sandbox.wecom_robot.key, method="send_text", arguments=arguments)
    assert answer == {"errcode": 0, "errmsg": "ok"}
    [message] = sandbox.inbox
    assert message["content"] == TEXT
    assert message["mentions"] == ["lisi", "@all", "13800000001"]


def test_robot_markdown_image_and_news(judge, sandbox):
    """Markdown, an image as base64 and md5, and an article arrive from a robot."""
    key = sandbox.wecom_robot.key
    markdown = "## 结果\n> 损失 0.03"
    judge(robot, key=key, method="send_markdown", arguments={"content": markdown})
    file = ["曲线.png", base64.b64encode(PNG).decode()]
    judge(robot, key=key, method="send_image", arguments={}, file=file)
    news = {"title": "报告", "desp": "今日", "url": "https://example.com/"}
    judge(robot, key=key, method="send_news", arguments=news)
    first, second, third = sandbox.inbox
    assert (first["msgtype"], first["content"]) == ("markdown", markdown)
    assert sandbox.media_bytes(second["media"]) == PNG
    assert third["content"] == "报告\n今日\nhttps://example.com/"


def test_robot_wrong_key(judge, sandbox):
    """A wrong key is 93000 in what the client returns."""
    answer = judge(robot, key="wrong", method="send_text", arguments={"content": TEXT})
    assert answer["errcode"] == 93000
    assert sandbox.inbox == []


def test_upload_without_a_name_is_refused(judge, sandbox, keys):
    """The client's uploads are parts without a name, which by the document is `media`: not taken.

    It goes on to send with an empty media_id, which is 41006.
    """
    file = ["报告.csv", base64.b64encode("甲,乙\n1,2\n".encode()).decode()]
    uploads = sandbox.stats["uploads"]
    key = sandbox.wecom_robot.key
    answers = [
        judge(robot, key=key, method="send_file", arguments={}, file=file),
        judge(app, method="send_file", arguments={"touser": ["lisi"]}, file=file, **keys),
    ]
    assert sandbox.stats["uploads"] == uploads + 2
    assert [answer["errcode"] for answer in answers] == [41006, 41006]
    assert sandbox.inbox == []


@pytest.mark.parametrize(
    ("to", "whom"),
    [
        ({"touser": ["zhangwei", "lisi"]}, "zhangwei|lisi"),
        ({"toparty": ["1"], "totag": ["1"]}, "party:1|tag:1"),
        ({}, "@all"),
    ],
)
def test_app_to_people(judge, sandbox, keys, to, whom):
    """A text reaches people, a department and a tag, and everybody if nobody is named.

    The agentid is a text of digits, and the flags that are not used are null: both are taken.
    """
    answer = judge(app, method="send_text", arguments={"content": TEXT, **to}, **keys)
    assert (answer["errcode"], answer["errmsg"]) == (0, "ok")
    [message] = sandbox.inbox
    assert (message["to"], message["content"]) == (whom, TEXT)


def test_app_makes_a_chat_and_speaks_there(judge, sandbox, keys):
    """create_chat makes a chat and says so in it; Markdown follows."""
    made = {"users": ["zhangwei", "lisi"], "name": "实验室", "chatid": "lab2"}
    assert judge(app, method="create_chat", arguments=made, **keys)["chatid"] == "lab2"
    markdown = {"content": "**0.97**", "chatid": "lab2"}
    assert judge(app, method="send_markdown", arguments=markdown, **keys)["errcode"] == 0
    assert [message["to"] for message in sandbox.inbox] == ["lab2", "lab2"]
    assert sandbox.inbox[0]["content"] == "群聊已创建，本群聊id为：lab2"
    assert sandbox.inbox[1]["content"] == "**0.97**"


@pytest.mark.parametrize(
    ("change", "arguments", "errcode"),
    [
        ({"agentid": "1000003"}, {"touser": ["lisi"]}, 301002),
        ({"agentid": "7"}, {"touser": ["lisi"]}, 40056),
        ({}, {"touser": ["nobody"]}, 81013),
        ({}, {"chatid": "nowhere"}, 86003),
    ],
)
def test_app_refusals(judge, sandbox, keys, change, arguments, errcode):
    """Another application, a stranger, an unknown chat: the errcode is what the client returns."""
    arguments = {"content": TEXT, **arguments}
    answer = judge(app, method="send_text", arguments=arguments, **keys | change)
    assert answer["errcode"] == errcode
    assert sandbox.inbox == []


def test_app_wrong_secret(judge, keys):
    """A wrong secret raises the client's TokenGetError with the platform's words."""
    wrong = keys | {"corpsecret": "wrong"}
    refused = judge(app, method="send_text", arguments={"content": TEXT}, **wrong)
    assert "invalid credential" in refused["raised"]


def test_app_expired_token(judge, sandbox, keys):
    """42001 is seen, but the client's "new" token is the old one from its file: 42001 again."""
    arguments = {"content": TEXT, "touser": ["lisi"]}
    judge(app, method="send_text", arguments=arguments, **keys)
    sandbox.clear()
    sandbox.expire_tokens()
    send = {"method": "send_text", "arguments": arguments, **keys}
    assert judge(app, fresh=False, **send)["errcode"] == 42001
    assert judge(app, fresh=True, **send)["errcode"] == 0
    assert [message["content"] for message in sandbox.inbox] == [TEXT]
