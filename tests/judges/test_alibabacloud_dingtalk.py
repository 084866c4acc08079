"""alibabacloud-dingtalk, DingTalk's own SDK: the new host's tokens, its robot, groups."""

from __future__ import annotations

import json

import pytest

CLIENT = "alibabacloud_dingtalk"

TEXT = "训练完成:准确率 0.97 🎉"


@pytest.fixture
def keys(sandbox):
    """What a DingTalk administrator copies from the console."""
    return {"app_key": sandbox.dingtalk.app_key, "app_secret": sandbox.dingtalk.app_secret}


def attempt(part, name, app_key, app_secret, fields=None, path=(), token=None):
    """Call one of the SDK's methods with a token; return its answer, or the error that it raises.

    `part` is the SDK's name for a group of calls, `fields` the request's own.
    """
    import importlib

    from alibabacloud_tea_openapi.models import Config
    from alibabacloud_tea_util.models import RuntimeOptions
    from Tea.exceptions import TeaException

    def client(which):
        module = importlib.import_module(f"alibabacloud_dingtalk.{which}.client")
        return module.Client(Config(protocol="https", region_id="central"))

    models = importlib.import_module(f"alibabacloud_dingtalk.{part}.models")
    oauth = importlib.import_module("alibabacloud_dingtalk.oauth2_1_0.models")
    kind = "".join(word.capitalize() for word in name.split("_"))
    try:
        asked = oauth.GetAccessTokenRequest(app_key=app_key, app_secret=app_secret)
        given = client("oauth2_1_0").get_access_token(asked).body
        headers = getattr(models, f"{kind}Headers")(
            x_acs_dingtalk_access_token=token or given.access_token
        )
        request = [] if fields is None else [getattr(models, f"{kind}Request")(**fields)]
        method = getattr(client(part), f"{name}_with_options")
        return method(*path, *request, headers, RuntimeOptions()).body.to_map()
    except TeaException as error:
        return {"raised": error.code, "status": error.data["statusCode"], "message": error.message}


def saying(sandbox, key="sampleText", **fields):
    """Return what asks for a robot's message to the group."""
    robot = {
        "robot_code": sandbox.dingtalk.robot_code,
        "open_conversation_id": sandbox.dingtalk.chat.open_id,
    }
    param = json.dumps(fields or {"content": TEXT}, ensure_ascii=False)
    message = {"msg_key": key, "msg_param": param}
    return {"part": "robot_1_0", "name": "org_group_send", "fields": robot | message}


@pytest.mark.parametrize(
    ("key", "fields", "msgtype", "content"),
    [
        ("sampleText", {"content": TEXT}, "text", TEXT),
        ("sampleMarkdown", {"title": "结果", "text": "## 0.97"}, "markdown", "## 0.97"),
        (
            "sampleImageMsg",
            {"photoURL": "https://example.com/a.png"},
            "image",
            "https://example.com/a.png",
        ),
    ],
)
def test_words_arrive_in_the_group(judge, sandbox, keys, key, fields, msgtype, content):
    """org_group_send delivers a text, Markdown and an image by its address."""
    answer = judge(attempt, **saying(sandbox, key, **fields), **keys)
    assert answer["processQueryKey"]
    [message] = sandbox.inbox
    assert (message["channel"], message["to"]) == (
        "dingtalk_app_robot",
        sandbox.dingtalk.chat.open_id,
    )
    assert (message["msgtype"], message["content"]) == (msgtype, content)
    assert message["title"] == fields.get("title", "")


def test_message_is_taken_back(judge, sandbox, keys):
    """org_group_recall takes back what was sent, and says why another key is not known."""
    key = judge(attempt, **saying(sandbox), **keys)["processQueryKey"]
    fields = {
        "robot_code": sandbox.dingtalk.robot_code,
        "open_conversation_id": sandbox.dingtalk.chat.open_id,
        "process_query_keys": [key, "unknown"],
    }
    answer = judge(attempt, part="robot_1_0", name="org_group_recall", fields=fields, **keys)
    assert answer["successResult"] == [key]
    assert set(answer["failedResult"]) == {"unknown"}
    assert [message["recalled"] for message in sandbox.inbox] == [True]


def test_group_is_made_and_found(judge, sandbox, keys):
    """create_group gives both ids of a group; the older one is changed to the newer one."""
    fields = {"name": "实验室", "owner": "lisi", "useridlist": ["lisi", "zhaomin"]}
    made = judge(attempt, part="im_1_0", name="create_group", fields=fields, **keys)
    assert sandbox.dingtalk.find_chat(made["chatid"]).name == "实验室"
    name = "chat_id_to_open_conversation_id"
    found = judge(attempt, part="im_1_0", name=name, path=[made["chatid"]], **keys)
    assert found["openConversationId"] == made["openConversationId"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"robot_code": "dingnobody"}, "invalidParameter.robotCode.notExsit"),
        ({"open_conversation_id": "cidnone=="}, "invalid.openConversationId"),
        ({"msg_key": "sampleNothing"}, "invalidParameter.msgKey.invalid"),
        ({"msg_param": "not JSON"}, "invalidParameter.msgParam.invalid"),
    ],
)
def test_refusals_are_its_exceptions(judge, sandbox, keys, change, code):
    """What the platform refuses raises TeaException with the code, the status and the request id."""
    ask = saying(sandbox)
    refused = judge(attempt, **ask | {"fields": ask["fields"] | change}, **keys)
    assert (refused["raised"], refused["status"]) == (code, 400)
    assert "request id: " in refused["message"]
    assert "None" not in refused["message"]
    assert sandbox.inbox == []


def test_wrong_secret_and_dead_token(judge, sandbox, keys):
    """A wrong secret and a token that is none have codes of their own."""
    wrong = judge(attempt, **saying(sandbox), **keys | {"app_secret": "wrong"})
    dead = judge(attempt, **saying(sandbox), **keys, token="dead")
    assert [wrong["raised"], dead["raised"]] == ["invalidClientIdOrSecret", "InvalidAuthentication"]
    assert sandbox.inbox == []


def test_missing_permission_is_403(judge, sandbox, keys):
    """Without the robot's permission the answer is HTTP 403, its code that of the gateway."""
    sandbox.dingtalk.permissions.remove("qyapi_robot_sendmsg")
    try:
        refused = judge(attempt, **saying(sandbox), **keys)
    finally:
        sandbox.dingtalk.permissions.add("qyapi_robot_sendmsg")
    assert refused["raised"] == "Forbidden.AccessDenied.AccessTokenPermissionDenied"
    assert refused["status"] == 403
